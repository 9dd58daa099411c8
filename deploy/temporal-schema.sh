#!/bin/sh
# Makes Temporal's two databases and brings their schemas to the version of the
# image. Every step does nothing the second time. The server, user and password
# come from SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD.
set -eu

schema() { # database, schema
	temporal-sql-tool --plugin postgres12 --database "$1" create-database
	temporal-sql-tool --plugin postgres12 --database "$1" setup-schema --version 0.0
	temporal-sql-tool --plugin postgres12 --database "$1" update-schema --schema-name "postgresql/v12/$2"
}

schema temporal temporal
schema temporal_visibility visibility
