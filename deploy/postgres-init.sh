#!/bin/sh
# One database and one owner for docferry's ledger, one for Prefect's server. Run once, by the image of PostgreSQL, on an empty disk.
set -eu
secrets=${SECRETS:-/run/secrets}
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres \
  --set docferry="$(cat "$secrets/docferry_database_password")" \
  --set prefect="$(cat "$secrets/prefect_database_password")" <<'SQL'
CREATE ROLE docferry LOGIN PASSWORD :'docferry';
CREATE DATABASE docferry OWNER docferry ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE docferry FROM PUBLIC;
CREATE ROLE prefect LOGIN PASSWORD :'prefect';
CREATE DATABASE prefect OWNER prefect ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE prefect FROM PUBLIC;
SQL
