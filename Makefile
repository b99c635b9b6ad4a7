# Every target makes the environment when it is missing, broken or older than pyproject.toml,
# and uses it as it is otherwise.

# The interpreters to try, in this order; `make PYTHON=/path/to/python3 …` names another one.
PYTHON ?= python3.14 python3.13 python3.12 python3.11 python3
# Passed on to what the target runs: make test ARGS="-k name", make squash ARGS="--to 0010".
ARGS ?=
# Another release of wrangler than the pinned one: make test-wrangler WRANGLER=latest
WRANGLER ?=

# As many tests at once as there are processors; each worker holds a copy of all tests.
WORKERS := -n auto --maxprocesses 8

VENV := .venv
PY := $(VENV)/bin/python

# Two stamps, so that `make squash` does not wait for the tools of `make test`. The first is
# written by both kinds of setup, and holds the folder that the environment was made for:
# one that was moved or copied would run the code of the old place.
RUN := $(VENV)/.ready
DEV := $(VENV)/.ready-dev

EMPTY :=
SPACE := $(EMPTY) $(EMPTY)

WHOLE = test -x $(PY) && test -x $(VENV)/bin/squasher && test "$$(cat $(RUN) 2>/dev/null)" = "$$(pwd -P)"
# The pinned releases of wrangler, each with a Node of its own, and any other one beside them.
PACKAGES := tests/wrangler tests/wrangler/node20
OTHER := tests/wrangler/other
PINNED := $(PACKAGES:=/node_modules/.ready)

STALE := $(shell $(WHOLE) || echo stale)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help squash check test test-wrangler test-pages lint fmt docs goldens mutants bench bench-quick fuzz clean stale other-wrangler

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

squash: $(RUN) ## write migrations-fresh/0001_complete_schema.sql, proved equal to migrations/
	@$(VENV)/bin/squasher squash $(ARGS)

check: lint test ## all that must hold before a change goes in: lint, test, the fresh file, the migrations
	@$(VENV)/bin/squasher check --exact
	@$(VENV)/bin/squasher lint

test: $(DEV) ## run the tests; ARGS="-k name" picks some, ARGS=--cov shows what they cover
	@$(PY) -m pytest $(WORKERS) $(ARGS)

test-wrangler: $(DEV) $(if $(WRANGLER),other-wrangler,$(PINNED)) ## compare with the real wrangler in two releases, which npm installs; WRANGLER=latest for another
	@WRANGLER_PACKAGES=$(if $(WRANGLER),$(OTHER),$(subst $(SPACE),:,$(PACKAGES))) $(PY) -m pytest $(WORKERS) -m wrangler tests/wrangler $(ARGS)

test-pages: $(DEV) ## open the HTML format in a real browser: nothing runs, nothing loads, everything fits
	$(need-chromium)
	@$(PY) -m pytest -m browser tests/test_pages.py $(ARGS)

lint: $(DEV) ## ruff and mypy
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check
	@$(PY) -m mypy

fmt: $(DEV) ## lay out the code, and fix what ruff can fix
	@$(PY) -m ruff format
	@$(PY) -m ruff check --fix

docs: $(DEV) ## write the output shown in the documentation anew, and the pages of the rules
	@$(PY) docs/blocks.py
	@$(PY) docs/pages.py

goldens: $(DEV) ## write the expected output of tests/diff_cases/ anew, for a person to review
	@$(PY) -m tests.goldens

mutants: $(DEV) ## edit fresh files in every way, and count which layers of the proof reject them
	@$(PY) -m tests.mutants

bench: $(DEV) ## time squasher beside a bare replay and other programs, up to 10,000 files: about ten minutes
	@$(PY) -m bench.run $(ARGS)

bench-quick: $(DEV) ## the same with short chains, within a minute
	@$(PY) -m bench.run --quick $(ARGS)

fuzz: $(DEV) ## run generated chains with new seeds for ten minutes; ARGS="--minutes 60 --seed 1"
	@$(PY) -m tests.generated $(ARGS)

clean: ## remove the environment and everything else that can be made again
	@rm -rf $(PACKAGES:=/node_modules) $(OTHER)
	@rm -rf $(VENV) .squasher_cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage .coverage.* dist
	@find . -name __pycache__ -prune -exec rm -rf {} +

# A stamp goes before its setup starts: one that is interrupted is made from nothing next time.
define make-venv
	@$(WHOLE) || { \
	  old= ; \
	  for python in $(PYTHON); do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	    "$$python" -c 'import ensurepip, venv' 2>/dev/null || { old=$${old:-$$python}; continue; }; \
	    echo "set up     $(VENV) with $$("$$python" --version)" >&2; \
	    exec "$$python" -m venv --clear $(VENV); \
	  done; \
	  if test "$$old"; then \
	    package=$$("$$old" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	    echo "error: $$old cannot make a virtual environment: it has no ensurepip module" >&2; \
	    echo "help: install it (Debian, Ubuntu: apt-get install $$package), or name another Python: make PYTHON=/path/to/python3" >&2; \
	  else \
	    echo "error: no Python 3.11 or newer among: $(PYTHON)" >&2; \
	    echo "help: install one, or name it: make PYTHON=/path/to/python3" >&2; \
	  fi; \
	  exit 1; \
	}
	@rm -f $(RUN) $(DEV)
endef
pip-install = $(PY) -m pip install -qq --disable-pip-version-check --editable

$(RUN): pyproject.toml $(STALE)
	$(make-venv)
	@$(pip-install) .
	@pwd -P > $(RUN)

$(DEV): pyproject.toml $(STALE)
	$(make-venv)
	@$(pip-install) '.[dev]'
	@pwd -P > $(RUN)
	@touch $(DEV)

# No install script is run: what is needed comes in the packages themselves. A download that stands still
# is begun again after half a minute, and not after five.
npm-install = npm --prefix $(1) $(2) --ignore-scripts --no-audit --no-fund --fetch-timeout=30000 --prefer-offline --loglevel=error >&2
define need-npm
@command -v npm > /dev/null || { \
  echo "error: there is no npm, which installs the wrangler to compare with" >&2; \
  echo "help: install Node.js with npm (Debian, Ubuntu: apt-get install npm)" >&2; \
  exit 1; \
}
endef

define need-chromium
@command -v chromium > /dev/null || command -v chromium-browser > /dev/null || command -v google-chrome > /dev/null || { \
  echo "error: there is no Chromium, in which the pages are looked at" >&2; \
  echo "help: install it (Debian, Ubuntu: apt-get install chromium)" >&2; \
  exit 1; \
}
endef

%/node_modules/.ready: %/package.json %/package-lock.json
	$(need-npm)
	@$(call npm-install,$*,install --no-save)
	@touch $@

other-wrangler:
	$(need-npm)
	@rm -rf $(OTHER)
	@mkdir -p $(OTHER)
	@cp tests/wrangler/package.json $(OTHER)
	@$(call npm-install,$(OTHER),install wrangler@$(WRANGLER))
