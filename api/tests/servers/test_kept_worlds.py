"""The way of docs/upgrading.md to keep a server when the manager goes."""

import json
import re
import subprocess
from pathlib import Path

from vintagestory_api.servers.configuration import ServerConfiguration

PAGE = Path(__file__).resolve().parents[3] / "docs" / "upgrading.md"


def test_a_copy_that_is_made_as_the_page_says_names_nothing_of_the_managers_folder(tmp_path: Path) -> None:
    kept, manager = tmp_path / "srv", tmp_path / "manager"
    data = manager / "servers" / "our-world"
    (data / "Saves").mkdir(parents=True)
    (data / "ModGenerations" / "1").mkdir(parents=True)
    (data / "ModGenerations" / "1" / "a.zip").write_bytes(b"mod")
    (data / "Mods").symlink_to("ModGenerations/1")
    (data / "serverconfig.json").write_text("{}")
    configuration = ServerConfiguration.read(data)
    configuration.point_to(data)
    configuration.write()
    kept.mkdir()
    commands = re.findall(r"^(?:cp -rL|sed -i) .*$", PAGE.read_text(), re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        here = command.replace("/var/lib/vsmanager", str(manager)).replace("/srv/", f"{kept}/")
        subprocess.run(["sh", "-ec", here], check=True)
    text = (kept / "our-world" / "serverconfig.json").read_text()
    assert str(manager) not in text
    assert json.loads(text)["WorldConfig"]["SaveFileLocation"] == str(kept / "our-world" / "Saves" / "default.vcdbs")
    assert (kept / "our-world" / "Mods" / "a.zip").read_bytes() == b"mod"
    assert not (kept / "our-world" / "Mods").is_symlink()
