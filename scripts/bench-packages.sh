#!/usr/bin/env bash
# What `make bench` needs from the system and Python cannot bring: Redis, for the backfill by workers.
# Installs it where it can (apt as root); without it that one benchmark says that it was left out.
set -euo pipefail

if ! command -v redis-server >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing redis-server for the benchmark of workers"
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server) >/dev/null || true
  fi
  command -v redis-server >/dev/null 2>&1 || echo "redis-server could not be installed: the benchmark of workers is left out." >&2
fi
