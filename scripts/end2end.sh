#!/usr/bin/env bash
# The browser tests, against the release. Further arguments go to Playwright.
. "$(dirname "$0")/common.sh"
cd "$ROOT/end2end"

if [ -z "${CHROMIUM:-}" ]; then
  for name in chromium chromium-browser google-chrome; do
    if have "$name"; then CHROMIUM=$(command -v "$name"); break; fi
  done
fi
if [ -z "${CHROMIUM:-}" ] && debian chromium; then CHROMIUM=$(command -v chromium); fi

export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
if [ -L node_modules ]; then
  # npm empties the folder that the link leads to before it installs: whoever made the link has others there.
  step "end2end/node_modules is a link: what it leads to is used as it is"
elif [ ! -d node_modules ] || [ package-lock.json -nt node_modules ]; then
  step "Installing Playwright and the official clients from npm"
  npm ci --silent --no-audit --no-fund || fail "Playwright and the official clients cannot be installed from npm"
  touch node_modules
fi
if [ -z "${CHROMIUM:-}" ]; then
  step "Downloading Chromium through Playwright"
  env -u PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD npx playwright install chromium >/dev/null 2>&1 ||
    fail "Chromium is missing: install it (Debian: apt install chromium), then run this again"
fi
export CHROMIUM

step "${STEP:-Browser tests}"
exec npx playwright test "$@"
