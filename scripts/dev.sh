#!/usr/bin/env bash
# Serves a debug build, and builds again at every change.
. "$(dirname "$0")/common.sh"
"$ROOT/scripts/tools.sh"
cd "$ROOT"
exec cargo leptos watch --split
