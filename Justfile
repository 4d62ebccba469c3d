# Every chore under one name. `./just` lists them; CI runs the same ones.

set shell := ["sh", "-eu", "-c"]
set positional-arguments := true

python := env("PROJECT_PYTHON", "python3")
bin := justfile_directory() / ".venv/bin"

# Byte code halves the start time; a machine that switches it off would measure something else.
export PYTHONDONTWRITEBYTECODE := ""
export UV_PYTHON_DOWNLOADS := "never"

[private]
default:
    @just --list --unsorted

# Make .venv with the product, the sandbox and the test tools (does nothing when it is up to date)
setup:
    #!/bin/sh
    set -eu
    stamp=$(cat requirements/dev.txt api/pyproject.toml sandbox/pyproject.toml | cksum)
    if [ -x .venv/bin/vsmanager ] && [ "$(cat .venv/.stamp 2>/dev/null)" = "$stamp" ]; then exit 0; fi
    uv venv -q --allow-existing --python "{{ python }}" .venv
    uv pip sync -q --python .venv/bin/python --require-hashes --compile-bytecode requirements/dev.txt
    uv pip install -q --python .venv/bin/python --no-deps --no-build-isolation -e api -e sandbox
    .venv/bin/python -m compileall -q api/src sandbox/src
    printf '%s' "$stamp" > .venv/.stamp

# Everything running on the sandbox, with a generated list of about 5,000 mods (--real: on the internet's services)
demo *args: setup
    @"{{ bin }}/vsmanager" demo --data-dir .demo "$@"

# The API with reload, on the sandbox (its data folder is .dev)
dev *args: setup
    @"{{ bin }}/vsmanager" demo --data-dir .dev --reload "$@"

# All tests
test: test-api test-sandbox

# The product's tests; takes pytest arguments, paths below api/
test-api *args: setup
    @cd api && "{{ bin }}/python" -m pytest "$@"

# The sandbox's tests; takes pytest arguments, paths below sandbox/
test-sandbox *args: setup
    @cd sandbox && "{{ bin }}/python" -m pytest "$@"

# The long fault runs: every seeded kill, not just the ten of `test`
test-faults *args: setup
    @cd api && VS_TEST_ALL_FAULTS=1 "{{ bin }}/python" -m pytest -m fault -n 0 "$@"

# Style of the whole project
lint: lint-api

# Style of the Python code
lint-api: setup
    "{{ bin }}/ruff" check .
    "{{ bin }}/ruff" format --check .

# Rewrite the Python code in the project's format
format: setup
    "{{ bin }}/ruff" check --fix .
    "{{ bin }}/ruff" format .

# Types of the Python code, strictly
typecheck: setup
    "{{ bin }}/mypy" api/src sandbox/src bench
    MYPYPATH=api "{{ bin }}/mypy" api/tests
    MYPYPATH=sandbox "{{ bin }}/mypy" sandbox/tests

# Lint, types and all tests
check: lint typecheck test

# Benchmarks, JSON out (`./just bench --list` names them)
bench *args: setup
    @"{{ bin }}/python" bench/run.py "$@"

# The wheel, in dist/
build: setup
    uv build -q --python .venv/bin/python --no-build-isolation --wheel --out-dir dist api

# Renew the lock files from requirements/*.in
lock *args:
    uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 "$@" requirements/runtime.in -o requirements/runtime.txt
    uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 "$@" -c requirements/runtime.txt requirements/dev.in -o requirements/dev.txt
    uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 "$@" requirements/tools.in -o requirements/tools.txt
