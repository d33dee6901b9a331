#!/bin/sh
# Starts Inlet with docker compose, waits until it serves, and says where. Arguments go to `compose up`, such as
# --scale mapper=4. Run again it builds what changed and replaces only that.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
compose=$here/compose.sh
patience_s=180

fail() {
  echo "inlet: $1" >&2
  exit 1
}
setting() { # NAME: its value in deploy/.env, or nothing
  sed -n "s/^$1=//p" "$here/.env"
}
serves() { # does PATH answer with 200?
  curl --silent --fail --insecure --max-time 5 --output /dev/null "$address$1"
}

docker info > /dev/null 2>&1 || fail "Docker cannot be reached: is it installed and running, and may you use it?"
"$compose" version > /dev/null
command -v curl > /dev/null || fail "curl is needed, to see whether it serves"
# New secrets would not open old data.
if [ ! -e "$here/.env" ] && docker volume inspect inlet_postgres > /dev/null 2>&1; then
  fail "deploy/.env with the secrets is gone, but its data is there (volume inlet_postgres): bring the file back"
fi
"$here/secrets.sh"
chmod -R a+rX "$here/nginx" "$here/postgres" "$here/rabbitmq" # containers read these as users of their own

INLET_REVISION=$(git -C "$here" rev-parse --short HEAD 2> /dev/null || echo unknown)
export INLET_REVISION
"$compose" build # by itself: the other services use the image that `migrate` is built as
"$compose" up --detach --remove-orphans "$@" ||
  fail "it did not start, as said above; if the port is taken, choose another: INLET_HTTP_PORT=8090 make up"

scheme=http
[ -z "${INLET_TLS_CERTIFICATE:-$(setting INLET_TLS_CERTIFICATE)}" ] || scheme=https
door=$("$compose" port nginx 8080)
address=$scheme://127.0.0.1:${door##*:}
until serves /readyz && serves /openapi.json; do
  [ "$patience_s" -gt 0 ] || fail "it does not serve yet; see deploy/compose.sh ps and deploy/compose.sh logs"
  patience_s=$((patience_s - 1))
  sleep 1
done
echo
echo "Inlet serves at $address and describes its API at $address/docs"
echo "Sign in as $(setting INLET_ADMIN_USER); the password is INLET_ADMIN_PASSWORD in deploy/.env"
