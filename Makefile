# `make` alone says what there is. Paths are relative and quoted throughout, so that the checkout
# may lie in a folder with a space in its name.

PYTHON =
VENV = .venv
PYTEST_ARGS = -n auto --dist worksteal

# Everything that CK keeps stays in the checkout, whatever the user's own settings say.
export CK_REPOS := $(CURDIR)/CK_REPOS
unexport CK_ROOT CK_LOCAL_REPO CK_LOCAL_KERNEL_UOA CK_DEFAULT_REPO

in_venv = "$(VENV)/bin/python"

# Our own tools run on any Python from 3.7 on; they find the one for the environment themselves.
with_any_python = run() { \
	for python in python3 "$(PYTHON)" python3.14 python3.13 python3.12 python3.11 python3.10 python3.9 python3.8 python; do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 7))' 2>/dev/null || continue; \
		"$$python" "$$@"; return; \
	done; \
	echo 'set-up: no Python was found: install one of 3.8 to 3.14, or name it: make PYTHON=/path/to/python3' >&2; \
	return 1; \
}; run
set_up = $(with_any_python) tools/setup_venv.py --venv "$(VENV)" --python "$(PYTHON)" $(if $(OLDEST),--oldest)

.PHONY: help venv demo test readers lint mutants bench bench-scale torture pythons clean

help:
	@echo 'make demo     try the module against a small web on this machine'
	@echo 'make test     run the tests'
	@echo 'make readers  read exports with torchvision, timm and Keras, which are several gigabytes'
	@echo 'make lint     check style and types'
	@echo 'make mutants  change the core here and there: do its tests see it? SEED=N COUNT=N'
	@echo 'make venv     set up what tests and linters need, and nothing else'
	@echo 'make bench    measure what benchmarks/README.md tells'
	@echo 'make bench-scale URLS=1000000 FOLDER=DIR  the same of many synsets; it can be resumed'
	@echo 'make torture  kill, starve and damage it for 15 minutes; SEED=N repeats a campaign'
	@echo 'make pythons  list the Pythons of this machine that .ci/run tests on'
	@echo 'make clean    remove everything that these made, the demo'"'"'s pictures too'
	@echo
	@echo 'The first of them sets up .venv, with the first suitable Python found'
	@echo 'or the one you name: make test PYTHON=/path/to/python3'
	@echo 'With OLDEST=yes, it has the oldest releases that the requirements allow'

venv:
	@$(set_up) --dev

demo:
	@$(set_up)
	@$(in_venv) tools/demo.py

test:
	@$(set_up) --dev
	@$(in_venv) -m pytest $(PYTEST_ARGS)

readers:
	@$(MAKE) --no-print-directory venv VENV=.venvs/readers
	@.venvs/readers/bin/python -m pip install --quiet -r requirements-readers.txt
	@.venvs/readers/bin/python -m pytest tests/readers.py -p no:cacheprovider

lint:
	@$(set_up) --dev
	$(in_venv) -m ruff check
	$(in_venv) -m ruff format --check
	$(in_venv) -m mypy

mutants:
	@$(set_up) --dev
	@$(in_venv) tools/mutants.py $(if $(SEED),--seed $(SEED)) $(if $(COUNT),--count $(COUNT))

bench:
	@$(set_up) --dev
	@$(in_venv) benchmarks/listing.py
	@$(in_venv) benchmarks/dogs.py
	@$(in_venv) benchmarks/healthy.py
	@$(in_venv) benchmarks/rotten.py
	@$(in_venv) benchmarks/browsers.py
	@$(in_venv) benchmarks/living.py
	@$(in_venv) benchmarks/rations.py
	@$(in_venv) benchmarks/wayback.py
	@$(in_venv) benchmarks/memory.py
	@$(in_venv) benchmarks/fall11.py
	@$(in_venv) benchmarks/entries.py
	@$(in_venv) benchmarks/repositories.py
	@$(in_venv) benchmarks/opening.py
	@$(in_venv) benchmarks/cluster.py
	@$(in_venv) benchmarks/here.py
	@$(in_venv) benchmarks/shards.py
	@$(in_venv) benchmarks/resizing.py

bench-scale:
	@$(set_up)
	@$(in_venv) benchmarks/scale.py $(if $(URLS),--urls $(URLS)) $(if $(FOLDER),--folder "$(FOLDER)")

torture:
	@$(set_up) --dev
	@$(in_venv) benchmarks/torture $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

pythons:
	@$(with_any_python) tools/interpreters.py

clean:
	rm -rf .venv .venvs CK_REPOS build .hypothesis .mypy_cache .pytest_cache .ruff_cache
	rm -rf module/imagenet/*.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +
