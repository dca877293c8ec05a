# The everyday commands. `make sweep` and `make test` need git, make and Python >= 3.11, no more.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
TOOLS := .venv/ready-to-develop
INSTALL := $(BIN)/python .ci/install.py
# Tests side by side, each of one thread.
WORKERS ?= 2
export OMP_WAIT_POLICY ?= PASSIVE
export PIP_DISABLE_PIP_VERSION_CHECK ?= 1

.PHONY: help env run-env sweep test test-all check format clean

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

env: $(TOOLS)  ## make the environment in .venv, with the tools to test and check

run-env: $(READY)  ## the same without those tools

sweep: $(READY)  ## run the embedded study: noise, victims, records, the best configuration
	$(BIN)/sem-ray sweep search_spaces/quick.yaml

test: $(TOOLS)  ## the tests, under 8 minutes on two cores
	OMP_NUM_THREADS=1 $(BIN)/pytest -m "not long" --numprocesses $(WORKERS) --dist worksteal

test-all: test  ## the long tests too
	OMP_NUM_THREADS=1 $(BIN)/pytest -m long --numprocesses $(WORKERS) --dist worksteal

check: $(TOOLS)  ## linter, format, types, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(TOOLS)  ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove the environment and caches; the store stays
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("sem-ray needs Python 3.11 or later, this is " + sys.version.split()[0] + "; set PYTHON=") if sys.version_info < (3, 11) else None'
	@echo "making .venv, once: minutes; on Linux with x86-64, torch brings CUDA, 6 GB on the disk"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(INSTALL) '.[all]'
	@echo "ready: 'source .venv/bin/activate' puts sem-ray on your path, or call .venv/bin/sem-ray"
	@touch $@

$(TOOLS): $(READY)
	@$(INSTALL) '.[dev]'
	@touch $@
