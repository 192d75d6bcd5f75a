#!/usr/bin/env bash
# Everything: formatting, lints for both targets, unit and integration tests on both databases, and against the
# release the browser tests and the official clients of every wire. Fails when any part fails; ends with the
# runners' own summaries.
. "$(dirname "$0")/common.sh"
. "$ROOT/scripts/postgres.sh"
"$ROOT/scripts/tools.sh"
cd "$ROOT"

logs=$(mktemp -d "${TMPDIR:-/tmp}/switchboard-test.XXXXXX")
trap 'stop_postgres; rm -rf "$logs"' EXIT

step "Formatting"
cargo fmt --check || fail "the code is not formatted: run cargo fmt"
for package in benches/wires fuzz; do
  cargo fmt --check --manifest-path "$package/Cargo.toml" || fail "$package is not formatted: run cargo fmt there"
done

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

start_postgres
step "Unit and integration tests"
cargo test --features ssr --no-fail-fast 2>&1 | tee "$logs/cargo" || fail "tests failed: see above"
stop_postgres

"$ROOT/scripts/build.sh"
"$ROOT/scripts/end2end.sh" 2>&1 | tee "$logs/browser" || fail "browser tests failed: see above"
"$ROOT/scripts/wires.sh" 2>&1 | tee "$logs/wires" || fail "official clients failed: see above"

step "Summary"
grep -E '^(test result:|     Running |   Doc-tests )' "$logs/cargo" || true
tail -n 3 "$logs/browser"
tail -n 3 "$logs/wires"
