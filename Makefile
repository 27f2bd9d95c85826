# The commands of the project. CI runs the same ones (.ci/run).

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name) 2>/dev/null)))
VENV := .venv
RUN := $(VENV)/bin/python
NPM := $(RUN) -m deploy.frontend
JOBS ?= 2
MINUTES ?= 15
SEED ?= 1
FRONTEND_SOURCES := $(shell find frontend/src frontend/public frontend/index.html frontend/vite.config.ts -type f 2>/dev/null)

.PHONY: all setup install install-frontend demo run test check fix fuzz bench results hosts chaos types clean
all: check test

setup: $(VENV)/.stamp frontend/dist/index.html  ## everything installed, front end built

# Stamps hold a sum of what they depend on: a file that git wrote anew with the same words installs nothing.
$(VENV)/.stamp: pyproject.toml constraints.txt
	@if cat $^ | cksum | cmp -s - $@; then touch $@; else $(MAKE) --no-print-directory install; fi

install:
	@test -n "$(PYTHON)" || { echo "No Python found. Install Python 3.11 or newer."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is too old. Install Python 3.11 or newer, or say make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV) || \
		{ echo "$(PYTHON) cannot make virtual environments. On Debian: apt-get install python3-venv"; exit 1; }
	$(RUN) -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	@node --version 2>/dev/null | grep -qE '^v(2[0-9]|[3-9][0-9])' && command -v npm >/dev/null || \
		$(RUN) -m pip install --quiet --constraint constraints.txt --editable ".[node]"
	@cat pyproject.toml constraints.txt | cksum > $(VENV)/.stamp

frontend/node_modules/.stamp: frontend/package-lock.json | $(VENV)/.stamp
	@if cat $< | cksum | cmp -s - $@; then touch $@; else $(MAKE) --no-print-directory install-frontend; fi

install-frontend:
	$(NPM) ci --no-audit --no-fund
	@cat frontend/package-lock.json | cksum > frontend/node_modules/.stamp

frontend/dist/index.html: frontend/package-lock.json $(FRONTEND_SOURCES) | frontend/node_modules/.stamp
	$(NPM) build
	@touch $@

demo: setup  ## a real dataset being labeled; prints the address
	$(VENV)/bin/assay demo

run: setup  ## all parts, on your own data
	$(VENV)/bin/assay up

test: setup  ## every test, browser tests included
	@CHROMIUM="$$($(RUN) -m tests.chromium)" && export CHROMIUM && \
		$(RUN) -m pytest --numprocesses $(JOBS) --dist loadgroup
	$(NPM) test

check: $(VENV)/.stamp frontend/node_modules/.stamp  ## format, lint, types, imports, migrations, schema
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy
	$(VENV)/bin/lint-imports
	$(RUN) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run  # it needs no database
	$(RUN) manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(NPM) run check

fix: $(VENV)/.stamp frontend/node_modules/.stamp  ## what can be formatted and repaired by itself
	$(RUN) -m ruff format .
	$(RUN) -m ruff check --fix .
	$(NPM) run fix

fuzz: setup  ## attack the whole product with requests made from its schema; CASES=6000 MINUTES=30 SEED=1
	$(RUN) -m tests.fuzz --cases $(or $(CASES),6000) --minutes $(or $(MINUTES),30) --seed $(or $(SEED),1)

bench: setup  ## the table of docs/results.md: speed and memory at 10,000 to 1,000,000 items
	$(RUN) -m tests.benchmarks

results: setup  ## the learners and the case study of docs/results.md; DATA=folder with a folder for each dataset
	@test -n "$(DATA)" || { echo "Say where the data lies: make results DATA=/path (with mnist, 20newsgroups, ...)"; exit 1; }
	$(RUN) -m tests.benchmarks.learners $(DATA)
	$(VENV)/bin/assay reproduce seed-001 $(DATA)/mnist --results .assay/results/seed-001.jsonl --markdown

hosts: setup  ## several hosts, S3, RabbitMQ and nginx, on bad days; Linux, root and Debian's packages (docs/attacks.md)
	$(RUN) -m tests.hosts $(STEPS)

chaos: setup  ## faults of every kind over a whole loop; MINUTES=15 SEED=1 (docs/attacks.md)
	$(RUN) -m tests.chaos --minutes $(MINUTES) --seed $(SEED)

types: frontend/node_modules/.stamp  ## the front end's types, from the API's schema
	$(RUN) manage.py spectacular --validate --fail-on-warn --file frontend/openapi.yaml
	$(NPM) run types
	@rm frontend/openapi.yaml

clean:  ## all that is made here; your data in .assay stays
	rm -rf $(VENV) frontend/node_modules frontend/dist build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
