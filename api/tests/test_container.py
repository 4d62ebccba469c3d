"""What the Dockerfile and compose.yaml say agrees with the program; and the first process of a container stops its games."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.commands import idle_folder
from tests.managers import MANAGER, running_manager, start_manager
from tests.servers.games import VERSION, free_port, install_version
from vintagestory_api.config import ENVIRONMENT, read_process_settings
from vintagestory_api.services.api_settings import ApiSettings
from vintagestory_sandbox.dotnet_root import make_dotnet_root

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_SECONDS = 60.0


def instructions() -> Iterator[tuple[str, str]]:
    """Each instruction of the Dockerfile with what follows it, in order."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if line.strip():
            name, _blank, rest = line.partition(" ")
            yield name, rest


def of_image(wanted: str) -> list[str]:
    """What the last stage says with the instruction `wanted`."""
    found: list[str] = []
    for name, rest in instructions():
        if name == "FROM":
            found.clear()
        elif name == wanted:
            found.append(rest)
    return found


def image_environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for rest in of_image("ENV") for pair in rest.split())


@pytest.fixture(scope="module")
def service() -> Any:
    return yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["vsmanager"]


def test_everything_that_is_copied_is_there_and_not_ignored() -> None:
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    sources = [
        source
        for name, rest in instructions()
        if name == "COPY" and not rest.startswith("--from=")
        for source in rest.split()[:-1]
    ]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        let_in = [pattern for pattern in ignored if fnmatch(source.split("/")[0], pattern.removeprefix("!"))]
        assert let_in[-1].startswith("!"), f"{source} is kept from the build by .dockerignore"


def test_stages_that_are_copied_from_exist() -> None:
    stages = {found[1] for name, rest in instructions() if name == "FROM" and (found := re.search(r" AS (\S+)$", rest))}
    from_stages = {found[1] for name, rest in instructions() if name == "COPY" and (found := re.match(r"--from=(\S+)", rest))}
    assert from_stages
    assert from_stages <= stages


def test_each_base_image_is_named_once_with_a_version() -> None:
    images = {rest.split("=", 1)[0]: rest.split("=", 1)[1] for name, rest in instructions() if name == "ARG"}
    assert all(re.search(r":\d+\.\d+-\w+", image) for image in images.values()), images
    bases = [rest.split(" ")[0] for name, rest in instructions() if name == "FROM"]
    assert all(re.fullmatch(r"\$\{(\w+)\}", base) and base[2:-1] in images for base in bases), bases


def test_its_environment_is_one_that_the_manager_takes() -> None:
    variables = {name: value for name, value in image_environment().items() if name.startswith("VS_")}
    assert set(variables) <= set(ENVIRONMENT.values())
    settings = read_process_settings(variables)
    assert of_image("VOLUME") == [json.dumps([str(settings.data_dir)])]
    assert f"{settings.port}/tcp" in of_image("EXPOSE")[0].split()
    assert settings.host == "0.0.0.0"


def test_it_runs_the_manager_itself_as_the_first_process_and_nobody_as_root() -> None:
    assert of_image("ENTRYPOINT") == ['["vsmanager"]'], "a shell or an init before it would keep SIGTERM, or the number 1"
    assert of_image("CMD") == ['["serve"]']
    assert of_image("USER") == ["vsmanager"]
    assert of_image("STOPSIGNAL") == ["SIGTERM"]
    assert of_image("HEALTHCHECK")[0].endswith('CMD ["vsmanager", "healthcheck"]')


def test_compose_lets_games_save_and_keeps_the_data_in_one_volume(service: Any) -> None:
    minutes = re.fullmatch(r"(\d+)m", service["stop_grace_period"])
    assert minutes is not None
    defaults = ApiSettings()
    assert int(minutes[1]) * 60 > defaults.server_stop_timeout_seconds + defaults.server_term_timeout_seconds + 30
    assert service["init"] is False
    assert [volume.split(":")[1] for volume in service["volumes"]] == [image_environment()["VS_DATA_DIR"]]
    exposed = {port.rsplit(":", 1)[1] for port in service["ports"]}
    assert {port if "/" in port else f"{port}/tcp" for port in exposed} == set(of_image("EXPOSE")[0].split())


def _own_numbers() -> list[str]:
    """A command that runs another one as process 1 of a namespace of its own; skips the test where that is not allowed."""
    for options in ([], ["--user", "--map-root-user"]):
        command = ["unshare", *options, "--pid", "--fork", "--mount-proc", "--kill-child"]
        if shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
            return command
    pytest.skip("This machine lets nobody have process numbers of their own (unshare).")


def _child_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def test_process_1_stops_its_games_in_order_before_it_ends(tmp_path: Path) -> None:
    program = [*_own_numbers(), *MANAGER]
    data_dir = idle_folder(tmp_path / "data")
    install_version(data_dir, VERSION)
    dotnet = str(make_dotnet_root(tmp_path / "dotnet"))
    manager = start_manager(data_dir, program=program, DOTNET_ROOT=dotnet)
    try:
        made = manager.post("/servers", {"name": "Home", "version": VERSION, "port": free_port(), "start": True})
        assert made.status == 201, made.json
        manager.wait_for_run(made.json["operation"]["run_id"])
        assert manager.get("/servers/home")["state"] == "running"
        os.kill(_child_of(manager.process.pid), signal.SIGTERM)
        assert manager.process.wait(_PATIENCE_SECONDS) == 0
    finally:
        manager.kill()
    with running_manager(data_dir, DOTNET_ROOT=dotnet) as following:
        happened = following.get("/servers/home/timeline?limit=50")["items"]
        assert next(entry for entry in happened if entry["kind"] == "stopped")["details"]["by"] == "/stop"
        assert following.get("/servers/home")["wanted"] == "running", "the next one starts it again"
        ended = following.post("/servers/home/kill")
        following.wait_for_run(ended.json["id"])
