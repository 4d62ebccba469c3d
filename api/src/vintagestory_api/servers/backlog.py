"""What a game printed and nobody has taken yet, in lines: the newest in memory, older ones in a file, beyond that a count."""

import os
from collections import deque
from collections.abc import Iterable

#: Output is kept and handed out in blocks of about this size, cut at the ends of lines.
BLOCK_BYTES = 64 << 10
#: A longer line is cut into pieces of this size.
MAX_LINE_BYTES = 1 << 20
#: Of marks on lines that are kept; the oldest go first.
_MAX_MARKS = 10_000


class Portion:
    """Whole lines to hand out. `lost_lines` before these are kept nowhere; `is_replay`: acknowledged before; `marked`: those of
    them (first and last, in order) that were marked then."""

    __slots__ = ("data", "first_seq", "is_replay", "lines", "lost_lines", "marked")

    def __init__(
        self, first_seq: int, lines: int, data: bytes, lost_lines: int, *, is_replay: bool, marked: list[tuple[int, int]]
    ) -> None:
        self.first_seq = first_seq
        self.lines = lines
        self.data = data
        self.lost_lines = lost_lines
        self.is_replay = is_replay
        self.marked = marked


class _Block:
    """`data` is None when it is not in memory; then `spooled_at` is its place in the file, or None when it is lost."""

    __slots__ = ("data", "first_seq", "lines", "size", "spooled_at")

    def __init__(self, first_seq: int, lines: int, data: bytearray) -> None:
        self.first_seq = first_seq
        self.lines = lines
        self.data: bytearray | None = data
        self.size = len(data)
        self.spooled_at: int | None = None

    @property
    def end_seq(self) -> int:
        return self.first_seq + self.lines


class Cursor:
    """How far somebody has read."""

    __slots__ = ("block", "offset", "seq")

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self.block: _Block | None = None
        self.offset = 0


