"""Builds the site of docs/ in dist/docs, and fails for a page that is missing from the navigation and for every broken link.

Run by the product's own interpreter: the reference of the API is made from the application itself.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from site_api_reference import api_pages
from site_check import find_faults
from site_links import links_of, move_links

ROOT = Path(__file__).resolve().parents[1]
STAGE = ROOT / "docs_site" / ".stage"
SITE = ROOT / "dist" / "docs"
GENERATOR = ROOT / ".tools" / "docs" / "bin" / "zensical"

#: Pages that lie outside docs/, and their places in the site.
_OTHER_PAGES = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
#: Where links to what has no page of its own lead.
_STAND_INS = {"README.md": "index.md"}
_API_INDEX = "api.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="just docs", description="Build the site of docs/, without a broken link.")
    parser.add_argument("--serve", action="store_true", help="serve it on this machine, and build it anew after changes of it")
    parser.add_argument("--address", default="127.0.0.1:8008", help="where to serve it")
    options = parser.parse_args()
    faults = stage(ROOT, STAGE)
    if faults:
        return _tell(faults)
    if options.serve:
        os.chdir(STAGE)
        os.execv(GENERATOR, [str(GENERATOR), "serve", "--dev-addr", options.address])  # noqa: S606 - ours, by its path
    done = subprocess.run([str(GENERATOR), "build", "--strict", "--clean"], cwd=STAGE, check=False)
    if done.returncode:
        return done.returncode
    faults = find_faults(STAGE / "site")
    if faults:
        return _tell(faults)
    shutil.rmtree(SITE, ignore_errors=True)
    SITE.parent.mkdir(exist_ok=True)
    shutil.move(STAGE / "site", SITE)
    print(f"{sum(1 for _ in SITE.rglob('*.html'))} pages: {SITE.relative_to(ROOT)}/index.html")
    return 0


def stage(root: Path, target: Path) -> list[str]:
    """Lay everything that the generator takes into `target`: pages, pictures that they show, files that they link, navigation.

    Returns what is wrong: pages without a place in the navigation, places without a page, links to files that are not there.
    """
    shutil.rmtree(target, ignore_errors=True)
    pages = {path.relative_to(root): _place_of(path.relative_to(root)) for path in sorted((root / "docs").rglob("*.md"))}
    pages |= {Path(name): Path(place) for name, place in _OTHER_PAGES.items()}
    faults: list[str] = []
    linked: set[Path] = set()
    for source, place in pages.items():
        text = (root / source).read_text(encoding="utf-8")
        linked |= {path for path in links_of(text, source) if path not in pages}
        _write(target / "docs" / place, move_links(text, source, place, lambda path: _place_in_site(path, pages)))
    for path in sorted(linked):
        if str(path) in _STAND_INS or (root / path).is_dir():
            continue
        if not (root / path).is_file():
            faults.append(f"A page links {path}, which is not there.")
            continue
        copy = target / "docs" / _place_in_site(path, pages)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, copy)
    reference = api_pages()
    for name, text in reference.items():
        _write(target / "docs" / name, text)
    index = target / "docs" / _API_INDEX
    entries = "".join(f"- [{_title(text)}]({name})\n" for name, text in reference.items())
    _write(index, f"{index.read_text(encoding='utf-8').rstrip()}\n\n## All routes\n\n{entries}")
    decisions = {path.relative_to(target / "docs") for path in (target / "docs" / "decisions").glob("0*.md")}
    settings = (root / "docs_site" / "zensical.toml").read_text(encoding="utf-8")
    settings = settings.replace('"@api"', _entries(target, reference))
    settings = settings.replace('"@decisions"', _entries(target, sorted(str(path) for path in decisions)))
    _write(target / "zensical.toml", settings)
    present = {str(path.relative_to(target / "docs")) for path in (target / "docs").rglob("*.md")}
    named = {word for word in settings.split('"') if word.endswith(".md")}
    faults += [f"{name} has no place in the navigation (docs_site/zensical.toml)." for name in sorted(present - named)]
    faults += [f"The navigation (docs_site/zensical.toml) names {name}, which is not there." for name in sorted(named - present)]
    return faults


def _entries(target: Path, places: Iterable[str]) -> str:
    """Of a navigation, with each page's own title."""
    titles = {place: _title((target / "docs" / place).read_text(encoding="utf-8")) for place in places}
    return ", ".join(f"{{ {json.dumps(title)} = {json.dumps(place)} }}" for place, title in titles.items())


def _place_of(source: Path) -> Path:
    """Of a page below docs/."""
    place = source.relative_to("docs")
    return place.with_name("index.md") if place.name == "README.md" else place


def _place_in_site(path: Path, pages: dict[Path, Path]) -> Path:
    """Of anything in the repository: pictures and files of docs/ lie where they lay, others below `files/`."""
    if path in pages:
        return pages[path]
    if str(path) in _STAND_INS:
        return Path(_STAND_INS[str(path)])
    if path / "README.md" in pages:
        return pages[path / "README.md"]
    return path.relative_to("docs") if path.parts[0] == "docs" else Path("files") / path


def _title(text: str) -> str:
    return text.split("\n", 1)[0].removeprefix("# ").strip()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _tell(faults: list[str]) -> int:
    print("\n".join(faults), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
