# Everything a developer runs. `make` alone lists the targets.
# What a target needs beyond Go, Java, Maven, Node and Python it fetches into
# .cache, which `make clean` removes.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# How long each fuzz target runs in `make fuzz`.
FUZZTIME ?= 30s
# Which benchmarks `make bench` runs, and for how long each.
BENCH ?= .
BENCHTIME ?= 1s
# Packages that start goroutines or are shared by them.
RACE_PACKAGES := ./graph/... ./loaders/... ./engine/... ./api/...

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/ringleader
	go build -o bin/ringleader ./cmd/ringleader

.PHONY: test
test: ## run every test, with a real Neo4j and PostgreSQL (started and stopped here)
	@scripts/test.sh

.PHONY: race
race: ## run the packages with concurrency under the race detector
	@RACE_PACKAGES="$(RACE_PACKAGES)" scripts/race.sh

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (30s) each
	@FUZZTIME=$(FUZZTIME) scripts/fuzz.sh

.PHONY: bench
bench: ## run the Go benchmarks, then time a cold build
	@BENCH='$(BENCH)' BENCHTIME=$(BENCHTIME) scripts/bench.sh

.PHONY: bench-peers
bench-peers: ## measure our graph kernels beside igraph, NetworKit, networkx, gonum and Neo4j; takes an hour
	@scripts/peers.sh

.PHONY: soak
soak: ## run the tests at their full counts (kills, nights, mutations); takes long
	@RINGLEADER_SOAK=1 TEST_TIMEOUT=120m scripts/test.sh

.PHONY: lint
lint: ## check formatting and style (golangci-lint, pinned)
	@scripts/lint.sh

.PHONY: cover
cover: ## print the statement coverage of each package
	@scripts/cover.sh

.PHONY: golden
golden: ## write the golden files anew, in the packages that have some
	@scripts/golden.sh

.PHONY: notebooks
notebooks: ## run the notebooks and check that they are stored without output
	@scripts/notebooks.sh

.PHONY: quality
quality: ## measure engine and baselines on every named world into docs/quality.md; takes long
	@scripts/quality.sh

.PHONY: quality-accounts
quality-accounts: ## train account models on public sets and judge them, into docs/quality.md
	@scripts/accounts.sh

.PHONY: resolve-peers
resolve-peers: ## compare resolve with splink on one labelled file, into docs/quality.md
	@scripts/resolve.sh

.PHONY: neo4j-up
neo4j-up: ## start the Neo4j of the tests and print how to reach it
	@scripts/neo4j/up.sh

.PHONY: neo4j-down
neo4j-down: ## stop the Neo4j of the tests
	@scripts/neo4j/down.sh

.PHONY: postgres-up
postgres-up: ## start the PostgreSQL of the tests and print how to reach it
	@scripts/postgres/up.sh

.PHONY: postgres-down
postgres-down: ## stop the PostgreSQL of the tests
	@scripts/postgres/down.sh

.PHONY: clean
clean: ## remove what was built and fetched
	@if [ -x scripts/neo4j/down.sh ]; then scripts/neo4j/down.sh >/dev/null 2>&1 || true; fi
	@if [ -x scripts/postgres/down.sh ]; then scripts/postgres/down.sh >/dev/null 2>&1 || true; fi
	rm -rf bin .cache coverage.out

.PHONY: ci
ci: ## all that continuous integration checks
	@CI=true bash .ci/run
