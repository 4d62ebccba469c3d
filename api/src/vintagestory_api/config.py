"""Process settings: read once from the environment when the process starts, passed down as plain values."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from vintagestory_api.errors import FieldError, Invalid

LOG_LEVELS = ("debug", "info", "warning", "error")


class InvalidEnvironment(Invalid):
    code = "invalid_environment"


@dataclass(frozen=True)
class ProcessSettings:
    """What `VS_…` variables set. Documented in docs/configuration.md; a test compares the two."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8080
    mod_db_url: str = "https://mods.vintagestory.at"
    versions_url: str = "https://api.vintagestory.at"
    log_level: str = "info"
    log_format: str = "auto"
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    game_user: str | None = None
    host_roots: tuple[Path, ...] = ()
    notify_hosts: tuple[str, ...] = ()


#: Field of `ProcessSettings` → environment variable.
ENVIRONMENT: dict[str, str] = {
    "data_dir": "VS_DATA_DIR",
    "host": "VS_HOST",
    "port": "VS_PORT",
    "mod_db_url": "VS_MOD_DB_URL",
    "versions_url": "VS_VERSIONS_URL",
    "log_level": "VS_LOG_LEVEL",
    "log_format": "VS_LOG_FORMAT",
    "allowed_hosts": "VS_ALLOWED_HOSTS",
    "trusted_proxies": "VS_TRUSTED_PROXIES",
    "game_user": "VS_GAME_USER",
    "host_roots": "VS_HOST_ROOTS",
    "notify_hosts": "VS_NOTIFY_HOSTS",
}


def read_process_settings(env: Mapping[str, str] | None = None) -> ProcessSettings:
    """Read the `VS_…` variables; raises `InvalidEnvironment` that names every one that is wrong."""
    env = os.environ if env is None else env
    wrong: list[FieldError] = []

    def text(field: str, default: str) -> str:
        return env.get(ENVIRONMENT[field], "").strip() or default

    def refuse(field: str, message: str) -> None:
        wrong.append(FieldError(ENVIRONMENT[field], message))

    port_text = text("port", "8080")
    port = int(port_text) if port_text.isascii() and port_text.isdigit() and len(port_text) <= 5 else -1
    if not 0 <= port <= 65_535:
        refuse("port", f"{port_text!r} is no port: give a number from 0 to 65535 (0 takes a free one)")

    urls = {field: text(field, getattr(ProcessSettings, field)).rstrip("/") for field in ("mod_db_url", "versions_url")}
    for field, url in urls.items():
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            refuse(field, f"{url!r} is no address: give one that starts with http:// or https://")

    log_level = text("log_level", "info").lower()
    if log_level not in LOG_LEVELS:
        refuse("log_level", f"{log_level!r} is no log level: give one of {', '.join(LOG_LEVELS)}")
    log_format = text("log_format", "auto").lower()
    if log_format not in {"auto", "json", "text"}:
        refuse("log_format", f"{log_format!r} is no log format: give auto, json or text")

    game_user = text("game_user", "") or None
    if game_user is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}", game_user):
        refuse("game_user", f"{game_user!r} is no name of an account")

    roots_text = text("host_roots", "")
    host_roots = tuple(Path(root).expanduser() for root in roots_text.split(":") if root) or default_host_roots()
    for root in host_roots:
        if not root.is_absolute():
            refuse("host_roots", f"{str(root)!r} is no whole path: give folders that begin with a slash, divided by colons")

    data_dir_text = text("data_dir", "")
    data_dir = Path(data_dir_text).expanduser() if data_dir_text else default_data_dir()

    if wrong:
        details = "; ".join(f"{error.field}: {error.message}" for error in wrong)
        raise InvalidEnvironment(f"The environment holds settings that can't be used. {details}", fields=wrong)
    return ProcessSettings(
        data_dir=data_dir.absolute(),
        host=text("host", "127.0.0.1"),
        port=port,
        mod_db_url=urls["mod_db_url"],
        versions_url=urls["versions_url"],
        log_level=log_level,
        log_format=log_format,
        allowed_hosts=_words(text("allowed_hosts", "")),
        trusted_proxies=_words(text("trusted_proxies", "")),
        game_user=game_user,
        host_roots=host_roots,
        notify_hosts=_words(text("notify_hosts", "")),
    )


def default_data_dir() -> Path:
    """The platform's folder for the data of a user's programs."""
    from platformdirs import user_data_path  # noqa: PLC0415 - needed only when VS_DATA_DIR is not set

    return user_data_path("vsmanager", appauthor=False)


def default_host_roots() -> tuple[Path, ...]:
    """Where admins may adopt servers and take archives from, unless told otherwise."""
    try:
        return (Path.home(), Path("/srv"))
    except RuntimeError:  # an account without a home
        return (Path("/srv"),)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.replace(",", " ").split() if word)