class Backlog:
    """Numbers lines from `first_seq` on. The last `ring_bytes` stay in memory, acknowledged or not; what leaves them without
    having been acknowledged goes to the file at `spool_path`, up to `spool_bytes`, and is lost where that is full."""

    def __init__(self, first_seq: int, spool_path: str, *, ring_bytes: int, spool_bytes: int) -> None:
        self.next_seq = first_seq
        self.acknowledged_seq = first_seq
        self._spool_path = spool_path
        self._ring_bytes = ring_bytes
        self._spool_bytes = spool_bytes
        self._blocks: deque[_Block] = deque()
        self._not_in_memory = 0  # so many at the left
        self._in_memory_bytes = 0
        self._partial = bytearray()
        self._marks: deque[tuple[int, int]] = deque(maxlen=_MAX_MARKS)
        self._spool: int | None = None
        self._spool_end = 0

    @property
    def oldest_seq(self) -> int:
        return self._blocks[0].first_seq if self._blocks else self.next_seq

    def feed(self, data: bytes) -> None:
        """Take what was printed; a line without its end waits for the rest."""
        cut = data.rfind(b"\n") + 1
        if cut:
            self._add_lines(bytes(self._partial) + data[:cut] if self._partial else data[:cut])
            self._partial.clear()
        self._partial += data[cut:]
        while len(self._partial) >= MAX_LINE_BYTES:
            self._add_lines(bytes(self._partial[:MAX_LINE_BYTES]) + b"\n")
            del self._partial[:MAX_LINE_BYTES]

    def finish(self) -> None:
        """Nothing more will be printed: what is left of a line is one."""
        if self._partial:
            self._add_lines(bytes(self._partial) + b"\n")
            self._partial.clear()

    def acknowledge(self, seq: int) -> None:
        """All lines below `seq` have been taken."""
        self.acknowledged_seq = max(self.acknowledged_seq, min(seq, self.next_seq))
        while self._not_in_memory and self._blocks[0].end_seq <= self.acknowledged_seq:
            self._blocks.popleft()
            self._not_in_memory -= 1

    def mark(self, lines: Iterable[tuple[int, int]]) -> None:
        """Whoever took these lines (first and last, in order) wants to know them from others when they come again."""
        for first, last in lines:
            if self._marks and self._marks[-1][1] + 1 == first:
                first = self._marks.pop()[0]  # noqa: PLW2901 - it goes on
            self._marks.append((first, last))
        while self._marks and self._marks[0][1] < self.oldest_seq:
            self._marks.popleft()

    def has_more(self, cursor: Cursor) -> bool:
        return cursor.seq < self.next_seq

    def read(self, cursor: Cursor) -> Portion | None:
        """The next lines for this reader, at most one block; None when there are none yet."""
        lost = 0
        while (block := self._block_of(cursor.seq)) is not None:
            start = max(cursor.seq, block.first_seq)
            lost += start - cursor.seq
            offset = cursor.offset if block is cursor.block else 0
            data = self._bytes_of(block, offset)
            cursor.block, cursor.offset, cursor.seq = block, block.size, block.end_seq
            if data is None:
                lost += block.end_seq - start
                continue
            lines = block.end_seq - start
            is_replay = start < self.acknowledged_seq
            if is_replay and block.end_seq > self.acknowledged_seq:
                lines = self.acknowledged_seq - start
                data = _first_lines(data, lines)
                cursor.offset, cursor.seq = offset + len(data), self.acknowledged_seq
            marked = self._marked_of(start, start + lines - 1) if is_replay else []
            return Portion(start, lines, data, lost, is_replay=is_replay, marked=marked)
        return None

    def _marked_of(self, first: int, last: int) -> list[tuple[int, int]]:
        return [(max(begin, first), min(end, last)) for begin, end in self._marks if begin <= last and end >= first]

    def close(self) -> None:
        if self._spool is not None:
            os.close(self._spool)
            self._spool = None

    def _add_lines(self, data: bytes) -> None:
        start = 0
        while start < len(data):
            end = len(data)
            if end - start > BLOCK_BYTES:
                end = (data.rfind(b"\n", start, start + BLOCK_BYTES) + 1) or (data.find(b"\n", start + BLOCK_BYTES) + 1)
            self._add(data[start:end])
            start = end
        self._make_room()

    def _add(self, data: bytes) -> None:
        lines = data.count(b"\n")
        last = self._blocks[-1] if self._blocks else None
        if last is not None and last.data is not None and last.size + len(data) <= BLOCK_BYTES:
            last.data += data
            last.size += len(data)
            last.lines += lines
        else:
            self._blocks.append(_Block(self.next_seq, lines, bytearray(data)))
        self.next_seq += lines
        self._in_memory_bytes += len(data)

    def _make_room(self) -> None:
        while self._in_memory_bytes > self._ring_bytes and self._not_in_memory < len(self._blocks) - 1:
            block = self._blocks[self._not_in_memory]
            if block.end_seq <= self.acknowledged_seq:
                self._blocks.popleft()  # nothing unacknowledged is older
            else:
                self._not_in_memory += 1
                block.spooled_at = self._write(block)
            self._in_memory_bytes -= block.size
            block.data = None
            if block.spooled_at is None:
                self._join_losses()

    def _join_losses(self) -> None:
        """One entry for neighbours that are both lost, so that a gap of any length takes no memory."""
        if self._not_in_memory < 2:
            return
        last, before = self._blocks[self._not_in_memory - 1], self._blocks[self._not_in_memory - 2]
        if last.data is None and last.spooled_at is None and before.spooled_at is None:
            before.lines += last.lines
            del self._blocks[self._not_in_memory - 1]
            self._not_in_memory -= 1

    def _write(self, block: _Block) -> int | None:
        """Where the block lies in the file, None when it has no place there."""
        place = self._place_for(block.size)
        if place is None or block.data is None:
            return None
        try:
            if self._spool is None:
                flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
                self._spool = os.open(self._spool_path, flags, 0o600)
            view, done = memoryview(block.data), 0
            while done < block.size:
                done += os.pwrite(self._spool, view[done:], place + done)
        except OSError:  # a full disk is as good as a full file
            return None
        self._spool_end = place + block.size
        return place

    def _place_for(self, size: int) -> int | None:
        """The file is used round and round; blocks lie in it in one piece."""
        oldest = next((b.spooled_at for b in self._spooled() if b.spooled_at is not None), None)
        if oldest is None:
            return 0 if size <= self._spool_bytes else None
        if self._spool_end > oldest:
            if self._spool_end + size <= self._spool_bytes:
                return self._spool_end
            return 0 if size < oldest else None
        return self._spool_end if self._spool_end + size < oldest else None

    def _spooled(self) -> "list[_Block]":
        # The oldest that is not in memory is in the file, or lost with its right neighbour in the file: two are enough.
        return [self._blocks[place] for place in range(min(self._not_in_memory, 2))]

    def _bytes_of(self, block: _Block, offset: int) -> bytes | None:
        if block.data is not None:
            return bytes(memoryview(block.data)[offset:])
        if block.spooled_at is None or self._spool is None:
            return None
        try:
            data = os.pread(self._spool, block.size - offset, block.spooled_at + offset)
        except OSError:
            return None
        return data if len(data) == block.size - offset else None

    def _block_of(self, seq: int) -> _Block | None:
        """The block that holds the line, or the oldest when it is gone."""
        if seq >= self.next_seq:
            return None
        low, high = 0, len(self._blocks) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self._blocks[middle].first_seq <= seq:
                low = middle
            else:
                high = middle - 1
        return self._blocks[low]


def _first_lines(data: bytes, lines: int) -> bytes:
    end = 0
    for _ in range(lines):
        end = data.find(b"\n", end) + 1
    return data[:end]
