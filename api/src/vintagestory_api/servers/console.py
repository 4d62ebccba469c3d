"""The console of one game server: its latest lines, ready to be sent, and whoever follows them.

Lines are kept as the JSON that viewers get, in blocks that all of them share: a flood of 200,000 lines a second is encoded once,
and never becomes objects. Nobody waits for a slow viewer, but for a moment: its place falls out of what is kept, and it is told
how many lines it missed. For one event loop.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from time import monotonic, time_ns
from typing import Any

import orjson

from vintagestory_api.servers.console_lines import ConsoleLine, LineReader, LineType, RawLine
from vintagestory_api.servers.host import Output
from vintagestory_api.servers.line_events import LineEvent, may_tell, read_event

#: What is kept of one server, with what it takes to keep it.
KEPT_BYTES = 2_000_000
#: About this much goes into one frame.
FRAME_BYTES = 65_536

#: Of raw output, which grows by about a half when it is encoded.
_PIECE_BYTES = 40_000
_BLOCK_OVERHEAD_BYTES = 250
_STARTS_REMEMBERED = 100
_FRAMES_REMEMBERED = 8
#: A new manager may hear of lines that viewers know already for so long.
_TAKE_UP_SECONDS = 60.0
_HOUR_US = 3_600_000_000
#: What is further on belongs to another start.
_MOST_LINES_OF_A_START = 1_000_000_000
#: Whoever took nothing for so long does not keep up.
_MOVES_SECONDS = 0.25
_PAUSE_SECONDS = 0.005
_PATIENCE_SECONDS = 0.5
_PATIENCE_REGAINED = 0.05

#: Sees each line as it comes, and says whether the manager itself caused it.
Witness = Callable[[ConsoleLine], bool]


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that follow each other without a gap: `{…},{…}`. `place` counts the lines before it, kept or not."""

    first_seq: int
    last_seq: int
    place: int
    data: bytes
    #: How many bytes of lines there were up to its end.
    bytes_so_far: int

    @property
    def end(self) -> int:
        return self.place + self.last_seq - self.first_seq + 1


@dataclass(slots=True)
class _Start:
    """Of a game: its first line that is known of, and how many lines of this server came before."""

    first_seq: int
    place: int


