"""Settings that people change while the manager runs, kept in a file that they can read: `api-settings.json`."""

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import structlog
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from vintagestory_api.errors import Conflict, FieldError, Invalid, Unavailable
from vintagestory_api.storage.atomic import write_atomically

log = structlog.get_logger(__name__)

FILE_NAME = "api-settings.json"
MIN_INTERVAL_SECONDS, MAX_INTERVAL_SECONDS = 60, 31_536_000
_MAX_FILE_BYTES = 1_000_000


def _interval(seconds: int) -> int:
    if seconds != 0 and not MIN_INTERVAL_SECONDS <= seconds <= MAX_INTERVAL_SECONDS:
        raise ValueError(
            f"give 0 (off), or a number of seconds from {MIN_INTERVAL_SECONDS} (a minute) to {MAX_INTERVAL_SECONDS} (a year)"
        )
    return seconds


IntervalSeconds = Annotated[int, AfterValidator(_interval), Field(strict=True)]
Limit = Annotated[int, Field(strict=True, ge=0)]
SecondFactorRule = Literal["off", "admins", "everybody"]

Kind = Literal["interval", "number", "text", "choice"]
Unit = Literal["seconds", "days", "runs", "restarts", "copies"]

_OUTSIDE, _HISTORY, _SERVERS, _ACCESS = "Data from outside", "History", "Game servers", "Access"


def _setting(
    title: str,
    group: str,
    meaning: str,
    kind: Kind,
    unit: Unit | None = None,
    zero_means: str | None = None,
    choices: Mapping[str, str] | None = None,
    **limits: Any,
) -> Any:
    """What is told of a setting, in the OpenAPI document, on the command line and in forms (`setting_fields`)."""
    about: dict[str, Any] = {"x-group": group, "x-meaning": meaning, "x-kind": kind, "x-unit": unit, "x-zero-means": zero_means}
    about["x-choices"] = dict(choices or {})
    sentence = f"{meaning} In {unit}." if kind == "interval" else meaning
    return Field(
        title=title,
        description=f"{sentence} 0: {zero_means}." if zero_means else sentence,
        json_schema_extra=about,
        **limits,
    )


