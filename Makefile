# make demo   install, index corpus/, answer a question
# make test   lint, types, tests, documentation: what CI runs
# make docs   build the documentation site into build/site
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-demo
DEV_STAMP := $(VENV)/.installed-dev
QUESTION ?= Why is decoding limited by memory bandwidth?

.PHONY: release demo test lint format bench clean

demo: $(STAMP)
	$(BIN)/rag index corpus
	$(BIN)/rag ask "$(QUESTION)"

test: lint docs
	$(BIN)/pytest -n 2

lint: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/vocabulary.py rag_infer benchmarks scripts training tests examples

format: $(DEV_STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(DEV_STAMP)
	$(BIN)/python scripts/generate_reference.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

bench: $(DEV_STAMP)
	@cat benchmarks/README.md

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing rag-infer with its dependencies into $(VENV): about 1.9 GB on disk, most of it"
	@echo "torch, transformers and OpenVINO. This takes one to several minutes and happens once."
	$(BIN)/pip install --disable-pip-version-check --quiet --constraint constraints.txt --editable .
	touch $@

$(DEV_STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@ $(STAMP)

clean:
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Needs an internet connection: wheel built twice and compared, SBOM, licences, audit (scripts/release.sh).
release:
	scripts/release.sh
