"""Mods of a game server as the API shows and takes them."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

Fit = Literal["verified", "likely", "unknown", "not"]
ModSide = Literal["both", "server", "client"]
ModKind = Literal["zip", "folder", "dll", "cs"]


def _leads_nowhere(key: str) -> str:
    if any(letter in "/\\\x7f" or letter < " " for letter in key):
        raise ValueError("this is neither a mod's id nor the name of a file")
    return key


ModKey = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=255),
    AfterValidator(_leads_nowhere),
    Field(description="a mod's id, in any letter case; a file's name for one without, and for one of several with the same id"),
]
ModVersionText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")
]

Digest = Annotated[str, StringConstraints(max_length=64)]


class ModDependency(BaseModel):
    """`version` is the lowest one wanted, null for any."""

    modid: str
    version: str | None


class ModUpdate(BaseModel):
    """The newest release that is worth a look. `fit`: for the server's version of the game."""

    version: str
    fit: Fit
    game_versions: list[str]
    is_prerelease: bool
    release_id: int | None


class ModTrouble(BaseModel):
    """What is wrong with a mod. `code`: unreadable, duplicate, missing_dependency, wrong_dependency_version, client_only,
    not_fitting, retracted, gone, wrong_place, and what the game's log said after the last start: log_missing, log_wrong_version,
    log_depends_on_broken, log_duplicate, log_blocked, log_error."""

    code: str
    message: str


class InstalledMod(BaseModel):
    """A file (or folder) among a server's mods. `modid`, `name` and `version` are what its own modinfo says, as far as it can be
    read.

    `by_hand`: nobody installed it through the manager. `is_enabled` false: it is kept, but the game does not load it.
    `is_pinned`: it stays at its version until somebody asks for another one by name; `is_held`: nothing may change it.
    `catalog_id`: its number in the catalogue, where it is known.
    """

    file_name: str
    kind: ModKind
    size_bytes: int
    sha256: str | None
    modid: str | None
    name: str | None
    version: str | None
    description: str | None
    authors: list[str]
    side: ModSide
    dependencies: list[ModDependency]
    game_version: str | None = Field(description="the lowest version of the game that it wants")
    is_enabled: bool
    is_pinned: bool
    is_held: bool
    is_double: bool = Field(description="another file has the same id: name this one by its file to switch it or take it out")
    by_hand: bool
    fit: Fit
    update: ModUpdate | None
    troubles: list[ModTrouble]
    needed_by: list[str] = Field(description="ids of installed mods that depend on it")
    catalog_id: int | None
    logo_url: str | None


class WaitingChange(BaseModel):
    """One of the changes that wait for the next start. Texts such as `Primitive Survival 3.7.6`, in the names of the mods, told
    from the set that the change started from; `changed`: enabled, disabled, pinned, held."""

    generation: int
    at: str
    actor: str | None
    why: str
    added: list[str]
    updated: list[str]
    removed: list[str]
    changed: list[str]


class PendingChange(BaseModel):
    """The set of mods that the next start of the server takes, told from the present one, with ids; and each of the changes that
    it is made of, the newest last."""

    generation: int
    changes: list[WaitingChange]
    added: list[str]
    updated: list[str]
    removed: list[str]


class PendingMods(BaseModel):
    """What waits for the next start of a server, null where nothing does."""

    pending: PendingChange | None


class InstalledModList(BaseModel):
    """`updates_checked_at`: when the mod database was last asked about them; null when never."""

    items: list[InstalledMod]
    next_cursor: None = None
    generation: int | None
    game_version: str | None
    pending: PendingChange | None
    updates_checked_at: str | None
    builtin: list[str] = Field(description="ids that belong to the game itself")


# Changes and plans


