"""What is kept of players, as it comes out of the database. Times in UTC milliseconds."""

from typing import NamedTuple


class SeenPlayer(NamedTuple):
    """Somebody who was on."""

    name: str
    uid: str | None
    first_seen_ms: int
    last_seen_ms: int


class Totals(NamedTuple):
    """`played_ms` leaves out a session that has not ended."""

    sessions: int
    played_ms: int


class SessionRecord(NamedTuple):
    seq: int
    joined_ms: int
    left_ms: int | None
    end: str | None


class ChatRecord(NamedTuple):
    seq: int
    at_ms: int
    name: str
    text: str
    group: int | None
