# Everything is set up inside .venv: no root, nothing outside this folder, and only what the lock files name.
#
#   make demo    a whole simulated session in the web room (make demo ARGS=--headless plays it fast, without a browser)
#   make test    every test but the long ones          (make test ARGS="-k poll")
#   make hard    the long ones; what they count stands at the end
#   make bench   what a vote costs, one JSON line a measure (make bench ARGS=--quick ends within a minute)
#   make check   format, lint, types, who may import whom
#   make fmt     mend what can be mended
#   make lock    write the lock files after pyproject.toml has changed (make lock ARGS=--upgrade: newest versions)
#   make clean   remove everything that was set up

.PHONY: demo test hard bench check check-format check-lint check-types check-imports fmt browser lock clean
.SUFFIXES:
unexport PYTHONPATH PYTHONHOME

VENV   := .venv
PYTHON := $(VENV)/bin/python
PIP    := $(PYTHON) -m pip --disable-pip-version-check --no-input -qq
LOCKED := install --require-hashes --no-deps --only-binary :all:

demo: $(VENV)/runtime
	@$(PYTHON) -m bot demo $(ARGS)

test: $(VENV)/browser/ready
	@$(PYTHON) -m pytest -m "not hard" -n auto --maxprocesses 4 $(ARGS)

hard: $(VENV)/browser/ready
	@$(PYTHON) -m pytest -m hard --collect-only -qq >/dev/null; \
	if [ $$? -eq 5 ]; then echo "There is no long test yet."; \
	else $(PYTHON) -m pytest -m hard --timeout=1200 --session-timeout=3600 $(ARGS); fi

bench: $(VENV)/dev
	@$(PYTHON) -m tests.bench $(ARGS)

check: check-format check-lint check-types check-imports

check-format: $(VENV)/dev
	@$(PYTHON) -m ruff format --check .

check-lint: $(VENV)/dev
	@$(PYTHON) -m ruff check .

check-types: $(VENV)/dev
	@$(PYTHON) -m mypy

check-imports: $(VENV)/dev
	@$(PYTHON) -c "from importlinter.cli import lint_imports_command as lint; lint(['--no-logo'])"

fmt: $(VENV)/dev
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m ruff check --fix .

browser: $(VENV)/browser/ready

# A new environment whenever a lock file changes, so that nothing is left of the old one.
$(VENV)/runtime: requirements.txt
	@echo "Setting up $(VENV) ..."
	@rm -rf $(VENV)
	@for python in python3 python3.13 python3.12 python3.11; do \
	    if $$python -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then \
	        $$python -m venv $(VENV) && exit 0; \
	    fi; \
	done; \
	echo "Cohost needs Python 3.11, 3.12 or 3.13 with its venv module, and found none." >&2; exit 2
	@echo "Installing what Cohost needs ..."
	@$(PIP) $(LOCKED) -r requirements.txt
	@# The packages are imported from this folder: the path is relative, so the folder may be moved.
	@echo ../../../.. > $$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/cohost.pth
	@printf '#!/bin/sh\nexec "$$(dirname "$$0")/python" -m bot "$$@"\n' > $(VENV)/bin/cohost
	@chmod +x $(VENV)/bin/cohost
	@touch $@

$(VENV)/dev: $(VENV)/runtime requirements-dev.txt
	@echo "Installing what its tests need ..."
	@$(PIP) $(LOCKED) -r requirements-dev.txt
	@touch $@

$(VENV)/browser/ready: $(VENV)/dev tests/browser/install.py tests/browser/package-lock.json
	@echo "Unpacking the browser for its tests ..."
	@$(PYTHON) tests/browser/install.py
	@touch $@

# Neither lock file holds an address: whoever installs uses the registry they trust, and the hashes decide.
LOCK := $(VENV)/uv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-annotate --custom-compile-command "make lock" $(ARGS)

lock: $(VENV)/dev
	@$(PYTHON) -m venv $(VENV)/uv
	@$(VENV)/uv/bin/python -m pip --disable-pip-version-check --no-input -qq install uv
	@$(LOCK) pyproject.toml -o requirements.txt
	@$(LOCK) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	@$(PYTHON) tests/browser/install.py --lock
	@rm -rf $(VENV)/uv

clean:
	@rm -rf $(VENV) .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache cohost.egg-info build dist
