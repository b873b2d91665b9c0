#!/bin/sh
# Fills a folder with the secrets that compose.yaml mounts: random ones for what runs here, empty files for the providers'.
# What is there already stays, so it may be run again. Usage: sh deploy/make-secrets.sh deploy/secrets
set -eu
folder=${1:?say which folder, as in: sh deploy/make-secrets.sh deploy/secrets}
umask 077
mkdir -p "$folder"
cd "$folder"

keep() {  # keep FILE VALUE: write it unless it is there
  [ -e "$1" ] || printf '%s' "$2" >"$1"
}
random() {
  head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

keep postgres_password "$(random)"
keep docferry_database_password "$(random)"
keep prefect_database_password "$(random)"
keep redis_password "$(random)"
keep prefect_auth "admin:$(random)"
keep docferry_keys "$(head -c 32 /dev/urandom | base64 | tr +/ -_)"
keep docferry_state_url "postgresql://docferry:$(cat docferry_database_password)@postgres/docferry"
keep prefect_database_url "postgresql+asyncpg://prefect:$(cat prefect_database_password)@postgres:5432/prefect"
keep redis_messaging_url "redis://:$(cat redis_password)@redis:6379/0"
keep redis_docket_url "redis://:$(cat redis_password)@redis:6379/1"
keep redis_config "requirepass $(cat redis_password)
save \"\"
appendonly no"
for name in hypatos_client_id hypatos_client_secret zefort_api_key; do
  keep "$name" ""
done
# The folder keeps others out; the files are read by the containers' own users.
chmod 0444 ./*