class ModChange(BaseModel):
    """One wish. `install` takes the best release where no version is named, or with `sha256` an uploaded file; `update` without
    a mod means all of them."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["install", "update", "remove", "enable", "disable", "pin", "unpin", "hold", "release"]
    mod: ModKey | None = None
    version: ModVersionText | None = None
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None

    @model_validator(mode="after")
    def _complete(self) -> "ModChange":
        if self.mod is None and self.action != "update" and not (self.action == "install" and self.sha256):
            raise ValueError("name the mod")
        return self


class ModChanges(BaseModel):
    """Several wishes at once, done together or not at all. `digest` is that of the plan which was looked at: when another plan
    would be made by now, nothing is done. `when`: at once where the server is stopped; else `next_start` waits, `restart`
    restarts it."""

    model_config = ConfigDict(extra="forbid")

    changes: Annotated[list[ModChange], Field(min_length=1, max_length=400)]
    allow_prereleases: bool = False
    allow_unfitting: bool = Field(False, description="also releases for another version of the game")
    with_dependencies: bool = True
    why: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    when: Literal["next_start", "restart"] = "next_start"
    digest: Digest | None = None


class PlanStep(BaseModel):
    """`because`: the ids of mods that need it, or empty for what was asked for. `file_name`: which file, where several are the
    same mod."""

    action: Literal["install", "update", "downgrade", "remove", "enable", "disable", "pin", "unpin", "hold", "release"]
    modid: str
    name: str | None
    from_version: str | None
    to_version: str | None
    fit: Fit | None
    side: ModSide | None
    because: list[str]
    size_bytes: int | None
    file_name: str | None = None
    changelog_html: str | None = None


class PlanNote(BaseModel):
    """`blocks`: the plan can't be applied as it is. `code`: missing_dependency, dependency_too_old, dependency_cycle, duplicate,
    not_found, no_release, not_fitting, retracted, held, pinned, prerelease_only, client_only, needed_by_others, unreadable,
    unknown_fit, not_kept, older_release_works, nothing_to_do, old_data."""

    code: str
    blocks: bool
    modid: str | None
    message: str


class ModPlan(BaseModel):
    digest: str
    steps: list[PlanStep]
    notes: list[PlanNote]
    can_be_applied: bool
    needs_restart: bool = Field(description="the server runs, so it takes effect at a restart")
    game_version: str | None


# Generations


def _some(versions: tuple[str, ...]) -> tuple[str, ...]:
    """Whoever wrote them."""
    return tuple(version[:60] for version in versions[:500])


class LockEntry(BaseModel):
    """One mod of a set. `source`: moddb, upload or hand; `release_id` and `file_id` name the file in the mod database, and
    `game_versions` are those that its release names there."""

    modid: str | None
    version: str | None
    file_name: str
    sha256: str
    size_bytes: int
    side: ModSide
    source: Literal["moddb", "upload", "hand"]
    release_id: int | None = None
    file_id: int | None = None
    game_versions: Annotated[tuple[str, ...], AfterValidator(_some)] = ()
    is_enabled: bool = True
    is_pinned: bool = False
    is_held: bool = False


class LockList(BaseModel):
    """A set of mods that can be carried to another server."""

    format: Literal["vsmanager-mods/1"] = "vsmanager-mods/1"
    server: str | None = None
    game_version: str | None = None
    made_at: str | None = None
    mods: Annotated[list[LockEntry], Field(max_length=1000)]


class GenerationDiff(BaseModel):
    """Texts such as `primitivesurvival 3.7.6`, and for `updated` `primitivesurvival 3.7.5 → 3.7.6`."""

    added: list[str]
    updated: list[str]
    removed: list[str]
    changed: list[str] = Field(description="enabled, disabled, pinned, held")


class Generation(BaseModel):
    """One set of a server's mods. `is_current`: what lies in `Mods`, and is loaded at the next start unless another one waits for
    that; `is_loaded`: what the running game has loaded; `is_joined`: it waited for a start, and before that came a later set with
    its changes, too. `diff` is told from the set that the change started from."""

    number: int
    at: str
    actor: str | None
    why: str
    run_id: str | None
    mods: int
    is_current: bool
    is_loaded: bool
    is_joined: bool
    can_be_restored: bool
    diff: GenerationDiff


class GenerationList(BaseModel):
    items: list[Generation]
    next_cursor: str | None


class GenerationDetails(Generation):
    lock: LockList


class LeftOut(BaseModel):
    """`reason`: why it can't be read, as a sentence."""

    file_name: str
    reason: str


