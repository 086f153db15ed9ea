# The two commands: `make up` runs ScriptRunner here, `make test` checks everything. Both set up what they need.
PYTHON ?= python3
BIN := .venv/bin
SHELL := /bin/sh
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Python keeps what it compiled, whatever the environment says: the tests start it hundreds of times.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help up test check fuzz corpus bench chaos attack screenshots constraints clean

help: ## Show these targets
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' $(MAKEFILE_LIST)

up: .venv/ready ## Start bot, runner and, where no Slack token is set, the stand-in workspace
	@exec $(BIN)/scriptrunner up

test: .venv/ready .venv/tools check ## Run all checks and all tests, in another order each time
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder

check: .venv/ready ## Formatting, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fuzz: .venv/ready .venv/tools ## Draw other examples than the tests do, and more of them; FUZZ_SEED=… repeats a run
	@FUZZ_SEED=$${FUZZ_SEED:-$$(date +%s)}; export FUZZ_SEED; echo "make fuzz FUZZ_SEED=$$FUZZ_SEED repeats this"; \
	  $(BIN)/pytest -n 4 -m drawn --timeout 3600 \
	    --hypothesis-profile thorough --hypothesis-seed $$FUZZ_SEED --randomly-seed $$FUZZ_SEED

corpus: .venv/ready ## Read the sample scripts of the dialects' own documentation, and print how each dialect fares
	@$(BIN)/python -m tests.corpus

bench: .venv/ready ## Measure latency and throughput
	$(BIN)/python -m tests.benchmarks.bench

chaos: .venv/ready ## Kill everything at random while people run jobs, and see that nothing is lost
	$(BIN)/python -m tests.chaos

attack: .venv/ready ## Attack a running installation in every way we know, and print what held; ATTACK_HARDNESS=1 is short
	$(BIN)/python -m tests.attack

screenshots: .venv/ready .venv/tools ## Take the README's pictures anew
	$(BIN)/python docs/screenshots.py

constraints: .venv/ready ## Pin all dependencies anew, with the hashes that are checked when they are installed
	$(BIN)/uv pip compile -q --upgrade pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate -o etc/constraints.txt

clean: ## Remove what was built; never what people's jobs wrote
	rm -rf .venv build

.venv/ready: pyproject.toml etc/constraints.txt .ci/setup
	.ci/setup python "$(PYTHON)"
	@touch $@

.venv/tools: .venv/ready $(wildcard tests/bot/workspace/*/package*.json tests/bot/workspace/*/*/package*.json)
	.ci/setup tools
	@touch $@
