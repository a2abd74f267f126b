# The two commands of a new user: `make run` and `make test`.
PYTHON ?= python3.11
AS_OF ?= 2026-11-20
MSHI = .venv/bin/mshi

.PHONY: setup run test test-long lint types bench

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
	.venv/bin/python -m pytest -n 2

# every change of the home and many random moments at which a run is killed or its disk is full
test-long: setup
	MSHI_LONG=1 .venv/bin/python -m pytest -n 2 tests/test_crash.py

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: setup
	.venv/bin/mypy

bench: setup
	.venv/bin/python tests/benchmarks/bench_intake.py
	.venv/bin/python tests/benchmarks/bench_matching.py
	.venv/bin/python tests/benchmarks/bench_mt.py
	.venv/bin/python tests/benchmarks/bench_explain.py
	.venv/bin/python tests/benchmarks/bench_diff.py 1650000
