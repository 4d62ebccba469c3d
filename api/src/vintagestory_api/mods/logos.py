"""Logos of mods, from a cache of our own: browsers never ask a foreign host, and see nothing but small raster pictures."""

from vintagestory_api.errors import NotFound


class NoLogo(NotFound):
    code = "no_logo"

    def __init__(self, key: str) -> None:
        super().__init__(f"The mod {key[:100]!r} has no logo that can be shown.")
