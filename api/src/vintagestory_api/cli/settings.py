"""`vsmanager settings`: through the running manager, or on the file itself while it is stopped."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vintagestory_api.cli.connection import data_dir_of, find_client
from vintagestory_api.cli.failures import warn_lines
from vintagestory_api.cli.offline import quiet_logs, remember_change
from vintagestory_api.cli.options import AsJson, DataDir, Url
from vintagestory_api.cli.output import plain, print_json, print_lines, print_table

if TYPE_CHECKING:
    from vintagestory_api.services.api_settings import ApiSettingsStore

app = typer.Typer(help="The settings. Each change takes effect at once; a stopped manager reads them at its start.")


@app.command("list")
def list_settings(data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """All settings, with what they mean."""
    client = find_client(data_dir, url)
    if client is not None:
        settings = client.get("/settings")
    else:
        store = _store(data_dir_of(data_dir))
        settings = store.read().model_dump()
        if store.problem:
            warn_lines(f"warning: {plain(store.problem)} The defaults apply. Mend it, or run: vsmanager settings reset")
    if as_json:
        print_json(settings)
        return
    from vintagestory_api.services.api_settings import ApiSettings  # noqa: PLC0415 - pydantic costs a tenth of a second

    rows = []
    for name, value in settings.items():
        field = ApiSettings.model_fields.get(name)
        default = None if field is None else _shown(field.default)
        rows.append((name, _shown(value), default, field.description if field else None))
    print_table(("SETTING", "VALUE", "DEFAULT", "MEANING"), rows, fixed=3)


@app.command("set")
def set_setting(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The setting's name, as in: vsmanager settings list")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="What it is to be.")],
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Change one setting. A value that can't be used changes nothing."""
    change = {key: _typed(key, value)}
    client = find_client(data_dir, url)
    if client is not None:
        settings = client.send("PATCH", "/settings", change)
    else:
        folder = data_dir_of(data_dir)
        settings = _store(folder, make=True).update(change).model_dump()
        _remember(folder, "change_settings", change)
    if as_json:
        print_json(settings)
    else:
        print_lines(f"{key} is now {_shown(settings[key])}.")


@app.command("reset")
def reset_settings(data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Go back to the defaults. The file that was there is kept beside."""
    client = find_client(data_dir, url)
    if client is not None:
        answer = client.send("POST", "/settings/reset")
    else:
        folder = data_dir_of(data_dir)
        store = _store(folder, make=True)
        kept = store.reset()
        answer = {"settings": store.read().model_dump(), "kept_as": kept.name if kept else None}
        _remember(folder, "reset_settings", {"kept_as": answer["kept_as"]})
    if as_json:
        print_json(answer)
    else:
        kept_as = answer["kept_as"]
        print_lines("The defaults apply." + (f" What was there is kept as {kept_as}." if kept_as else ""))


def _store(folder: Path, *, make: bool = False) -> "ApiSettingsStore":
    from vintagestory_api.services.api_settings import ApiSettingsStore  # noqa: PLC0415 - pydantic, only without the manager
    from vintagestory_api.storage.data_folder import DataFolder  # noqa: PLC0415 - as above

    quiet_logs()
    paths = DataFolder(folder)
    if make:
        paths.prepare()
    return ApiSettingsStore(paths.settings)


def _remember(folder: Path, action: str, details: dict[str, Any]) -> None:
    if warning := remember_change(folder, action, details):
        warn_lines(f"warning: {plain(warning)}")


def _typed(key: str, text: str) -> Any:
    """`text` as the setting's type has it; what does not fit is left for the settings to refuse, in their words."""
    from vintagestory_api.services.api_settings import ApiSettings  # noqa: PLC0415 - pydantic costs a tenth of a second

    field = ApiSettings.model_fields.get(key)
    if field is not None and field.annotation is bool and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if field is not None and field.annotation is int and re.fullmatch(r"[+-]?[0-9]{1,18}", text.strip(), re.ASCII):
        return int(text)
    return text


def _shown(value: Any) -> str:
    return '""' if value == "" else str(value)
