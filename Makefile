# Sycee needs `make` and Python 3.11 or later, nothing else; uv is used when it is there.
#
#   make run      a small bank at work: database, real payment files, the API on 127.0.0.1:8800 (Ctrl-C ends it)
#   make test     the whole test suite; ARGS="tests/kernel -k money" for a part of it
#   make check    everything that CI checks: lint, types, imports, test, docs
#   make lint     ruff: rules and format
#   make format   put the code into ruff's format, and repair what it can
#   make types    mypy, strict
#   make imports  the layers of the house
#   make docs     the reference anew from the code, and the documentation into site/
#   make lock     choose the versions of all dependencies anew (needs uv)
#   make clean    remove what was installed and built; never a data directory

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test check lint format types imports docs lock clean

# The first Python that is new enough; PYTHON=... chooses another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
# One more than there are processors: many tests wait for processes of their own.
WORKERS ?= $(shell n=$$(nproc); echo $$((n < 8 ? n + 1 : 8)))
ARGS ?=

help:
	@sed -n 's/^#   //p' Makefile

# Stamps of what is installed; tools/environment.py touches them when it is done.
define install
@test -n "$(PYTHON)" || { echo "Sycee needs Python 3.11 or later, and none was found." \
	"On Debian or Ubuntu: apt-get install python3 python3-venv" >&2; exit 1; }
@$(PYTHON) tools/environment.py $(1)
endef

.venv/installed-run: requirements/run.txt pyproject.toml tools/environment.py
	$(call install,run)

.venv/installed-dev: requirements/dev.txt pyproject.toml tools/environment.py
	$(call install,dev)

run: .venv/installed-run
	@exec $(BIN)/sycee up --demo $(ARGS)

test: .venv/installed-dev
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: lint types imports test docs

lint: .venv/installed-dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

format: .venv/installed-dev
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

types: .venv/installed-dev
	@$(BIN)/mypy

imports: .venv/installed-dev
	@$(BIN)/lint-imports --no-logo

docs: .venv/installed-dev
	@$(BIN)/python tools/component_schemas.py
	@$(BIN)/python tools/reference.py
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --custom-compile-command "make lock"

lock:
	$(COMPILE) --upgrade --group build pyproject.toml --output-file requirements/run.txt
	$(COMPILE) --upgrade --group dev pyproject.toml --constraint requirements/run.txt --output-file requirements/dev.txt

clean:
	rm -rf .venv site dist htmlcov .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
