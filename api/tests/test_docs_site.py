"""The pages of docs/ hold together: in the repository as files, and as the site that `./just docs` builds of them."""

import json
import re
from pathlib import Path

import pytest
from jsonschema_rs import validator_for

from site_api_reference import api_pages
from site_build import stage
from site_check import find_faults
from site_links import anchors_of, links_of, move_links, targets_of
from tests.cli.test_cli_docs import commands
from vintagestory_api.main import create_app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [str(path) for path in links_of(text, page.relative_to(ROOT)) if not (ROOT / path).exists()] == []
    for target in targets_of(text):
        path, _hash, anchor = target.partition("#")
        there = (page.parent / path) if path else page
        if anchor and there.suffix == ".md":
            assert anchor in anchors_of(there.read_text(encoding="utf-8")), target


def test_everything_has_its_place_in_the_site(tmp_path: Path) -> None:
    assert stage(ROOT, tmp_path / "stage") == []


def test_the_reference_lists_every_route_with_its_role_its_parameters_and_its_answers() -> None:
    pages = "\n".join(api_pages().values())
    sections = dict(re.findall(r"^`([A-Z]+ /\S*)`\n(.*?)(?=^## |\Z)", pages, re.MULTILINE | re.DOTALL))
    wanted = {
        f"{method.upper()} {path}": operation
        for path, item in create_app().openapi()["paths"].items()
        for method, operation in item.items()
    }
    assert set(sections) == set(wanted)
    for route, operation in wanted.items():
        role = operation.get("x-required-role")
        assert (f"Role: **{role}**" if role else "Needs no sign-in.") in sections[route], route
        for parameter in operation.get("parameters", ()):
            assert f"| `{parameter['name']}` | {parameter['in']} |" in sections[route], route
        for status in operation["responses"]:
            assert f"\n| {status} | " in sections[route], route
        assert ("\nBody: " in sections[route]) == ("requestBody" in operation), route


def test_a_page_without_a_place_a_place_without_a_page_and_a_lost_file_are_told(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "docs").mkdir(parents=True)
    (root / "docs_site").mkdir()
    (root / "docs_site" / "zensical.toml").write_text('nav = ["index.md", "gone.md", "@api"]\n')
    (root / "docs" / "index.md").write_text("# Home\n[a picture](images/no.png) `[not a link](x.md)`\n")
    (root / "docs" / "api.md").write_text("# API\n")
    (root / "docs" / "new.md").write_text("# New\n")
    for name in ("CONTRIBUTING.md", "CHANGELOG.md"):
        (root / name).write_text(f"# {name}\n")
    faults = "\n".join(stage(root, tmp_path / "stage"))
    assert "new.md has no place in the navigation" in faults
    assert "names gone.md, which is not there" in faults
    assert "A page links docs/images/no.png, which is not there." in faults
    assert "x.md" not in faults


def test_what_a_built_site_lacks_and_what_it_fetches_from_elsewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "other.html").write_text('<h2 id="there">There</h2>')
    (tmp_path / "style.css").write_text("a { background: url(https://fonts.example.org/a.woff2) }")
    (tmp_path / "index.html").write_text(
        '<script src="https://cdn.example.org/a.js"></script><link rel="stylesheet" href="style.css">'
        '<a href="other.html#there">good</a><a href="https://example.org">good</a><a href="#">good</a>'
        '<a href="other.html#gone">x</a><a href="gone.html">x</a><a href="../outside.html">x</a><img src="gone.png">'
    )
    assert find_faults(tmp_path) == [
        "index.html fetches https://cdn.example.org/a.js from another host.",
        "index.html links other.html#gone, which is not there.",
        "index.html links gone.html, which is not there.",
        "index.html links ../outside.html, which is not there.",
        "index.html links gone.png, which is not there.",
        "style.css fetches https://fonts.example.org/a.woff2 from another host.",
    ]


def test_an_empty_site_is_no_good_one(tmp_path: Path) -> None:
    assert find_faults(tmp_path) != []


