# Sourced by the scripts that start servers for tests.

# free_port: a port above the registered ones and below the ephemeral ones that nobody listens on.
free_port() {
  local p
  while p=$((20000 + RANDOM % 12000)); do
    (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || break
  done
  echo "$p"
}
