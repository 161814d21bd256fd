# Everything one does with Xueji's source, each by one command; `make` alone lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first of these that is new enough makes the environment.
PYTHON := python3 python3.13 python3.12 python3.11 python
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes \
	--annotation-style line --custom-compile-command "make lock" --group build

# Options for the programs below, such as `make demo DEMO=--exit` or `make test TESTS=tests/lrs`.
DEMO :=
TESTS :=
CONFORMANCE :=
FUZZ :=
UPGRADE :=
# Each process has engines of its own, and whichever is done first takes tests over from another.
ON_ALL_CORES := --numprocesses auto --maxprocesses 4 --dist worksteal
BENCH = $(subst /,.,$(basename $(shell grep -l '^if __name__ ==' bench/*.py)))

.PHONY: help demo test long-test conformance fuzz lint format bench screenshots lock clean

help:
	@echo "make demo         start Xueji with a demo district in it, and print the address to open"
	@echo "make test         run the tests (some minutes)"
	@echo "make long-test    run the tests that take long, with many more random histories"
	@echo "make conformance  run ADL's suite, of which XUEJI_CONFORMANCE_SUITE names a checkout"
	@echo "make fuzz         send 50,000 requests that are almost right (some minutes)"
	@echo "make lint         check style, types and the direction of imports"
	@echo "make format       put the source into its style"
	@echo "make bench        measure throughput and latency, each as a ratio to a bare floor"
	@echo "make screenshots  save pictures of all pages with a demo district in var/screenshots"
	@echo "make lock         write the lock files anew after a change of pyproject.toml"
	@echo "make clean        remove the environment, caches and the demo's data (never a record)"

demo: $(VENV)/installed-runtime
	$(BIN)/xueji demo $(DEMO)

test: $(VENV)/installed-tests
	$(BIN)/python -m pytest $(if $(TESTS),,$(ON_ALL_CORES)) $(TESTS)

long-test: $(VENV)/installed-tests
	$(BIN)/python -m pytest --long -m long $(TESTS)

conformance: $(VENV)/installed-tests
	$(BIN)/python -m tests.conformance $(CONFORMANCE)

fuzz: $(VENV)/installed-tests
	$(BIN)/python -m tests.fuzz $(FUZZ)

lint: $(VENV)/installed-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/installed-tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/installed-tests
	@for program in $(BENCH); do $(BIN)/python -m $$program || exit 1; done

screenshots: $(VENV)/installed-tests
	$(BIN)/python -m tests.support.demo_screenshots var/screenshots

# Not after installed-tests: that would first install the very lock that is to be written anew.
lock: | $(VENV)/bin/python
	test -x $(BIN)/uv || $(PIP) install --require-hashes --only-binary :all: -r requirements-test.lock
	$(COMPILE) $(UPGRADE) pyproject.toml --output-file requirements.lock
	$(COMPILE) $(UPGRADE) --extra kafka --constraint requirements.lock \
		pyproject.toml --output-file requirements-kafka.lock
	$(COMPILE) $(UPGRADE) --group lock --extra kafka --extra test \
		--constraint requirements-kafka.lock \
		pyproject.toml --output-file requirements-test.lock

clean:
	rm -rf $(VENV) var/demo var/screenshots build dist *.egg-info tests/clients/node_modules
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .nicegui
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. A stamp is newer than the lock it was installed from.
# Only published wheels are installed, each checked against its hash: no package's code runs then.

$(VENV)/bin/python:
	@for name in $(PYTHON); do \
		if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then python=$$name; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Xueji needs Python 3.11 or newer, and none was found as: $(PYTHON)."; \
		echo "Install one, or name yours: make PYTHON=/path/to/python3"; exit 1; \
	fi; \
	if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "This Python comes without its venv module."; \
		echo "On Debian or Ubuntu, install it by: apt-get install python3-venv"; exit 1; \
	fi; \
	echo "Making the environment $(VENV) with $$($$python --version)."; \
	$$python -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/installed-runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Xueji needs: about 310 MB to download, once."
	$(PIP) install --require-hashes --only-binary :all: -r requirements.lock
	$(PIP) install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/installed-tests: requirements-test.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Xueji and its tests need: about 370 MB to download, once."
	$(PIP) install --require-hashes --only-binary :all: -r requirements-test.lock
	$(PIP) install --quiet --no-build-isolation --no-deps --editable .
	@touch $@
