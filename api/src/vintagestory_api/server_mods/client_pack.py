"""One zip of the mods that players need, made while it is sent."""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import IO, BinaryIO, cast

from vintagestory_api.server_mods.lock_list import SetEntry, free_name

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


def needed_by_players(entries: Sequence[SetEntry]) -> list[SetEntry]:
    return [entry for entry in entries if entry.is_loaded and entry.side in {"both", "client"}]


def client_pack(entries: Sequence[SetEntry], open_file: Open) -> Iterator[bytes]:
    """The zip in pieces. A mod that is a folder comes as a zip, which players can use as it is. Blocking."""
    sink = _Sink()
    taken: list[str] = []
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_STORED) as archive:
        for entry in entries:
            name = free_name(f"{entry.file_name}.zip" if entry.kind == "folder" else entry.file_name, taken)
            taken.append(name)
            info = zipfile.ZipInfo(name, _DATE)
            info.external_attr = 0o644 << 16
            with open_file(entry) as source, archive.open(info, "w", force_zip64=True) as target:
                while block := source.read(_BLOCK_BYTES):
                    target.write(block)
                    yield sink.taken()
            yield sink.taken()
    yield sink.taken()
