# The verbs of the house. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
BIN := .venv/bin
export PYTHONPATH := $(CURDIR)

.PHONY: bar-infra bench-emulator bench-import bench-room bundle check clean contracts deploy dev docs faults format fuzz help lint lock migrate mutants pictures prove seed smoke test test-cluster test-lambda test-modes test-pooled test-previous types types-web

help: ## list the verbs
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The stamp is newer than the lock when everything is installed. uv, itself pinned by hash, installs in a second.
.venv/installed: requirements/uv.txt requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Hub API needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	@$(PYTHON) -m venv --clear .venv || { echo "Python's venv module is missing (Debian: apt install python3-venv)" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

dev: .venv/installed ## run everything on this machine: PORT=4000 HUB_DATA=.hub TURN=1
	@exec $(BIN)/python -m local $(ARGS)

test: .venv/installed ## run all tests
	@$(BIN)/python -m pytest -n auto $(ARGS)

test-cluster: .venv/installed ## run the tests that reach Redis on a Valkey in cluster mode
	@TESTS_REDIS=cluster $(BIN)/python -m pytest tests/accounts tests/adapters tests/client tests/e2e tests/handlers tests/live tests/meetings tests/proof tests/web -n auto $(ARGS)

test-pooled: .venv/installed ## run the tests that reach PostgreSQL through PgBouncer (Debian: pgbouncer)
	@TESTS_THROUGH=pgbouncer $(BIN)/python -m pytest tests/accounts tests/handlers tests/live tests/meetings tests/web -n auto $(ARGS)

test-previous: .venv/installed ## run the tests of the newest tag on today's schema: ARGS="--since COMMIT -n 2"
	@$(BIN)/python -m infra.bar.previous $(ARGS)

.venv-lambda/installed: requirements/uv.txt requirements/dev.txt .venv/installed
	@$(BIN)/uv venv --quiet --clear --python $$($(BIN)/python -m infra.bundle --interpreter) .venv-lambda
	@$(BIN)/uv pip install --quiet --python .venv-lambda/bin/python --require-hashes -r requirements/dev.txt
	@touch $@

test-lambda: .venv-lambda/installed ## run the tests on the Python that Lambda runs, where it is installed: ARGS=tests/handlers
	@.venv-lambda/bin/python -m pytest -n auto $(ARGS)

# What goes through the emulator, in its other modes: threads for a debugger, one message of a connection at a time.
THROUGH_THE_EMULATOR := tests/browser tests/client tests/e2e tests/infra/test_smoke.py tests/meetings/test_full_room.py tests/meetings/test_room.py tests/proof

test-modes: .venv/installed ## run the tests that use the emulator in its other two modes
	@EMULATOR_FLAGS=--in-process $(BIN)/python -m pytest $(THROUGH_THE_EMULATOR) -n auto $(ARGS)
	@EMULATOR_FLAGS=--per-connection-serial $(BIN)/python -m pytest $(THROUGH_THE_EMULATOR) -n auto $(ARGS)

check: .venv/installed format-check lint types types-web contracts test ## what CI runs: format, lint, types, contracts, tests

format: .venv/installed ## rewrite the code in the house's format
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

.PHONY: format-check
format-check: .venv/installed
	@$(BIN)/ruff format --check --quiet .

lint: .venv/installed ## ruff
	@$(BIN)/ruff check --quiet .

types: .venv/installed ## mypy, strict
	@$(BIN)/mypy

# Node is for this check alone: neither the page nor its client needs it.
types-web: ## TypeScript, strict, over local/web (where npm is installed)
	@if ! command -v npm >/dev/null; then echo "types-web skipped: npm is not installed"; \
	else $(MAKE) --no-print-directory local/web/node_modules/installed && cd local/web && npm run --silent types; fi

local/web/node_modules/installed: local/web/package-lock.json
	@cd local/web && npm ci --silent --no-fund --no-audit && touch node_modules/installed

contracts: .venv/installed ## arrows point down (import-linter)
	@$(BIN)/lint-imports

.PHONY: bench-emulator
bench-emulator: .venv/installed ## what the emulator carries, beside plain websockets and boto3
	@$(BIN)/python -m benchmarks.emulator

bench-import: .venv/installed ## what a cold start of each function pays for imports: ARGS=--sockets for their part of everything
	@$(BIN)/python -m benchmarks.imports $(ARGS)

docs: .venv/installed ## write docs/*.json, docs/limits.md and the picture in README.md from the code
	@$(BIN)/python -m infra.openapi docs/openapi.json
	@$(BIN)/python -m infra.asyncapi docs/asyncapi.json
	@$(BIN)/python -m infra.limits docs/limits.md
	@$(BIN)/python -m infra.picture README.md
	@$(BIN)/python -m infra.costs infra/README.md

prove: .venv/installed ## prove the promises of a room at large: ARGS="storm --acts 200 --seed 7"; ARGS=--help
	@$(BIN)/python -m tests.proof.prove $(ARGS)

mutants: .venv/installed ## take each safety mechanism out and see its test fail: ARGS="lobby resume" for some
	@$(BIN)/python -m tests.proof.mutants $(ARGS)

bench-room: .venv/installed ## what a message costs in rooms of 2 to 1 000 people: ARGS='--write benchmarks/room/counts.json' for the bill
	@$(BIN)/python -m benchmarks.room $(ARGS)

fuzz: .venv/installed ## ask the running product a great many unforeseen things: ARGS="--examples 5000 --seed 7"
	@$(BIN)/python -m tests.e2e.fuzz $(ARGS)

pictures: .venv/installed ## take the README's pictures anew (needs Chromium)
	@PICTURES=docs/pictures $(BIN)/python -m pytest tests/browser/test_pictures.py

migrate: .venv/installed ## bring DATABASE_URL to the newest schema
	@$(BIN)/python -m infra.migrate

seed: .venv/installed ## put the demo data into DATABASE_URL (idempotent)
	@$(BIN)/python -m infra.seed

lock: .venv/installed ## pin every dependency by hash (ARGS=--upgrade for newer ones)
	@for group in socket rest docs google migrate ric host dev bar; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --custom-compile-command 'make lock' --group pyproject.toml:$$group -o requirements/$$group.txt $(ARGS); \
	done
	@echo uv | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --custom-compile-command 'make lock' - -o requirements/uv.txt $(ARGS)

bundle: .venv/installed ## make what is deployed: build/
	@$(BIN)/python -m infra.bundle $(if $(RELEASE),--release $(RELEASE))

.venv-bar/installed: requirements/uv.txt requirements/bar.txt .venv/installed
	@$(PYTHON) -m venv --clear .venv-bar
	@$(BIN)/uv pip install --quiet --python .venv-bar/bin/python --require-hashes -r requirements/bar.txt
	@touch $@

deploy: bundle .venv-bar/installed ## to AWS: STAGE=staging or production (samconfig.toml)
	@SAM_CLI_TELEMETRY=0 .venv-bar/bin/sam deploy --config-env $(or $(STAGE),staging) $(ARGS)

smoke: .venv/installed .venv-bar/installed ## ask the stack that STAGE names whether it works
	@.venv-bar/bin/python -m infra.bar.outputs $(or $(STAGE),staging) $(BIN)/python -m infra.smoke

bar-infra: .venv/installed .venv-bar/installed ## prove of a deployment what can be proved without an account
	@$(BIN)/python -m infra.bar

faults: .venv/installed .venv-bar/installed ## break the templates in 33 ways and see who notices: ARGS=--all asks everyone
	@$(BIN)/python -m infra.bar.faults $(ARGS)

clean: ## forget the environment and the local data
	@rm -rf .venv .venv-bar .venv-lambda .hub build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
