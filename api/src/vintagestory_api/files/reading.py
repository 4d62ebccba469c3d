"""Looking at a server's files: folders, text, pictures, downloads. Everything blocks."""

import contextlib
import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

import orjson

from vintagestory_api.errors import Invalid
from vintagestory_api.files.json_check import HERE_BYTES, problem_of
from vintagestory_api.files.rules import (
    Rule,
    is_configuration,
    refuse_configuration,
    rule_of,
    see_that_it_may_be_opened,
)
from vintagestory_api.files.schemas import FileContent
from vintagestory_api.files.trash import kind_of
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.kit.raster import RasterImage, read_raster
from vintagestory_api.kit.text_files import TextStyle, decode_text
from vintagestory_api.servers.console_secrets import without_passwords
from vintagestory_api.storage.guarded_folder import Found, GuardedFolder, open_in, shown, shown_path, split_path
from vintagestory_api.storage.guarded_paths import NoSuchFile, PathNotAllowed

MAX_LISTED: Final = 50_000
MAX_TEXT_BYTES: Final = 8_000_000
MAX_PICTURE_BYTES: Final = 10_000_000
MAX_UPLOAD_BYTES: Final = 4_000_000_000
#: Names of what is being written; see `changing`.
PART_PREFIX, PART_ENDING = ".vsmanager-", ".part"
#: Whoever writes in the folder may date files as they like.
_LATEST_MS: Final = 4_000_000_000_000
#: The configuration of a server is far smaller.
_CONFIG_LOOK_BYTES: Final = 1_000_000


class FileTooLarge(Invalid):
    code = "file_too_large"


@dataclass(frozen=True)
class Text:
    """A text file as it was read. `state` is that of the very file."""

    text: str
    style: TextStyle
    etag: str
    state: os.stat_result


def list_folder(root: GuardedFolder, path: str, *, is_up: bool) -> bytes:
    """A `FolderView` as JSON: made here, because a large one takes longer than others should wait."""
    parts = split_path(path)
    rule = rule_on(root, parts)
    see_that_it_may_be_opened(parts, rule, is_up=False)
    found, is_whole = root.entries(parts, at_most=MAX_LISTED)
    view: dict[str, Any] = {
        "path": shown_path(parts),
        "entries": [_row(one, parts, is_up) for one in found if not is_part(one.name)],
        "is_whole": is_whole,
        "mark": rule.mark,
        "note": rule.note(is_up=is_up),
        "where": rule.where,
        "is_locked": is_locked(rule, is_up=is_up),
        "max_upload_bytes": MAX_UPLOAD_BYTES,
    }
    return orjson.dumps(view, option=orjson.OPT_UTC_Z)


