# Countersign. `make demo` and `make test` do all their own set-up; `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test soak up down status check check-style check-types check-sql check-imports format lock docs openapi notices audit bench clean

# Every process of ours would otherwise translate the house anew, where the surroundings forbid compiled code.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTHON ?= python3

help: ## List what can be made.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml scripts/install.sh
	@bash scripts/install.sh "$(PYTHON)" "$(VENV)"
	@touch $(STAMP)

setup: $(STAMP) ## Make the virtual environment from the locked, hashed dependencies.

demo: setup ## The main job, end to end, in under five minutes; results under .countersign/demo/.
	@$(BIN)/countersign demo

test: setup ## Every check and every test.
	@bash scripts/system-packages.sh
	@$(MAKE) --no-print-directory check
	@$(BIN)/pytest -q -n 2 --dist loadfile $(PYTEST_ARGS)

soak: setup ## The long checks: faults, attacks and fuzzing at length, one at a time.
	@bash scripts/system-packages.sh
	@$(BIN)/pytest -q -n 0 -m soak $(PYTEST_ARGS)

check: setup ## Style, types, import contracts, dependencies, SQL.
	@$(MAKE) --no-print-directory -j 2 check-style check-types check-sql check-imports

check-style: ## Of the checks: style and format.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

check-types: ## Of the checks: types.
	@$(BIN)/mypy

check-sql: ## Of the checks: SQL.
	@$(BIN)/sqlfluff lint sql -q

check-imports: ## Of the checks: import contracts and dependencies.
	@$(BIN)/lint-imports
	@$(BIN)/deptry .

format: setup ## Format the code.
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix -q . || true

up: setup ## Run everything in the foreground; Ctrl-C stops it.
	@$(BIN)/countersign up

down: setup ## Stop what `countersign up --detach` started.
	@$(BIN)/countersign down

status: setup ## Which services run, and where.
	@$(BIN)/countersign status

lock: ## Resolve requirements*.in anew into requirements.lock.
	@uv pip compile --python-version 3.11 requirements-dev.in -o requirements.lock -U -q \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header

docs: setup ## Build the documentation as a site that is read without a network: .countersign/site.
	@$(BIN)/python -m scripts.site

openapi: setup ## Write the OpenAPI document to .countersign/openapi.json.
	@mkdir -p "$${COUNTERSIGN_HOME:-.countersign}"
	@$(BIN)/python -m scripts.openapi > "$${COUNTERSIGN_HOME:-.countersign}/openapi.json"

notices: setup ## Write NOTICES.md from the locked packages' own metadata.
	@$(BIN)/python -m scripts.notices

audit: setup ## Hold the lock against its rules, and the locked versions against known advisories.
	@$(BIN)/python -m scripts.audit $(AUDIT_ARGS)

bench: setup ## Measure all; each figure beside its peer or limit, under twenty minutes. BENCH_ARGS="kpi --json"
	@bash scripts/bench-packages.sh
	@$(BIN)/countersign bench $(BENCH_ARGS)

clean: ## Remove the virtual environment and caches; state under .countersign stays.
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
