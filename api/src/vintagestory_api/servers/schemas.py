"""Game servers as the API shows and takes them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from vintagestory_api.runs.schemas import Run
from vintagestory_api.servers.console_lines import LineType

ServerState = Literal["not_installed", "stopped", "starting", "running", "stopping", "crashed", "failed_to_start"]
Wanted = Literal["running", "stopped"]

ServerId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")]
ServerName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
Port = Annotated[int, Field(strict=True, ge=1, le=65_535)]
VersionText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class StartProgress(BaseModel):
    """How far a start has come: the phase that the game names, and a guess from 0 to 1."""

    phase: str | None
    progress: float


class Operation(BaseModel):
    """What holds the server: one operation at a time."""

    kind: str
    run_id: str
    actor: str | None
    since: str


class CrashInfo(BaseModel):
    """The latest end that nobody asked for. `mods` are those that the game's own report names; `report` is its text,
    told to operators and admins only."""

    at: str
    summary: str
    mods: list[str]
    report: str | None
    restarts_at: str | None = Field(description="when it is started again by itself; null when it is not")
    gave_up: bool = Field(description="it crashed so often that it is left alone")


class ServerView(BaseModel):
    """A game server at a glance. `players_online` and `uptime_seconds` are null while it does not run."""

    id: str
    name: str
    state: ServerState
    wanted: Wanted
    is_hung: bool = Field(description="it runs, but has stopped answering")
    version: str | None
    port: int
    address_hint: str = Field(description="what players type in on the same network, as far as the manager can tell")
    is_adopted: bool = Field(description="its data folder is not below the manager's own")
    started_at: str | None
    ready_at: str | None
    ready_after_seconds: float | None
    uptime_seconds: int | None
    start_progress: StartProgress | None
    players_online: int | None
    players_max: int | None
    operation: Operation | None
    crash: CrashInfo | None
    warnings: list[str] = Field(description="what a person should look at, in words")
    config_pending: int = Field(description="so many changes of its configuration wait for the next stop")


class ServerList(BaseModel):
    items: list[ServerView]
    next_cursor: None = None


class ServerSettings(BaseModel):
    """What can be set for one server. Times in seconds; null takes the setting of the manager."""

    model_config = ConfigDict(extra="forbid")

    restart_after_crash: bool = True
    stop_timeout_seconds: Annotated[int, Field(strict=True, ge=5, le=3600)] | None = None
    term_timeout_seconds: Annotated[int, Field(strict=True, ge=5, le=3600)] | None = None
    extra_arguments: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]],
        Field(max_length=20, description="further options for the game's command line; for admins"),
    ] = []


class ServerDetails(ServerView):
    """`data_path` is told to admins only."""

    settings: ServerSettings
    data_path: str | None
    created_at: str
    created_by: str
    latest_run: Run | None = Field(description="of the server's operations")


class WorldOptions(BaseModel):
    """What a new world is made with: none of it can be changed later without a new world, or only by commands of the game."""

    model_config = ConfigDict(extra="forbid")

    world_name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)] = "A new world"
    seed: Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)] | None = None
    play_style: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")] = "surviveandbuild"
    world_type: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")] = "standard"
    map_size_y: Annotated[int, Field(strict=True, ge=64, le=16_384)] | None = None
    attributes: Annotated[
        dict[
            Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,59}$")],
            Annotated[str, StringConstraints(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")],
        ],
        Field(max_length=200, description="of GET /world-options, or of mods; values as text"),
    ] = {}


class NewServer(BaseModel):
    """`id` is made from the name where it is left out, `port` is the next free one. The version is installed if it is not."""

    model_config = ConfigDict(extra="forbid")

    name: ServerName
    id: ServerId | None = None
    version: VersionText
    port: Port | None = None
    max_players: Annotated[int, Field(strict=True, ge=1, le=1000)] = 16
    password: Annotated[SecretStr, Field(max_length=100)] | None = None
    welcome_message: Annotated[str, StringConstraints(max_length=500)] | None = None
    whitelist: bool = Field(False, description="only players on the whitelist may join")
    world: WorldOptions = WorldOptions()
    start: bool = Field(False, description="start it when it is ready to")


class ServerChange(BaseModel):
    """What is left out stays. The port can be changed while the server is stopped."""

    model_config = ConfigDict(extra="forbid")

    name: ServerName | None = None
    port: Port | None = None
    settings: ServerSettings | None = None


class VersionChange(BaseModel):
    """The version is installed if it is not. A server that runs is stopped, switched and started, and put back if that fails."""

    model_config = ConfigDict(extra="forbid")

    version: VersionText


class Reason(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None


class NewServerHints(BaseModel):
    """What a form for a new server starts with."""

    port: int = Field(description="the next free one")
    version: str | None = Field(description="the newest stable one")


class PortCheck(BaseModel):
    port: int
    is_free: bool
    used_by: str | None = Field(description="the id of a server of ours that has it")
    message: str


class WorldOption(BaseModel):
    """An attribute of a new world, as the game of version 1.22 knows it. `values` empty: any text."""

    name: str
    title: str
    group: str
    values: list[str]
    default: str


class WorldOptionList(BaseModel):
    items: list[WorldOption]
    next_cursor: None = None
    play_styles: list[str]
    world_types: list[str]


class AdoptionPath(BaseModel):
    model_config = ConfigDict(extra="forbid")

    path: Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^/[^\x00-\x1f\x7f]*$")]


class FoundWorld(BaseModel):
    file: str
    size_bytes: int
    modified_at: str


class AdoptionReport(BaseModel):
    """What lies in a folder: a data folder, an install, or both. `data_path`: the data folder, which may lie inside it. `source`:
    what it seems to come from, such as `LinuxGSM`. `problems` keep it from being adopted where it lies, `copy_problems` from
    being copied."""

    path: str
    kind: Literal["data", "install", "both", "nothing"]
    data_path: str | None
    install_path: str | None = Field(description="the folder of the game's program, where it lies with the data")
    source: str | None
    version: str | None = Field(description="of the install, or the last one that the data folder's log names")
    server_name: str | None
    port: int | None
    worlds: list[FoundWorld]
    mods: int
    players_known: int
    is_running: bool = Field(description="a server seems to use it at this moment")
    notes: list[str]
    problems: list[str]
    copy_problems: list[str]


class Adoption(BaseModel):
    """Take over a data folder where it lies; nothing is moved. `version` must be installed, or is installed."""

    model_config = ConfigDict(extra="forbid")

    path: Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^/[^\x00-\x1f\x7f]*$")]
    name: ServerName
    id: ServerId | None = None
    version: VersionText
    port: Port | None = None


# The timeline

TimelineKind = Literal[
    "created", "adopted", "start_asked", "started", "ready", "stop_asked", "stopped", "killed", "crashed", "failed_to_start",
    "restart_planned", "gave_up", "hung", "answers_again", "keeper_lost", "found_again", "version_changed",
    "version_change_failed", "settings_changed", "mod_problem", "overloaded", "autosave_failed", "disk_low", "memory_high",
    "backup_made", "backup_failed", "restored", "restore_failed", "updated", "update_went_back", "update_failed",
    "mods_changed", "mods_restored", "mods_by_hand", "mods_loaded", "mods_discarded", "mods_put_back",
    "config_changed", "config_applied", "config_not_applied",
]  # fmt: skip


class TimelineEntry(BaseModel):
    """Something that happened to a server, and why. `actor`: who asked for it, null for the manager itself.

    `details` by kind: stop_asked {text, then: "start" where it is started again, kill}; ready {after_seconds};
    stopped {by: "/stop" | "SIGTERM" | "SIGKILL", text, exit_code, stays_down}; crashed {summary, mods, report, exit_code};
    failed_to_start {why, mods, report, exit_code, stays_down};
    restart_planned {in_seconds, attempt}; gave_up {crashes, window_seconds};
    version_changed {from, to}; mod_problem {mod, problem, text}; overloaded {tick_ms};
    backup_made {backup_id, kind, world, size_bytes}; backup_failed {text}; restored {backup_id, made_at, into};
    restore_failed {backup_id, text}; updated {from, to, mods}; update_went_back and update_failed
    {from, to, mods, text}; others {text} or nothing.

    Of mods, `set` being the number of the set: mods_changed {set, installed, updated, removed, changed, text, waits: true where
    it is for the next start}; mods_restored {back_to, and the same}; mods_by_hand {set, installed, updated, removed, changed};
    mods_loaded {set}: a set that waited is loaded by this start; mods_discarded {set}: it does not wait any more;
    mods_put_back {set, failed, back_to, text}: the game did not start with the set `failed`, for the reason in `text`, so it has
    the mods of the set `back_to` again, as a new one.

    Of the configuration of the game: config_changed {text, waits: how many of the changes are for the next stop};
    config_applied {text}: what waited is written; config_not_applied {text}: it could not be.

    A `report` is told to operators and admins only.
    """

    id: str
    at: str
    kind: TimelineKind
    actor: str | None
    run_id: str | None
    details: dict[str, Any]


class TimelinePage(BaseModel):
    items: list[TimelineEntry]
    next_cursor: str | None


# The console


class ConsoleLineView(BaseModel):
    """`seq` grows by one from line to line of one start of the game, and is higher in a later start. `time` is the game's own,
    local to its host and without a zone. `is_probe`: printed for a question of the manager itself."""

    seq: int
    time: str | None
    type: LineType
    text: str
    is_continuation: bool = False
    is_probe: bool = False


class ConsolePage(BaseModel):
    """`dropped`: so many lines after the one asked for are not kept any more. `next_after` goes on from here."""

    lines: list[ConsoleLineView]
    dropped: int
    next_after: int
    is_end: bool = Field(description="there are no more lines at this moment")


class Ticket(BaseModel):
    ticket: str = Field(description="good once, for the WebSocket of this server's console")
    expires_in_seconds: int


class ConsoleCommand(BaseModel):
    model_config = ConfigDict(extra="forbid")

    command: Annotated[str, Field(max_length=4000, description="one line; with a slash, else it is said to everybody")]


class CommandAnswer(BaseModel):
    """`lines`: what the game printed for it, as far as that can be told. `is_complete` is false when the game had not answered in
    time; what comes later is in the console."""

    command: str
    seq: int | None = Field(description="the line that echoes the command")
    lines: list[ConsoleLineView]
    is_complete: bool


class CommandHint(BaseModel):
    name: str
    text: str


class CommandHints(BaseModel):
    """Commands that this server knows, from its own /help: `name` with the slash, `text` with the arguments and what it does.
    `is_learned` is false before it was asked."""

    items: list[CommandHint]
    next_cursor: None = None
    is_learned: bool


# Log files


class LogFile(BaseModel):
    """`name` is its path below the folder of logs, e.g. `Archive/2026-08-04_21_00_00/server-main.log`."""

    name: str
    size_bytes: int
    modified_at: str
    is_archived: bool


class LogFileList(BaseModel):
    items: list[LogFile]
    next_cursor: None = None


class LogFileLine(BaseModel):
    number: int = Field(description="the byte of the file where it begins")
    time: str | None
    type: LineType
    text: str


class LogFilePage(BaseModel):
    """Lines of a log file, oldest first. `next_before` is the `before` of the page before them; null at the beginning.
    `is_partial`: so much of the file was read that the search ended; it goes on with `next_before`."""

    name: str
    lines: list[LogFileLine]
    next_before: int | None
    is_partial: bool
    size_bytes: int
