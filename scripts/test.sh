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
cargo test --features ssr --no-fail-fast 2>&1 | tee "$logs/cargo" || {
  # Many of them hold clocks, sockets and killed processes against each other: on a machine that is busy otherwise
  # one may miss its time. What fails is run once more, alone, and is named in the summary.
  mapfile -t failed < <(sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p' "$logs/cargo" | sort -u)
  mapfile -t targets < <(sed -n 's/^    `\(--[a-z]* *[a-z_]*\)`$/\1/p' "$logs/cargo" | tr ' ' '\n')
  # More than a few are no accident, and what has no name did not even run to its end.
  [ "${#failed[@]}" -gt 0 ] && [ "${#failed[@]}" -le 5 ] && [ "${#targets[@]}" -gt 0 ] || fail "tests failed: see above"
  step "Once more what failed: ${failed[*]}"
  cargo test --features ssr --no-fail-fast "${targets[@]}" -- --exact --test-threads 1 "${failed[@]}" 2>&1 |
    tee "$logs/again" || fail "tests failed twice: see above"
  printf '%s\n' "${failed[@]}" >"$logs/flaky"
}
stop_postgres

"$ROOT/scripts/build.sh"
"$ROOT/scripts/end2end.sh" 2>&1 | tee "$logs/browser" || fail "browser tests failed: see above"
"$ROOT/scripts/wires.sh" 2>&1 | tee "$logs/wires" || fail "official clients failed: see above"

step "Summary"
grep -E '^(test result:|     Running |   Doc-tests )' "$logs/cargo" || true
[ ! -f "$logs/flaky" ] || sed 's/^/flaky, passed when run again alone: /' "$logs/flaky"
tail -n 3 "$logs/browser"
tail -n 3 "$logs/wires"
