PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: test lint format clean

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[cli,test,lint]'
	@touch $@

test: $(VENV)/.ready
	$(BIN)/python -m pytest tests/engine tests/cli
	scripts/site-test

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/vermin --target=3.10- --no-tips --violations mps_module tests scripts examples
	$(BIN)/preflight --path mps_module --target v16 --fail-on warning

format: $(VENV)/.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
