#!/bin/sh
# Makes the secrets of a deployment, once: what a file has already stays. secrets.sh [FILE], by default deploy/.env
set -eu
umask 077
file=${1:-$(dirname "$0")/.env}

add() { # NAME VALUE
  grep -q "^$1=" "$file" || echo "$1=$2" >> "$file"
}
secret() {
  od -An -vtx1 -N24 /dev/urandom | tr -d ' \n'
}

touch "$file"
chmod 600 "$file"
add COMPOSE_PROJECT_NAME inlet
add INLET_ADMIN_USER admin
for name in ADMIN_PASSWORD BROKER_PASSWORD POSTGRES_PASSWORD OWNER_PASSWORD CONFIG_API_PASSWORD \
  PROFILE_WRITER_PASSWORD PROFILE_API_PASSWORD RECEIPT_KEY SESSION_KEY SERVICE_TOKEN; do
  add "INLET_$name" "$(secret)"
done
add INLET_BROKER_URL "amqp://inlet:$(sed -n 's/^INLET_BROKER_PASSWORD=//p' "$file")@rabbitmq:5672/"
