"""`vsmanager service`: a systemd unit, so that the manager starts with the machine and is started again when it fails."""

import grp
import os
import pwd
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from vintagestory_api.cli.failures import CommandFailed, ExitCode, warn_lines
from vintagestory_api.cli.options import AsJson
from vintagestory_api.cli.output import print_json, print_lines, write
from vintagestory_api.cli.service_unit import STATE_DIR, UNIT_NAME, Unit, data_dir_in, is_unchanged
from vintagestory_api.config import ENVIRONMENT, default_data_dir, read_process_settings
from vintagestory_api.storage.atomic import write_atomically

app = typer.Typer(help="Run the manager as a service of systemd.")

_DEFAULT_ACCOUNT = "vsmanager"
_SYSTEM_DIR = Path("/etc/systemd/system")
#: Is there while systemd runs the machine.
_BOOTED = Path("/run/systemd/system")
_VERIFY_SECONDS = 30
_MAX_UNIT_BYTES = 1_000_000

OfUser = Annotated[
    bool, typer.Option("--user", help="A service of the calling user. [default: for the whole machine as root, else of the user]")
]
RunAs = Annotated[
    str | None, typer.Option("--run-as", metavar="ACCOUNT", help="The account that runs the manager. [default: vsmanager]")
]
Group = Annotated[str | None, typer.Option("--group", metavar="GROUP", help="Its group. [default: that of the account]")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="The manager's data folder. [default: VS_DATA_DIR, else /var/lib/vsmanager]"),
]
UnitDir = Annotated[
    Path | None, typer.Option("--unit-dir", metavar="DIR", help="Where units lie; for images of machines that don't run now.")
]


@dataclass(frozen=True)
class Place:
    """Where the unit lies, and whose it is."""

    folder: Path
    is_of_user: bool

    @property
    def path(self) -> Path:
        return self.folder / UNIT_NAME

    @property
    def systemctl(self) -> str:
        return "systemctl --user" if self.is_of_user else "systemctl"


