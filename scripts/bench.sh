#!/usr/bin/env bash
# Measures the release and prints the figures. On a shared machine, compare within one run only.
. "$(dirname "$0")/common.sh"
"$ROOT/scripts/build.sh"
exec "$ROOT/scripts/end2end.sh" --config bench.config.ts "$@"
