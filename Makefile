# The everyday commands. `make sweep` and `make test` need git, make and Python >= 3.11, no more.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
export OMP_WAIT_POLICY ?= PASSIVE
export PIP_DISABLE_PIP_VERSION_CHECK ?= 1

.PHONY: help env sweep test test-all check format clean

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

env: $(READY)  ## make the environment in .venv

sweep: $(READY)  ## run the embedded study: noise, victims, records, the best configuration
	$(BIN)/sem-ray sweep search_spaces/quick.yaml

test: $(READY)  ## the tests, under 10 minutes on two cores
	$(BIN)/pytest -m "not long"

test-all: test  ## the long tests too
	$(BIN)/pytest -m long

check: $(READY)  ## linter, format, types, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)  ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove the environment and caches; the store stays
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("sem-ray needs Python 3.11 or later, this is " + sys.version.split()[0] + "; set PYTHON=") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@
