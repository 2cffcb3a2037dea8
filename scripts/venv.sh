# Sourced by scripts that run Python: virtual environments under .cache, one for each content of a file of
# requirements.

# make_venv FILE TARGET sets venv to the environment with the packages of FILE, which it makes where it is
# missing; TARGET names the caller in messages.
make_venv() {
  venv=$PWD/.cache/venv-$(sha256sum <"$1" | cut -c 1-12)
  if [ ! -e "$venv/ready" ]; then
    echo "$2: installing $1" >&2
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$1"
    touch "$venv/ready"
  fi
}

# into_page NAME FILE puts a table between the marks of NAME in docs/quality.md.
into_page() {
  sed -i -e "/<!-- $1 -->/,/<!-- end of $1 -->/{//!d}" -e "/<!-- $1 -->/r $2" docs/quality.md
}
