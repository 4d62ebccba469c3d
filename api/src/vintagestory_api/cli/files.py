"""Files that commands write for their caller."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from vintagestory_api.cli.failures import CommandFailed
from vintagestory_api.cli.output import print_json, print_lines, write


@contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """A file that is at `path` when the block has ended well; whatever was there stays until then. Raises `CommandFailed`."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise CommandFailed(f"{path} can't be written: {error.strerror or error}", code="file_not_written") from error
    finally:
        with suppress(OSError):
            part.unlink()


def hand_out_yaml(text: bytes, path: Path | None, *, as_json: bool) -> None:
    """Write it to `path`, or print it where there is none. Raises `CommandFailed`."""
    if path is not None:
        with written(path) as file:
            file.write(text)
    if as_json:
        print_json({"file": str(path) if path else None, "yaml": text.decode()})
    elif path is None:
        write(text.decode())
    else:
        print_lines(f"Written to {path}.")
