"""`vsmanager serve`: quick to start, plain about what is wrong."""

import json
import socket
import subprocess
import sys
from pathlib import Path

from tests.cli.commands import clean_environment, idle_folder, vsmanager
from tests.managers import running_manager, start_manager


def test_it_serves_without_importing_what_only_other_commands_need(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    script = (
        "import sys\n"
        "from vintagestory_api.cli import run\n"
        "code = run(['serve', '--data-dir', sys.argv[1]])\n"
        "unneeded = {'typer', 'rich', 'argparse', 'httpx2', 'sqlalchemy', 'alembic', 'argon2', 'limits', 'pydantic.v1'}\n"
        "loaded = {name for name in unneeded if sys.modules.get(name)}\n"
        "print(code, 'vintagestory_api.server' in sys.modules, sorted(loaded))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "file")],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "1 True []"
    assert done.stderr.startswith("error: The data folder ")


def test_what_is_there_once_it_serves_is_never_looked_through_for_garbage(tmp_path: Path) -> None:
    script = (
        "import gc, os, signal, sys, threading, time\n"
        "from vintagestory_api.cli import run\n"
        "def watch():\n"
        "    deadline = time.monotonic() + 60\n"
        "    while not (gc.get_freeze_count() and gc.isenabled()) and time.monotonic() < deadline:\n"
        "        time.sleep(0.05)\n"
        "    print(gc.get_freeze_count() > 100_000 and gc.isenabled(), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "threading.Thread(target=watch).start()\n"
        "run(['serve', '--data-dir', sys.argv[1]])\n"
    )
    program = [sys.executable, "-c", script, str(idle_folder(tmp_path / "data"))]
    environment = {**clean_environment(), "VS_PORT": "0"}
    done = subprocess.run(program, env=environment, stdout=subprocess.PIPE, text=True, check=False, timeout=100)
    assert "True" in done.stdout.splitlines()


def test_it_ends_with_0_when_it_is_asked_to(tmp_path: Path) -> None:
    manager = start_manager(idle_folder(tmp_path / "data"))
    assert manager.end() == 0
    assert not (tmp_path / "data" / "run" / "manager.json").exists()


def test_a_port_in_use_is_told_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = vsmanager("serve", "--data-dir", str(tmp_path), "--port", str(port))
    assert ended.code == 1
    assert ended.err == (
        f"error: Port {port} on 127.0.0.1 is in use by another program. Stop that program, or choose another port with VS_PORT.\n"
    )


def test_an_error_at_the_start_is_json_too_when_asked(tmp_path: Path) -> None:
    ended = vsmanager("serve", f"--data-dir={tmp_path}", "--port=nine", "--json")
    assert ended.code == 2
    assert ended.problem["code"] == "invalid_environment"
    assert ended.problem["exit_code"] == 2
    assert "VS_PORT" in ended.problem["detail"]


def test_a_second_manager_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with running_manager(idle_folder(tmp_path / "data")) as manager:
        ended = vsmanager("serve", env={"VS_DATA_DIR": str(manager.data_dir), "VS_PORT": "0"})
        assert ended.code == 1
        assert f"process {manager.process.pid}" in ended.err


def test_wrong_options_are_usage_errors() -> None:
    for arguments in (["--prot", "1"], ["--port"], ["now"]):
        ended = vsmanager("serve", *arguments)
        assert ended.code == 2
        assert ended.err.startswith("error: ")


def test_the_version_is_told_in_words_and_as_json() -> None:
    words, document = vsmanager("--version"), vsmanager("--version", "--json")
    assert words.out == f"vsmanager {json.loads(document.out)['version']}\n"


def test_without_arguments_the_help_is_shown() -> None:
    ended = vsmanager()
    assert ended.code == 0
    assert "doctor" in ended.out
