# Needs Python 3.11 or newer; everything else is fetched into .venv, RabbitMQ and Chromium through the system's packages.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header
UPGRADE ?=
TESTS ?= tests/e2e tests/integration tests/contract tests/unit
# Each worker has servers of its own: no more than 8.
WORKERS ?= $(shell cpus=$$(getconf _NPROCESSORS_ONLN) && echo $$((cpus < 8 ? cpus : 8)))
PORT ?= 8080
PROFILE ?= ci
MINUTES ?= 7
SEED ?= 1
INPUTS ?= 0
CONSOLE := services/config_api/console
CONSOLE_SOURCES := services/config_api/openapi.json $(shell find $(CONSOLE) \( -name node_modules -o -name dist \) -prune \
	-o -type f ! -name schema.d.ts -print)

.DEFAULT_GOAL := help
.PHONY: help run console up down setup programs test test-console test-services test-timed lint format bench bench-full fuzz overload screenshots compose-smoke audit chaos chaos-mutants soak lock

help: ## list what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/run.stamp $(CONSOLE)/dist/index.html ## run all of Inlet at http://127.0.0.1:8080 (PORT=8090 for another port), data in var/
	@INLET_PORT=$(PORT) exec $(BIN)/python -m services up

console: $(CONSOLE)/dist/index.html ## build the console, where its sources have changed

$(CONSOLE)/dist/index.html: $(CONSOLE_SOURCES) $(CONSOLE)/node_modules/.package-lock.json
	@echo "building the console"
	@$(CONSOLE)/npm.sh run --silent build || { rm -f $@; exit 1; }

$(CONSOLE)/node_modules/.package-lock.json: $(CONSOLE)/package-lock.json | .venv/bin/python
	@echo "fetching what the console is built with"
	@$(CONSOLE)/npm.sh ci --silent --no-audit --no-fund
	@touch $@

up: ## run all of Inlet with docker compose, for others to use; UP='--scale mapper=4' goes to compose
	@deploy/up.sh $(UP)

down: ## stop what `make up` started; its data stay
	@deploy/compose.sh down

setup: .venv/setup.stamp programs ## fetch all that the tests need: .venv, test data, RabbitMQ, Chromium

.venv/run.stamp: requirements/run.lock .venv/bin/python
	@echo "fetching Inlet's packages into .venv"
	@$(PIP) install --require-hashes -r requirements/run.lock
	@touch $@

.venv/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed: install it, or say where it is: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, say where it is: make PYTHON=...")'
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { echo "Python without venv: install the package python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/setup.stamp: requirements/dev.lock requirements/data.lock .venv/bin/python
	$(PIP) install --require-hashes -r requirements/dev.lock
	$(PIP) install --require-hashes --no-deps --upgrade --target .venv/data -r requirements/data.lock
	@touch $@

programs:
	@tests/backing/install_programs.sh

ifeq ($(firstword $(origin TESTS)),command)
test: setup $(CONSOLE)/dist/index.html ## run all tests; TESTS=tests/unit runs a part
	$(BIN)/pytest --durations=10 $(TESTS)
else
test: setup $(CONSOLE)/dist/index.html
	@$(MAKE) --no-print-directory --keep-going --jobs=2 test-console test-services; code=$$?; \
		$(MAKE) --no-print-directory test-timed && exit $$code
endif

test-services:
	$(BIN)/pytest --numprocesses=$(WORKERS) --dist=worksteal --durations=10 -m "not timed" $(TESTS)

test-console: # what it says comes at its end, in one piece: the others write at the same time
	@output=$$(mktemp) && trap 'rm -f "$$output"' EXIT && \
		{ code=0; { $(CONSOLE)/npm.sh run --silent test || code=$$?; \
		$(BIN)/pytest --durations=10 -m "not timed" tests/browser || code=$$?; } > "$$output" 2>&1; \
		echo; cat "$$output"; exit $$code; }

test-timed: # these say how long something may take, and have the machine to themselves
	$(BIN)/pytest --durations=3 -m timed tests/browser $(TESTS)

lint: .venv/setup.stamp $(CONSOLE)/node_modules/.package-lock.json ## ruff, mypy --strict, import rules, biome, unused dependencies, stale openapi.json
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry services shared
	$(BIN)/python -m services openapi --check
	$(CONSOLE)/npm.sh run --silent lint

format: .venv/setup.stamp ## format the code and mend what ruff can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: setup ## measure against a conventional pipeline, on this machine
	$(BIN)/python -m tests.bench

bench-full: setup ## what speed depends on, into docs/performance.md: ONLY=sizes,scale; about an hour for all of it
	$(BIN)/python -m tests.bench.full measure $(if $(ONLY),--only $(ONLY))

fuzz: setup ## hostile posts and frames: MINUTES=30, SEED=1; INPUTS=20000 ends when so many are sent, and fails with fewer
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES) --inputs $(INPUTS) --seed $(SEED)

overload: setup ## five times what Inlet can take, for a minute, with and without a rate; about 4 minutes
	$(BIN)/python -m tests.overload

screenshots: setup $(CONSOLE)/dist/index.html ## photograph the console into test-results/screenshots; README=--readme makes the README's pictures
	$(BIN)/python -m tests.browser.screenshots $(README)

compose-smoke: .venv/setup.stamp ## the compose deployment under load while its containers are killed; needs Docker
	$(BIN)/pytest tests/compose/http_cases.py tests/compose/door_rules.py tests/compose/smoke.py

audit: .venv/setup.stamp $(CONSOLE)/node_modules/.package-lock.json ## look for packages with known flaws, and for secrets in what git keeps
	$(BIN)/python -m tests.audit

chaos: setup ## nothing lost, nothing stale, whatever fails: PROFILE=ci or long, MINUTES=7, SEED=1
	$(BIN)/python -m tests.chaos --profile $(PROFILE) --minutes $(MINUTES) --seed $(SEED)

chaos-mutants: setup ## whether `make chaos` sees what it is there to see
	$(BIN)/python -m tests.chaos.mutants

soak: setup ## a steady load for 20 minutes: memory of each process, the table of profiles over time
	$(BIN)/python -m tests.chaos.soak

lock: .venv/setup.stamp ## write the lock files anew; UPGRADE=--upgrade takes newer releases
	$(PIP) install uv
	$(LOCK) $(UPGRADE) pyproject.toml --extra embedded --group dev --group bench --output-file requirements/dev.lock
	$(LOCK) pyproject.toml --constraint requirements/dev.lock --output-file requirements/runtime.lock
	$(LOCK) pyproject.toml --extra embedded --constraint requirements/dev.lock --output-file requirements/run.lock
