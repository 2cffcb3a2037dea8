# Sourced by up.sh and down.sh: where the test server lives, and how to ask whether it does.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=$root/.cache/neo4j           # git-ignored; `make clean` removes it
home=$cache/home                   # data, conf, logs of the server made of jars
pidfile=$cache/pid
engine=$cache/engine               # names the container engine that runs the server, if one does
log=$home/logs/console.log
: "${RINGLEADER_TEST_NEO4J_HEAP:=1g}"
: "${RINGLEADER_TEST_NEO4J_WAIT:=180}" # seconds until Bolt must answer

fail() {
  echo "neo4j: $*" >&2
  exit 1
}

# running PID: our server and not a stranger who got its number.
running() {
  [ -n "${1:-}" ] && kill -0 "$1" 2>/dev/null || return 1
  local args
  if [ -r "/proc/$1/cmdline" ]; then args=$(tr '\0' ' ' <"/proc/$1/cmdline"); else args=$(ps -ww -o args= -p "$1"); fi
  [[ $args == *"--home-dir=$home "* ]]
}

# answers PORT: a Bolt handshake, for an open port alone does not say that the database is up.
# Sent: the magic number and four versions; back comes the one that the server picked.
answers() {
  local picked
  picked=$(
    exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf '\x60\x60\xb0\x17\0\x04\x04\x05\0\0\x04\x04\0\0\0\0\0\0\0\0' >&3
    timeout 5 head -c 4 <&3 | od -An -tx1 | tr -d ' \n'
  ) || return 1
  [ ${#picked} = 8 ] && [ "$picked" != 00000000 ]
}

# container_engine prints docker or podman if one of them really runs and can compose.
container_engine() {
  local e
  for e in docker podman; do
    if command -v $e >/dev/null && timeout 10 $e info >/dev/null 2>&1 && $e compose version >/dev/null 2>&1; then
      echo $e
      return
    fi
  done
}

print_env() {
  echo "RINGLEADER_TEST_NEO4J_URI=$1"
  echo "RINGLEADER_TEST_NEO4J_PASSWORD=$2"
}
