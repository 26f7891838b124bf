# Two commands are all most people need: `make run` and `make test`. Each sets itself up.
# PORT, HOST   where the web server listens (127.0.0.1:8000)
# PYTHON       the Python to build .venv with; by default the newest of 3.13, 3.12, 3.11 that is there
# ARGS         more arguments for pytest
.PHONY: run test lint bench drills requirements demo-wipe clean

export PORT HOST PYTHON

run:
	@python=$$(sh bin/find-python) && exec "$$python" bin/start.py

test:
	@python=$$(sh bin/find-python) && exec "$$python" bin/run_tests.py $(ARGS)

lint:
	@python=$$(sh bin/find-python) && exec "$$python" bin/run_lint.py

# Measures every page at BENCH_ROWS (10000,100000) rows on SQLite and PostgreSQL and writes docs/performance.md.
bench:
	@python=$$(sh bin/find-python) && "$$python" bin/prepare.py --dev && .venv/bin/python -m bench $(ARGS)

# Rehearses races, killed workers and lost servers on throw-away servers and writes docs/reliability.md; 15 minutes.
drills:
	@python=$$(sh bin/find-python) && "$$python" bin/prepare.py --dev && .venv/bin/python -m drills $(ARGS)

requirements:
	@python=$$(sh bin/find-python) && exec "$$python" bin/compile_requirements.py $(ARGS)

# Removes the demonstration hospital; asks first and touches no real data.
demo-wipe:
	@python=$$(sh bin/find-python) && "$$python" bin/prepare.py && .venv/bin/python manage.py demo wipe

# Removes what can be made again; the data in var/ stays.
clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
