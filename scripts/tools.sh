#!/usr/bin/env bash
# Installs what building needs and is not there yet, saying each step. Does nothing when all is there.
. "$(dirname "$0")/common.sh"

have cargo && have rustup || fail "Rust is missing: install it from https://rustup.rs, then run this again"
have npm || fail "Node.js with npm is missing: install Node 20 or newer, then run this again"
have cc || debian gcc libc6-dev || fail "a C compiler is missing: install it (Debian: apt install build-essential), then run this again"

cd "$ROOT"
if ! rustc --print sysroot >/dev/null 2>&1; then
  step "Installing the Rust toolchain that this project pins (rust-toolchain.toml)"
  rustup toolchain install >/dev/null || fail "the Rust toolchain of rust-toolchain.toml cannot be installed: is the network reachable?"
fi
if [ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; then
  step "Adding the WebAssembly target to Rust"
  rustup target add wasm32-unknown-unknown >/dev/null 2>&1 || fail "the target wasm32-unknown-unknown cannot be added: is the network reachable?"
fi

# Build tools run for seconds and are built once: compiling them fast is worth more than their speed.
build_tool() { # name, version, how long it takes and why, further arguments of cargo install
  local name=$1 version=$2 why=$3
  shift 3
  step "Installing $name $version ($why)"
  mkdir -p "$TOOLS"
  local log="$TOOLS/install-$name.log"
  if ! (
    cd "$TOOLS"
    export CARGO_PROFILE_RELEASE_OPT_LEVEL=${OPT_LEVEL:-0} CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256
    export CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS=fallback CARGO_TARGET_DIR="$TOOLS/build"
    # A second copy of OpenSSL takes minutes to compile; the system's does as well where it is there.
    if have pkg-config && pkg-config --exists openssl; then export OPENSSL_NO_VENDOR=1; fi
    cargo "+$TOOLCHAIN" install --quiet --root "$TOOLS" --force "$name@$version" "$@" >"$log" 2>&1
  ); then
    tail -n 5 "$log" >&2
    fail "$name $version cannot be installed (all of it: $log)"
  fi
}
TOOLCHAIN=$(sed -n 's/^channel = "\(.*\)"$/\1/p' rust-toolchain.toml)

built=
if [ "$(wasm-bindgen --version 2>/dev/null)" != "wasm-bindgen $WASM_BINDGEN_VERSION" ]; then
  OPT_LEVEL=1 build_tool wasm-bindgen-cli "$WASM_BINDGEN_VERSION" "about 2 minutes, once: it must match the crate exactly"
  built=1
fi
if [ "$(cargo-leptos --version 2>/dev/null)" != "cargo-leptos $CARGO_LEPTOS_VERSION" ]; then
  # With OpenSSL's headers from the system, this is two minutes shorter.
  have pkg-config && pkg-config --exists openssl || debian pkg-config libssl-dev || have perl || fail "perl is missing: install it, then run this again"
  build_tool cargo-leptos "$CARGO_LEPTOS_VERSION" "about 5 minutes, once: it brings a CSS and a script bundler" --locked --features no_downloads
  built=1
fi
[ -z "$built" ] || rm -rf "$TOOLS/build"

if [ "$(wasm-opt --version 2>/dev/null | grep -o 'version [0-9]*')" != "version ${BINARYEN_VERSION%%.*}" ]; then
  step "Installing wasm-opt (binaryen $BINARYEN_VERSION) from npm"
  mkdir -p "$TOOLS"
  npm install --silent --no-audit --no-fund --prefix "$TOOLS" "binaryen@$BINARYEN_VERSION" >"$TOOLS/install-binaryen.log" 2>&1 ||
    fail "binaryen $BINARYEN_VERSION cannot be installed from npm (all of it: $TOOLS/install-binaryen.log)"
fi
