# Needs Python 3.11 or newer; everything else is fetched into .venv, RabbitMQ through the system's packages.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header
UPGRADE ?=
TESTS ?= tests/unit tests/contract tests/integration tests/e2e
PORT ?= 8080

.DEFAULT_GOAL := help
.PHONY: help run setup rabbitmq test lint format bench lock

help: ## list what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/run.stamp ## run all of Inlet at http://127.0.0.1:8080 (PORT=8090 for another port), data in var/
	@INLET_PORT=$(PORT) exec $(BIN)/python -m services up

setup: .venv/setup.stamp rabbitmq ## fetch all that the tests need: .venv, test data, RabbitMQ

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

rabbitmq:
	@tests/backing/install_rabbitmq.sh

test: setup ## run all tests; TESTS=tests/unit runs a part
	$(BIN)/pytest --durations=10 $(TESTS)

lint: .venv/setup.stamp ## ruff, mypy --strict, import rules, unused dependencies, stale openapi.json
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry services shared
	$(BIN)/python -m services openapi --check

format: .venv/setup.stamp ## format the code and mend what ruff can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: setup ## measure against a conventional pipeline, on this machine
	$(BIN)/python -m tests.bench

lock: .venv/setup.stamp ## write the lock files anew; UPGRADE=--upgrade takes newer releases
	$(PIP) install uv
	$(LOCK) $(UPGRADE) pyproject.toml --extra embedded --group dev --group bench --output-file requirements/dev.lock
	$(LOCK) pyproject.toml --constraint requirements/dev.lock --output-file requirements/runtime.lock
	$(LOCK) pyproject.toml --extra embedded --constraint requirements/dev.lock --output-file requirements/run.lock
