"""Makes the records, each with its own number, and counts which of them arrived."""
import re
from dataclasses import dataclass

RECORD_BYTES = 1300  # of a line, its newline included
_NUMBER = re.compile(rb"bench-(\d{9})")
_READ = 4 << 20


def lines(count, size=RECORD_BYTES, first=0):
    """`count` records as lines of `size` bytes each, in one piece: number `first` + N is at [N * size, (N + 1) * size).

    The numbers are in custom_identifier as bench-000000000, from `first` on, and nowhere else in a record.
    """
    head = b'{"custom_identifier":"bench-'
    tail = (
        b'","model":"gpt-4o","prompt_messages":[{"role":"user","content":"%s"}],'
        b'"completion_message":{"role":"assistant","content":"It is done."},"prompt_tokens":180,"completion_tokens":40,'
        b'"cost":0.00085,"generation_time":1.25,"timestamp":"2026-01-01T00:00:00Z","customer_identifier":"customer-1"}\n'
    )
    filling = b"Tell me in a few words what happened. " * (size // 38 + 1)
    room = size - len(head) - 9 - (len(tail) - 2)
    if room < 0:
        raise ValueError(f"a record has at least {size - room} bytes")
    tail %= filling[:room]
    return b"".join(b"%s%09d%s" % (head, number, tail) for number in range(first, first + count))


@dataclass(frozen=True)
class Count:
    """What arrived of `written` records."""

    written: int
    arrived: int  # different ones of them
    duplicated: int  # arrivals of a record that had arrived before

    @property
    def lost(self):
        return self.written - self.arrived


def count_arrivals(path, written):
    """Counts the records in the API's record file. A number that was not written whole does not count."""
    seen = bytearray(written)
    duplicated = 0
    for piece in _pieces(path):
        for match in _NUMBER.finditer(piece):
            number = int(match.group(1))
            if number >= written:
                continue
            duplicated += seen[number]
            seen[number] = 1
    return Count(written, sum(seen), duplicated)


def _pieces(path):
    """The file in pieces that end where a line ends, so that no number is cut in two."""
    rest = b""
    with open(path, "rb") as file:
        while block := file.read(_READ):
            block = rest + block
            end = block.rfind(b"\n") + 1
            yield block[:end]
            rest = block[end:]
    yield rest


class Arrivals:
    """How often each number is in a file that grows; each byte is read once. `times[number]` ends at 255."""

    def __init__(self, path):
        self._file = open(path, "rb")
        self._rest = b""
        self.times = bytearray()
        self.different = 0  # numbers that are there

    def read(self):
        """Reads what has come since the last time."""
        while block := self._file.read(_READ):
            block = self._rest + block
            end = block.rfind(b"\n") + 1
            self._rest = block[end:]
            for match in _NUMBER.finditer(block, 0, end):
                self._add(int(match.group(1)))

    def _add(self, number):
        if number >= len(self.times):
            self.times.extend(bytes(max(number + 1 - len(self.times), 1 << 16)))
        self.different += not self.times[number]
        self.times[number] = min(self.times[number] + 1, 255)

    def of(self, number):
        return self.times[number] if number < len(self.times) else 0

    def close(self):
        self._file.close()


class NumberTail:
    """How many numbers are in a file that grows, repeated ones included; each byte is read once."""

    def __init__(self, path):
        self._file = open(path, "rb")
        self._rest = b""
        self._count = 0

    def count(self):
        while block := self._file.read(_READ):
            block = self._rest + block
            self._count += block.count(b"bench-")
            # The end of what was read may be the beginning of the next number; it is shorter than a whole one.
            self._rest = block[-5:]
        return self._count

    def close(self):
        self._file.close()
