# make new    a container folder beside this clone, in one command
# make test   everything that tests need, then the tests that .ci/run runs
PYTHON ?= python3
VENV   ?= .venv
DEST   ?= ../my-model
ARGS   ?=
TESTS  ?= tests
# test files side by side; they wait for containers more than they compute
JOBS   ?= 4

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help new test test-all lint wheel release clean

help:  ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo 'Variables: DEST=../my-model ARGS="--data layout=split" TESTS=tests/cli PYTHON=python3.13 VENV=.venv'

new: $(VENV)/installed  ## make a container folder at DEST=../my-model, asking in a terminal; ARGS= are more options of `smscaffold new`
	@if [ -t 0 ] && [ -t 1 ]; then set --; else set -- --defaults; fi; \
	$(BIN)/smscaffold new "$(DEST)" "$$@" $(ARGS)

# but for those marked exhaustive: they prove once more, in another language or at length, what others prove
test: SELECT := -m "not exhaustive"
test test-all: $(VENV)/installed-test
	@$(BIN)/python -m pytest --numprocesses $(JOBS) --no-loadscope-reorder $(SELECT) $(TESTS) $(ARGS)
test:      ## run the tests, in about 22 minutes with Docker; without an engine, those that need one are skipped
test-all:  ## run the tests, and those marked exhaustive as well, which take far longer

lint: $(VENV)/installed-test $(VENV)/installed-lint  ## check the code, the shell scripts and what the templates generate
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/shellcheck .ci/run .ci/*.sh
	$(BIN)/python -m pytest --quiet tests/test_generated_lint.py

wheel: | $(BIN)/python  ## make a wheel of all this in dist/, to install smscaffold elsewhere
	@$(PIP) wheel --no-deps --wheel-dir dist .
	@ls dist/smscaffold-*.whl

release: $(VENV)/installed  ## put what the templates have become into their history: VERSION=1.2.3
	@$(BIN)/python -m smscaffold.history.release "$(VERSION)"

clean:  ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache

# a new virtual environment when the one there is of a Python that is gone or too old
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "smscaffold needs Python 3.10 or newer: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/installed: pyproject.toml | $(BIN)/python
	@echo "Installing smscaffold in $(VENV) ..."
	@$(PIP) install --editable .
	@touch $@

$(VENV)/installed-%: pyproject.toml | $(BIN)/python
	@echo "Installing smscaffold and what is needed to $* in $(VENV) ..."
	@$(PIP) install --editable '.[$*]'
	@touch $@ $(VENV)/installed
