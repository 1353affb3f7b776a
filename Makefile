# `make lab` is all that a learner needs. `make help` lists the rest.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed-here
TESTS := .venv/installed-for-tests
# uv trusts the certificates that the system trusts: hospitals and schools often sit behind a proxy with one of its own.
export UV_SYSTEM_CERTS := true

.PHONY: help lab classroom test bench check notebooks docs picture pins bench-scale hub test-hub bench-hub clean

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## /make \1|/p' Makefile | awk -F'|' '{ printf "%-16s%s\n", $$1, $$2 }'

lab: $(STAMP) ## open the course in JupyterLab; the first time installs it into .venv
	@$(BIN)/coursekit lab

classroom: $(TESTS) ## install what very large classes need beside the course: PostgreSQL, Parquet, Dask

# Notebooks and tests in one run, so that neither hides how the other went.
test: $(TESTS) ## run every test, every notebook, and the forms in a real browser
	@$(BIN)/python -m pytest --continue-on-collection-errors \
	  --nbval --nbval-current-env --nbval-cell-timeout=60 --nbval-sanitize-with=tests/nbval_sanitize.cfg \
	  --ignore=tests/site tests notebooks

bench: $(TESTS) ## measure how fast answers are graded
	@$(BIN)/python tests/bench.py

bench-scale: $(TESTS) ## measure classes of ten thousand and more
	@$(BIN)/python tests/bench_scale.py

check: $(TESTS) ## look over the code, the notebooks, the exercises and the tables
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/coursekit check

notebooks: $(STAMP) ## run the notebooks again and save what they show
	@$(BIN)/python tools/run_notebooks.py

picture: $(TESTS) ## take the picture in the README again
	@$(BIN)/python -m pytest -q -p no:nbval tests/browser/picture.py

docs: $(STAMP) ## write the pages of docs/ that are made from the course
	@$(BIN)/python tools/write_docs.py

# Run it after a change of dependencies in pyproject.toml; delete a pin from its file to move it.
pins: $(STAMP) ## write the three files of pinned versions from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --group setup $(PINNED) --output-file requirements.txt
	@$(BIN)/uv pip compile pyproject.toml --extra test --constraints requirements.txt $(PINNED) \
	  --output-file requirements-test.txt
	@$(BIN)/uv pip compile pyproject.toml --extra service --group setup --group hub --constraints requirements.txt \
	  --constraints requirements-test.txt $(PINNED) --output-file deploy/hub/requirements.txt

PINNED := --universal --generate-hashes --no-header --no-annotate --no-emit-package coursekit --quiet

# A workshop: JupyterHub, the grading service and PostgreSQL, in a Python and folders of their own.
HUB := .venv-hub
HUB_STAMP := $(HUB)/installed-here
# Learners' servers run under accounts of their own where the hub is root, and these may not look into root's home.
HUB_PYTHON ?= $(if $(filter 0,$(shell id -u)),$(firstword $(wildcard /usr/bin/python3) $(PYTHON)),$(PYTHON))

hub: $(HUB_STAMP) ## start a workshop on this machine: JupyterHub, with keys on the server
	@exec $(HUB)/bin/python deploy/hub/start.py

test-hub: $(TESTS) $(HUB_STAMP) ## play a whole workshop in a real browser: sign-in, learners, an instructor, outages
	@$(BIN)/python -m pytest -p no:nbval tests/hub/story.py tests/hub/signing_in.py

bench-hub: $(STAMP) $(HUB_STAMP) ## measure how many learners the workshop holds on this machine
	@$(HUB)/bin/python deploy/hub/load.py
	@$(BIN)/python deploy/hub/room.py

