#!/usr/bin/env bash
# Builds the release: target/release/switchboard and target/site. Does nothing when nothing changed.
. "$(dirname "$0")/common.sh"
"$ROOT/scripts/tools.sh"
cd "$ROOT"

stamp=target/release/.built
inputs=(src style public migrations Cargo.toml Cargo.lock rust-toolchain.toml Leptos.toml)
# Folders count as well: theirs is the time of a file that went.
if [ -f "$stamp" ] && [ -x target/release/switchboard ] && [ -d target/site/pkg ] &&
  [ -z "$(find "${inputs[@]}" -newer "$stamp" -print -quit)" ]; then
  exit 0
fi

if [ ! -x target/release/switchboard ]; then
  step "Building Switchboard (the first time takes 10 to 15 minutes on two cores: WhatsApp's message formats and the web client are large)"
else
  step "Building Switchboard"
fi
mkdir -p target/release
touch target/release/.building
cargo leptos build --release --split || fail "the build failed: see above"
settle

# What counts is the size after compression. Inlining and merging make the code smaller, but less alike to
# itself; kept apart, and each beside those that it is most like, functions compress a fifth better. Only the tiniest
# go into their callers: a browser compiles each function when it is first called, and every one takes its time.
optimise() { # one file of the client
  wasm-opt "$1" -o "$1.named" --debuginfo -O2 --skip-pass=local-cse --skip-pass=merge-locals \
    --always-inline-max-function-size=12 --one-caller-inline-max-function-size=0 --flexible-inline-max-function-size=0 &&
    node scripts/order.mjs "$1.named" "$1.named" &&
    wasm-opt "$1.named" -o "$1.named" --debuginfo --reorder-functions-by-name &&
    wasm-opt "$1.named" -o "$1" --strip-debug --strip-producers --strip-target-features ||
    fail "the web client cannot be optimised: see above"
  rm -f "$1.named"
}
pkg=target/site/pkg
if [ "$pkg/switchboard.wasm" -nt "$pkg/switchboard.wasm.br" ]; then
  step "Optimising the web client"
  rm -f "$pkg"/*.d.ts
  node scripts/chunks.mjs "$pkg" || fail "the web client's chunks cannot be made ready: see above"
  # One after the other in as many rows as there are cores: the tool uses one.
  export -f optimise fail
  printf '%s\0' "$pkg"/*.wasm | xargs -0 -n 1 -P "$(nproc 2>/dev/null || sysctl -n hw.ncpu)" bash -c 'set -euo pipefail; optimise "$1"' optimise ||
    fail "the web client cannot be optimised: see above"
  node scripts/imports.mjs "$pkg" || fail "the web client's imports cannot be renamed: see above"
fi
node scripts/compress.mjs target/site || fail "the web client's files cannot be compressed: see above"
mv target/release/.building "$stamp"
