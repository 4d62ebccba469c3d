"""Small real mods for tests."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any


def mod_zip(modid: str, version: str = "1.0.0", *, filling: bytes = b"", **fields: Any) -> bytes:
    """The bytes of a mod, always the same; `filling` makes two of the same version differ."""
    info = {"type": "content", "modid": modid, "name": modid.title(), "version": version, **fields}
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(zipfile.ZipInfo("modinfo.json"), json.dumps(info))
        if filling:
            archive.writestr(zipfile.ZipInfo("assets/filling.bin"), filling)
    return data.getvalue()


def put_mod(folder: Path, modid: str, version: str = "1.0.0", **fields: Any) -> Path:
    """Lay a mod into a folder, as an admin does by hand."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{modid}_{version}.zip"
    path.write_bytes(mod_zip(modid, version, **fields))
    return path
