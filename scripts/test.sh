#!/usr/bin/env bash
# Everything: formatting, lints for both targets, unit and integration tests on both databases, and against the
# release the browser tests and the official clients of every wire. Fails when any part fails; ends with the
# runners' own summaries.
. "$(dirname "$0")/common.sh"
. "$ROOT/scripts/postgres.sh"
"$ROOT/scripts/tools.sh"
cd "$ROOT"

logs=$(mktemp -d "${TMPDIR:-/tmp}/switchboard-test.XXXXXX")
building=
leave() {
  [ -z "$building" ] || kill -- "-$building" 2>/dev/null || true
  stop_postgres
  rm -rf "$logs"
}
trap leave EXIT

step "Formatting"
cargo fmt --check || fail "the code is not formatted: run cargo fmt"
for package in benches/wires fuzz; do
  cargo fmt --check --manifest-path "$package/Cargo.toml" || fail "$package is not formatted: run cargo fmt there"
done

# For minutes the release has use for one core only: where there is memory for both, the lints and the tests are compiled
# beside it. Nothing is run meanwhile.
gigabytes=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo 2>/dev/null || true)
if [ "${gigabytes:-0}" -ge 12 ]; then
  step "Building the release beside what follows; what it says is shown at its end"
  set -m
  "$ROOT/scripts/build.sh" >"$logs/build" 2>&1 &
  building=$!
  set +m
fi

step "Lints, server and tests"
cargo clippy --quiet --features ssr --all-targets -- -D warnings || fail "clippy found something in the server"
step "Lints, browser"
cargo clippy --quiet --features hydrate --target wasm32-unknown-unknown -- -D warnings || fail "clippy found something in the web client"

step "Lints and tests, load generator"
(
  export CARGO_TARGET_DIR="$ROOT/target/wires"
  cargo clippy --quiet --manifest-path benches/wires/Cargo.toml --all-targets -- -D warnings &&
    cargo test --quiet --manifest-path benches/wires/Cargo.toml
) || fail "clippy or a test found something in the load generator"

step "Compiling the tests"
cargo test --quiet --features ssr --no-run || fail "the tests cannot be compiled: see above"
if [ -n "$building" ]; then
  step "Waiting for the release"
  built=0
  wait "$building" || built=$?
  building=
  cat "$logs/build"
  [ "$built" -eq 0 ] || fail "the release cannot be built: see above"
else
  "$ROOT/scripts/build.sh"
fi

start_postgres
step "Unit and integration tests"
cargo test --features ssr --no-fail-fast 2>&1 | tee "$logs/cargo" || fail "tests failed: see above"
stop_postgres

"$ROOT/scripts/end2end.sh" 2>&1 | tee "$logs/browser" || fail "browser tests failed: see above"
"$ROOT/scripts/wires.sh" 2>&1 | tee "$logs/wires" || fail "official clients failed: see above"

step "Summary"
grep -E '^(test result:|     Running |   Doc-tests )' "$logs/cargo" || true
tail -n 3 "$logs/browser"
tail -n 3 "$logs/wires"
