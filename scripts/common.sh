# Shared by the scripts beside it. Sourced, not run.
set -euo pipefail

# The project's folder, wherever the caller stands.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Build tools live outside the checkout: they outlast a clean clone and touch nobody's own tools.
TOOLS=${SWITCHBOARD_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/switchboard/tools}

CARGO_LEPTOS_VERSION=0.3.10
BINARYEN_VERSION=132.0.0
# The command line and the crate must be equal to the patch.
WASM_BINDGEN_VERSION=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p;}' "$ROOT/Cargo.lock")

export PATH="$TOOLS/bin:$TOOLS/node_modules/.bin:$PATH"

step() { printf '\033[1m==>\033[0m %s\n' "$*"; }
# One clear line instead of a stack of errors.
fail() { printf 'switchboard: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# The build script of WhatsApp's message formats writes a file that it has Cargo watch. After its first run that looks
# changed, and the formats would be compiled once more, and the engine with them: minutes for nothing.
settle() {
  local file
  for file in "$ROOT"/target/release/build/waproto-*/out/whatsapp.local.desc; do
    [ ! -f "$file" ] || touch -r "${file%/out/*}/invoked.timestamp" "$file"
  done
}

# Installs Debian packages where we may; answers whether they are there afterwards.
debian() {
  have apt-get || return 1
  local as=()
  if [ "$(id -u)" != 0 ]; then
    have sudo && sudo -n true 2>/dev/null || return 1
    as=(sudo -n)
  fi
  step "Installing from the system's packages: $*"
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 && return 0
  "${as[@]}" apt-get update -qq >/dev/null 2>&1 || return 1
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}
