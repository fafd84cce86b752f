#!/usr/bin/env bash
# What `make bench` needs beside the house's environment: Redis, for the backfill by workers, and dbt, a peer of the
# roll-ups that wants an environment of its own. Where one cannot be had, its benchmark or its line is left out.
set -euo pipefail

if ! command -v redis-server >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing redis-server for the benchmark of workers"
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server) >/dev/null || true
  fi
  command -v redis-server >/dev/null 2>&1 || echo "redis-server could not be installed: the benchmark of workers is left out." >&2
fi

dbt=.countersign/bench/dbt
if [ ! -x "$dbt/bin/dbt" ]; then
  echo "Installing dbt, which the roll-ups are measured beside, into $dbt"
  mkdir -p .countersign/bench
  if command -v uv >/dev/null 2>&1; then
    uv venv -q --python .venv/bin/python "$dbt"
    uv pip sync -q --python "$dbt/bin/python" --require-hashes --compile-bytecode bench/dbt/requirements.lock
  else
    .venv/bin/python -m venv "$dbt"
    "$dbt/bin/pip" install -q --disable-pip-version-check --compile --no-deps --require-hashes -r bench/dbt/requirements.lock
  fi || { rm -rf "$dbt"; echo "dbt could not be installed: its line is left out." >&2; }
fi