@dataclass(frozen=True)
class Page:
    """Lines with `seq`, `time`, `type` and `text`, and with `is_continuation` and `is_probe` where they are true."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    dropped: int = 0
    next_after: int = 0
    is_end: bool = True


class Console:
    """Fed by the keeper of the game. `witness` is for whoever asks the game something."""

    def __init__(self, server_id: str, *, kept_bytes: int = KEPT_BYTES) -> None:
        self.server_id = server_id
        self.last_seq = 0
        self.witness: Witness | None = None
        self._kept_bytes = kept_bytes
        self._reader = LineReader()
        self._blocks: deque[_Block] = deque()
        self._bytes = 0
        self._bytes_so_far = 0
        self._place = 0
        self._patience = _Patience()
        self._starts: deque[_Start] = deque(maxlen=_STARTS_REMEMBERED)
        self._is_taken_up = False
        self._takes_up_until = monotonic() + _TAKE_UP_SECONDS
        self._viewers: set[Viewer] = set()
        self._frames: dict[tuple[int, int], str] = {}
        self._new_probes: list[tuple[int, int]] = []

    # What comes in

    def take_up(self, first_seq: int) -> None:
        """A game whose first line had that number goes on: what comes next may be later lines of it."""
        if first_seq > self.last_seq:
            self._starts.append(_Start(first_seq, self._place))
            self.last_seq = first_seq - 1
            self._is_taken_up = True

    def feed(self, output: Output) -> list[tuple[ConsoleLine, LineEvent]]:
        """Keep the lines and tell what they say. Those that are here already are neither kept nor told again."""
        seq, data = output.first_seq, output.data
        if seq <= self.last_seq:
            seq, data = self._after_known(seq, data)
            if not data:
                return []
        else:
            self._note_gap(seq, output.lost_lines)
        told: list[tuple[ConsoleLine, LineEvent]] = []
        for piece in _pieces(data):
            lines = self._reader.read(piece)
            self._keep(seq, lines, self._known_probes(output, seq, lines) if output.is_replay else self._mark(seq, lines))
            for number, (time, line_type, text, is_continuation) in enumerate(lines, seq):
                if may_tell(line_type, text, is_continuation):
                    line = ConsoleLine(number, time, line_type, text, is_continuation)
                    if (event := read_event(line)) is not None:
                        told.append((line, event))
            seq += len(lines)
        for viewer in self._viewers:
            viewer.wake()
        return told

    def pause_seconds(self) -> float:
        """How long to wait before the next lines are fed, so that a viewer who keeps up with a flood, but had to wait for the
        processor, loses nothing. Nearly always 0; all together half a second, and after that a twentieth of the time."""
        if not self._viewers:
            return 0.0
        now = monotonic()
        far = self._bytes_so_far - self._kept_bytes // 2
        if any(viewer.bytes_seen < far and now - viewer.moved_at < _MOVES_SECONDS for viewer in self._viewers):
            return self._patience.take(now)
        return 0.0

    def _after_known(self, seq: int, data: bytes) -> tuple[int, bytes]:
        """What of these lines is not here yet: whoever takes up a keeper again gets some twice."""
        known = self.last_seq - seq + 1
        parts = data.split(b"\n", known)
        return self.last_seq + 1, parts[known] if len(parts) > known else b""

    def _note_gap(self, seq: int, lost_lines: int) -> None:
        if self._is_taken_up:
            self._is_taken_up = False
            before = seq - self.last_seq - 1
            lost_lines = before if before < _MOST_LINES_OF_A_START else lost_lines
        first = seq - lost_lines
        if not self._starts or first != self.last_seq + 1:
            self._starts.append(_Start(first, self._place))
        if first != seq or first != self.last_seq + 1:
            self._reader.restart()
        self._place += lost_lines

    def take_new_probes(self) -> tuple[tuple[int, int], ...]:
        """The lines, first and last, that the manager caused and that were not asked for yet: what it forgets when it ends."""
        found, self._new_probes = tuple(self._new_probes), []
        return found

    def _mark(self, seq: int, lines: list[RawLine]) -> list[int]:
        """The numbers of the lines that the manager caused."""
        if self.witness is None:
            return []
        see = self.witness
        found = [number for number, raw in enumerate(lines, seq) if see(ConsoleLine(number, *raw))]
        for number in found:
            if self._new_probes and self._new_probes[-1][1] + 1 == number:
                self._new_probes[-1] = self._new_probes[-1][0], number
            else:
                self._new_probes.append((number, number))
        return found

    def _known_probes(self, output: Output, seq: int, lines: list[RawLine]) -> list[int]:
        """Those that an earlier manager caused. No question of today's is answered by what was printed then."""
        end = seq + len(lines)
        return [number for first, last in output.probes for number in range(max(first, seq), min(last + 1, end))]

    def _keep(self, seq: int, lines: list[RawLine], probes: Iterable[int]) -> None:
        shown: list[dict[str, Any]] = [
            {"seq": number, "time": time, "type": line_type, "text": text, "is_continuation": True}
            if is_continuation
            else {"seq": number, "time": time, "type": line_type, "text": text}
            for number, (time, line_type, text, is_continuation) in enumerate(lines, seq)
        ]
        for number in probes:
            shown[number - seq]["is_probe"] = True
        data = orjson.dumps(shown)[1:-1]
        self._bytes_so_far += len(data)
        block = _Block(seq, seq + len(lines) - 1, self._place, data, self._bytes_so_far)
        self._blocks.append(block)
        self.last_seq, self._place = block.last_seq, block.end
        self._bytes += len(block.data) + _BLOCK_OVERHEAD_BYTES
        while self._bytes > self._kept_bytes and len(self._blocks) > 1:
            self._bytes -= len(self._blocks.popleft().data) + _BLOCK_OVERHEAD_BYTES

    # What goes out

    def page(
        self,
        *,
        after: int = 0,
        limit: int = 1000,
        last: int = 0,
        types: Iterable[LineType] = (),
        q: str = "",
        probes: bool = False,
    ) -> Page:
        """Lines after that number (0: from the oldest that is kept), or else the `last` ones; only those that fit."""
        wanted = _Filter(frozenset(types), q.casefold(), probes)
        return self._last_lines(last, wanted) if last else self._lines_after(after, limit, wanted)

    def _last_lines(self, last: int, wanted: "_Filter") -> Page:
        found: list[dict[str, Any]] = []
        for block in reversed(self._blocks):
            found += [line for line in reversed(_lines_of(block)) if wanted.fits(line)]
            if len(found) >= last:
                break
        return Page(found[:last][::-1], 0, self.last_seq)

    def _lines_after(self, after: int, limit: int, wanted: "_Filter") -> Page:
        place = self.place_after(after)
        dropped = 0
        found: list[dict[str, Any]] = []
        next_after = after if after <= self.last_seq or self.may_come(after) else self.last_seq
        for block in self._blocks_from(place):
            gap = max(0, block.place - place)
            lines, place = _lines_of(block)[max(0, place - block.place) :], block.end
            for line in lines:
                if len(found) == limit:
                    return Page(found, dropped, next_after, is_end=False)
                dropped, gap = dropped + gap, 0
                next_after = line["seq"]
                if wanted.fits(line):
                    found.append(line)
        return Page(found, dropped, next_after)

    def view(self, after: int = 0) -> "Viewer":
        """A place behind that number (0: before the oldest line that is kept), to follow the console from."""
        viewer = Viewer(self, after)
        self._viewers.add(viewer)
        return viewer

    @property
    def viewer_count(self) -> int:
        return len(self._viewers)

    # What viewers ask

    def forget(self, viewer: "Viewer") -> None:
        self._viewers.discard(viewer)

    def frame_from(self, place: int) -> tuple[str, int, int]:
        """What a viewer that has seen the lines before `place` gets next, its place after that, and how many bytes of lines there
        were up to there; empty at the end."""
        run: list[_Block] = []
        size = 0
        for block in self._blocks_from(place):
            if run and (size + len(block.data) > FRAME_BYTES or block.place != run[-1].end):
                break
            run.append(block)
            size += len(block.data)
        if not run:
            return "", place, self._bytes_so_far
        last = run[-1]
        if run[0].place != place:
            parts = [_rest_of(run[0], place), *(block.data for block in run[1:])]
            return _frame(parts, max(0, run[0].place - place)), last.end, last.bytes_so_far
        key = run[0].place, last.end
        if (known := self._frames.get(key)) is None:
            if len(self._frames) >= _FRAMES_REMEMBERED:
                self._frames.clear()
            known = self._frames[key] = _frame([block.data for block in run], 0)
        return known, last.end, last.bytes_so_far

    def has_after(self, place: int) -> bool:
        return bool(self._blocks) and self._blocks[-1].end > place

    def _blocks_from(self, place: int) -> Iterator[_Block]:
        """Those with lines behind that place, from the end: most viewers have seen nearly all."""
        start = len(self._blocks)
        while start and self._blocks[start - 1].end > place:
            start -= 1
        return (self._blocks[index] for index in range(start, len(self._blocks)))

    def may_come(self, seq: int) -> bool:
        """Whether a viewer may know a line of that number from before this manager was: a game that is taken up tells its lines
        again. Numbers begin with the microseconds of a start, so none is of the future."""
        return self.last_seq < seq <= time_ns() // 1000 + _HOUR_US and monotonic() < self._takes_up_until

    def place_after(self, seq: int) -> int:
        """How many lines of this server there were up to that number. Between two starts of the game no numbers are missing."""
        if seq <= 0:
            return self._blocks[0].place if self._blocks else self._place
        if seq > self.last_seq and not self.may_come(seq):
            return self._place
        following: int | None = None
        for start in reversed(self._starts):
            if seq >= start.first_seq:
                place = start.place + seq - start.first_seq + 1
                return place if following is None else min(place, following)
            following = start.place
        return self._place if following is None else following


