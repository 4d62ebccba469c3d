"""docs/cli.md tells of every command and every exit code, and of no other."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from tests.cli.commands import vsmanager
from vintagestory_api.cli.app import app
from vintagestory_api.cli.failures import ExitCode
from vintagestory_api.cli.serving import SERVE_OPTIONS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "cli.md").read_text()


def commands() -> dict[str, Any]:
    """`jobs run` → the command."""
    return dict(_walk(typer.main.get_command(app), ()))


def _walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield " ".join(path), command
        return
    for name, child in command.commands.items():
        yield from _walk(child, (*path, name))


def options_of(command: Any) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts if option.startswith("--")}


def test_every_command_is_documented_and_no_other() -> None:
    documented = re.findall(r"^\| `vsmanager ([a-z-]+(?: [a-z-]+)?)[^`]*` \|", PAGE, re.MULTILINE)
    assert sorted(documented) == sorted([*commands(), "--version"])


def test_every_example_uses_a_command_and_options_that_exist() -> None:
    known = commands()
    examples = re.findall(r"^\| `vsmanager [^`]*` \|[^|]*\| `vsmanager ([^`]*)` \|", PAGE, re.MULTILINE)
    assert len(examples) == len(known) + 1
    for example in examples:
        name = next((name for name in known if example == name or example.startswith(f"{name} ")), None)
        if example.startswith("--version"):
            continue
        assert name is not None, example
        used = {word.split("=")[0] for word in example.split() if word.startswith("--")}
        assert used <= options_of(known[name]), example


def test_every_exit_code_is_documented_and_no_other() -> None:
    documented = {int(number) for number in re.findall(r"^\| `?(\d+)`? \|", PAGE, re.MULTILINE)}
    assert documented == {int(code) for code in ExitCode}


def test_every_command_takes_json() -> None:
    assert [name for name, command in commands().items() if "--json" not in options_of(command)] == []


def test_the_quick_way_to_serve_knows_the_options_that_its_help_shows() -> None:
    assert options_of(commands()["serve"]) == {*SERVE_OPTIONS, "--json"}


def test_help_lists_every_command() -> None:
    for group in ("", *sorted({name.split()[0] for name in commands() if " " in name})):
        shown = vsmanager(*group.split(), "--help")
        assert shown.code == 0
        for name in commands():
            if name.startswith(f"{group} ") or (not group and " " not in name):
                assert re.search(rf"\b{name.split()[-1]}\b", shown.out), name


def test_serve_has_a_help_too() -> None:
    shown = vsmanager("serve", "--help")
    assert shown.code == 0
    assert "--port" in shown.out
    assert "foreground" in shown.out
