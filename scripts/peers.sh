#!/usr/bin/env bash
# Measures our graph kernels beside those of others, on the same files, in one run, and writes the
# tables into docs/benchmarks.md. Peers come from the package registries: python-igraph, leidenalg,
# NetworKit and networkx into a virtual environment, gonum as it is linked in, and Neo4j with its Graph
# Data Science library from its published jars (Java 17, Maven). All of it stays in .cache/peers.
#
#   PEERS_SIZES="100k 1m 10m"  sizes of the graphs; 100m runs ours alone
#   PEERS_RUNS=5               runs of each measure; those over a minute run once
#   PEERS_PARTS="leiden components kcore pagerank peel growth gds"  what to measure; what earlier
#                              runs measured of other parts stays in the tables
#
# It takes about an hour on two cores, alone; figures taken beside other work are worth little.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=$PWD/.cache/peers
sizes=${PEERS_SIZES:-100k 1m 10m}
runs=${PEERS_RUNS:-5}
parts=${PEERS_PARTS:-leiden components kcore pagerank peel growth gds}
mkdir -p "$cache/graphs" "$cache/labels" "$cache/results"
export OMP_WAIT_POLICY=passive
# Set for old OpenBLAS builds; they slow down a current numpy, which only reads files here.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE

say() { echo "peers: $*" >&2; }

prepare() {
  local key
  key=$(sha256sum <scripts/peers/requirements.txt | cut -c 1-12)
  python=$cache/venv-$key/bin/python
  if [ ! -e "$cache/venv-$key/ready" ]; then
    say "installing scripts/peers/requirements.txt"
    rm -rf "$cache/venv-$key"
    python3 -m venv "$cache/venv-$key"
    "$python" -m pip install --quiet --disable-pip-version-check -r scripts/peers/requirements.txt
    touch "$cache/venv-$key/ready"
  fi
  go build -o "$cache/peerbench" ./cmd/peerbench
  go build -o "$cache/ringleader" ./cmd/ringleader
}

graph() { # graph FAMILY SIZE: the path of the file, made once
  local file=$cache/graphs/$1-$2.bin
  [ -s "$file" ] || "$cache/peerbench" generate "$1" "$2" "$file"
  echo "$file"
}

# measure RUNS TOOL ALGORITHM GRAPH [THREADS]: one line of results. A community partition is then
# judged by one checker, whoever made it.
measure() {
  local n=$1 tool=$2 algorithm=$3 file=$4 threads=${5:-1} labels line
  labels=$cache/labels/$tool-$algorithm
  say "$tool $algorithm $(basename "$file" .bin), $threads threads"
  rm -f "$labels"
  case $tool in
  ringleader | gonum) line=$("$cache/peerbench" run "$tool" "$algorithm" "$file" --repeat "$n" --threads "$threads" --labels "$labels") ;;
  *) line=$("$python" scripts/peers/peer.py "$tool" "$algorithm" "$file" --repeat "$n" --threads "$threads" --labels "$labels") ;;
  esac
  case $algorithm in
  leiden | louvain) line="${line%\}}, \"q\": $("$cache/peerbench" quality "$file" "$labels")}" ;;
  esac
  echo "$line" >>"$results"
}

has() { [[ " $1 " == *" $2 "* ]]; }

leiden() {
  local f family
  if has "$sizes" 100k; then
    for family in lfr fraud ident; do
      f=$(graph $family 100k)
      measure "$runs" ringleader leiden "$f"
      measure 1 gonum louvain "$f"
      measure "$runs" igraph leiden "$f"
      measure 1 leidenalg leiden "$f"
      measure "$runs" networkit leiden "$f"
    done
  fi
  if has "$sizes" 1m; then
    for family in lfr rmat fraud ident; do
      f=$(graph $family 1m)
      measure "$runs" ringleader leiden "$f"
      measure "$runs" ringleader leiden "$f" 2
      measure "$runs" igraph leiden "$f"
      measure "$runs" networkit leiden "$f"
      measure "$runs" networkit leiden "$f" 2
    done
  fi
  if has "$sizes" 10m; then
    for family in lfr fraud; do
      f=$(graph $family 10m)
      measure "$runs" ringleader leiden "$f"
      measure "$runs" ringleader leiden "$f" 2
      measure 1 igraph leiden "$f"
    done
  fi
}

plain() { # plain ALGORITHM PEERS...: one kernel on every size beside its peers
  local algorithm=$1 size family f tool
  shift
  for size in 1m 10m; do
    has "$sizes" $size || continue
    for family in lfr rmat fraud ident; do
      [ $size = 10m ] && ! has "lfr fraud" $family && continue
      f=$(graph $family $size)
      measure "$runs" ringleader "$algorithm" "$f"
      for tool in "$@"; do
        [ $size = 10m ] && has "gonum networkx" "$tool" && continue
        measure "$runs" "$tool" "$algorithm" "$f"
      done
    done
  done
}

components() { plain components networkit igraph gonum networkx; }
kcore() { plain kcore networkit igraph; }

pagerank() {
  local size f
  plain pagerank networkit igraph
  for size in 1m 10m; do
    has "$sizes" $size || continue
    f=$(graph fraud $size)
    measure "$runs" ringleader pagerank20 "$f"
    measure "$runs" ringleader pagerank20 "$f" 2
    measure "$runs" ringleader pagerank20-reordered "$f"
    measure "$runs" networkit pagerank20 "$f"
  done
}

peel() { has "$sizes" 10m && measure "$runs" ringleader peel "$(graph fraud 10m)"; }

growth() {
  has "$sizes" 100m || return 0
  local f
  f=$(graph fraud 100m)
  measure 1 ringleader components "$f"
  measure 1 ringleader leiden "$f"
}

# The whole way: CSV files in, components and communities of every node out.
gds() {
  local data=$cache/anchor jars c
  jars=$cache/jars-$(sha256sum <scripts/peers/pom.xml | cut -c 1-12)
  [ -s "$data/used_phone.csv" ] || python3 scripts/peers/anchor.py --out "$data"
  if [ ! -d "$jars" ]; then
    say "fetching the jars of Neo4j and its library"
    rm -rf "$jars.part"
    mvn -B -q -f scripts/peers/pom.xml dependency:copy-dependencies -DincludeScope=runtime \
      -Dmdep.prependGroupId=true -DoutputDirectory="$jars.part" >&2
    mv "$jars.part" "$jars"
  fi
  for c in 1 2 4; do
    say "the whole way through Neo4j, concurrency $c"
    "$python" scripts/peers/gds.py --data "$data" --home "$cache/neo4j" --jars "$jars" --concurrency $c --alone 3 >>"$results"
  done
  say "the whole way through ringleader"
  "$python" scripts/peers/ours.py --data "$data" --program "$cache/ringleader" --kernels "$cache/peerbench" --work "$cache/ours" --repeat "$runs" >>"$results"
}

prepare
for part in $parts; do
  results=$cache/results/$part.part
  : >"$results"
  $part
  mv "$results" "$cache/results/$part.jsonl"
done
"$python" scripts/peers/report.py docs/benchmarks.md "$cache"/results/*.jsonl
say "the tables of docs/benchmarks.md are written"
