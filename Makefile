# The two commands of a new user: `make run` and `make test`.
PYTHON ?= python3.11
AS_OF ?= 2026-11-20
MSHI = .venv/bin/mshi

.PHONY: setup run test test-browser test-long lint types bench bench-check bench-rivals

setup: .venv/ready

.venv/ready: requirements.lock pyproject.toml
	$(shell command -v $(PYTHON) || echo python3) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: setup
	@$(MSHI) sample home/inbox
	@$(MSHI) run --home home --as-of $(AS_OF) || [ $$? -eq 3 ]

test: setup
	.venv/bin/python -m pytest -n 2 --dist loadfile

# the report in headless Chromium, from the system's packages where it is not there
test-browser: setup
	test -x /usr/bin/chromium || { apt-get update -q && apt-get install -q -y --no-install-recommends chromium fonts-dejavu-core; }
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation -c requirements.lock -e '.[browser]'
	.venv/bin/python -m pytest -n 0 -m browser

# every change of the home and many random moments at which a run is killed or its disk is full; a tenth of the nation in 1 GiB
test-long: setup
	MSHI_LONG=1 .venv/bin/python -m pytest -n 2 tests/test_crash.py tests/test_limits.py

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: setup
	.venv/bin/mypy

# part of the nation: 0.01, 0.1, 1; the data is kept in BENCH between runs; more in OPTIONS, as --pairs 3 --rivals
SIZE ?= 0.01
BENCH ?= bench
bench: setup
	.venv/bin/python tests/benchmarks/bench.py --size $(SIZE) --data $(BENCH) $(OPTIONS)

# what other ways to the status need (Java too, for Spark); no dependency of the product
bench-rivals: setup
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --target $(BENCH)/rivals pandas pyspark

# 1/100 of the nation as text, day by day, held against the verdicts and statuses that the generator expects
bench-check: setup
	.venv/bin/python tests/benchmarks/check.py --size $(SIZE) --data $(BENCH)

.PHONY: serve test-server

# a local Prefect server with the schedule of flows.yaml on ./home until Ctrl-C: http://127.0.0.1:4200
serve: setup
	@$(MSHI) serve --home home

# a real Prefect server, and the units of docs/deploy held against the machine's systemd
test-server: setup
	command -v systemd-analyze > /dev/null || (apt-get update -qq && apt-get install -qq -y systemd)
	.venv/bin/python -m pytest -m server tests/test_flows.py tests/test_deploy.py
