# One-word commands. Each builds .venv by itself when it is missing or its lock file changed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK_FLAGS := -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev

.PHONY: help bench demo journey serve front test soak lint check lock clean
help:  ## Show the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	@echo "Installing into $(VENV): a minute or two."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): $(STAMP) requirements-dev.lock
	@echo "Installing what the tests need into $(VENV): a minute or two."
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(STAMP)  ## Run the demo world: provider, three agencies, card bridge (FRESH=1 starts anew, FAULT=NAME spoils its cards)
	@$(BIN)/python docker/demo.py $(if $(FRESH),--fresh) $(if $(FAULT),--fault "$(FAULT)")

journey: $(STAMP)  ## Walk the demo world from end to end and prove every step
	@$(BIN)/python docker/journey.py

serve: $(STAMP)  ## Run the demo world's provider alone (makes the world where there is none)
	@$(BIN)/python docker/demo.py --serve-only

front: $(STAMP)  ## Run a world of its own behind TLS, with sign-in by the card's certificate (needs nginx)
	@$(BIN)/python docker/front.py

test: $(DEV_STAMP)  ## Run every test
	$(BIN)/python -m pytest -m "not soak" -n auto --dist loadfile

soak: $(DEV_STAMP)  ## Run the long tests
	$(BIN)/python -m pytest -m soak

bench: $(DEV_STAMP)  ## Measure what a command to the card costs, in process and through PC/SC
	$(BIN)/python tests/load/apdu_through_pcsc.py

lint: $(DEV_STAMP)  ## Format, lint, types, contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint  ## The same, and the fast tests
	$(BIN)/python -m pytest -q tests/unit tests/property tests/architecture

lock:  ## Rebuild the hashed lock files (needs uv on the path)
	uv pip compile $(LOCK_FLAGS) --extra build pyproject.toml -o requirements.lock
	uv pip compile $(LOCK_FLAGS) --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:  ## Remove the virtual environment and the demo's state
	rm -rf $(VENV) .demo
