#!/usr/bin/env bash
# Make the virtual environment: every dependency at its locked version, checked by hash; the project itself editable.
# uv installs it in half a minute, where pip takes four: one's own if it is there, else the locked one, which pip brings;
# pip alone where uv does not reach the package index. What the services load is compiled at the end, a tenth of what is
# installed: a process that finds no compiled code translates some 2,500 files each time it starts.
set -euo pipefail
python="$1" venv="$2"

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Countersign needs Python 3.11 or newer; $("$python" --version) was found. Run: make setup PYTHON=python3.12" >&2
  exit 1
}
echo "Installing the locked dependencies into $venv (a minute or two the first time)"

with_uv() { # the program uv
  "$1" pip sync -q --python "$venv/bin/python" --require-hashes requirements.lock \
    && "$1" pip install -q --python "$venv/bin/python" --no-deps --no-build-isolation -e .
}

compiled() {
  echo "Compiling what the services load"
  env -u PYTHONDONTWRITEBYTECODE "$venv/bin/python" -c \
    "import api.serve, api.app, orchestration.definitions, dagster_webserver.cli, dagster._daemon.cli, dagster._grpc.server" \
    || echo "That failed, and costs only time: what is missing is compiled at the first start." >&2
}

if command -v uv >/dev/null 2>&1; then
  [ -x "$venv/bin/python" ] || uv venv -q --python "$python" "$venv"
  with_uv uv
  compiled
  exit
fi
if [ ! -x "$venv/bin/pip" ]; then
  rm -rf "$venv"
  "$python" -m venv "$venv" || {
    echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv" >&2
    exit 1
  }
fi
# The lock is complete; --no-deps keeps pip from resolving it once more.
pip() { "$venv/bin/pip" "$@" -q --disable-pip-version-check --no-deps; }
# uv does not read pip's settings; a company's own index is told to it.
index="${PIP_INDEX_URL:-$("$venv/bin/pip" config get global.index-url 2>/dev/null || true)}"
[ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
if pip install --require-hashes -r <(awk '/^[a-z]/ { of_uv = /^uv==/ } of_uv' requirements.lock) && with_uv "$venv/bin/uv"; then
  compiled
  exit
fi
echo "uv could not install them; pip goes on, which takes some minutes." >&2
pip install --no-compile --require-hashes -r requirements.lock
pip install --no-build-isolation -e .
compiled
