# Development tasks. `make help` lists the targets; `make up` and `make test` set up a fresh machine themselves.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Where Python may not keep what it has compiled, each of a run's many interpreters compiles everything once more.
export PYTHONDONTWRITEBYTECODE :=

ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
KUBEGLASS := $(BIN)/kubeglass
# Three a processor: a test of real engines waits for them most of its time.
WORKERS := $(shell expr 3 \* $$(getconf _NPROCESSORS_ONLN))
# The cluster itself takes most of the processors: with more, they only wait for each other.
CLUSTER_WORKERS := $(shell expr 2 \* $$(getconf _NPROCESSORS_ONLN))
PAGE := src/kubeglass/viewer/static/index.html
PAGE_SOURCES := $(shell find viewer-ui -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

##@ Run

.PHONY: up
up: $(VENV)/.cli-installed $(PAGE) ## Start the demo shop, the collector, Prometheus and the dashboard page (options: ARGS="--detach")
	@$(KUBEGLASS) up --demo $(ARGS)

.PHONY: down
down: ## Stop what `make up` started
	@$(KUBEGLASS) down $(ARGS)

##@ Prove

.PHONY: test
test: $(VENV)/.dev-installed $(PAGE) $(VENV)/.chromium engines ## Run every test: unit, configuration, real engines, real browser
	@tools/npm --prefix viewer-ui test & page=$$!; \
	$(BIN)/python -m pytest --ignore=tests/cluster --numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder $(ARGS); \
	wait $$page

.PHONY: test-cluster
test-cluster: $(VENV)/.dev-installed $(PAGE) engines ## Run the tests on a real Kubernetes cluster, started without Docker
	@$(BIN)/python -m tests.cluster.bed build
	@$(BIN)/python -m tests.cluster.bed during $(BIN)/python -m pytest tests/cluster \
		--numprocesses=$(CLUSTER_WORKERS) --dist=loadfile --no-loadscope-reorder $(ARGS)

.PHONY: lint
lint: $(VENV)/.dev-installed viewer-ui/node_modules/.installed ## Check style, types and the import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@tools/npm --prefix viewer-ui run typecheck

.PHONY: format
format: $(VENV)/.dev-installed ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: mutants
mutants: $(VENV)/.dev-installed ## Break the library on purpose, one promise at a time, and record which test fails in docs/library/proof.md
	@$(BIN)/python -m tools.broken $(ARGS)

.PHONY: bench
bench: $(VENV)/.dev-installed $(PAGE) engines ## Run the benchmarks, one program per claim; results go to benchmarks/results
	@for program in benchmarks/[a-z]*_*.py; do echo "== $$program"; $(BIN)/python "$$program"; done

##@ Make

.PHONY: engines
engines: $(VENV)/.cli-installed ## Install the collector, Prometheus and promtool from PATH, cache, release or source
	@$(KUBEGLASS) engines install

.PHONY: page
page: $(PAGE) ## Build the dashboard page

.PHONY: wheel
wheel: $(VENV)/.dev-installed $(PAGE) ## Build the wheel, including the page, into dist/
	@$(BIN)/python -m build --wheel --no-isolation --outdir dist .

.PHONY: engine-wheels
engine-wheels: $(VENV)/.dev-installed ## Pack the engines as wheels for Linux and macOS into dist/ (options: ARGS="--platform linux/arm64")
	@$(BIN)/python -m tools.engine_wheels $(ARGS)

.PHONY: docs
docs: $(VENV)/.dev-installed ## Regenerate the reference pages
	@$(BIN)/python -m tools.reference

.PHONY: previous
previous: $(VENV)/.cli-installed ## Renew the rendering that the tests of upgrades start from, at a release (ARGS=COMMIT)
	@$(BIN)/python -m tools.previous_rendering $(ARGS)

.PHONY: lock
lock: $(VENV)/.dev-installed ## Lock the Python dependencies again
	@tools/lock

.PHONY: cluster-up
cluster-up: $(VENV)/.dev-installed ## Start the test cluster: a real Kubernetes in its own namespaces
	@$(BIN)/python -m tests.cluster.bed up

.PHONY: cluster-down
cluster-down: ## Stop the test cluster and remove it completely
	@$(BIN)/python -m tests.cluster.bed down

.PHONY: clean
clean: ## Remove build results; engines stay in the user's cache
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache viewer-ui/node_modules
	find src/kubeglass/viewer/static -mindepth 1 -not -name .gitkeep -delete

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Stamps are written last, so that an interrupted step runs again.
$(VENV)/.cli-installed: requirements/cli.lock pyproject.toml
	@tools/venv cli

$(VENV)/.dev-installed: requirements/dev.lock pyproject.toml
	@tools/venv dev

$(VENV)/.chromium: | $(VENV)/.dev-installed
	@tools/chromium

viewer-ui/node_modules/.installed: viewer-ui/package-lock.json viewer-ui/package.json | $(VENV)/.cli-installed
	@echo "page: installing its libraries (usually half a minute)"
	@tools/npm --prefix viewer-ui ci --no-audit --no-fund --loglevel=error
	@touch $@

$(PAGE): viewer-ui/node_modules/.installed $(PAGE_SOURCES)
	@echo "page: building (usually 5 seconds)"
	@tools/npm --prefix viewer-ui run --silent build
	@touch $@
