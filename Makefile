# make app    the app on http://localhost:8501, environment included
# make test   the whole suite, environment included, in three parts beside one another
# make setup  the environment alone, development requirements included
# make check  format, lint, types and tests, as before a commit

PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: app test setup check screenshots clean

app: $(VENV)/.runtime
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: $(VENV)/.development
	$(BIN)/python -m tests

setup: $(VENV)/.development

check: $(VENV)/.development
	$(BIN)/ruff format .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) test

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else \
		"Python 3.11 to 3.13 is needed, this is %d.%d. Choose one with: make PYTHON=python3.12 app" % v)'
	$(PYTHON) -m venv $(VENV)
	@touch $@

# The stamps are newer than the requirements once these are installed, so a second call is quick.
$(VENV)/.runtime: $(VENV)/.made requirements.txt
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.development: $(VENV)/.made requirements.txt requirements-dev.txt
	$(PIP) -r requirements-dev.txt
	@touch $(VENV)/.runtime $@

screenshots: $(VENV)/.development
	$(BIN)/python -m benchmarks.screenshots

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
