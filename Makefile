# make demo · make test · make check · make bench · make soak. Needs Python 3.11+ and make; everything else goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
EDITOR := tests/editor
EDITOR_READY := $(EDITOR)/node_modules/.ready
SOAK_MINUTES ?= 180

.PHONY: help setup demo browser screenshots test check soak bench bench-route bench-mapping certify mutate format clean

help:
	@echo "make demo    run the shipped route against both sandboxes"
	@echo "make test    run all tests            make check   ruff, mypy, import rules"
	@echo "make browser install what tests/browser drives Prefect's page with; make screenshots takes the pictures in docs"
	@echo "make certify ask every connector all promises and write what README.md and docs show"
	@echo "make mutate  break the connectors in a copy and see that the promises notice"
	@echo "make bench   speed and size beside four other programs, half an hour; FULL=1 for every row, five times"
	@echo "make bench-route    a shipped route beside a floor without a ledger"
	@echo "make soak    the guarantees under fire, in the long form, and their table; takes $(SOAK_MINUTES) minutes at most (SOAK_MINUTES=…)"
	@echo "             SOAK_SEEDS=… how many seeds, SOAK_SEED=… that one alone"
	@echo "make bench-mapping  documents per second of the mapping language, beside JMESPath and JSONata"

setup: $(READY) $(EDITOR_READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "docferry needs Python 3.11 or newer; call: make PYTHON=/path/to/python3.11 …"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[clock]' \
	  || echo "libfaketime could not be installed; storms (tests/soak) will leave the clock alone"
	@touch $@

# The language server that tests/editor speak to. Without npm, or without what it asks for, those tests are skipped and say so.
$(EDITOR_READY): $(EDITOR)/package.json
	@if command -v npm >/dev/null; then \
	  npm install --prefix $(EDITOR) --no-package-lock --ignore-scripts --fetch-retries 1 --no-fund --no-audit --silent && touch $@ \
	  || echo "npm could not install the language server; tests/editor will be skipped"; fi

# Exit code 1 means "finished, some documents were rejected": that is what the sample data is made for.
demo: $(READY)
	@$(BIN)/docferry demo; code=$$?; [ $$code -le 1 ] || exit $$code

# What tests/browser need: a client for browsers, and Debian's Chromium. Without them those tests are skipped and say so.
browser: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[browser]' \
	  || echo "playwright could not be installed; tests/browser will be skipped"
	@if ! command -v chromium >/dev/null; then \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && { export DEBIAN_FRONTEND=noninteractive; apt-get install -y -qq --no-install-recommends chromium \
	    || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; }; } >/dev/null 2>&1; } \
	  || echo "Chromium is not installed and could not be installed here (it takes root and Debian's apt-get); tests/browser will be skipped"; fi

# The pictures in docs, taken while the tests look at the pages.
screenshots: browser
	DOCFERRY_SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/browser

test: setup
	$(BIN)/python -m pytest -n 3 --dist worksteal -m 'not soak'

soak: $(READY)
	$(BIN)/python -m pytest -m soak -n 2 --dist worksteal --session-timeout $$(($(SOAK_MINUTES) * 60))

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)
	@mkdir -p .bench
	$(BIN)/python bench/throughput/run.py --json .bench/throughput.json $(if $(FULL),--full,--minutes 18)
	$(BIN)/python bench/size.py --json .bench/size.json --times $(if $(FULL),5,3)

bench-route: $(READY)
	$(BIN)/python bench/hypatos_to_zefort.py

bench-mapping: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(BIN)/python bench/mapping.py

certify: $(READY)
	$(BIN)/docferry certify --json > .certificate.json
	@mv .certificate.json tests/contract/certificate.json
	$(BIN)/python -m tests.contract.score

mutate: $(READY)
	$(BIN)/python -m pytest -m soak -s tests/contract/test_mutations.py

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(EDITOR)/node_modules .pytest_cache .mypy_cache .ruff_cache build *.egg-info
