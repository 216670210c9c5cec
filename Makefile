# The two commands are `make book` and `make test`.  Neither needs the network once installed.
# PYTHON=... chooses the interpreter that .venv is made with.

RUN = .venv/bin/python
SUITS = "import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
FIND = for p in python3.13 python3.12 python3.11 python3; do \
    $$p -c $(SUITS) >/dev/null 2>&1 && command -v $$p && break; done
# Recursive on purpose: looked for only when .venv has to be made.
PYTHON ?= $(shell $(FIND))
PORT = 8000

# Many processes are started; where the environment forbids to keep what Python compiled, each compiles anew.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL = book
.PHONY: install book html test quick serve site check diff bench links search rebuild reproducible lock clean help \
  publish-prepare publish-draft publish-finish

install: .venv/installed  ## install the locked packages in .venv (the other targets do this by themselves)

book: .venv/installed  ## build the web pages and the documents in _build/html
	@$(RUN) -m livingreview build

html: .venv/installed  ## build the web pages only (DRAFT=1 marks false statements instead of stopping)
	@$(RUN) -m livingreview build --no-pdf

test: .venv/installed  ## run every test (needs chromium, and R with metafor)
	@$(RUN) -m pytest -n auto --dist loadfile --no-loadscope-reorder

quick: .venv/installed  ## run the tests that need no book, browser or R (about a minute)
	@$(RUN) -m pytest -n auto --dist loadfile -m "not (book or browser or r or story)"

serve: .venv/installed  ## serve the built book on http://localhost:8000 (or PORT=...)
	@$(RUN) -m livingreview serve --port $(PORT)

site: $(if $(BUILT),.venv/installed,book)  ## lay out every version and this draft in _build/site (URL=https://... is its address)
	@$(RUN) -m livingreview site $(if $(URL),--url "$(URL)")

check: .venv/installed  ## check all data and statements
	@$(RUN) -m livingreview check

bench: .venv/installed  ## time the build, the check and the pooling, into _build/bench.md
	@mkdir -p _build && : > _build/bench.md
	@for file in bench/bench_*.py; do echo "Running $$file"; $(RUN) $$file >> _build/bench.md || exit 1; done
	@cat _build/bench.md

links: .venv/installed  ## check every link in the review (needs the network)
	@$(RUN) -m livingreview links --report _build/links.md

search: .venv/installed  ## search PubMed, Europe PMC and ClinicalTrials.gov for new trials (needs the network)
	@$(RUN) -m livingreview search --report _build/search.md

diff: .venv/installed  ## list what changed since a commit or version, into _build/diff.md (SINCE=HEAD)
	@mkdir -p _build && $(RUN) -m livingreview diff $(or $(SINCE),HEAD) --format markdown > _build/diff.md
	@cat _build/diff.md

rebuild: .venv/installed  ## build every recorded version again, and compare it with its record
	@$(RUN) -m livingreview rebuild all

reproducible: .venv/installed  ## build the commit twice and list the files that differ
	@$(RUN) -m livingreview rebuild

publish-prepare publish-draft publish-finish: .venv/installed
	@$(RUN) -m livingreview publish $(@:publish-%=%)

lock:  ## rewrite requirements.txt from pyproject.toml (needs the network)
	@$(MAKE) --no-print-directory .lockenv/bin/uv
	.lockenv/bin/uv --no-config pip compile --universal --python-version 3.11 --generate-hashes \
	  --extra build --extra cluster --extra test --no-emit-index-url --annotation-style line --quiet \
	  --upgrade --custom-compile-command "make lock" pyproject.toml -o requirements.txt

clean:  ## remove everything that was built, and .venv
	rm -rf _build .venv .lockenv .pytest_cache .ruff_cache .hypothesis

help:  ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile

.venv/installed: requirements.txt pyproject.toml
	@python="$(PYTHON)"; \
	test -n "$$python" && "$$python" -c $(SUITS) >/dev/null 2>&1 || { \
	  echo "Python 3.13, 3.12 or 3.11 is needed (with its venv module) and none was found."; \
	  echo "Install one, or name it: make book PYTHON=path/to/python3.12"; exit 1; }; \
	echo "Installing the locked packages in .venv with $$python (once; about a minute)"; \
	"$$python" -m venv --clear .venv
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@# The build backend is in the lock, so nothing is fetched here.
	@$(RUN) -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
	@touch $@

.lockenv/bin/uv:
	@python="$(PYTHON)"; "$$python" -m venv .lockenv
	@.lockenv/bin/python -m pip install --quiet uv
