"""`vsmanager manager`: a copy of what the manager itself knows, and the way back."""

from pathlib import Path
from typing import Annotated, Any

import typer

from vintagestory_api.cli.connection import data_dir_of
from vintagestory_api.cli.offline import quiet_logs
from vintagestory_api.cli.options import AsJson, DataDir
from vintagestory_api.cli.output import print_json, print_lines, size, when

app = typer.Typer(help="Copies of the manager itself: users, schedules, settings and history. Not of worlds.")

_File = Annotated[Path, typer.Argument(metavar="FILE", help="The copy.")]


@app.command("backup")
def backup(
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Where to write it. [default: manager-backups/ in the data folder]"),
    ] = None,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Also passwords of repositories, addresses of notifications and the like.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Copy what the manager knows into one file; it may run meanwhile."""
    from vintagestory_api.manager_copies.service import make_now  # noqa: PLC0415 - structlog and asyncio, only here
    from vintagestory_api.storage.data_folder import DataFolder  # noqa: PLC0415 - with it

    quiet_logs()
    made = make_now(
        DataFolder(data_dir_of(data_dir)), None if to is None else to.expanduser().absolute(), with_secrets=with_secrets
    )
    if as_json:
        print_json({"path": str(made.path), "size_bytes": made.size_bytes, **_told(made.manifest)})
        return
    print_lines(f"Written: {made.path} ({size(made.size_bytes)})")
    if made.manifest.has_secrets:
        print_lines("It holds secrets: keep it where nobody else reads it.")
    elif with_secrets:
        print_lines("There are no secrets yet, so it holds none.")
    else:
        print_lines("Without secrets: addresses of notifications, passwords of repositories and second factors are not in it.")


@app.command("check")
def check(file: _File, as_json: AsJson = False) -> None:
    """Read a copy to its end, and compare it with its check sums."""
    from vintagestory_api.manager_copies.restoring import check_copy  # noqa: PLC0415 - as above

    quiet_logs()
    manifest = check_copy(file.expanduser().absolute())
    if as_json:
        print_json(_told(manifest))
        return
    print_lines("It is whole.", *_words(manifest))


@app.command("restore")
def restore(file: _File, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Put a copy into a data folder that has no manager yet."""
    from vintagestory_api.manager_copies.restoring import restore_copy  # noqa: PLC0415 - as above
    from vintagestory_api.storage.data_folder import DataFolder  # noqa: PLC0415 - as above

    quiet_logs()
    folder = data_dir_of(data_dir)
    manifest = restore_copy(file.expanduser().absolute(), DataFolder(folder))
    if as_json:
        print_json({"data_dir": str(folder), **_told(manifest)})
        return
    print_lines(f"Restored into {folder}.", *_words(manifest), "", "Next:")
    print_lines("  put the folders of the servers back below servers/, where they were there;")
    print_lines(f"  vsmanager serve --data-dir {folder}")


def _told(manifest: Any) -> dict[str, Any]:
    return {
        "made_at": manifest.made_at,
        "program": manifest.program,
        "revision": manifest.revision,
        "has_secrets": manifest.has_secrets,
    }


def _words(manifest: Any) -> list[str]:
    secrets = "with secrets" if manifest.has_secrets else "without secrets"
    return [f"Made {when(manifest.made_at)} by version {manifest.program}, {secrets}."]
