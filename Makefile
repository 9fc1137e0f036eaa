# Model Chain: `make demo` shows it, `make test` tests it. Both install what they need first.

PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	$$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$name && break; done)
VENV := .venv
BIN := $(VENV)/bin
RUNNABLE := $(VENV)/.runnable
INSTALLED := $(VENV)/.installed
ANALYSER := $(VENV)/.analyser
SITE := $(VENV)/.site
# One more than a small machine has cores: tests wait for chains and programs now and then.
WORKERS ?= 3
COMPARED := $(if $(filter true,$(CI)),--check)

# Brownie starts anvil by name: the console script of the environment finds the right one.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Each test process computes on one core: more threads than cores only slow each other down.
export OMP_NUM_THREADS ?= 1
# Programs start programs: what one has compiled of Python the next one reads, whatever the user has set.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install build wheel demo test programs test-full forge analyse docs coverage verify-demo gas bench test-gpu check clean

help:  ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED)  ## Install the Python environment, anvil and the Solidity compiler
	@$(BIN)/python -m offchain.toolchain.install

# A stamp holds while what it was made from does not change: the second time costs a second. Modules are
# compiled when they are first imported: most never are.
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt

# What runs, without what tests and checks.
$(RUNNABLE): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing the Python packages (about 2 GB; some minutes)"
	@$(PIP) --editable .
	@touch $@

$(INSTALLED): $(RUNNABLE)
	@echo "Installing what tests and checks"
	@$(PIP) --editable '.[dev]'
	@touch $@

# When Brownie first loads what it compiled, it removes what no contract uses: here, alone, rather than
# while programs and tests read the folder. What the package carries is written, with CI=true compared.
build: install  ## Compile the contracts (only what has changed)
	@$(BIN)/python -m offchain.toolchain.stale_builds
	@$(BIN)/brownie compile
	@$(BIN)/brownie compile > /dev/null
	@$(BIN)/python -m offchain.chain.deployment.abi_files $(COMPARED)
	@$(BIN)/python -m offchain.toolchain.kept_contracts $(COMPARED)

wheel: build  ## Build the wheel, compiled contracts and all: out/*.whl
	@rm -rf build/wheel
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir out .

demo: $(RUNNABLE)  ## Make three blocks with four nodes and show them
	@$(BIN)/modelchain demo

test: build  ## Run the tests (those that take minutes are left to test-full)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope -m 'not full'

# Without them their tests are skipped, and say why.
programs: install  ## Install a Bitcoin node, an IPFS daemon and Prometheus for test-full, in the user's cache
	-@$(BIN)/python -m scripts.install_bitcoin_node
	-@$(BIN)/python -m scripts.install_ipfs_daemon
	-@$(BIN)/python -m scripts.install_prometheus

test-full: build programs forge analyse docs  ## Run all tests, those against a real Bitcoin node and IPFS daemon too
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope

forge: install  ## Fuzz the contracts, check their invariants and their format
	@$(BIN)/python -m scripts.forge fmt --check
	@$(BIN)/python -m scripts.forge test

analyse: install $(ANALYSER)  ## Look for faults in the contracts with slither (docs/StaticAnalysis.md)
	@$(BIN)/python -m scripts.static_analysis

# Only who analyses the contracts needs it.
$(ANALYSER): $(INSTALLED)
	@echo "Installing slither"
	@$(PIP) --editable '.[analysis]'
	@touch $@

docs: $(SITE)  ## Build the documents as a site: out/site/index.html
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

$(SITE): $(INSTALLED)
	@echo "Installing MkDocs"
	@$(PIP) --editable '.[docs]'
	@touch $@

coverage: build  ## Measure which lines and branches of the contracts the tests reach
	@$(BIN)/python -m scripts.contract_coverage -n $(WORKERS) --dist loadscope

verify-demo: $(RUNNABLE)  ## Make a small chain, verify it, and see thousands of forged copies refused
	@$(BIN)/python -m scripts.verify_demo

gas: build  ## Measure what transactions cost: docs/results/gas.json and the README's table
	@$(BIN)/python -m scripts.measure_gas

# All cores, where the tests take one. BENCH names measurements and options: BENCH="--device cuda".
bench: build  ## Measure speeds against named baselines and targets: out/bench.json
	@env -u OMP_NUM_THREADS $(BIN)/python -m scripts.bench $(BENCH)

test-gpu: install  ## Test on a GPU that scores are the same to the bit, and training
	@$(BIN)/python -m pytest -n0 -v tests/learning/exact/test_evaluation_cuda.py \
		tests/learning/training/test_training_cuda.py

# On a developer's machine it formats, with CI=true it only looks.
check: install  ## Format, lint, check types, layers and for dead code
ifeq ($(CI),true)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
else
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
endif
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/node node_modules/solhint/solhint.js --disc --noPoster --max-warnings 0 'contracts/**/*.sol'

clean:  ## Remove what was built, but not the environment
	rm -rf build reports out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
