"""A repository of restic as a place for copies: one snapshot for each backup, found by its tag.

Password and environment reach restic through its environment; neither is an argument, nor in any log. `--json` is read as
leniently as its versions differ.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from vintagestory_api.backups.offsite_places import Stored
from vintagestory_api.backups.offsite_records import CopyRecord
from vintagestory_api.backups.offsite_run import (
    OffsiteCopyBroken,
    OffsiteFull,
    OffsiteRefused,
    OffsiteUnreachable,
    ResticMissing,
    Tell,
    run_offsite,
)
from vintagestory_api.errors import ManagerError
from vintagestory_api.kit.clock import from_ms
from vintagestory_api.kit.redaction import redact, remember_secret

_HOST: Final = "vsmanager"
_SOON_SECONDS: Final = 60.0
_MINUTES_SECONDS: Final = 1_200.0
_HOURS_SECONDS: Final = 12 * 3600.0
#: Longer than the program waits for restic itself.
_GRACE_SECONDS: Final = 60.0
#: So long no byte of an archive may move, in or out: restic holds some packs back, which take a slow line a while.
_QUIET_SECONDS: Final = 3_600.0
_MOVING: Final = frozenset({"feed", "keep", "only_hash"})
_LEVEL: Final = 3
#: Of all data, with each check.
_SUBSET: Final = "2%"

_SCHEMES: Final = frozenset({"sftp", "rest", "s3", "swift", "b2", "azure", "gs", "rclone"})
#: What backends read. Nothing that names a command, or changes what runs.
_VARIABLES: Final = re.compile(
    r"(?:AWS|AZURE|B2|GOOGLE|OS|ST|SWIFT|RCLONE_CONFIG|RESTIC_REST)_[A-Z0-9_]{1,80}|HTTPS?_PROXY|NO_PROXY", re.ASCII
)
_NEVER: Final = re.compile(r"COMMAND|_SSH$|_CMD$")
_WITHOUT_USER: Final = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass(frozen=True)
class Access:
    """How to get at a repository: all of it may be secret."""

    repository: str
    password: str
    environment: Mapping[str, str] = field(default_factory=dict)

    def remember(self) -> None:
        """Mask it in whatever is written down from now on."""
        for secret in (self.password, *self.environment.values()):
            remember_secret(secret)
        if shown(self.repository) != self.repository:
            remember_secret(self.repository)


def shown(repository: str) -> str:
    """Without user and password."""
    return _WITHOUT_USER.sub("", repository)


def local_folder(repository: str) -> Path | None:
    """Where it lies on this machine. Raises `OffsiteRefused` for what is no repository."""
    if not repository.isprintable():
        raise OffsiteRefused("The name of the repository holds characters that can't be printed.")
    plain = repository.removeprefix("local:")
    if plain.startswith("/"):
        return Path(plain)
    scheme, colon, rest = repository.partition(":")
    if not colon or scheme not in _SCHEMES or not rest:
        raise OffsiteRefused(
            "This is no repository that restic knows. Give a whole path, or one such as sftp:user@host:/path, "
            "rest:https://host:8000/, s3:https://host/bucket, b2:bucket:path or rclone:remote:path."
        )
    if scheme in {"rest", "s3"} and "//" in rest:
        _see_that_it_is_an_address(rest)
    return None


def _see_that_it_is_an_address(text: str) -> None:
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good:
        raise OffsiteRefused("The address of the repository can't be read: it begins with http:// or https:// and names a host.")


def check_environment(environment: Mapping[str, str]) -> None:
    """Raises `OffsiteRefused`."""
    for name, value in environment.items():
        if not _VARIABLES.fullmatch(name) or _NEVER.search(name):
            raise OffsiteRefused(
                f"{name[:80]!r} can't be set for restic here. Backends read AWS_…, AZURE_…, B2_…, GOOGLE_…, OS_…, ST_…, "
                "RCLONE_CONFIG_… and RESTIC_REST_…"
            )
        if "\0" in value or len(value) > 10_000:
            raise OffsiteRefused(f"The value of {name} can't be used: it is too long, or holds a zero.")


def find_restic() -> str:
    """Raises `ResticMissing`."""
    found = shutil.which("restic")
    if found is None:
        raise ResticMissing(
            "restic is not installed on the manager's machine. Install it (Debian: apt install restic), then try again."
        )
    return found


async def restic_version() -> str | None:
    """None where it is not installed, or does not say."""
    try:
        done = await _run(["version"], {}, _SOON_SECONDS)
    except ManagerError:
        return None
    words = str(done["out"]).split()
    return words[1][:40] if words[:1] == ["restic"] and len(words) > 1 else None


class ResticPlace:
    """`mark`: the id of the repository; None for one that is only being chosen. `cache`: what restic keeps for itself."""

    def __init__(self, access: Access, mark: str | None, cache: Path) -> None:
        access.remember()
        self._access = access
        self._mark = mark
        self._cache = cache

    async def open(self) -> str:
        """Its id; it is made where there is none yet."""
        try:
            return await self._id()
        except _NoRepository:
            await self._restic("init", seconds=_MINUTES_SECONDS)
            return await self._id()

    async def look(self) -> str:
        await self._see_that_it_is_the_same()
        await self._restic("snapshots", "--json", "--latest", "1", "--tag", _HOST, seconds=_MINUTES_SECONDS)
        return "The repository is there, and the password opens it."

    async def put(self, copy: CopyRecord, archive: Path, tell: Tell) -> Stored:
        await self._see_that_it_is_the_same()
        earlier = await self._snapshots(copy.backup_id)
        made_at = from_ms(copy.made_at).strftime("%Y-%m-%d %H:%M:%S")
        done = await self._restic(
            "backup", "--json", "--stdin", "--stdin-filename", _name(copy), "--host", _HOST, "--tag", _HOST,
            "--tag", _tag(copy.backup_id), "--tag", f"server:{copy.server_id}", "--time", made_at,
            seconds=_HOURS_SECONDS, feed=str(archive), size=copy.size_bytes, tell=tell,
        )  # fmt: skip
        made = [one for one in await self._snapshots(copy.backup_id) if one not in earlier]
        if len(made) != 1 or await self._size(made[0], _name(copy)) != done["bytes"]:
            raise OffsiteUnreachable("restic said that it had copied the backup, but it is not in the repository. Check that.")
        if earlier:
            await self._restic("forget", *earlier, seconds=_MINUTES_SECONDS)
        return Stored(done["sha256"], done["bytes"], made[0], is_verified=False)

    async def verify(self, copy: CopyRecord, tell: Tell) -> None:
        await self._see_that_it_is_the_same()
        await self._dump(copy, tell, only_hash=True)

    async def get(self, copy: CopyRecord, target: Path, tell: Tell) -> None:
        await self._see_that_it_is_the_same()
        await self._dump(copy, tell, keep=str(target), level=_LEVEL, threads=os.cpu_count() or 1)

    async def remove(self, copies: Sequence[CopyRecord]) -> None:
        await self._see_that_it_is_the_same()
        there = {tag: one["id"] for one in await self._listed() for tag in one["tags"]}
        gone = sorted({there[tag] for copy in copies if (tag := _tag(copy.backup_id)) in there})
        if gone:
            await self._restic("forget", *gone, seconds=_MINUTES_SECONDS)

    async def missing(self, copies: Sequence[CopyRecord]) -> list[CopyRecord]:
        there = {one["id"] for one in await self._listed()}
        return [copy for copy in copies if copy.snapshot not in there]

    async def check(self, tell: Tell) -> None:
        """What nothing refers to any more is deleted afterwards, which takes long, too."""
        await self._see_that_it_is_the_same()
        tell(0.1, "Checking the repository")
        try:
            await self._restic("check", f"--read-data-subset={_SUBSET}", seconds=_HOURS_SECONDS)
        except _Failed as error:
            raise OffsiteCopyBroken(f"The check of the repository found errors. {error.message}") from None
        tell(0.6, "Deleting what nothing refers to any more")
        await self._restic("prune", seconds=_HOURS_SECONDS)

    async def _id(self) -> str:
        config = _objects((await self._restic("cat", "config", seconds=_SOON_SECONDS))["out"])
        for found in config:
            if isinstance(found.get("id"), str):
                return str(found["id"])
        raise OffsiteUnreachable("restic does not say which repository this is. Is its version one that is still maintained?")

    async def _see_that_it_is_the_same(self) -> None:
        """Also, that no other one is made where a disk is not mounted."""
        try:
            found = await self._id()
        except _NoRepository as error:
            raise OffsiteUnreachable(
                f"The repository is not there. If it lies on a disk or a machine of its own, see to that. {error.message}"
            ) from None
        if self._mark is not None and found != self._mark:
            raise OffsiteUnreachable("There is another repository in this place now. Enter its place anew if that is meant.")

    async def _listed(self, *tags: str) -> list[dict[str, Any]]:
        out = (await self._restic("snapshots", "--json", "--tag", ",".join((_HOST, *tags)), seconds=_MINUTES_SECONDS))["out"]
        return [
            {"id": one["id"], "tags": [tag for tag in one.get("tags") or () if isinstance(tag, str)]}
            for one in _objects(out)
            if isinstance(one.get("id"), str) and re.fullmatch(r"[0-9a-f]{8,64}", one["id"])
        ]

    async def _snapshots(self, backup_id: str) -> list[str]:
        return [one["id"] for one in await self._listed(_tag(backup_id))]

    async def _size(self, snapshot: str, name: str) -> int | None:
        for node in _objects((await self._restic("ls", "--json", snapshot, seconds=_MINUTES_SECONDS))["out"]):
            if node.get("path") == f"/{name}" and isinstance(node.get("size"), int):
                return int(node["size"])
        return None

    async def _dump(self, copy: CopyRecord, tell: Tell, **how: Any) -> None:
        snapshot = copy.snapshot
        if snapshot is None or snapshot not in await self._snapshots(copy.backup_id):
            raise OffsiteCopyBroken("The copy can't be relied on: its snapshot is not in the repository any more.")
        arguments = ("dump", snapshot, f"/{_name(copy)}")
        done = await self._restic(*arguments, seconds=_HOURS_SECONDS, size=copy.bytes, tell=tell, **how)
        if (done["sha256"], done["bytes"]) != (copy.sha256, copy.bytes):
            raise OffsiteCopyBroken("The copy can't be relied on: it is not what was copied there.")

    async def _restic(
        self, *arguments: str, seconds: float, tell: Tell = lambda _fraction, _text: None, **more: Any
    ) -> dict[str, Any]:
        environment = {
            **self._access.environment,
            "RESTIC_REPOSITORY": self._access.repository,
            "RESTIC_PASSWORD": self._access.password,
            "RESTIC_CACHE_DIR": str(self._cache),
            "RESTIC_PROGRESS_FPS": "1",
        }
        try:
            return await _run(arguments, environment, seconds, tell, **more)
        except _Locked:
            # Only locks whose owner is gone; one of a restic that works stays.
            await _run(("unlock",), environment, _MINUTES_SECONDS)
            return await _run(arguments, environment, seconds, tell, **more)


class _Failed(OffsiteUnreachable):
    pass


class _NoRepository(_Failed):
    pass


class _Locked(_Failed):
    pass


async def _run(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    seconds: float,
    tell: Tell = lambda _fraction, _text: None,
    **more: Any,
) -> dict[str, Any]:
    """Nothing of the manager's own environment gets in but where programs and the user's files are."""
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "SSH_AUTH_SOCK", "TMPDIR", "XDG_CONFIG_HOME") if name in os.environ
    }
    task = {
        "do": "restic",
        "program": find_restic(),
        "arguments": list(arguments),
        "environment": {**kept, "TZ": "UTC", "LC_ALL": "C.UTF-8", **environment},
        "seconds": seconds,
        **more,
    }
    quiet_seconds = min(seconds, _QUIET_SECONDS) if _MOVING & more.keys() else seconds
    done = await run_offsite(task, quiet_seconds=quiet_seconds + _GRACE_SECONDS, tell=tell)
    if done["is_late"]:
        raise OffsiteUnreachable(
            f"restic did not finish within {seconds / 60:g} minutes. See to the network, and to the repository."
        )
    if done["code"] != 0:
        raise _failure(str(arguments[0]), int(done["code"]), str(done["said"]) or str(done["out"]))
    return done


def _failure(command: str, code: int, said: str) -> ManagerError:
    """restic has exit codes for its reasons since 0.17; before, there are only words."""
    words = redact(_last_lines(said))
    lower = said.lower()
    if code == 12 or "wrong password" in lower or "no key found" in lower:
        return OffsiteRefused("The password does not open this repository. Enter it again.")
    if code == 11 or "already locked" in lower or "unable to create lock" in lower:
        return _Locked(
            f"The repository is locked: {words}. Either another restic works on it, which is waited for, or one was killed: then "
            "run `restic unlock` when none does."
        )
    if code == 10 or "is there a repository at the following location" in lower:
        return _NoRepository(f"restic says: {words}")
    if "no space left" in lower or "quota" in lower:
        return OffsiteFull(f"The repository has no room left: {words}. Make room there; it is tried again.")
    return _Failed(f"restic {command} failed ({code}): {words}")


def _last_lines(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return " ".join(_words(line) for line in lines[-4:])[:500] or "it does not say why"


def _words(line: str) -> str:
    """Newer versions complain as JSON, too."""
    for found in _objects(line):
        if isinstance(found.get("message"), str):
            return str(found["message"])
    return line


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Of a JSON document, or one on each line; what is none is left out."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = []
        for line in text.splitlines():
            try:
                found.append(json.loads(line))
            except (ValueError, RecursionError):
                continue
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, dict):
            yield one


def _tag(backup_id: str) -> str:
    return f"backup:{backup_id}"


def _name(copy: CopyRecord) -> str:
    """What is in a snapshot: the tar of the archive."""
    return f"{copy.server_id}-{copy.file_name.removesuffix('.zst')}"
