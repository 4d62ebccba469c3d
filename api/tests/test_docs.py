"""The documentation names every setting, and no other."""

import re
from pathlib import Path

from vintagestory_api.config import ENVIRONMENT, ProcessSettings
from vintagestory_api.jobs import DEFAULT_JOBS
from vintagestory_api.services.api_settings import ApiSettings
from vintagestory_api.storage.data_folder import DataFolder

DOCS = Path(__file__).resolve().parents[2] / "docs"


def rows(section: str) -> dict[str, list[str]]:
    """First column → further columns of the table under a heading of configuration.md."""
    text = (DOCS / "configuration.md").read_text()
    part = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
    found = re.findall(r"^\| `(\w+)` \|(.*)\|$", part, re.MULTILINE)
    return {name: [cell.strip() for cell in rest.split("|")] for name, rest in found}


def test_every_environment_variable_is_documented_and_no_other() -> None:
    assert set(rows("Environment")) == set(ENVIRONMENT.values())


def test_every_process_setting_has_a_variable() -> None:
    assert set(ENVIRONMENT) == set(ProcessSettings.__dataclass_fields__)


def test_documented_defaults_of_the_environment_are_the_real_ones() -> None:
    for field, variable in ENVIRONMENT.items():
        documented = rows("Environment")[variable][0]
        if documented.startswith("`"):
            assert documented == f"`{getattr(ProcessSettings, field)}`", variable


def test_every_setting_is_documented_with_its_default_and_no_other() -> None:
    documented = rows("Settings")
    assert set(documented) == set(ApiSettings.model_fields)
    for name, value in ApiSettings().model_dump().items():
        assert documented[name][0] == (f"`{value}`" if value != "" else "*(empty)*"), name


def test_everything_in_the_data_folder_is_documented() -> None:
    root = Path("/data")
    text = (DOCS / "configuration.md").read_text().split("\n## The data folder\n")[1]
    told = {match.split("/")[0] for match in re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)}
    kept = {
        path.relative_to(root).parts[0] for path in vars(DataFolder(root)).values() if isinstance(path, Path) and path != root
    }
    assert len(kept) > 10
    assert kept - told == set()


def test_every_default_job_is_in_the_architecture() -> None:
    text = (DOCS / "architecture.md").read_text()
    assert [job.id for job in DEFAULT_JOBS if f"`{job.id}`" not in text] == []
