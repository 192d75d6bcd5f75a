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
cargo leptos build --release --precompress || fail "the build failed: see above"
mv target/release/.building "$stamp"
