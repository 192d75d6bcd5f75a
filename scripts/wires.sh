#!/usr/bin/env bash
# Official clients against every wire of the release, or of the binary that SWITCHBOARD_BINARY names. Further
# arguments go to Playwright.
. "$(dirname "$0")/common.sh"

if [ -z "${SWITCHBOARD_PYTHON:-}" ]; then
  python="$TOOLS/python"
  wanted="$ROOT/end2end/wires/requirements.txt"
  if ! cmp -s "$wanted" "$python/requirements.txt"; then
    have python3 && python3 -c 'import ensurepip, venv' 2>/dev/null || debian python3 python3-venv ||
      fail "Python with venv is missing: install it (Debian: apt install python3-venv), then run this again"
    step "Installing the official Python client from PyPI"
    rm -rf "$python"
    python3 -m venv "$python" && "$python/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted" ||
      fail "python-socketio cannot be installed from PyPI"
    cp "$wanted" "$python/requirements.txt"
  fi
  export SWITCHBOARD_PYTHON="$python/bin/python"
fi

STEP="Official clients" exec "$ROOT/scripts/end2end.sh" --config wires.config.ts "$@"
