# A thin face over tools/ and the loom.  Needs Python 3.11 or newer with pip, make and git.

PYTHON ?= python3
ARGS ?=

# Everything runs in .venv, with `dot` first on the path (see tools/setup.py).
run = .venv/bin/python tools/run.py

.PHONY: book test newer serve tangle check road mutants bench bench-pages lock torch setup clean clean-all

book: setup  ## build the site into _build/html
	@$(run) book

test: setup  ## run the tests, all of them with coverage; ARGS="tests/loom -k name" narrows them
	@$(run) pytest $(or $(ARGS),--cov)

newer: setup  ## run tests under a newer Python, where there is one; ARGS="tests/engine" narrows them
	@$(run) newer $(or $(ARGS),tests/engine tests/nn tests/compile tests/loom)

serve: book  ## build the site and serve it
	@$(run) serve

tangle: setup  ## write micrograd/ from the chapters
	@$(run) loom tangle

check: setup  ## the checks that take seconds: ruff, mypy, Biome, tsc, package up to date
	@$(run) check

road: setup  ## what each chapter asks of a reader; ARGS="--digits accumulate" lists numbers typed in its prose
	@$(run) road $(ARGS)

bench-pages: book  ## weigh the built pages and time their cells, in Chromium; ARGS="--rounds 1" is quicker
	@$(run) bench.pages $(ARGS)

mutants:  ## mutation run: does a test notice each change of the package?
	@$(PYTHON) tools/setup.py --mutants
	@$(run) tests/mutation/run.py $(ARGS)

bench: setup  ## time the engine against its peers; ARGS="--help" says what can be chosen
	@$(run) bench $(ARGS)

lock: setup  ## renew requirements/lock.txt and package-lock.json
	@$(run) lock

torch: setup  ## try once more to install PyTorch
	@$(PYTHON) tools/setup.py --torch

setup:
	@$(PYTHON) tools/setup.py

clean:  ## remove the built site; `make clean-all` also .venv and node_modules
	@$(PYTHON) tools/clean.py

clean-all:
	@$(PYTHON) tools/clean.py --all

