"""Backups, their rules, restores and copies elsewhere, as the API shows and takes them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

BackupKind = Literal["manual", "schedule", "before_update", "before_restore", "imported"]
#: `verified`: the world that was packed passed SQLite's integrity check. `damaged`: it did not; such a backup never counts when
#: others are deleted. `none`: the server has no world yet. `unknown`: a foreign archive that was not looked into yet.
WorldState = Literal["verified", "damaged", "none", "unknown"]
WorldMethod = Literal["genbackup", "copy"]
#: What a backup consists of, and what can be put back apart from the rest.
BackupPart = Literal["world", "players", "config", "mod_config", "mod_data", "mods", "version"]

Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")]
Count = Annotated[int, Field(ge=0, le=10_000)]


class BackupSummary(BaseModel):
    """`made_at`: of the moment for which the world is told. `problem`: what is wrong with it, in words, null when nothing is;
    `verified_at`: when its bytes were last compared with its check sums. `is_there` is false when its file has vanished."""

    id: str
    server_id: str
    server_name: str
    made_at: str
    kind: BackupKind
    file_name: str
    size_bytes: int
    world: WorldState
    game_version: str | None
    mods: int = Field(description="how many mods its lock list names")
    pinned: bool
    note: str | None
    verified_at: str | None
    problem: str | None
    is_there: bool
    made_by: str | None
    copies: list["CopyState"]


class CopyState(BaseModel):
    """Of one backup at one place off the machine."""

    target_id: str
    target_name: str
    state: Literal["waiting", "copying", "copied", "failed", "removed"]
    at: str
    error: str | None


class BackupFile(BaseModel):
    """`path`: inside the archive, relative to the server's folder. `change`: it changed or vanished while it was packed."""

    path: str
    part: BackupPart
    size_bytes: int
    sha256: str
    change: Literal["changed", "vanished"] | None = None


class BackupDetails(BackupSummary):
    """With what its manifest says. `method`: how the world was had; `world_seconds`: how long that took; `pack_seconds`: how long
    packing took. `notes`: what happened meanwhile, in words."""

    method: WorldMethod | None
    world_file: str | None
    world_seconds: float | None
    pack_seconds: float | None
    check_seconds: float | None
    manager_version: str
    files: list[BackupFile]
    notes: list[str]


class BackupList(BaseModel):
    """Newest first. `total_bytes` and `total_count`: of all that fit the question, not only this page."""

    items: list[BackupSummary]
    next_cursor: str | None
    total_count: int
    total_bytes: int


class NewBackup(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: Note | None = None
    pinned: bool = False


class BackupChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: Note | None = None
    pinned: bool | None = None


class BackupEstimate(BaseModel):
    """What the next backup would take, from earlier ones and from what is there now."""

    bytes_needed: int
    bytes_free: int
    from_earlier: bool
    is_enough: bool


# Rules


class RetentionRules(BaseModel):
    """Which backups are kept; one is kept when any of these wants it. 0: this rule keeps none. Pinned ones always stay, damaged
    ones never count. `max_bytes` and `max_count` (0: no limit) delete the oldest of what the others keep, but the newest
    verified one and pinned ones."""

    model_config = ConfigDict(extra="forbid")

    last: Count = 10
    hourly: Count = 24
    daily: Count = 14
    weekly: Count = 8
    monthly: Count = 12
    max_bytes: Annotated[int, Field(ge=0, le=10**15)] = 0
    max_count: Count = 0


class BackupSettings(BaseModel):
    """Of one server. `mod_data`: folders below its data folder that are packed besides, such as `ModData`; `with_mod_files`: the
    files of its mods, too, not only their lock list (files that can't be fetched again are always packed). `targets`: where
    copies go. `keep_local` false: only there; what can't be copied stays."""

    model_config = ConfigDict(extra="forbid")

    retention: RetentionRules = RetentionRules()
    mod_data: Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=200)]], Field(max_length=50)] = ["ModData"]
    with_mod_files: bool = False
    compression_level: Annotated[int, Field(ge=1, le=19)] = 3
    targets: Annotated[list[str], Field(max_length=20)] = []
    keep_local: bool = True
    drill_days: Annotated[
        int, Field(ge=0, le=365, description="restore the newest backup beside every so many days; 0: never")
    ] = 7


class RetentionPreviewRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    retention: RetentionRules | None = Field(None, description="rules to try; the stored ones where left out")


class RetentionDecision(BaseModel):
    """`kept_by`: which rules want it, such as `daily`, `pinned`, `newest_verified`; empty when it would be deleted."""

    backup: BackupSummary
    kept_by: list[str]


class RetentionPreview(BaseModel):
    """`held_back`: why nothing is deleted although the rules say so, null when it would be."""

    kept: int
    deleted: int
    freed_bytes: int
    held_back: str | None
    items: list[RetentionDecision] = Field(
        description="newest first; at most 500 of those that would be deleted, and those near them"
    )