class Viewer:
    """One follower's place in a console. `close` it."""

    def __init__(self, console: Console, after: int) -> None:
        self._console = console
        self._after = after
        self.bytes_seen = 0
        self.moved_at = 0.0
        self._place = 0
        self._news = asyncio.Event()
        self._find_place()

    def take(self) -> str:
        """The next frame, as JSON: `{"lines": […], "dropped": n}`; empty when there is nothing new."""
        if self._after:
            self._find_place()
        frame, self._place, self.bytes_seen = self._console.frame_from(self._place)
        self.moved_at = monotonic()
        return frame

    def _find_place(self) -> None:
        """Where it is; to be looked for again as long as the line it has seen may still come."""
        self._place = self._console.place_after(self._after)
        if not self._console.may_come(self._after):
            self._after = 0

    async def wait_for_news(self) -> None:
        """Return when there is something to take, or when somebody woke it."""
        self._news.clear()
        if not self._console.has_after(self._place):
            await self._news.wait()

    def wake(self) -> None:
        self._news.set()

    def close(self) -> None:
        self._console.forget(self)


class _Patience:
    """Time that may still be spent on waiting."""

    def __init__(self) -> None:
        self._left = _PATIENCE_SECONDS
        self._at = 0.0

    def take(self, now: float) -> float:
        """How long to wait now, in seconds."""
        self._left = min(_PATIENCE_SECONDS, self._left + (now - self._at) * _PATIENCE_REGAINED)
        self._at = now
        if self._left < _PAUSE_SECONDS:
            return 0.0
        self._left -= _PAUSE_SECONDS
        return _PAUSE_SECONDS


@dataclass(frozen=True)
class _Filter:
    types: frozenset[str]
    text: str
    probes: bool

    def fits(self, line: dict[str, Any]) -> bool:
        return (
            (self.probes or "is_probe" not in line)
            and (not self.types or line["type"] in self.types)
            and (not self.text or self.text in line["text"].casefold())
        )


def _pieces(data: bytes) -> Iterator[bytes]:
    """Whole lines, about as many as fit into a frame."""
    start = 0
    while start < len(data):
        end = data.rfind(b"\n", start, start + _PIECE_BYTES) + 1
        if not end:
            end = data.find(b"\n", start + _PIECE_BYTES) + 1 or len(data)
        if len(data) - start <= _PIECE_BYTES:
            end = len(data)
        yield data[start:end]
        start = end


def _lines_of(block: _Block) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = orjson.loads(b"[%b]" % block.data)
    return lines


def _rest_of(block: _Block, place: int) -> bytes:
    return block.data if place <= block.place else orjson.dumps(_lines_of(block)[place - block.place :])[1:-1]


def _frame(parts: list[bytes], dropped: int) -> str:
    return (b'{"lines":[%b],"dropped":%d}' % (b",".join(parts), dropped)).decode()
