# The commands of the project. Each does its own set-up first; without make (Windows) see README.md for `uv run`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench kills soak crowd mutants scenarios lint format screenshots

PYTHON := .venv/bin/python
DEMO_OUT ?= build/demo
# Two workers keep two cores busy; a file's tests stay together, so that each starts its server once.
PYTEST := QT_QPA_PLATFORM=offscreen $(PYTHON) -m pytest
TEST_WORKERS ?= 2
TEST_ORDER ?= -p no:randomly
# Without a display Qt draws off-screen.
DISPLAY_OR_OFFSCREEN = if [ "$$(uname)" = Linux ] && [ -z "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ]; then export QT_QPA_PLATFORM=offscreen; fi

help: ## what there is
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 14

setup: ## install everything that is needed (quick when nothing changed)
	@packaging/setup.sh

demo: setup ## play a trading day; DATA=FILE [FROM=DATE TO=DATE] replays real invoices
	@$(DISPLAY_OR_OFFSCREEN); .venv/bin/counterfoil demo --out "$(DEMO_OUT)" \
		$(if $(DATA),--data "$(DATA)") $(if $(FROM),--from "$(FROM)") $(if $(TO),--to "$(TO)")

test: setup ## run all tests (TEST_ORDER= shuffles them)
	@$(PYTEST) $(TEST_ORDER) -n $(TEST_WORKERS) --dist loadfile

check: setup lint ## format, lint, types, floors: seconds
	@$(PYTHON) -m mypy --no-error-summary
	@.venv/bin/lint-imports --no-cache >build/lint-imports.txt 2>&1 || { cat build/lint-imports.txt; exit 1; }
	@$(PYTEST) -q -p no:randomly -p no:cacheprovider tests/architecture

lint: setup
	@.venv/bin/ruff format --check --quiet --output-format concise || { echo "run: make format"; exit 1; }
	@.venv/bin/ruff check --quiet --output-format concise

format: setup ## format and mend what can be mended
	@.venv/bin/ruff format
	@.venv/bin/ruff check --fix

bench: setup ## measure, beside the raw limits of this machine
	@packaging/setup.sh wrk
	@QT_QPA_PLATFORM=offscreen $(PYTHON) -m tests.benchmarks.run

kills: setup ## kill -9 a till at 200 random moments of a day (KILLS=, SEED=) and prove that nothing is lost
	@$(PYTHON) -m tests.simulation.kills --kills $(or $(KILLS),200) --seed $(or $(SEED),1)

soak: setup ## simulate shops under faults: SEEDS= how many, FIRST= the first seed; a line for each that fails
	@$(PYTHON) -m tests.simulation.soak --seeds $(or $(SEEDS),200) --first $(or $(FIRST),1)

crowd: setup ## everybody at once, in threads, against one server: ROUNDS= how many
	@$(PYTHON) -m tests.simulation.crowd --rounds $(or $(ROUNDS),20) --seed $(or $(SEED),1)

mutants: setup ## break each invariant on purpose and show which check notices
	@$(PYTHON) -m tests.simulation.mutants

scenarios: setup ## run the scenarios of other engines and write docs/scenarios.md
	@QT_QPA_PLATFORM=offscreen $(PYTHON) -m tests.helpers.scenario_table

screenshots: setup ## draw every screen, light and dark, into build/screenshots
	@QT_QPA_PLATFORM=offscreen $(PYTHON) -m tests.helpers.screenshots