class ApiSettings(BaseModel):
    """Everything a person can set through the API. Each change takes effect at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mod_list_refresh_interval: Annotated[
        IntervalSeconds,
        _setting(
            "Refresh the mod catalogue every",
            _OUTSIDE,
            "How often the list of mods is fetched from the mod database.",
            "interval",
            "seconds",
            "off",
        ),
    ] = 3600
    server_versions_refresh_interval: Annotated[
        IntervalSeconds,
        _setting(
            "Check for game versions every",
            _OUTSIDE,
            "How often the list of game versions is fetched.",
            "interval",
            "seconds",
            "off",
        ),
    ] = 86_400
    server_updates_interval: Annotated[
        IntervalSeconds,
        _setting(
            "Look for updates to make every",
            _SERVERS,
            "How often it is looked whether a server is to be updated by itself, as its own rules say.",
            "interval",
            "seconds",
            "off",
        ),
    ] = 900
    run_history_per_job: Annotated[
        Limit,
        _setting(
            "Runs to keep of each job",
            _HISTORY,
            "How many ended runs of each job are kept.",
            "number",
            "runs",
            "no limit",
            le=1_000_000,
        ),
    ] = 1000
    run_history_days: Annotated[
        Limit,
        _setting("Keep runs for", _HISTORY, "For how many days ended runs are kept.", "number", "days", "no limit", le=36_500),
    ] = 90
    audit_history_days: Annotated[
        Limit,
        _setting(
            "Keep the audit trail for",
            _HISTORY,
            "For how many days the trail of changes is kept.",
            "number",
            "days",
            "no limit",
            le=36_500,
        ),
    ] = 365
    resource_history_days: Annotated[
        Limit,
        _setting(
            "Keep measurements for",
            _HISTORY,
            "For how many days the measurements of game servers (processor, memory, tick time, players) are kept, thinned out.",
            "number",
            "days",
            "no limit",
            le=36_500,
        ),
    ] = 30
    chat_history_days: Annotated[
        Limit,
        _setting(
            "Keep chat for", _HISTORY, "For how many days what players said is kept.", "number", "days", "no limit", le=36_500
        ),
    ] = 90
    alert_history_days: Annotated[
        Limit,
        _setting(
            "Keep alerts for",
            _HISTORY,
            "For how many days alerts that are over are kept.",
            "number",
            "days",
            "no limit",
            le=36_500,
        ),
    ] = 180
    manager_backups_kept: Annotated[
        Limit,
        _setting(
            "Daily copies of the manager to keep",
            _HISTORY,
            "How many daily copies of what the manager itself knows (users, schedules, history) are kept in its folder.",
            "number",
            "copies",
            "none are made",
            le=1000,
        ),
    ] = 7
    server_stop_timeout_seconds: Annotated[
        int,
        Field(strict=True, ge=5, le=3600),
        _setting(
            "Wait for /stop",
            _SERVERS,
            "How long a game server that was told to stop with /stop has to save its world and end, before it gets SIGTERM.",
            "number",
            "seconds",
        ),
    ] = 180
    server_term_timeout_seconds: Annotated[
        int,
        Field(strict=True, ge=5, le=3600),
        _setting(
            "Wait for SIGTERM",
            _SERVERS,
            "How long a game server has to end after SIGTERM, before it is killed with SIGKILL.",
            "number",
            "seconds",
        ),
    ] = 60
    crash_restart_limit: Annotated[
        Limit,
        _setting(
            "Restarts after crashes",
            _SERVERS,
            "How often a game server is started again by itself after crashes and failed starts within the time below, "
            "before it is left alone.",
            "number",
            "restarts",
            "never started again",
            le=100,
        ),
    ] = 3
    crash_restart_window_seconds: Annotated[
        int,
        Field(strict=True, ge=60, le=86_400),
        _setting(
            "Count crashes within", _SERVERS, "The time within which crashes and failed starts are counted.", "number", "seconds"
        ),
    ] = 600
    server_hang_after_seconds: Annotated[
        Limit,
        _setting(
            "Report as hung after",
            _SERVERS,
            "How long a running game server may leave questions unanswered and print nothing, before it is reported as hung.",
            "number",
            "seconds",
            "never",
            le=86_400,
        ),
    ] = 180
    backup_game_timeout_seconds: Annotated[
        int,
        Field(strict=True, ge=30, le=86_400),
        _setting(
            "Wait for the game's backup",
            _SERVERS,
            "How long a running game server may take to copy its world for a backup (/genbackup).",
            "number",
            "seconds",
        ),
    ] = 3600
    upstream_contact: Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[\x20-\x7e]*$", strict=True),
        _setting(
            "Your contact",
            _OUTSIDE,
            "Mail address or web page that the manager names to the mod database and the version service, "
            "so that their operators can reach you. Plain ASCII.",
            "text",
        ),
    ] = ""
    public_url: Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^(?:https?://[\x21-\x7e]+)?$", strict=True),
        _setting(
            "Public address",
            _OUTSIDE,
            "Where people outside reach the pages of the manager, such as https://vs.example.org. Notifications then hold links.",
            "text",
        ),
    ] = ""
    require_second_factor: Annotated[
        SecondFactorRule,
        _setting(
            "Who needs a second factor",
            _ACCESS,
            "Users who need one and have none can do nothing but set one up. Tokens are not affected.",
            "choice",
            choices={"off": "nobody", "admins": "admins", "everybody": "everybody"},
        ),
    ] = "off"


class SettingsBroken(Conflict):
    code = "settings_broken"


class SettingsInvalid(Invalid):
    code = "settings_invalid"


class SettingsNotSaved(Unavailable):
    code = "settings_not_saved"


class ApiSettingsStore:
    """The settings file. A file that can't be used is left as it is, and the defaults apply until it is mended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._signature: tuple[int, int, int] | None = None
        self._settings = ApiSettings()
        self._problem: str | None = None
        self._read_once = False

    @property
    def problem(self) -> str | None:
        """What is wrong with the file, in words; None when all is well."""
        self.read()
        return self._problem

    def read(self) -> ApiSettings:
        """The settings in force. The file is read again when it changed, by whomever."""
        with self._lock:
            return self._read()

    def _read(self) -> ApiSettings:
        signature = self._look()
        if not self._read_once or signature != self._signature:
            self._read_once, self._signature = True, signature
            self._load(missing=signature is None)
        return self._settings

    def update(self, changes: dict[str, Any]) -> ApiSettings:
        """Check `changes`, save them, and return the settings in force.

        Raises `SettingsInvalid` with the fields that are wrong, `SettingsBroken` when the file must be mended first,
        `SettingsNotSaved` when it can't be written. In each case nothing is changed.
        """
        with self._lock:
            present = self._read()
            if self._problem is not None:
                raise SettingsBroken(
                    f"{self._problem} Mend the file, or reset it to the defaults; until then nothing can be changed.",
                    file=self.path.name,
                )
            try:
                settings = ApiSettings.model_validate({**present.model_dump(), **changes})
            except ValidationError as error:
                raise SettingsInvalid("These settings can't be used; nothing was changed.", fields=_fields(error)) from error
            self._write(settings)
            return settings

    def reset(self) -> Path | None:
        """Write the defaults. What was there is kept beside, and its path returned. Raises `SettingsNotSaved`."""
        with self._lock:
            kept = self._free_name() if self.path.exists() or self.path.is_symlink() else None
            try:
                if kept is not None:
                    self.path.rename(kept)
            except OSError as error:
                raise _not_saved(error) from error
            try:
                self._write(ApiSettings())
            except SettingsNotSaved:
                if kept is not None:
                    kept.rename(self.path)
                raise
            log.info("api_settings_reset", kept=kept.name if kept else None)
            return kept

    def _look(self) -> tuple[int, int, int] | None:
        try:
            state = self.path.stat()
        except OSError:
            return None
        return state.st_mtime_ns, state.st_size, state.st_ino

    def _load(self, *, missing: bool) -> None:
        self._settings, self._problem = ApiSettings(), None
        if missing and not self.path.is_symlink():
            return
        try:
            if self.path.stat().st_size > _MAX_FILE_BYTES:
                raise ValueError("it is larger than 1 MB")
            content = json.loads(self.path.read_bytes())
            if not isinstance(content, dict):
                raise TypeError("it holds no JSON object")
            # Keys of a newer version are left alone; they have no effect here.
            known = {key: value for key, value in content.items() if key in ApiSettings.model_fields}
            self._settings = ApiSettings.model_validate(known)
        except ValidationError as error:
            details = "; ".join(f"{field.field}: {field.message}" for field in _fields(error))
            self._problem = f"The settings file {self.path.name} holds values that can't be used ({details})."
        except (OSError, ValueError, TypeError, RecursionError) as error:
            reason = getattr(error, "strerror", None) or error
            self._problem = f"The settings file {self.path.name} can't be read ({reason})."
        if self._problem:
            log.error("api_settings_broken", file=str(self.path), problem=self._problem, defaults_apply=True)

    def _write(self, settings: ApiSettings) -> None:
        content = {**self._unknown_keys(), **settings.model_dump()}
        try:
            write_atomically(self.path, json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n")
        except OSError as error:
            raise _not_saved(error) from error
        self._settings, self._problem, self._signature, self._read_once = settings, None, self._look(), True

    def _unknown_keys(self) -> dict[str, Any]:
        try:
            content = json.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return {}
        if not isinstance(content, dict):
            return {}
        return {key: value for key, value in content.items() if key not in ApiSettings.model_fields}

    def _free_name(self) -> Path:
        number = 1
        while (path := self.path.with_name(f"{self.path.name}.broken-{number}")).exists():
            number += 1
        return path


def _not_saved(error: OSError) -> SettingsNotSaved:
    reason = error.strerror or str(error)
    return SettingsNotSaved(
        f"The settings could not be saved ({reason}); nothing was changed. Check the disk and the folder's permissions."
    )


def _fields(error: ValidationError) -> list[FieldError]:
    found = []
    for problem in error.errors(include_url=False, include_input=False):
        field = ".".join(map(str, problem["loc"]))
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            message = f"there is no such setting; there are {', '.join(ApiSettings.model_fields)}"
        found.append(FieldError(field, message))
    return found


_store: ApiSettingsStore | None = None


def use_api_settings_store(store: ApiSettingsStore | None) -> None:
    """Make `store` the one that `get_api_settings` reads; called where the application is put together."""
    global _store  # noqa: PLW0603 - the one accessor for what the lifespan built
    _store = store


def get_api_settings() -> ApiSettings:
    """The settings in force. Outside a running application: those of the data folder that the environment names."""
    if _store is not None:
        return _store.read()
    from vintagestory_api.config import read_process_settings  # noqa: PLC0415 - only without an application

    return ApiSettingsStore(read_process_settings().data_dir / FILE_NAME).read()
