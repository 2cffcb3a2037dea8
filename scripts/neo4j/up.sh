#!/usr/bin/env bash
# Gives the tests a real Neo4j 5.26 and prints how to reach it, as lines for a shell:
#   RINGLEADER_TEST_NEO4J_URI=bolt://127.0.0.1:…
#   RINGLEADER_TEST_NEO4J_PASSWORD=…
# In this order: the server that RINGLEADER_TEST_NEO4J_URI names; a container, where an engine runs
# (compose.yaml); the published jars, fetched by Maven into .cache/neo4j. Loopback only. Calling it
# again while the server runs prints the same lines.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../port.sh"

if [ -n "${RINGLEADER_TEST_NEO4J_URI:-}" ]; then
  echo "neo4j: using $RINGLEADER_TEST_NEO4J_URI, as RINGLEADER_TEST_NEO4J_URI says" >&2
  print_env "$RINGLEADER_TEST_NEO4J_URI" "${RINGLEADER_TEST_NEO4J_PASSWORD:-}"
  exit
fi

mkdir -p "$cache"
exec 9>"$cache/lock" # two callers at once: the second waits and finds the server running
flock 9 2>/dev/null || true

if [ ! -s "$cache/password" ]; then
  (umask 077 && od -An -N12 -tx1 /dev/urandom | tr -d ' \n' >"$cache/password")
fi
password=$(cat "$cache/password")

[ -s "$cache/port" ] || free_port >"$cache/port" # kept: clients find a restarted server again
port=$(cat "$cache/port")
uri=bolt://127.0.0.1:$port

# await COMMAND...: until Bolt answers, as long as COMMAND says that the server is alive.
await() {
  local end=$((SECONDS + RINGLEADER_TEST_NEO4J_WAIT))
  until answers "$port"; do
    "$@" || return 1
    [ $SECONDS -lt $end ] || return 1
    sleep 0.2
  done
}

up_container() {
  export RINGLEADER_NEO4J_PORT=$port RINGLEADER_NEO4J_PASSWORD=$password
  echo "$1" >"$engine"
  "$1" compose -f "$root/compose.yaml" up -d >&2 9>&- &&
    await true && return
  "$1" compose -f "$root/compose.yaml" logs --tail 40 >&2 || true
  fail "no Bolt answer at $uri from the container; its log is above"
}

# fetch_jars: one folder for each content of pom.xml, made under another name first, so one that exists is whole.
fetch_jars() {
  local key made
  key=$(sha256sum <"$root/scripts/neo4j/pom.xml" | cut -c 1-12)
  jars=$cache/jars-$key
  [ ! -d "$jars" ] || return 0
  command -v mvn >/dev/null || fail "no container engine runs and mvn is not installed; install Maven and Java 17, or set RINGLEADER_TEST_NEO4J_URI"
  echo "neo4j: fetching the server's jars (about 120 MB, once)" >&2
  made=$(mktemp -d "$cache/jars.XXXXXX")
  if ! mvn -B -q -U -Dstyle.color=never -f "$root/scripts/neo4j/pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$made" >&2 9>&-; then
    rm -rf "$made"
    fail "Maven could not fetch org.neo4j:neo4j; its messages are above"
  fi
  mv "$made" "$jars"
}

write_conf() {
  mkdir -p "$home"/{conf,data,logs,plugins,import,run}
  # Small transaction logs instead of 512 MB of preallocated ones, and no seconds of quiet at shutdown: test settings.
  cat >"$home/conf/neo4j.conf" <<CONF
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:$port
server.bolt.advertised_address=127.0.0.1:$port
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size=256m
dbms.usage_report.enabled=false
client.allow_telemetry=false
db.tx_log.preallocate=false
db.tx_log.rotation.size=32M
db.tx_log.rotation.retention_policy=1 days 256M
internal.dbms.bolt.netty_server_shutdown_quiet_period=0
internal.dbms.bolt.netty_server_shutdown_timeout=1s
CONF
}

start_jvm() {
  local path="$home/conf:$jars/*"
  export NEO4J_HOME=$home NEO4J_CONF=$home/conf
  if [ ! -d "$home/data/databases/system" ]; then # a password can be set before the first start only
    java -cp "$path" org.neo4j.cli.AdminTool dbms set-initial-password "$password" >"$log" 2>&1 9>&- ||
      { tail -n 40 "$log" >&2; fail "cannot set the password of the new server in $home"; }
  fi
  # setsid: Ctrl-C in a test run is not for the server. 9>&-: the lock is not the server's either.
  setsid java -Xms256m -Xmx"$RINGLEADER_TEST_NEO4J_HEAP" -XX:+UseG1GC -XX:+DisableExplicitGC \
    -Dfile.encoding=UTF-8 -Dlog4j2.disable.jmx=true -Dio.netty.tryReflectionSetAccessible=true \
    --add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/java.io=ALL-UNNAMED \
    --add-opens=java.base/sun.nio.ch=ALL-UNNAMED -cp "$path" \
    org.neo4j.server.CommunityEntryPoint --home-dir="$home" --config-dir="$home/conf" --console-mode \
    </dev/null >"$log" 2>&1 9>&- &
  echo $! >"$pidfile"
}

up_jars() {
  local pid
  pid=$(cat "$pidfile" 2>/dev/null || true)
  if running "$pid"; then
    echo "neo4j: already running at $uri, pid $pid" >&2
  else
    command -v java >/dev/null || fail "no container engine runs and java is not installed; install Java 17 and Maven, or set RINGLEADER_TEST_NEO4J_URI"
    fetch_jars
    write_conf
    start_jvm
    pid=$(cat "$pidfile")
  fi
  if ! await kill -0 "$pid" 2>/dev/null; then
    tail -n 40 "$log" >&2
    ! running "$pid" || kill "$pid"
    rm -f "$pidfile" "$cache/port"
    fail "no Bolt answer at $uri; the end of $log is above"
  fi
}

use=$(container_engine)
if running "$(cat "$pidfile" 2>/dev/null || true)" || [ -z "$use" ]; then up_jars; else up_container "$use"; fi
echo "neo4j: Bolt answers at $uri" >&2
print_env "$uri" "$password"
