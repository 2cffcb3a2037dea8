# Sourced by up.sh and down.sh: where the test server lives, and how to ask whether it does.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=$root/.cache/postgres # git-ignored; `make clean` removes it
dirfile=$cache/dir          # names the folder of the cluster
: "${RINGLEADER_TEST_POSTGRES_WAIT:=60}" # seconds until the server must answer

fail() {
  echo "postgres: $*" >&2
  exit 1
}

# binaries: the folder of initdb and pg_ctl, the newest that is installed. Debian keeps them off the PATH.
binaries() {
  local found
  found=$(command -v initdb) && { dirname "$(readlink -f "$found")"; return; }
  found=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
  [ -x "$found" ] && dirname "$found"
}

# as_user COMMAND...: the server refuses to run as root, so root hands over to the user of Debian's package, else to nobody.
as_user() {
  if [ "$(id -u)" != 0 ]; then "$@"; else runuser -u "$(ordinary)" -- "$@"; fi
}
ordinary() { if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi; }

# running DIR: our server, by the pid in its own folder.
running() {
  [ -n "${1:-}" ] && [ -s "$1/data/postmaster.pid" ] && as_user "$(binaries)/pg_ctl" status -D "$1/data" >/dev/null 2>&1
}

# remove DIR: a folder that up.sh has made, and no other.
remove() {
  case ${1:-} in
  */ringleader-postgres.*) rm -rf "$1" ;;
  esac
}

print_env() {
  echo "RINGLEADER_TEST_POSTGRES_URI=$1"
  echo "RINGLEADER_TEST_POSTGRES_PASSWORD=$2"
}
