#!/bin/sh
# Writes what nginx cannot decide by itself, then becomes nginx: whether it speaks TLS, and how large a body may be.
set -eu
limit=${INLET_MAX_BODY_BYTES:-1048576}
{
  echo "client_max_body_size $limit;"
  echo "set \$max_body_bytes $limit;"
  if [ -c /run/tls/certificate.pem ]; then # /dev/null: no certificate was given
    echo "listen 8080;"
  else
    echo "listen 8080 ssl;"
    echo "include /etc/inlet/tls.conf;"
  fi
} > /tmp/server.conf
exec nginx -c /etc/inlet/nginx.conf -g 'daemon off;'