class ClientPackContents(BaseModel):
    """What the pack for players holds. `left_out`: files that the game may load, and of which nobody can tell whether players
    need them."""

    mods: list[str] = Field(description="texts such as `Primitive Survival 3.7.6`")
    left_out: list[LeftOut]


class Rollback(BaseModel):
    """`digest` is that of the plan which was looked at, as with other changes."""

    model_config = ConfigDict(extra="forbid")

    when: Literal["next_start", "restart"] = "next_start"
    digest: Digest | None = None


class ImportedList(BaseModel):
    """A lock list, to be planned or applied: the set becomes exactly this one where `replace`, else it is added. `digest` is that
    of the plan which was looked at, as with other changes."""

    model_config = ConfigDict(extra="forbid")

    lock: LockList
    replace: bool = True
    when: Literal["next_start", "restart"] = "next_start"
    digest: Digest | None = None
    dry_run: bool = False


class UploadedMod(BaseModel):
    """A file that was taken into the store, ready to be installed by its `sha256`."""

    sha256: str
    file_name: str
    size_bytes: int
    modid: str | None
    name: str | None
    version: str | None
    side: ModSide
    dependencies: list[ModDependency]
    troubles: list[ModTrouble]


# Ready for another version of the game


class Readiness(BaseModel):
    """`verdict`: ready (its present release fits), update (a newer release does), likely, not_ready, unknown."""

    modid: str
    name: str | None
    installed: str | None
    verdict: Literal["ready", "update", "likely", "not_ready", "unknown"]
    version: str | None = Field(description="the release that fits")
    message: str


class ReadinessReport(BaseModel):
    game_version: str
    items: list[Readiness]
    next_cursor: None = None
    ready: int
    not_ready: int
    unknown: int
    problem: str | None = Field(description="which of it is old or not known, while the mod database can't be asked")


# ModConfig


class ModConfigFile(BaseModel):
    """`path` below the server's folder ModConfig. `problem`: why it is no good JSON, in words; null where it is, or is no JSON at
    all."""

    path: str
    size_bytes: int
    modified_at: str
    modid: str | None = Field(description="the installed mod that it seems to belong to")
    is_text: bool
    problem: str | None


class ModConfigList(BaseModel):
    items: list[ModConfigFile]
    next_cursor: None = None


class ModConfigContent(BaseModel):
    """`etag` is sent back with a change, so that nobody's work is overwritten unseen."""

    path: str
    text: str
    etag: str
    problem: str | None
    modified_at: str
    versions: list[str] = Field(description="moments of earlier contents that were kept, newest first")


class ModConfigChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    # Such files hold passwords of other services: the trail of changes gets none of the text.
    text: Annotated[str, Field(max_length=2_000_000, json_schema_extra={"writeOnly": True})]
    etag: Annotated[str, StringConstraints(max_length=80)]
    allow_broken: bool = Field(False, description="save it although it is no good JSON")


class ModPointer(BaseModel):
    """What a pasted link or id means."""

    catalog_id: int | None
    modid: str | None
    version: str | None
    name: str | None


class ServerModUpdates(BaseModel):
    """What the last check found for one server."""

    server_id: str
    updates: int
    updates_for_other_versions: int
    retracted: int
    gone: int


class UpdatesReport(BaseModel):
    items: list[ServerModUpdates]
    next_cursor: None = None
    checked_at: str | None
