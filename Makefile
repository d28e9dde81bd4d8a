PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test bench lint format clean

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) '.[cli]'
	@touch $@

$(VENV)/.tools: $(VENV)/.ready
	$(INSTALL) '.[cli,test,lint]'
	@touch $@

# Exit code 1 says that bills are held back: the example's mistakes are there to be found. A crash leaves no journal.
demo: $(VENV)/.ready
	@rm -rf out/demo
	@$(BIN)/mps bill examples/dealer --period 2026-10 --out out/demo --html --pdf || [ $$? = 1 ]
	@test -s out/demo/2026-11-01/journal.csv
	@echo
	@echo "Bills (PDF, HTML, JSON) and the journal are in out/demo/2026-11-01. Look at C-1001.pdf first."
	@echo "What a bill rests on:  $(BIN)/mps explain examples/dealer C-1001 --due 2026-11-01 --out out/demo"
	@echo "What to put right:     $(BIN)/mps check examples/dealer --period 2026-10 --out out/demo"

test: $(VENV)/.tools
	$(BIN)/python -m pytest --numprocesses auto tests/engine tests/cli
	scripts/site-test

lint: $(VENV)/.tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/vermin --target=3.10- --no-tips --violations mps_module tests scripts examples benchmarks
	$(BIN)/preflight --path mps_module --target v16 --fail-on warning

bench: $(VENV)/.tools
	$(INSTALL) '.[benchmark]'
	$(BIN)/python benchmarks/bill_fleet.py
	$(BIN)/python -m benchmarks.kit --quick

format: $(VENV)/.tools
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) out build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
