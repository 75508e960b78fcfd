# What one needs before the first command: Python >= 3.11 with venv, make, git.
# Everything else is fetched into .uv/ and .venv/ as uv.lock says, the first time it is needed.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# An environment that happens to be active is not this project's.
unexport VIRTUAL_ENV UV_PROJECT_ENVIRONMENT PYTHONHOME PYTHONPATH

UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
BIN := .venv/bin
READY := .venv/.in-step-with-the-lock
READY_WITH_EXTRAS := .venv/.extras-in-step-with-the-lock
FAST_TESTS := $(wildcard tests/unit tests/protocol tests/meta)

# The first interpreter that is new enough; make PYTHON=/path/to/python3 names another.
find-python = for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11) ""; do \
	test -z "$$python" && echo "ofsep-node needs Python 3.11 or newer: install it," \
		"or name it with make PYTHON=/path/to/python3." >&2 && exit 1; \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; done

# Shows what a check has to say only when it fails.
quietly = said=$$($(1) 2>&1) || { printf '%s\n' "$$said" >&2; exit 1; }

.PHONY: help serve demo test test-fast lint format bench fuzz soak docs scorecard clean

help: ## Say what can be asked for
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

serve: $(READY) ## Start the node; more flags through ARGS="--port 11113 --data /srv/node"
	@exec $(BIN)/ofsep-node serve $(ARGS)

demo: $(READY) ## Start a node, send it a simulated examination, show the verdict
	@exec $(BIN)/ofsep-node demo $(ARGS)

# The documentation, its generated pages and the migrations are checked by tests/meta.
test: $(READY_WITH_EXTRAS) lint ## Everything: style, types, layers, documentation, every test
	@$(BIN)/pytest -n auto $(ARGS)

test-fast: $(READY_WITH_EXTRAS) ## Unit, protocol and meta tests, in less than two minutes
	@$(BIN)/pytest -n auto -m "not slow" $(FAST_TESTS) $(ARGS)

lint: $(READY) ## Style, types, layers and Dockerfile, without the tests
	@$(call quietly,$(BIN)/ruff check --quiet .)
	@$(call quietly,$(BIN)/ruff format --check .)
	@$(call quietly,$(BIN)/mypy)
	@$(call quietly,$(BIN)/lint-imports --cache-dir .cache/import-linter)
	@$(call quietly,$(BIN)/hadolint Dockerfile)

format: $(READY) ## Rewrite the sources as the style checks want them
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

bench: $(READY) ## Benchmarks, one at a time
	@$(BIN)/pytest tests/benchmarks $(ARGS)

fuzz: $(READY) ## Mutated conversations by the million; ARGS="--runs 10000000"
	@$(UV) sync --frozen --quiet --inexact --group fuzz
	@$(BIN)/python -m tests.fuzz $(ARGS)

soak: $(READY) ## Good, slow, aborting and hostile peers for a while; ARGS="--minutes 60"
	@$(BIN)/python -m tests.soak $(ARGS)

docs: $(READY) ## Regenerate the generated pages, then build the site in .cache/site
	@$(BIN)/python -m ofsep_node docs
	@$(call quietly,$(BIN)/mkdocs build --quiet --strict --config-file .mkdocs.yml)

scorecard: $(READY) ## Score recognition and rules on simulated and real headers; some minutes
	@$(BIN)/python -m tests.scorecard

clean: ## Remove everything that was fetched or built; what the node received (var/) stays
	@rm -rf .venv .uv .cache dist
	@find ofsep_node tests -name __pycache__ -prune -exec rm -rf {} +

# --inexact: what the tests added to the environment stays when the node is served from it.
$(READY): uv.lock pyproject.toml $(UV)
	@$(find-python); $(UV) sync --frozen --quiet --inexact --no-python-downloads --python "$$python"
	@touch $@

$(READY_WITH_EXTRAS): $(READY)
	@$(UV) sync --frozen --quiet --all-extras
	@touch $@

.uv/bin/uv:
	@$(find-python); "$$python" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$$python cannot make virtual environments: apt install python3-venv, then make again." >&2; exit 1; }; \
	"$$python" -m venv --clear .uv
	@$(call quietly,.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION))
	@touch $@
