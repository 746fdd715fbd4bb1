# Everything sets itself up: `make demo` and `make test` work in a fresh clone with Python 3.11+ and git.
SHELL := bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BILL := build/promptops.cdx.json
INSTALLED := build/sbom/bin/python

.PHONY: demo test test-lowest lint bench bench-cliff bench-faults bench-scale bench-soak docs changelog dist sbom bill clean
.DELETE_ON_ERROR:

demo: build/demo/ready
	@build/demo/bin/python docs/demo.py

test: $(VENV)/ready lint
	$(BIN)/python -m pytest -n auto --cov --cov-report=term:skip-covered --cov-fail-under=95

# The same tests with the oldest of everything that pyproject.toml asks for, extras too; it takes uv.
# The extras' packages want newer ones of what a hook has alone: those are put back last.
LOWEST := uv pip compile --quiet pyproject.toml --resolution lowest-direct --python-version 3.11
test-lowest:
	mkdir -p build
	$(LOWEST) --all-extras --output-file build/lowest.txt
	$(LOWEST) --output-file build/lowest-alone.txt
	uv venv --quiet --clear --python 3.11 build/lowest
	uv pip install --quiet --python build/lowest --editable . --group dev --constraint build/lowest.txt
	uv pip install --quiet --python build/lowest --no-deps --requirement build/lowest-alone.txt
	build/lowest/bin/python -m pytest -n auto

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/promptops check

bench: $(VENV)/ready
	$(BIN)/python -m bench

# Time and memory at a quarter, a half and all of a company-sized load: some minutes; writes docs/scale.md.
bench-scale: $(VENV)/ready
	@$(BIN)/python -m bench.scale --write

# The runner under faults, 1,000 calls a scenario, the disk failing at each of 200 operations: half an hour.
bench-faults: $(VENV)/ready
	@$(BIN)/python -m bench.faults --full

# 100,000 calls: what is resident after each 10,000.
bench-soak: $(VENV)/ready
	@$(BIN)/python -m bench.evals --soak

# make bench-cliff ARGS=--full for 200 studies a row, ARGS='B1 B2' for some rows.
bench-cliff: $(VENV)/ready
	@$(BIN)/python -m bench.cliff $(ARGS)

# The generated pages, then the site, in site/.
docs: $(VENV)/ready
	$(BIN)/python docs/generate.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

# The next release's section of CHANGELOG.md, made of changelog.d/.
changelog: $(VENV)/ready
	@$(BIN)/towncrier build --draft --version unreleased

# Wheel and source distribution; the commit's date in them, so that anybody gets the same bytes.
dist: $(VENV)/ready
	rm -rf dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --no-isolation --outdir dist

# What `pip install promptops-toolkit` brings, as CycloneDX, read off an environment that holds only that.
sbom: dist
	rm -rf build/sbom && $(BIN)/python -m virtualenv -q --without-pip build/sbom
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	$(BIN)/python -m pip --python build/sbom/bin/python install --quiet dist/*.whl
	$(MAKE) --no-print-directory bill

# It names the version, which pyproject.toml leaves to the package, and has a serial number: no signer takes it without.
bill:
	sed "s/^dynamic = .*/version = \"$$(sed -n 's/^__version__ = "\(.*\)"/\1/p' promptops/__init__.py)\"/" \
	  pyproject.toml > $(BILL).toml
	$(BIN)/cyclonedx-py environment --validate --pyproject $(BILL).toml --mc-type application \
	  --output-file $(BILL) $(INSTALLED)

# What a user installs and no more: seconds, where all that developing takes is minutes.
build/demo/ready: pyproject.toml
	@echo "installing promptops into build/demo …"
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) build/demo && \
	  uv pip install --quiet --python build/demo/bin/python --editable .; \
	else \
	  $(PYTHON) -m venv build/demo && build/demo/bin/python -m pip install --quiet --editable .; \
	fi
	@touch $@

# uv where it is there, pip otherwise; byte code is compiled once, so that the first start is quick.
$(VENV)/ready: pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
	  uv pip install --quiet --python $(BIN)/python --compile-bytecode --editable . --group dev; \
	else \
	  $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1' && \
	  $(BIN)/python -m pip install --quiet --editable . --group dev; \
	fi
	@touch $@

clean:
	rm -rf $(VENV) build dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