def _row(found: Found, parts: Sequence[str], is_up: bool) -> dict[str, Any]:
    state = found.state
    row: dict[str, Any] = {
        "name": shown(found.name),
        "kind": kind_of(state.st_mode),
        "size_bytes": state.st_size if stat.S_ISREG(state.st_mode) else 0,
        "modified_at": datetime.fromtimestamp(min(max(0, state.st_mtime_ns // 1_000_000_000), _LATEST_MS // 1_000), UTC),
    }
    rule = rule_of((*parts, found.name), is_link=stat.S_ISLNK(state.st_mode))
    if rule.mark is not None:
        row["mark"] = rule.mark
    if is_locked(rule, is_up=is_up):
        row["is_locked"] = True
    return row


def read_content(root: GuardedFolder, path: str, *, is_up: bool) -> FileContent:
    """Raises `NoSuchFile`, `PathNotAllowed`, `KeptByManager`, `GameWrites`, `NoText`, `FileTooLarge`."""
    parts = split_path(path)
    rule = rule_on(root, parts)
    see_that_it_may_be_opened(parts, rule, is_up=is_up)
    with root.file(parts) as file:
        found = read_text(file, parts)
    return FileContent(
        path=shown_path(parts),
        text=without_passwords(found.text) if is_log(parts, rule) else found.text,
        etag=found.etag,
        size_bytes=found.state.st_size,
        modified_at=moment(found.state),
        problem=problem_of(parts[-1], found.text) if found.state.st_size <= HERE_BYTES else None,
        mark=rule.mark,
        note=rule.note(is_up=is_up),
        where=rule.where,
        is_locked=is_locked(rule, is_up=is_up),
    )


def read_text(file: BinaryIO, parts: Sequence[str]) -> Text:
    """Raises `NoText`, `FileTooLarge`, `KeptByManager`."""
    state = os.fstat(file.fileno())
    if state.st_size > MAX_TEXT_BYTES:
        raise FileTooLarge(
            f"{shown_path(parts)} has more than {MAX_TEXT_BYTES // 1_000_000} MB, too much to be shown here. Download it."
        )
    data = read_whole(file, MAX_TEXT_BYTES + 1)
    if is_configuration(data):
        refuse_configuration(parts)
    text, style = decode_text(data)
    return Text(text, style, etag_of(data), state)


def read_picture(root: GuardedFolder, path: str, *, is_up: bool) -> tuple[bytes, RasterImage]:
    """Raises what `read_content` raises; `NoText` where it is no picture that browsers may be given."""
    parts = split_path(path)
    see_that_it_may_be_opened(parts, rule_on(root, parts), is_up=is_up)
    with root.file(parts) as file:
        if os.fstat(file.fileno()).st_size > MAX_PICTURE_BYTES:
            raise FileTooLarge(f"This picture has more than {MAX_PICTURE_BYTES // 1_000_000} MB. Download it.")
        data = read_whole(file, MAX_PICTURE_BYTES)
    picture = read_raster(data)
    if picture is None:
        raise NotAPicture("This is no picture of a kind that is shown here (PNG, JPEG, GIF, WebP).")
    return data, picture


class NotAPicture(Invalid):
    code = "not_a_picture"


@dataclass(frozen=True)
class Download:
    """An open file, its size now, and its name. `is_log`: passwords in it are hidden on the way."""

    file: BinaryIO
    size_bytes: int
    name: str
    is_log: bool


def open_download(root: GuardedFolder, path: str, *, is_up: bool) -> Download:
    """Whoever gets it closes the file. Raises what `read_content` raises, but for the text."""
    parts = split_path(path)
    rule = rule_on(root, parts)
    see_that_it_may_be_opened(parts, rule, is_up=is_up)
    file = root.open_file(parts)
    try:
        state = os.fstat(file.fileno())
        if is_configuration(os.pread(file.fileno(), _CONFIG_LOOK_BYTES, 0)):
            refuse_configuration(parts)
        return Download(file, state.st_size, shown(parts[-1]), is_log(parts, rule))
    except BaseException:
        file.close()
        raise


def see_that_it_is_no_configuration(folder: int, parts: Sequence[str]) -> None:
    """Raises `KeptByManager`. What can't be opened here can't be read here under another name, either."""
    try:
        file = open_in(folder, parts)
    except PathNotAllowed:
        return
    with file:
        if is_configuration(os.pread(file.fileno(), _CONFIG_LOOK_BYTES, 0)):
            refuse_configuration(parts)


def is_log(parts: Sequence[str], rule: Rule) -> bool:
    """Whether it may be what a game wrote of its console."""
    return rule.mark == "logs" or (bool(parts) and parts[-1].casefold().endswith(".log"))


def is_part(name: str) -> bool:
    return name.startswith(PART_PREFIX) and name.endswith(PART_ENDING)


def is_locked(rule: Rule, *, is_up: bool) -> bool:
    return not rule.can_change or (is_up and not rule.can_change_running)


def moment(state: os.stat_result) -> str:
    return rfc3339(min(max(0, state.st_mtime_ns // 1_000_000), _LATEST_MS)) or ""


def etag_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read_whole(file: BinaryIO, at_most: int) -> bytes:
    data = bytearray()
    while len(data) < at_most and (block := file.read(min(1 << 20, at_most - len(data)))):
        data += block
    return bytes(data)


def rule_on(root: GuardedFolder, parts: Sequence[str]) -> Rule:
    """Whether `Mods` is the manager's depends on what lies there."""
    is_link = False
    if parts and parts[0].casefold() == "mods":
        with contextlib.suppress(NoSuchFile):
            is_link = stat.S_ISLNK(root.look(parts[:1]).state.st_mode)
    return rule_of(parts, is_link=is_link)


def rule_at(root: GuardedFolder, path: str) -> Rule:
    """Of what is not there, as far as its path tells."""
    with contextlib.suppress(NoSuchFile, PathNotAllowed):
        return rule_on(root, split_path(path))
    return Rule()
