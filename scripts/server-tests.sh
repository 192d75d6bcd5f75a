#!/usr/bin/env bash
# Lints, compiles and runs the server's unit and integration tests, on both databases. Further arguments go to
# `cargo test`; with `--no-run` nothing is started.
. "$(dirname "$0")/common.sh"
. "$ROOT/scripts/postgres.sh"
"$ROOT/scripts/tools.sh"
cd "$ROOT"

# The tests are linked with what the release was built of, most of which takes longer to compile than our own code. That
# asks for what cargo-leptos sets, and for a profile of which only our own part differs: as fast to compile as can be,
# with the checks of a debug build, and with its points at which a test ends the process.
export RUSTFLAGS="${RUSTFLAGS:+$RUSTFLAGS }--cfg erase_components" LEPTOS_OUTPUT_NAME=switchboard
own=profile.release.package.switchboard
# Clippy is a compiler that says more. As the compiler of our own code it lints what it compiles in any case; what
# `cargo clippy` does is to set these two, and to compile all once more without the code.
linted() { RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS="-Dwarnings__CLIPPY_HACKERY__" "$@"; }

# Cargo leaves the last binary that it linked in target/release: the release is put back at the end. Until then it does
# not count as built.
release=target/release/switchboard stamp=target/release/.built
leave() {
  stop_postgres
  settle
  [ -f "$stamp.aside" ] || return 0
  # Nothing was linked in its place where only the library was tested.
  if [ "$release.aside" -ef "$release" ]; then rm "$release.aside"; else mv -f "$release.aside" "$release"; fi
  mv "$stamp.aside" "$stamp"
}
trap leave EXIT
rm -f "$stamp.aside"
if [ -f "$stamp" ]; then
  ln -f "$release" "$release.aside"
  mv "$stamp" "$stamp.aside"
fi

# Most of what they do is to wait.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-$((2 * $(nproc 2>/dev/null || sysctl -n hw.ncpu)))}
run=1
for argument in "$@"; do [ "$argument" != --no-run ] || run=; done
[ -z "$run" ] || start_postgres
linted cargo test --release --features ssr --no-fail-fast \
  --config "$own.opt-level=0" --config "$own.debug-assertions=true" --config "$own.overflow-checks=true" "$@"
