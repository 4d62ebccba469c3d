"""The child that knows how to reach services: it reads one task from standard input, does it, writes one result, and ends.

It alone imports apprise, which is large, and asks hosts that may hang. Whoever started it ends it after a while. Addresses come
in through standard input alone, so that no list of processes shows them.
"""

import json
import logging
import re
import signal
import sys
from typing import Any
from urllib.parse import unquote, urlsplit

from vintagestory_api.notifications.outgoing import Outgoing

_LONGEST_SECONDS = 90
_MAX_TASK_BYTES = 1_000_000
_MAX_COMPLAINT = 600
_MASK = "***"
#: Words of an address from this length on are masked in what a service says; shorter ones are too common.
_SHORTEST_SECRET = 4


class _Complaints(logging.Handler):
    """What apprise says of a failure, which it only logs."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def main() -> None:
    signal.alarm(_LONGEST_SECONDS)  # whoever should end this may have been killed
    task = json.loads(sys.stdin.buffer.read(_MAX_TASK_BYTES))
    answer = sys.stdout
    sys.stdout = sys.stderr  # whatever a plugin prints is no result
    complaints = _Complaints()
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.WARNING)
    logger.addHandler(complaints)
    logger.propagate = False
    try:
        result = _do(task)
    except Exception as error:  # noqa: BLE001 - plugins are many, and each may break in its own way
        complaints.lines.append(f"{type(error).__name__}: {error}")
        result = {"ok": False}
    if not result["ok"]:
        result["error"] = mask(" ".join(dict.fromkeys(complaints.lines)), task["address"])[:_MAX_COMPLAINT]
    answer.write(json.dumps(result))
    answer.flush()


def _do(task: dict[str, Any]) -> dict[str, Any]:
    import apprise  # noqa: PLC0415 - after the logging is in place

    asset = apprise.AppriseAsset(
        app_id="vsmanager",
        app_desc="Vintage Story Server Manager",
        app_url="",
        storage_mode=apprise.PersistentStoreMode.MEMORY,
        secure_logging=True,
        async_mode=False,
    )
    plugin = apprise.Apprise.instantiate(task["address"], asset=asset)
    if plugin is None:
        return {"ok": False, "is_address": False}
    known = {"is_address": True, "service": str(plugin.service_name), "scheme": task["address"].partition("://")[0].lower()}
    if task["do"] == "look":
        return {"ok": True, **known}
    hosts = (getattr(plugin, "host", None), getattr(plugin, "smtp_host", None), urlsplit(task["address"]).hostname)
    outgoing = Outgoing((str(host) for host in hosts if host), task.get("allowed", ()))
    outgoing.install()
    sender = apprise.Apprise(asset=asset)
    sender.add(plugin)
    kind = {"info": apprise.NotifyType.INFO, "warning": apprise.NotifyType.WARNING, "critical": apprise.NotifyType.FAILURE}
    sent = sender.notify(
        title=task["title"],
        body=task["text"],
        notify_type=kind.get(task["severity"], apprise.NotifyType.INFO),
        body_format=apprise.NotifyFormat.TEXT,
        interpret_escapes=False,
    )
    if outgoing.was_refused and not sent:
        return {"ok": False, "leads_inside": True, **known}
    return {"ok": bool(sent), **known}


def mask(text: str, address: str) -> str:
    """`text` without the address, and without any word of it that could be a secret."""
    text = text.replace(address, _MASK)
    _, _, rest = address.partition("://")
    words = {word for part in (rest, unquote(rest)) for word in re.split(r"[/:@?&=,;\s]+", part)}
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= _SHORTEST_SECRET:
            text = text.replace(word, _MASK)
    return re.sub(r"\s+", " ", text).strip()


if __name__ == "__main__":
    main()
