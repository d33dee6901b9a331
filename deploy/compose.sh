#!/bin/sh
# docker compose on this deployment, as the plugin or as the program of its own.
set -eu
file=$(dirname "$0")/docker-compose.yml
if docker compose version > /dev/null 2>&1; then
  exec docker compose --file "$file" "$@"
fi
command -v docker-compose > /dev/null || {
  echo "inlet: docker compose is needed: https://docs.docker.com/compose/install/" >&2
  exit 1
}
exec docker-compose --file "$file" "$@"