ifneq ($(shell test -x $(HUB)/bin/python && cat $(HUB_STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(HUB_STAMP)
endif

$(HUB_STAMP): PYTHON := $(HUB_PYTHON)
$(HUB_STAMP): pyproject.toml deploy/hub/requirements.txt deploy/hub/proxy/package-lock.json
	$(needs_python)
	$(needs_venv)
	@command -v npm >/dev/null || { echo "The hub's proxy needs Node.js 20 or newer with npm. Install it (Debian, Ubuntu: apt-get install nodejs npm), then run: make hub" >&2; exit 1; }
	@echo "Installing the hub into $(HUB). The first time takes a minute or two; later starts skip this."
	@$(PYTHON) -m venv --clear $(HUB)
	@sed -n '/^uv==/,/[^\\]$$/p' deploy/hub/requirements.txt > $(HUB)/uv.txt
	@$(HUB)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r $(HUB)/uv.txt
	@$(HUB)/bin/uv pip install --quiet --python $(HUB)/bin/python --no-deps --require-hashes -r deploy/hub/requirements.txt
	@$(HUB)/bin/uv pip install --quiet --python $(HUB)/bin/python --no-deps --no-build-isolation -e .
	@mkdir -p $(HUB)/proxy && cp deploy/hub/proxy/package.json deploy/hub/proxy/package-lock.json $(HUB)/proxy/
	@npm ci --prefix $(HUB)/proxy --no-audit --no-fund --loglevel=error
	@echo "$(CURDIR)" > $@

# The practice course as a static site. What builds it has a Python of its own.
.PHONY: site test-site bench-site pins-site
SITE := .venv-site
SITE_STAMP := $(SITE)/installed-here
build_site = $(SITE)/bin/python tools/build_site.py

site: $(STAMP) $(SITE_STAMP) ## build the practice course as a folder for any web server: site/
	@$(build_site)

test-site: $(TESTS) site ## use the site in a real browser: every notebook, every form, a reload, an update, handing in
	@$(BIN)/python -m pytest -p no:nbval tests/site

bench-site: $(TESTS) site ## measure the site's size and what a learner waits for, beside an empty page
	@$(build_site) --bare --out build/bare
	@$(BIN)/python tests/site/bench.py

# What the wheels name and Python in a browser has no use for: processes, and the page's half of the widgets.
NOT_IN_A_BROWSER := pexpect ptyprocess jupyterlab-widgets widgetsnbextension

pins-site: $(STAMP) ## write the pins of the site from deploy/site/*.in
	@$(BIN)/uv pip compile deploy/site/tools.in --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --quiet --no-emit-package rfc3987-syntax --output-file deploy/site/tools.txt
	@$(BIN)/uv pip compile deploy/site/requirements.in --python-version 3.14 --python-platform x86_64-manylinux2014 \
	  --generate-hashes --no-header --no-annotate --quiet $(NOT_IN_A_BROWSER:%=--no-emit-package %) \
	  --output-file deploy/site/requirements.txt

ifneq ($(shell test -x $(SITE)/bin/python && cat $(SITE_STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(SITE_STAMP)
endif

$(SITE_STAMP): deploy/site/tools.txt | $(STAMP)
	@command -v npm >/dev/null || { echo "The site needs Node.js 20 or newer with npm. Install it (Debian, Ubuntu: apt-get install nodejs npm), then run: make site" >&2; exit 1; }
	@echo "Installing what builds the site into $(SITE). The first time takes a minute; later builds skip this."
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(SITE)
	@$(BIN)/uv pip install --quiet --python $(SITE)/bin/python --no-deps --require-hashes -r deploy/site/tools.txt
	@echo "$(CURDIR)" > $@

clean: ## remove .venv and what tests and tools leave behind; your answers are kept elsewhere and stay
	@rm -rf .venv .venv-hub .venv-site site .pytest_cache .ruff_cache .hypothesis build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each of these three asks the Python that is there, and is empty where it cannot answer.
version = $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
is_new = $(shell $(PYTHON) -c 'import sys; print("yes" if sys.version_info >= (3, 11) else "")' 2>/dev/null)
has_venv = $(shell $(PYTHON) -c 'import ensurepip, venv; print("yes")' 2>/dev/null)

get_python = Install Python 3.11 or newer and run: make $(MAKECMDGOALS) PYTHON=/path/to/that/python3
needs_python = $(if $(version),\
  $(if $(is_new),,$(error $(PYTHON) is Python $(version), and the course needs 3.11 or newer. $(get_python))),\
  $(error $(PYTHON) does not run, and the course needs Python 3.11 or newer. $(get_python)))
needs_venv = $(if $(has_venv),,$(error $(PYTHON) has no venv module, which makes the folder that the course is \
  installed in. Run: apt install python3-venv (Debian, Ubuntu), or take a Python that has it: make $(MAKECMDGOALS) PYTHON=/path/to/that/python3))

# The stamp names the folder that .venv was made in, as it cannot be moved: elsewhere, or broken, it is made anew.
ifneq ($(shell test -x $(BIN)/python && cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
anew := --clear
endif

$(STAMP): pyproject.toml requirements.txt jupyter-config/coursekit.json
	$(needs_python)
	$(needs_venv)
	@echo "Installing the course into .venv. The first time takes a minute or two; later starts skip this."
	@$(PYTHON) -m venv $(anew) .venv
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.txt > .venv/uv.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.txt
	@$(BIN)/uv pip install --python $(BIN)/python --no-deps --require-hashes -r requirements.txt
	@$(BIN)/uv pip install --python $(BIN)/python --no-deps --no-build-isolation -e .
	@echo "$(CURDIR)" > $@

# Tests, and classes of thousands, need more than a learner does.
$(TESTS): $(STAMP) requirements-test.txt
	@$(BIN)/uv pip install --python $(BIN)/python --no-deps --require-hashes -r requirements-test.txt
	@touch $@
