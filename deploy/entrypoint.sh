#!/bin/sh
# `entrypoint run ROUTE` is `docferry run ROUTE`; `entrypoint prefect …` is Prefect, which is what its workers call in the image
# of a flow run.
#
# Connections read DOCFERRY_SECRETS_DIR themselves. Prefect and the gateway's own settings know the environment only, so the
# files that are called like one of their settings are put there; what the environment has already stays.
set -eu
for file in "${DOCFERRY_SECRETS_DIR:-/run/secrets}"/DOCFERRY_* "${DOCFERRY_SECRETS_DIR:-/run/secrets}"/PREFECT_*; do
  name=${file##*/}
  if [ -f "$file" ] && ! printenv "$name" >/dev/null; then
    value=$(cat "$file")
    export "$name=$value"
  fi
done
if [ "${1-}" = prefect ] || [ "${1-}" = docferry ]; then
  exec "$@"
fi
exec docferry "$@"
