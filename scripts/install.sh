#!/usr/bin/env bash
# Make the virtual environment: every dependency at its locked version, checked by hash; the project itself editable.
# uv is used where it is there, pip otherwise. Either compiles what it installs: a process that finds no compiled code
# translates some 2,500 files each time it starts.
set -euo pipefail
python="$1" venv="$2"

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Countersign needs Python 3.11 or newer; $("$python" --version) was found. Run: make setup PYTHON=python3.12" >&2
  exit 1
}
echo "Installing the locked dependencies into $venv (a minute or two the first time)"
if command -v uv >/dev/null 2>&1; then
  [ -x "$venv/bin/python" ] || uv venv -q --python "$python" "$venv"
  uv pip sync -q --python "$venv/bin/python" --require-hashes --compile-bytecode requirements.lock
  uv pip install -q --python "$venv/bin/python" --no-deps --no-build-isolation -e .
else
  if [ ! -x "$venv/bin/pip" ]; then
    rm -rf "$venv"
    "$python" -m venv "$venv" || {
      echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv" >&2
      exit 1
    }
  fi
  # The lock is complete; --no-deps keeps pip from resolving it once more.
  "$venv/bin/pip" install -q --disable-pip-version-check --compile --no-deps --require-hashes -r requirements.lock
  "$venv/bin/pip" install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
fi