@app.command("install")
def install(
    user: OfUser = False,
    run_as: RunAs = None,
    group: Group = None,
    data_dir: DataDir = None,
    unit_dir: UnitDir = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a unit that was changed; it is kept beside.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the unit, and write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the unit, and say what to do next. The `VS_…` variables that are set now go into it."""
    place = _place(user=user, unit_dir=unit_dir)
    unit = _unit(place, run_as=run_as, group=group, data_dir=data_dir, must_exist=not dry_run)
    if dry_run:
        if as_json:
            print_json(_told(place, unit, is_written=False))
        else:
            write(unit.text)
        return
    _check_systemd(unit_dir)
    kept = _make_room(place, force=force)
    complaints = _verify(unit.text, is_of_user=place.is_of_user)
    try:
        place.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(place.path, unit.text.encode(), mode=0o644)
    except OSError as error:
        raise CommandFailed(f"{place.path} can't be written ({error.strerror}).", code="unit_not_written") from error
    if as_json:
        print_json({**_told(place, unit, is_written=True), "kept": str(kept) if kept else None, "complaints": complaints})
        return
    print_lines(f"Written: {place.path}", *([f"What was there is kept as {kept}."] if kept else []))
    _tell_complaints(complaints)
    print_lines("", "Next:", *(f"  {command}" for command in _next_commands(place)), "", *_hints(place, unit))


@app.command("uninstall")
def uninstall(
    user: OfUser = False,
    unit_dir: UnitDir = None,
    force: Annotated[bool, typer.Option("--force", help="Remove a unit that was changed, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove the unit. The data folder stays, and so does every game that runs."""
    place = _place(user=user, unit_dir=unit_dir)
    text = _read(place.path)
    if text is None:
        raise CommandFailed(f"There is no {place.path}.", exit_code=ExitCode.NOT_FOUND, code="unit_not_found")
    if not is_unchanged(text) and not force:
        raise CommandFailed(
            f"{place.path} was changed, or is not ours. Look at it, then remove it with --force.", code="unit_changed"
        )
    try:
        place.path.unlink()
    except OSError as error:
        raise CommandFailed(f"{place.path} can't be removed ({error.strerror}).", code="unit_not_removed") from error
    commands = [f"{place.systemctl} disable --now {UNIT_NAME}", f"{place.systemctl} daemon-reload"]
    if as_json:
        print_json({"path": str(place.path), "data_dir": data_dir_in(text), "next": commands})
        return
    print_lines(f"Removed: {place.path}", "", "If it still runs:", *(f"  {command}" for command in commands))
    print_lines("", "Games that run go on, without a manager.")
    print_lines(f"What stays: the data folder {data_dir_in(text) or ''} with worlds, backups and users; and the program itself.")


@app.command("show")
def show(
    user: OfUser = False,
    run_as: RunAs = None,
    group: Group = None,
    data_dir: DataDir = None,
    unit_dir: UnitDir = None,
    as_json: AsJson = False,
) -> None:
    """Print the unit that is installed, or else the one that would be. Works without systemd, too."""
    place = _place(user=user, unit_dir=unit_dir)
    present = _read(place.path)
    text = present or _unit(place, run_as=run_as, group=group, data_dir=data_dir, must_exist=False).text
    is_changed = present is not None and not is_unchanged(present)
    if as_json:
        facts = {"path": str(place.path), "is_installed": present is not None, "is_changed": is_changed, "unit": text}
        print_json(facts)
        return
    state = "changed since it was written" if is_changed else "installed"
    warn_lines(f"# {place.path}: {state if present is not None else 'not installed; it would be:'}")
    write(text)


def _place(*, user: bool, unit_dir: Path | None) -> Place:
    is_of_user = user or os.geteuid() != 0
    if unit_dir is not None:
        return Place(unit_dir.expanduser().absolute(), is_of_user)
    if not is_of_user:
        return Place(_SYSTEM_DIR, is_of_user)
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Place(Path(config) / "systemd" / "user", is_of_user)


def _unit(place: Place, *, run_as: str | None, group: str | None, data_dir: Path | None, must_exist: bool) -> Unit:
    environment = {name: value for name in ENVIRONMENT.values() if (value := os.environ.get(name, "").strip())}
    given = data_dir.expanduser().absolute() if data_dir is not None else None
    if given is None and (named := environment.get("VS_DATA_DIR")):
        given = Path(named).expanduser().absolute()
    folder = given or (default_data_dir() if place.is_of_user else STATE_DIR)
    _check_environment({**environment, "VS_DATA_DIR": str(folder)})
    if place.is_of_user:
        if run_as or group:
            raise CommandFailed(
                "A service of a user runs as that user: leave --run-as and --group out, or run this as root without --user.",
                exit_code=ExitCode.USAGE,
                code="wrong_usage",
            )
        return Unit(_program(), environment, folder)
    account = run_as or ("root" if environment.get("VS_GAME_USER") else _DEFAULT_ACCOUNT)
    if must_exist:
        _check_account(account, group, environment.get("VS_GAME_USER"))
    return Unit(_program(), environment, folder, account=account, group=group)


def _check_environment(environment: dict[str, str]) -> None:
    """Raises `InvalidEnvironment` for what would keep the manager from starting."""
    for name, value in environment.items():
        if any(ord(char) < 0x20 or ord(char) == 0x7F for char in value):
            raise CommandFailed(f"{name} holds a line break or another control character.", code="invalid_environment")
    read_process_settings(environment)


def _check_account(account: str, group: str | None, game_user: str | None) -> None:
    try:
        uid = pwd.getpwnam(account).pw_uid
    except KeyError:
        raise CommandFailed(
            f"There is no account {account!r}. Make it: useradd --system --home-dir {STATE_DIR} --shell /usr/sbin/nologin "
            f"{account}. Or name another one with --run-as.",
            code="no_such_account",
        ) from None
    if group is not None:
        try:
            grp.getgrnam(group)
        except KeyError:
            raise CommandFailed(f"There is no group {group!r}.", code="no_such_account") from None
    if game_user is not None and uid != 0 and account != game_user:
        raise CommandFailed(
            f"Games can only run as {game_user!r} (VS_GAME_USER) when the manager runs as root: --run-as root.",
            exit_code=ExitCode.USAGE,
            code="wrong_usage",
        )


def _program() -> list[str]:
    """How to start the very installation that this command belongs to."""
    command = Path(sys.executable).with_name("vsmanager")
    return [str(command)] if os.access(command, os.X_OK) else [sys.executable, "-m", "vintagestory_api.cli"]


def _check_systemd(unit_dir: Path | None) -> None:
    if unit_dir is None and not _BOOTED.is_dir():
        raise CommandFailed(
            "systemd does not run on this machine, so there is nothing that would start the service. Run `vsmanager serve` by "
            "the means that this machine has; `vsmanager service show` prints the unit, as a pattern. For an image of another "
            "machine name the folder with --unit-dir.",
            code="no_systemd",
        )


def _make_room(place: Place, *, force: bool) -> Path | None:
    """Raises `CommandFailed` when there is a unit that somebody changed; with `force` it is put aside, and its place returned."""
    text = _read(place.path)
    if text is None or is_unchanged(text):
        return None
    if not force:
        raise CommandFailed(
            f"{place.path} was changed, or is not ours, so it is left alone. Put changes into a drop-in ({place.systemctl} edit "
            f"{UNIT_NAME}), or replace it with --force: it is kept beside.",
            code="unit_changed",
        )
    kept = place.path.with_name(f"{UNIT_NAME}.old")
    try:
        place.path.replace(kept)
    except OSError as error:
        raise CommandFailed(f"{place.path} can't be put aside ({error.strerror}).", code="unit_not_written") from error
    return kept


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_UNIT_BYTES).decode(errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CommandFailed(f"{path} can't be read ({error.strerror}).", code="unit_not_read") from error


def _verify(text: str, *, is_of_user: bool) -> list[str]:
    """What systemd's own check says of the unit; nothing where that can't be asked."""
    program = shutil.which("systemd-analyze")
    if program is None:
        return []
    with tempfile.TemporaryDirectory(prefix="vsmanager-unit-") as folder:
        path = Path(folder) / UNIT_NAME
        path.write_text(text, encoding="utf-8")
        command = [program, *(["--user"] if is_of_user else []), "verify", str(path)]
        environment = {"XDG_RUNTIME_DIR": folder, **os.environ, "SYSTEMD_COLORS": "0"}
        try:
            done = subprocess.run(  # noqa: S603 - systemd's own program, on a file of ours
                command, capture_output=True, text=True, check=False, timeout=_VERIFY_SECONDS, env=environment
            )
        except (OSError, subprocess.SubprocessError):
            return []
    return [line.replace(f"{folder}/", "") for line in done.stderr.splitlines() if UNIT_NAME in line]


def _tell_complaints(complaints: Iterable[str]) -> None:
    for complaint in complaints:
        warn_lines(f"systemd says: {complaint}")


def _next_commands(place: Place) -> list[str]:
    commands = [f"{place.systemctl} daemon-reload", f"{place.systemctl} enable --now {UNIT_NAME}"]
    if place.is_of_user:
        commands.append(f"loginctl enable-linger {_own_name()}")
    return commands


def _hints(place: Place, unit: Unit) -> list[str]:
    journal = f"journalctl {'--user ' if place.is_of_user else ''}-u {UNIT_NAME}"
    from vintagestory_api.access.bind_rule import is_loopback  # noqa: PLC0415 - with the web framework, only here

    host = unit.environment.get("VS_HOST")
    if host is None or is_loopback(host):
        hints = [f"The log: {journal} (at the first start it holds the link that makes the first admin)."]
    else:
        hints = [
            f"With VS_HOST={host} the manager does not start before it has an admin. Once, before it starts:",
            f"  {_first_admin(unit)}",
            f"The log: {journal}",
        ]
    if place.is_of_user:
        hints.append("The last command lets it start with the machine, and run while you are not signed in.")
    elif unit.data_dir != STATE_DIR:
        hints.append(f"{unit.data_dir} has to belong to {unit.account}.")
    return hints


def _first_admin(unit: Unit) -> str:
    command = f"env {shlex.quote(f'VS_DATA_DIR={unit.data_dir}')} {shlex.join(unit.program)} admin create NAME"
    if unit.account is None:
        return command
    folder = "" if unit.data_dir.is_dir() else f"install -d -o {unit.account} -m 700 {shlex.quote(str(unit.data_dir))} && "
    return f"{folder}runuser -u {unit.account} -- {command}"


def _told(place: Place, unit: Unit, *, is_written: bool) -> dict[str, Any]:
    return {"path": str(place.path), "is_written": is_written, "unit": unit.text, "next": _next_commands(place)}


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
