# `make` lists the targets: a comment after ## is what the list says.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
MODULES := node_modules/.package-lock.json
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --use-pep517 --require-hashes --no-deps
# The pinned Node comes before the system's.
export PATH := $(abspath $(BIN)):$(PATH)
# npm trusts the certificates that the system trusts, as pip and git do: a company's proxy may have its own.
export NODE_USE_SYSTEM_CA := 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run test test-fast test-each coverage mutants mutants-sampled fuzz soak hosts lint format docs lock audit clean
.PHONY: bench bench-keep bench-quick bench-live bench-hour bench-compare

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.tests $(MODULES) ## install what the shop, its tests and the linters need

run: $(VENV)/.runs ## start the demo shop at http://127.0.0.1:8000 (PORT=9000 for another port)
	@DEMO=$${DEMO:-1} PORT=$(PORT) exec $(BIN)/python manage.py serve

test: $(VENV)/.tests $(MODULES) ## set the machine up and run the whole suite; T=tests/orders/test_checkout.py::test_x runs one test
	@$(BIN)/python -m tests $(T)

test-fast: $(VENV)/.tests $(MODULES) ## run what needs no server but Valkey and no browser, in under a minute (T= as above)
	@$(BIN)/python -m tests --fast $(T)

test-each: $(VENV)/.tests ## run every test file alone
	@$(BIN)/python -m tests --each

coverage: $(VENV)/.tests $(MODULES) ## measure which branches the tests reach; fails under the floor in pyproject.toml
	@$(BIN)/python -m tests --coverage
	@$(BIN)/npm run --silent coverage

mutants: $(VENV)/.tests ## plant known faults one by one; the tests must find each
	@$(BIN)/python -m tests.mutants

mutants-sampled: $(VENV)/.tests ## plant a sample of generated faults in events/ and orders/, and print the score
	@$(BIN)/python -m tests.mutants.sampled

fuzz: $(VENV)/.tests ## send 10,000 nonsensical requests to every form, query and JSON door; none may break a page
	@FUZZ_SEED=$${FUZZ_SEED:-$$(date +%s)} FUZZ_REQUESTS=10000 $(BIN)/python -m tests tests/test_fuzz.py -n 2

hosts: $(VENV)/.tests ## install the shop on ten hosts by docs/operations.md, then kill and cut off each (root on Debian)
	@$(BIN)/python -m tests.hosts

soak: $(VENV)/.tests ## kill processes by the hundred on every backend, and count what was lost or doubled
	@$(PYTHON) tools/machine.py rabbitmq
	@$(BIN)/python -m tests.soak

lint: $(VENV)/.tests $(MODULES) ## check code, types, templates, imports, migrations, generated documents and deployment files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py docs --check
	$(BIN)/npm run --silent lint
	$(BIN)/npm run --silent types
	$(BIN)/python deploy/check.py

format: $(VENV)/.tests $(MODULES) ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/npm run --silent format

docs: $(VENV)/.runs ## write the generated documents
	$(BIN)/python manage.py docs

bench: $(VENV)/.bench ## measure everything, beside other systems
	@$(BIN)/python -m bench

bench-quick: $(VENV)/.bench ## the same in a few minutes, with smaller sizes
	@$(BIN)/python -m bench --quick

bench-keep: bench ## measure everything, and write the figures into README.md and docs/performance.md
	@$(BIN)/python -m bench.report var/bench/run.json --keep

bench-live: $(VENV)/.bench ## measure the live layer alone, for longer
	@$(BIN)/python -m bench.kit bench.live --only crowd,slow,hostile,board,stock,churn,storm

bench-hour: $(VENV)/.bench ## measure memory under an hour of load
	@$(BIN)/python -m bench.kit bench.hour

bench-compare: $(VENV)/.bench ## compare this code with an older one, in turn: BASE=v0.1.0 [PARTS=…] [ROUNDS=…]
	@$(BIN)/python -m bench.compare --base $(BASE) $(if $(PARTS),--parts $(PARTS)) $(if $(ROUNDS),--rounds $(ROUNDS))

# Versions are chosen in requirements.txt, tests/requirements.txt, bench/requirements.txt and tools/requirements.txt.
UV = $(VENV)/tools/bin/uv pip compile --no-config --default-index https://pypi.org/simple --quiet --upgrade \
	--universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"
lock: $(VENV)/tools ## choose the newest allowed versions of all packages and write them with their hashes
	$(UV) requirements.txt -c tests/requirements.txt -o requirements.lock
	$(UV) tests/requirements.txt -c requirements.lock -o tests/requirements.lock
	$(UV) bench/requirements.txt -c tests/requirements.lock -o bench/requirements.lock
	$(UV) tools/requirements.txt -o tools/requirements.lock

audit: $(VENV)/tools ## look for known vulnerabilities in the locked packages
	$(VENV)/tools/bin/pip-audit --disable-pip --require-hashes -r bench/requirements.lock -r tools/requirements.lock

clean: ## delete the virtual environment and var/, the demo shop's data included
	rm -rf $(VENV) var node_modules

# pip comes last: an environment that was interrupted is made again.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "doorbell: Python 3.11 or newer is needed; set PYTHON=")'
	@$(PYTHON) tools/machine.py venv
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runs: requirements.lock shop/lib/font_files.py | $(BIN)/pip
	$(PIP) -r $<
	@$(BIN)/python -m shop.lib.font_files
	@touch $@

$(VENV)/.tests: tests/requirements.lock $(VENV)/.runs
	$(PIP) -r $<
	@touch $@

# The tools that check the browser modules and stylesheets; nothing of them is shipped.
$(MODULES): package-lock.json $(VENV)/.tests
	$(BIN)/npm ci --ignore-scripts --silent
	@touch $@

$(VENV)/.bench: bench/requirements.lock $(VENV)/.tests
	$(PIP) -r $<
	@touch $@

# Apart from the rest: what these tools need themselves does not decide what the shop gets.
$(VENV)/tools: tools/requirements.lock | $(BIN)/pip
	$(PYTHON) -m venv $@
	$@/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $<
	@touch $@
