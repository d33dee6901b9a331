#!/usr/bin/env bash
# Installs what the tests drive from the system's packages, RabbitMQ and Chromium, and nothing that runs by itself.
set -euo pipefail

wanted=()
[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || [ -n "${INLET_TEST_BROKER_URL:-}" ] || wanted+=(rabbitmq-server)
[ -n "${INLET_TEST_CHROMIUM:-}" ] || command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null ||
    wanted+=(chromium)
[ "${#wanted[@]}" -gt 0 ] || exit 0

give_up() {
    echo "${wanted[*]} cannot be installed ($1). Give RabbitMQ by INLET_TEST_BROKER_URL=amqp://user:password@127.0.0.1:5672/, Chromium by INLET_TEST_CHROMIUM=/path/to/it" >&2
    exit 1
}

command -v apt-get >/dev/null || give_up "no apt-get here"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo -n)
    "${as_root[@]}" true 2>/dev/null || give_up "not root, and sudo asks for a password"
fi

# The packages start a broker, and Erlang's port mapper, for the whole system. While this policy (invoke-rc.d(8))
# stands, nothing is started; one that is there already is the machine's own business and stays.
policy=/usr/sbin/policy-rc.d
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
if [ ! -e "$policy" ]; then
    trap 'rm -f "$log"; "${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
fi
units=()
[[ " ${wanted[*]} " != *" rabbitmq-server "* ]] || units+=(rabbitmq-server.service)
[[ " ${wanted[*]} " != *" rabbitmq-server "* ]] || command -v epmd >/dev/null || units+=(epmd.service epmd.socket)

install() {
    "${as_root[@]}" apt-get -q update &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "${wanted[@]}"
}

echo "installing ${wanted[*]}"
if ! install >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    give_up "apt-get failed"
fi

# Nor at the next start of the machine. Without a systemd (in a container) there is nothing to switch off.
if [ "${#units[@]}" -gt 0 ] && command -v systemctl >/dev/null; then
    "${as_root[@]}" systemctl --quiet disable "${units[@]}" 2>/dev/null || true
fi
