#!/usr/bin/env bash
# The restore drill: back the copy up while it is in use, make another copy from the backup, and verify that one's ledger
# with a public key that was kept apart. Nothing of the copy itself is changed; what the drill made is taken away again.
#
#   export COUNTERSIGN_HOME=...   the copy; .countersign by default
#   scripts/restore_drill.sh [FOLDER]            a backup that exists; without it one is taken now
#   PUBLIC_KEY=... scripts/restore_drill.sh      the sealing key as an auditor was handed it; else the one of the home
#
# One line a step; at the first failure one sentence and exit 1.
set -euo pipefail

umask 077
home="$(realpath -m "${COUNTERSIGN_HOME:-.countersign}")"
here="$(mktemp -d "${TMPDIR:-/tmp}/countersign-drill.XXXXXX")"
trap 'rm -rf "$here"' EXIT
countersign="${COUNTERSIGN:-$(cd "$(dirname "$0")/.." && pwd)/.venv/bin/countersign}"
key="${PUBLIC_KEY:-$home/public/seal_key.pub.pem}"
backup="${1:-}"

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

[ -f "$key" ] || fail "there is no public key at $key; set PUBLIC_KEY."
if [ -z "$backup" ]; then
  backup="$here/backup"
  COUNTERSIGN_HOME="$home" "$countersign" backup "$backup" || fail "no backup was taken."
fi
COUNTERSIGN_HOME="$here/home" "$countersign" restore "$backup" || fail "the backup does not make a whole copy."
COUNTERSIGN_HOME="$here/home" "$countersign" verify ledger --public-key "$key" || fail "the restored ledger does not fit."
echo "The drill is passed: restored, and the ledger verifies."
