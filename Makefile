# Every target sets itself up: a machine needs Python 3.11 or newer, and make.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# A name on the path may stand for nothing (version managers), or lack venv: each one is tried.
PROBE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	if $$name -c '$(PROBE)' >/dev/null 2>&1; then echo $$name; break; fi; done)

VENV := .venv/bin
PIP := $(VENV)/python -m pip --quiet --disable-pip-version-check
LOCK = $(VENV)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)

# Most tests wait for servers: two processes, each with its own ones, take half of the time.
SIDE_BY_SIDE := --numprocesses=2 --dist=loadfile

.PHONY: help run test check static faults bench lock clean

help: ## Show the targets.
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: .venv/local.stamp ## Run all of Bokflow here, with five demo companies. ARGS="..." is passed on.
	$(VENV)/bokflow up --demo $(ARGS)

test: static ## Check everything: format, lint, types and all tests but faults and benchmarks.
	$(VENV)/python -m pytest -q $(SIDE_BY_SIDE)

check: static ## Check in under a minute: as test, but only tests without Kafka and PostgreSQL.
	$(VENV)/python -m pytest -q $(SIDE_BY_SIDE) -m "not engine and not slow and not faults and not bench"

static: .venv/test.stamp ## Check format, lint and types.
	$(VENV)/ruff format --quiet --check .
	$(VENV)/ruff check --quiet .
	$(VENV)/mypy --no-error-summary

faults: .venv/test.stamp ## Kill, stop and cut off workers, broker and database, and look for losses.
	$(VENV)/python -m pytest -q -m faults

bench: .venv/test.stamp ## Measure throughput. ONLY=NAME runs one benchmark.
	$(VENV)/python -m tests.bench $(ONLY:%=--only=%)

# Each file is resolved with the smaller one as its constraint, so that all name the same versions.
# Versions that still fit stay as they are; UPGRADE=1 takes the newest ones.
lock: .venv/lock.stamp ## Resolve the requirement files anew from pyproject.toml.
	@echo "Resolving the requirement files ..."
	@$(LOCK) pyproject.toml -o requirements/engine.txt
	@$(LOCK) pyproject.toml --extra local -c requirements/engine.txt -o requirements/local.txt
	@$(LOCK) pyproject.toml --extra local --group test -c requirements/local.txt \
		-o requirements/test.txt
	@$(LOCK) --group build -o requirements/build.txt
	@$(LOCK) --group lock -o requirements/lock.txt
	@git --no-pager diff --stat -- requirements

clean: ## Remove what set-up and tests made. The data of `make run` in .bokflow/ stays.
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

.venv/created.stamp:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Bokflow needs Python 3.11 or newer with its venv module, and found none."; \
		echo "On Debian or Ubuntu: apt-get install python3-venv. Elsewhere: make PYTHON=/path/to/python3"; \
		exit 1; \
	fi >&2
	@echo "Making .venv with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv --clear .venv
	@touch $@

# The dependencies are the locked ones; the project itself is a path to this folder.
.venv/local.stamp .venv/test.stamp: .venv/%.stamp: \
		.venv/created.stamp requirements/build.txt requirements/%.txt pyproject.toml
	@echo "Installing requirements/$*.txt ..."
	@$(PIP) install --require-hashes -r requirements/build.txt -r requirements/$*.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/lock.stamp: .venv/created.stamp requirements/lock.txt
	@$(PIP) install --require-hashes -r requirements/lock.txt
	@touch $@
