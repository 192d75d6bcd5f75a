#!/usr/bin/env bash
# Fuzzes the codec of the Socket.IO server with libFuzzer: scripts/fuzz.sh [SECONDS] (600), on one thread and at
# low priority. What it finds stays in target/fuzz/found, what it has learnt in target/fuzz/corpus.
. "$(dirname "$0")/common.sh"
seconds=${1:-600}
case $seconds in '' | *[!0-9]*) fail "not a number of seconds: $seconds" ;; esac
have c++ || debian g++ || fail "a C++ compiler is missing: install it (Debian: apt install g++), then run this again"
cd "$ROOT/fuzz"

step "Building the fuzzer"
# What cargo-fuzz asks for, without AddressSanitizer, which needs a nightly compiler: there is no unsafe code here
# that it could watch.
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
coverage+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
coverage+=" -Cllvm-args=-sanitizer-coverage-trace-compares"
# With a target named, the flags are for the target only, and not for build scripts and macros.
target=$(rustc -vV | sed -n 's/^host: //p')
CARGO_TARGET_DIR="$ROOT/target/fuzz" RUSTFLAGS=$coverage cargo build --release --quiet --target "$target" ||
  fail "the fuzzer cannot be built: see above"

step "Fuzzing for $seconds s"
mkdir -p "$ROOT/target/fuzz/corpus" "$ROOT/target/fuzz/found"
exec nice -n 19 "$ROOT/target/fuzz/$target/release/switchboard-fuzz" \
  "$ROOT/target/fuzz/corpus" seeds -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 \
  -artifact_prefix="$ROOT/target/fuzz/found/"
