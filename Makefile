# make demo   install, index corpus/, answer a question
# make test   lint, types, tests, documentation: what CI runs
# make docs   build the documentation site into build/site
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-demo
DEV_STAMP := $(VENV)/.installed-dev
QUESTION ?= Why is decoding limited by memory bandwidth?

.PHONY: release demo test install bytecode cluster lint format docs bench clean

demo: $(STAMP)
	$(BIN)/rag index corpus
	$(BIN)/rag ask "$(QUESTION)"

# With `make -j 2 test` the bytecode is made beside mypy. A worker of pytest keeps to neighboring tests until
# it steals some at the end (worksteal), so that what a module of tests shares is seldom made twice.
test: lint docs bytecode
	$(BIN)/pytest -n 2 --dist worksteal

install: $(DEV_STAMP)

# Once for the hundreds of processes that the tests start. Some packages hold templates that do not compile.
bytecode: $(DEV_STAMP)
	$(BIN)/python -m compileall -q rag_infer
	-$(BIN)/python -m compileall -qq -x '/tests/' $(VENV)/lib

# Tests against a real S3 server, in an environment of its own: its dependencies clash with the tested ones.
MOTO := $(VENV)-moto
cluster: $(DEV_STAMP) $(MOTO)/bin/moto_server
	MOTO_SERVER=$(CURDIR)/$(MOTO)/bin/moto_server $(BIN)/pytest -m cluster

$(MOTO)/bin/moto_server:
	$(PYTHON) -m venv $(MOTO)
	$(MOTO)/bin/pip install --disable-pip-version-check --quiet 'moto[s3]>=5.2,<6' 'flask>=3' flask-cors

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
	$(BIN)/pip install --disable-pip-version-check --quiet --no-compile --constraint constraints.txt \
	  --editable '.[dev]'
	touch $@ $(STAMP)

clean:
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Needs an internet connection: wheel built twice and compared, SBOM, licences, audit (scripts/release.sh).
release:
	scripts/release.sh
