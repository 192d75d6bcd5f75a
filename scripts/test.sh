#!/usr/bin/env bash
# Everything: formatting, lints for both targets, unit and integration tests on both databases, and against the
# release the browser tests and the official clients of every wire. Fails when any part fails; ends with the
# runners' own summaries.
. "$(dirname "$0")/common.sh"
"$ROOT/scripts/tools.sh"
cd "$ROOT"

logs=$(mktemp -d "${TMPDIR:-/tmp}/switchboard-test.XXXXXX")
trap 'rm -rf "$logs"' EXIT

step "Formatting"
cargo fmt --check || fail "the code is not formatted: run cargo fmt"
for package in benches/wires fuzz; do
  cargo fmt --check --manifest-path "$package/Cargo.toml" || fail "$package is not formatted: run cargo fmt there"
done

"$ROOT/scripts/build.sh"

step "Lints, browser"
# Beside the release's client, whose macros need not be compiled again.
CARGO_TARGET_DIR="$ROOT/target/front" cargo clippy --quiet --profile wasm-release --lib --features hydrate \
  --target wasm32-unknown-unknown -- -D warnings || fail "clippy found something in the web client"

step "Lints and tests, load generator"
CARGO_TARGET_DIR="$ROOT/target/wires" RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS="-Dwarnings__CLIPPY_HACKERY__" \
  cargo test --quiet --manifest-path benches/wires/Cargo.toml || fail "clippy or a test found something in the load generator"

step "Lints and tests, server"
"$ROOT/scripts/server-tests.sh" 2>&1 | tee "$logs/cargo" || fail "clippy or a test found something in the server: see above"

"$ROOT/scripts/end2end.sh" 2>&1 | tee "$logs/browser" || fail "browser tests failed: see above"
"$ROOT/scripts/wires.sh" 2>&1 | tee "$logs/wires" || fail "official clients failed: see above"

step "Summary"
grep -E '^(test result:|     Running |   Doc-tests )' "$logs/cargo" || true
tail -n 3 "$logs/browser"
tail -n 3 "$logs/wires"
