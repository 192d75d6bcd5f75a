#!/usr/bin/env bash
# Measures the release and prints the figures. On a shared machine, compare within one run only.
#
#   scripts/bench.sh                       all of it, about half an hour
#   scripts/bench.sh pages …               the server as pages meet it; further arguments go to Playwright
#   scripts/bench.sh client …              the web client: its start, opening, scrolling, what it holds on to;
#                                          further arguments go to Playwright
#   scripts/bench.sh soak [MINUTES]        ten minutes, or so many, of 200 events a second with a page open; not in all
#   scripts/bench.sh wires [--short] [--only=socketio|websocket] [burst|paced|idle|cuts|scan …]
#                                          the wires, beside Node servers of the same job
#   scripts/bench.sh history [CHATS]       what a phone wrote before the link, by a scan, in 50 chats or so many
#   scripts/bench.sh size [MESSAGES]       the lists and the search in a database of 50,000 chats and a million messages,
#                                          or so many: 10000000 take some minutes to write and 10 GB under $TMPDIR
. "$(dirname "$0")/common.sh"
what=${1:-all}
[ $# -eq 0 ] || shift
case $what in all | pages | client | soak | wires | history | size) ;; *) fail "there is no bench \"$what\": pages, client, soak, wires, history, size, or nothing for all" ;; esac
# Pages of another build are measured as they are.
[ -n "${SWITCHBOARD_BINARY:-}" ] || "$ROOT/scripts/build.sh"

browser() { STEP="$1" "$ROOT/scripts/end2end.sh" --config bench.config.ts "${@:2}"; }

# Long threads are written into the database.
sqlite() { have sqlite3 || debian sqlite3 || fail "sqlite3 is missing: install it (Debian: apt install sqlite3), then run this again"; }

pages() { browser "The server as pages meet it" bench/figures.spec.ts "$@"; }

client() { sqlite; browser "The web client" bench/client.spec.ts "$@"; }

soak() { SWITCHBOARD_SOAK_MINUTES=${1:-10} browser "A page under load" bench/soak.spec.ts; }

wires() {
  local bench="$ROOT/benches/wires"
  if [ ! -d "$bench/peers/node_modules" ] || [ "$bench/peers/package-lock.json" -nt "$bench/peers/node_modules" ]; then
    step "Installing the Node servers to compare with"
    npm ci --silent --no-audit --no-fund --prefix "$bench/peers" || fail "socket.io and ws cannot be installed from npm"
    touch "$bench/peers/node_modules"
  fi
  step "Building the load generator"
  CARGO_TARGET_DIR="$ROOT/target/wires" cargo build --release --quiet --manifest-path "$bench/Cargo.toml" ||
    fail "the load generator cannot be built: see above"
  # Every connection is a file here and one there.
  ulimit -n "$(ulimit -Hn)"
  step "The wires"
  "$ROOT/target/wires/release/switchboard-wires" "$ROOT/target/release/switchboard" "$bench/peers" "$@"
}

# Only what asks is built for tests, and quickly: the release is what it asks.
ask() { # the test that measures, what it measures
  local release="$ROOT/target/release/switchboard.measured"
  step "$2"
  cp "$ROOT/target/release/switchboard" "$release"
  SWITCHBOARD_TEST_BINARY="$release" "$ROOT/scripts/server-tests.sh" --quiet --test size -- --ignored --nocapture "$1"
  rm -f "$release"
}

size() { SWITCHBOARD_BENCH_MESSAGES=${1:-1000000} ask lists_ "The lists in a large database"; }

history() { SWITCHBOARD_BENCH_CHATS=${1:-50} ask history_ "What was written before the link"; }

case $what in
  # Of the long thread only so much that nobody waits for it.
  all) pages; SWITCHBOARD_BENCH_MINUTES=1 SWITCHBOARD_BENCH_MOUNTS=10000 client; wires; history; size ;;
  *) "$what" "$@" ;;
esac
