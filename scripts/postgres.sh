# A PostgreSQL of our own for tests: private folder, private port, gone at the end. Sourced.

# Sets SWITCHBOARD_TEST_POSTGRES; stop_postgres ends it.
start_postgres() {
  local bin
  bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true)
  if [ -z "$bin" ] && have initdb; then bin=$(dirname "$(command -v initdb)"); fi
  if [ -z "$bin" ]; then
    debian postgresql || fail "PostgreSQL is missing: install it (Debian: apt install postgresql), then run this again"
    bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  fi
  PG_BIN=$bin
  PG_HOME=$(mktemp -d "${TMPDIR:-/tmp}/switchboard-postgres.XXXXXX")
  PG_AS=()
  # The server refuses to run as root.
  if [ "$(id -u)" = 0 ]; then
    id postgres >/dev/null 2>&1 || useradd --system postgres
    chown postgres "$PG_HOME"
    PG_AS=(runuser -u postgres --)
  fi
  local port
  port=$(node -e 'const s=require("net").createServer();s.listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
  step "Starting a PostgreSQL for the tests (port $port)"
  (
    cd "$PG_HOME"
    "${PG_AS[@]}" "$bin/initdb" -D "$PG_HOME/data" -U switchboard -A trust -E UTF8 --no-sync >"$PG_HOME.log" 2>&1
    "${PG_AS[@]}" "$bin/pg_ctl" -D "$PG_HOME/data" -w -t 60 -l "$PG_HOME/server.log" \
      -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$PG_HOME -c max_connections=300" start >>"$PG_HOME.log" 2>&1
  ) || { tail -n 5 "$PG_HOME.log" >&2; fail "the PostgreSQL for the tests does not start"; }
  export SWITCHBOARD_TEST_POSTGRES="postgres://switchboard@127.0.0.1:$port/postgres"
}

stop_postgres() {
  [ -n "${PG_HOME:-}" ] || return 0
  (cd / && "${PG_AS[@]}" "$PG_BIN/pg_ctl" -D "$PG_HOME/data" -m immediate stop >/dev/null 2>&1) || true
  rm -rf "$PG_HOME" "$PG_HOME.log"
  PG_HOME=
}