def test_links_of_a_page_that_moves_lead_where_they_led() -> None:
    text = "[a](docs/a.md#x) ![b](docs/images/b.png)\n```\n[c](docs/c.md)\n```\n[d](https://example.org/) [e](#here)\n"
    moved = move_links(text, Path("CHANGELOG.md"), Path("more/changelog.md"), lambda path: path.relative_to("docs"))
    assert moved == "[a](../a.md#x) ![b](../images/b.png)\n```\n[c](docs/c.md)\n```\n[d](https://example.org/) [e](#here)\n"


def _told_commands() -> list[tuple[str, str]]:
    """Page and command, of all that the pages tell people to run; up to the first option, argument or placeholder."""
    pages = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
    return [
        (page.name, command.removeprefix(" vsmanager").strip())
        for page in pages
        for command in re.findall(r"(?<![\w/.-])vsmanager((?: [a-z][a-z-]+)+)", page.read_text(encoding="utf-8"))
    ]


def test_every_command_in_the_documentation_exists() -> None:
    known = set(commands())
    groups = {name.split(" ")[0] for name in known if " " in name}
    for page, told in _told_commands():
        words = told.split(" ")
        if words[0] in groups:
            assert len(words) == 1 or " ".join(words[:2]) in known, f"{page}: vsmanager {told}"
        elif words[0] in _NO_COMMANDS:
            continue
        else:
            assert words[0] in known, f"{page}: vsmanager {told}"


#: What follows the name of the program where it is no command: accounts, units, prose.
_NO_COMMANDS = {"env", "uses", "sandbox"}


def test_every_route_in_the_how_tos_exists_with_its_method() -> None:
    paths = create_app().openapi()["paths"]
    text = (ROOT / "docs" / "how-to.md").read_text(encoding="utf-8")
    asked = re.findall(r'curl (?:-X ([A-Z]+) )?"?\$URL(/[^\s"`?\']*)', text)
    assert len(asked) > 25
    for method, path in asked:
        fitting = [
            item
            for known, item in paths.items()
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path) and (method or "GET").lower() in item
        ]
        assert fitting, f"{method or 'GET'} {path}"


def test_every_body_in_the_how_tos_is_one_that_its_route_takes() -> None:
    document = create_app().openapi()
    text = (ROOT / "docs" / "how-to.md").read_text(encoding="utf-8")
    told = re.findall(r"curl -X ([A-Z]+) \$URL(/\S+) -d '([^']*)'", text)
    assert len(told) > 15
    for method, path, body in told:
        operations = [
            item[method.lower()]
            for known, item in document["paths"].items()
            if method.lower() in item and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path)
        ]
        # Of `/a/b` and `/a/{id}` the one without a placeholder comes first.
        schema = operations[0]["requestBody"]["content"]["application/json"]["schema"]
        validator = validator_for({**schema, "components": document["components"]})
        assert [error.message for error in validator.iter_errors(json.loads(body))] == [], f"{method} {path} {body}"


def test_each_wish_of_the_how_tos_has_a_heading_of_its_own_and_steps() -> None:
    text = (ROOT / "docs" / "how-to.md").read_text(encoding="utf-8")
    sections = text.split("\n## ")[1:]
    assert len(sections) == 25
    for section in sections:
        assert re.search(r"\*\*|vsmanager|\(container\.md", section), section


def test_messages_that_the_troubleshooting_quotes_are_those_of_the_program() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    tables = [page.split(f"\n## {part} does not start\n")[1].split("\n## ")[0] for part in ("The manager", "A game server")]
    quoted = [message for table in tables for message in re.findall(r"^\| ([A-Z][^|]+) \|", table, re.MULTILINE)[1:]]
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "api" / "src").rglob("*.py"))
    # Texts that go over several lines, and patterns of what the game says.
    said = re.sub(r'"\s*\n\s*f?"', "", sources).replace("\\.", ".")
    assert len(quoted) > 15
    for message in quoted:
        for part in re.split(r"…|, or ", message):
            assert part.strip(" ()") in said, message
