# Everything installs itself: only Python 3.11-3.13, git and make are needed.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] <= (3,13))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
INSTALLED := .venv/.installed
export PANTHER_HOME ?= $(CURDIR)/.panther

.DEFAULT_GOAL := help
.PHONY: help install demo dev test test-all test-spark lint format docs bench lock clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

install: $(INSTALLED) ## the environment in .venv, at the versions of requirements-dev.lock

$(INSTALLED): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed (set PYTHON=/path/to/python3)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing into .venv ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -r requirements-dev.lock || $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -r requirements-dev.lock
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e . || $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

demo: install ## an attack across four sources, from raw logs to delivered alerts
	@$(BIN)/panther demo

dev: install ## the Dagster UI with everything loaded, on http://127.0.0.1:3000
	@$(BIN)/panther dev

test: install ## all tests that need nothing but this machine
	@$(BIN)/python -m pytest -n 2 --dist worksteal

test-all: install ## the same with more kills and more examples
	@PANTHER_KILLS=20 HYPOTHESIS_PROFILE=thorough $(BIN)/python -m pytest -n 2 --dist worksteal

test-spark: .venv-spark/.installed ## detection on a Spark cluster of this machine (Java 17; pyspark, 700 MB, goes into .venv-spark)
	@.venv-spark/bin/python -m pytest -p no:xdist tests/end_to_end/test_spark.py

# Beside the main environment, whose packages it sees: only what the extra adds is installed.
.venv-spark/.installed: $(INSTALLED) pyproject.toml
	@test -x .venv-spark/bin/python || $(BIN)/python -m venv .venv-spark
	@packages="import site; print(site.getsitepackages()[0])"; \
	echo "import site; site.addsitedir('$$($(BIN)/python -c "$$packages")')" > "$$(.venv-spark/bin/python -c "$$packages")/main_environment.pth"
	@echo "installing pyspark into .venv-spark ..."
	@.venv-spark/bin/python -m pip install -q --disable-pip-version-check \
	  $$($(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['spark'])")
	@touch $@

lint: install ## ruff, mypy, import rules, SQL, Dockerfile
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/sqlfluff lint -q dbt_project/models
	@$(BIN)/hadolint Dockerfile

format: install ## ruff's formatting and safe fixes
	@$(BIN)/ruff check --fix-only -q .
	@$(BIN)/ruff format -q .

docs: install ## docs/tables.md from the declarations
	@$(BIN)/python docs/build.py

bench: install ## speed against limits measured in the same run
	@$(BIN)/python -m benchmarks

COMPILE := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-annotate pyproject.toml
lock: ## requirements.lock and requirements-dev.lock from pyproject.toml, with hashes and without addresses
	@$(BIN)/$(COMPILE) -o requirements.lock
	@$(BIN)/$(COMPILE) --extra dev -c requirements.lock -o requirements-dev.lock

clean: ## the environment and all local state
	rm -rf .venv .venv-spark .panther
