"""The answer to `/list clients`, in the forms of all versions: who is on, as the game itself knows it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vintagestory_api.servers.console_lines import ConsoleLine

#: 1.21: `[1] Anna [::1]:41206`. 1.22: `Playing [2] Anna [::ffff:203.0.113.1]:45893 (50ms) (200s inactive)`. Those who wait for a
#: place end with `| Queue position: (n)`. The address is neither kept nor shown.
_CLIENT = re.compile(r"(?:(?P<state>\w+) )?\[\d+\] (?P<name>[\w-]{1,16}) \S+:\d+(?P<rest>.*)")
_QUEUED = re.compile(r"\|.*\(\d+\)\s*")
_ECHO = "Handling Console Command "


@dataclass(frozen=True)
class ListedClient:
    """`is_playing` is false for who waits in the queue or still connects; None where the list does not tell (before 1.22)."""

    seq: int
    name: str
    is_playing: bool | None


@dataclass(frozen=True)
class ClientList:
    """`seq` numbers the head of the answer: what other lines say counts before it or after it."""

    seq: int
    clients: tuple[ListedClient, ...]


def read_client_list(lines: Sequence[ConsoleLine]) -> ClientList | None:
    """The list in what a game printed for the command; None when it is not there, or can't be told from other lines.

    The head may be in the game's language, so it is known by what follows it: lines without a head of their own that name
    clients, or an empty one.
    """
    for place, line in enumerate(lines):
        if line.is_continuation or line.type != "Notification" or line.text.startswith(_ECHO):
            continue
        followers = _followers(lines, place)
        named = [follower for follower in followers if follower.text.strip()]
        clients = [found for found in map(_read_client, named) if found is not None]
        if followers and len(clients) == len(named):
            return ClientList(line.seq, tuple(clients))
    return None


def _followers(lines: Sequence[ConsoleLine], place: int) -> list[ConsoleLine]:
    found = []
    for line in lines[place + 1 :]:
        if not line.is_continuation:
            break
        found.append(line)
    return found


def _read_client(line: ConsoleLine) -> ListedClient | None:
    found = _CLIENT.fullmatch(line.text.strip())
    if found is None:
        return None
    is_playing = None if found["state"] is None else found["state"] == "Playing"
    if _QUEUED.search(found["rest"]):
        is_playing = False
    return ListedClient(line.seq, found["name"], is_playing)