# Restores


class RestoreRequest(BaseModel):
    """`parts`: what is put back; the game version and the mods come with the world unless they are left out. `files`: only these
    paths of the archive, instead of parts. `new_server`: into a server of that name that is made for it. `start`: whether it is
    started afterwards and has to become ready; where left out, as it was before. `digest`: of the preview that was looked at."""

    model_config = ConfigDict(extra="forbid")

    parts: Annotated[list[BackupPart], Field(max_length=7)] | None = None
    files: Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=1000)]], Field(max_length=1000)] | None = None
    new_server: "NewServerOfBackup | None" = None
    start: bool | None = None
    digest: Annotated[str, StringConstraints(max_length=64)] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "RestoreRequest":
        if self.parts is not None and self.files is not None:
            raise ValueError("name parts or files, not both")
        return self


class NewServerOfBackup(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
    port: Annotated[int, Field(ge=1024, le=65_535)] | None = None


class RestoreChange(BaseModel):
    """One line of a preview: what is there now, and what will be."""

    part: BackupPart
    now: str | None
    then: str | None
    detail: str | None = None


class RestorePreview(BaseModel):
    """What a restore would do. `loses_seconds`: how much play is lost, from the backup to now, null where that is not known.
    `problems`: what keeps it from being done; `warnings`: what should be known."""

    backup: BackupSummary
    into: str
    is_new: bool
    stops_server: bool
    loses_seconds: int | None
    changes: list[RestoreChange]
    bytes_needed: int
    bytes_free: int
    keeps_present: bool
    warnings: list[str]
    problems: list[str]
    digest: str


class RestoreRecord(BaseModel):
    """`outcome`: restored, put_back (the old state is there again), failed. `backup_made_at`: null where that backup is not known
    any more. `present_backup_id`: of the backup that was made of what was there before, null where there is none (any more).
    `actor`: who did it, null for the manager itself."""

    id: str
    server_id: str
    backup_id: str
    backup_made_at: str | None
    present_backup_id: str | None
    run_id: str | None
    actor: str | None
    started_at: str
    ended_at: str | None
    outcome: Literal["restored", "put_back", "failed"] | None
    text: str | None


class RestoreList(BaseModel):
    items: list[RestoreRecord]
    next_cursor: None = None


class BackupToImport(BaseModel):
    """A backup of another manager, or a bare world (`.vcdbs`), that lies on this machine below an allowed root."""

    model_config = ConfigDict(extra="forbid")

    path: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    note: Note | None = None


# Elsewhere


class OffsiteFolder(BaseModel):
    """A folder that is mounted here. It holds a marker file, so that an empty mount point is not taken for it."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["folder"]
    path: Annotated[str, StringConstraints(min_length=1, max_length=4000)]


class OffsiteRestic(BaseModel):
    """A repository of restic, where restic is installed. `environment`: what its backend needs, such as AWS_ACCESS_KEY_ID; values
    are secrets. Password and environment are only ever written."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["restic"]
    repository: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    password: SecretStr | None = None
    environment: dict[str, SecretStr] | None = None


OffsitePlace = Annotated[OffsiteFolder | OffsiteRestic, Field(discriminator="kind")]
TargetName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class NewOffsiteTarget(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: TargetName
    place: OffsitePlace
    max_age_hours: Annotated[int, Field(ge=1, le=10_000, description="an alert is raised when the last good copy is older")] = 48


class OffsiteTargetChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: TargetName | None = None
    place: OffsitePlace | None = None
    max_age_hours: Annotated[int, Field(ge=1, le=10_000)] | None = None


class OffsiteTarget(BaseModel):
    """`where`: folder or repository, without secrets. `last_good_at`: of the newest good copy of any server; `problem`: why the
    last try failed, null when it went well."""

    id: str
    name: str
    kind: Literal["folder", "restic"]
    where: str
    max_age_hours: int
    has_password: bool
    environment: list[str] = Field(description="names of what is set, without values")
    servers: list[str]
    last_good_at: str | None
    last_check_at: str | None
    problem: str | None
    is_reachable: bool | None


class OffsiteTargetList(BaseModel):
    items: list[OffsiteTarget]
    next_cursor: None = None
    restic_version: str | None = Field(description="null where restic is not installed")


class OffsiteTest(BaseModel):
    ok: bool
    message: str


# State for overviews


class BackupState(BaseModel):
    """Of one server: is it safe? `last_good`: the newest backup that counts."""

    server_id: str
    last_good: BackupSummary | None
    last_failed_at: str | None
    last_failure: str | None
    count: int
    total_bytes: int
    ran_since: bool | None = Field(description="the server ran since its last good backup")
    offsite_last_good_at: str | None
    offsite_problem: str | None
    last_drill_at: str | None
    last_drill_ok: bool | None


class BackupStates(BaseModel):
    items: list[BackupState]
    next_cursor: None = None


Manifest = dict[str, Any]
