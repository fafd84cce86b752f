#!/usr/bin/env bash
# What the tests need from the system and Python cannot bring: a browser.
# Installs it where it can (apt as root, else Playwright's own download); with CI=true a missing one is an error,
# otherwise the tests that need it skip and say so.
set -euo pipefail

have_browser() { command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }

if ! have_browser; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing chromium for the browser tests"
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core) >/dev/null || true
  else
    .venv/bin/playwright install chromium >/dev/null 2>&1 || true
  fi
fi
if ! have_browser && ! ls "${PLAYWRIGHT_BROWSERS_PATH:-$HOME/.cache/ms-playwright}"/chromium-* >/dev/null 2>&1; then
  echo "No browser could be installed; the browser tests cannot run." >&2
  [ "${CI:-}" != "true" ] || exit 1
fi
