"""One zip of the mods that players need, made while it is sent."""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, BinaryIO, Final, cast

from vintagestory_api.errors import ManagerError
from vintagestory_api.server_mods.installed import Installed
from vintagestory_api.server_mods.lock_list import SetEntry, free_name
from vintagestory_api.server_mods.schemas import LeftOut

#: What in the zip tells what is not. The game takes no notice of it.
LEFT_OUT_FILE: Final = "LEFT OUT.txt"

_BLOCK_BYTES = 1 << 18
_DATE = (1980, 1, 1, 0, 0, 0)

Open = Callable[[SetEntry], BinaryIO]


class _Sink:
    """What `zipfile` writes into, and can't go back in."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def taken(self) -> bytes:
        data = bytes(self._waiting)
        self._waiting.clear()
        return data


@dataclass(frozen=True)
class Contents:
    """`left_out`: what the game may load, and nobody can tell whether players need it."""

    entries: Sequence[SetEntry]
    left_out: Sequence[LeftOut]


def needed_by_players(items: Sequence[Installed]) -> Contents:
    loaded = [one for one in items if one.entry.is_loaded]
    return Contents(
        entries=[one.entry for one in loaded if one.problem is None and one.entry.side in {"both", "client"}],
        left_out=[LeftOut(file_name=one.entry.file_name, reason=one.problem.message) for one in loaded if one.problem],
    )


def client_pack(contents: Contents, open_file: Open) -> Iterator[bytes]:
    """The zip in pieces. A mod that is a folder comes as a zip, which players can use as it is. Blocking."""
    sink = _Sink()
    taken: list[str] = []
    left_out = list(contents.left_out)
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_STORED) as archive:
        for entry in contents.entries:
            try:
                source = open_file(entry)
            except (OSError, ManagerError) as error:
                why = error.message if isinstance(error, ManagerError) else error.strerror or str(error)
                left_out.append(LeftOut(file_name=entry.file_name, reason=why))
                continue
            name = free_name(f"{entry.file_name}.zip" if entry.kind == "folder" else entry.file_name, taken)
            taken.append(name)
            with source, archive.open(_member(name), "w", force_zip64=True) as target:
                while block := source.read(_BLOCK_BYTES):
                    target.write(block)
                    yield sink.taken()
            yield sink.taken()
        if left_out:
            archive.writestr(_member(LEFT_OUT_FILE), _told(left_out))
    yield sink.taken()


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DATE)
    info.external_attr = 0o644 << 16
    return info


def _told(left_out: Iterable[LeftOut]) -> str:
    lines = (" ".join(f"{one.file_name}: {one.reason}".split()) for one in left_out)
    head = (
        "These files of the server can't be read, so they are not in this pack.",
        "Ask whoever looks after the server whether you need them.",
        "",
    )
    return "".join(f"{line}\r\n" for line in (*head, *lines))
