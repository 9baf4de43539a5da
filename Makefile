# The whole vocabulary: run test soak bench bench-quick bench-live bench-hour lint format docs.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test soak lint format bench bench-keep bench-quick bench-live bench-hour bench-compare clean docs
.DEFAULT_GOAL := run

$(VENV)/.runs: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "doorbell: Python 3.11 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.tests: tests/requirements.txt $(VENV)/.runs
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

run: $(VENV)/.runs
	@DEMO=$${DEMO:-1} PORT=$(PORT) exec $(BIN)/python manage.py serve

test: $(VENV)/.tests
	@$(BIN)/python -m tests

lint: $(VENV)/.tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py docs --check

format: $(VENV)/.tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.runs
	$(BIN)/python manage.py docs

soak: $(VENV)/.tests
	$(BIN)/python -m tests.soak

$(VENV)/.bench: bench/requirements.txt $(VENV)/.tests
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r bench/requirements.txt
	@touch $@

bench: $(VENV)/.bench
	@$(BIN)/python -m bench

bench-keep: bench
	@$(BIN)/python -m bench.report var/bench/run.json --keep

bench-quick: $(VENV)/.bench
	@$(BIN)/python -m bench --quick

bench-live: $(VENV)/.bench
	@$(BIN)/python -m bench.kit bench.live --only crowd,slow,hostile,board,stock,churn,storm

bench-hour: $(VENV)/.bench
	@$(BIN)/python -m bench.kit bench.hour

bench-compare: $(VENV)/.bench
	@$(BIN)/python -m bench.compare --base $(BASE) $(if $(PARTS),--parts $(PARTS)) $(if $(ROUNDS),--rounds $(ROUNDS))

clean:
	rm -rf $(VENV) var
