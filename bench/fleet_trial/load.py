"""Writers that hand numbered records to edges with `!ack`, and remember which of them were acknowledged."""
import re
import socket
import threading
import time

from comparison import records
from comparison.waiting import pause
from comparison.writer import connect

_BLOCK = 50  # records handed in before their acknowledgement is waited for
_AGAIN = 0.05  # seconds until an edge that is away is tried again
_STUCK = 1  # seconds until a writer looks whether it is to end
_DURABLE = re.compile(rb'^\{"durable":(\d+)\}$')


class Numbers:
    """Numbers of records, given out once each, and what became of them at the edges. Any thread."""

    def __init__(self):
        self._lock = threading.Lock()
        self._next = 0
        self.acknowledged = bytearray()  # 1: its acknowledgement came
        self.acknowledged_count = 0

    @property
    def next(self):
        return self._next

    def take(self, count):
        """The first of `count` new numbers."""
        with self._lock:
            first = self._next
            self._next += count
            self.acknowledged.extend(bytes(count))
            return first

    def acknowledge(self, first, count):
        with self._lock:
            self.acknowledged[first:first + count] = b"\1" * count
            self.acknowledged_count += count


class Writer(threading.Thread):
    """Hands in `rate` records a second at one edge, while it may. A record whose acknowledgement did not come is not handed in again: its number is given up."""

    def __init__(self, edge, numbers, rate, size):
        super().__init__(name=f"writer of {edge.name}", daemon=True)
        self._edge = edge
        self._numbers = numbers
        self._rate = rate
        self._size = size
        self._may_write = threading.Event()
        self._rests = threading.Event()
        self._rests.set()
        self._ends = False
        self.refused = ""  # what an edge has said against a record

    def go(self):
        self._rests.clear()
        self._may_write.set()

    def rest(self):
        """Returns when nothing of it is on its way to the edge."""
        self._may_write.clear()
        self._rests.wait()

    def end(self):
        """Ends it, whether the edge answers or not."""
        self._ends = True
        self._may_write.set()
        self.join()

    def run(self):
        while not self._ends:
            if not self._may_write.is_set():
                self._rests.set()
            self._may_write.wait()
            try:
                connection = connect(self._edge.socket)
            except OSError:
                pause(_AGAIN)
                continue
            with connection:
                try:
                    self._write(connection)
                except OSError:
                    pass  # The edge was killed: what it has acknowledged so far counts.
        self._rests.set()

    def _write(self, connection):
        connection.settimeout(_STUCK)
        connection.sendall(b"!ack\n")
        answers = Answers(connection)
        sent = 0
        due = time.monotonic()
        while self._may_write.is_set() and not self._ends:
            pause(due - time.monotonic())
            due = max(due + _BLOCK / self._rate, time.monotonic() - 1)
            first = self._numbers.take(_BLOCK)
            connection.sendall(records.lines(_BLOCK, self._size, first))
            self._hear(answers, sent, first)
            sent += _BLOCK

    def _hear(self, answers, before, first):
        """Until the block behind `before` lines, whose first number is `first`, is acknowledged."""
        durable = before
        while durable < before + _BLOCK:
            line = answers.line(lambda: self._ends)
            if match := _DURABLE.match(line):
                now = int(match.group(1))
                if not self.refused:
                    self._numbers.acknowledge(first + durable - before, now - durable)
                durable = now
            else:
                self.refused = line.decode(errors="replace")


class Answers:
    """The lines of a connection."""

    def __init__(self, connection):
        self._connection = connection
        self._rest = b""

    def line(self, ends):
        """The next one; raises OSError where the connection is cut, or `ends()` holds while nothing comes."""
        while b"\n" not in self._rest:
            try:
                block = self._connection.recv(4096)
            except socket.timeout as error:
                if ends():
                    raise OSError("nothing came") from error
                continue
            if not block:
                raise OSError("the connection was cut")
            self._rest += block
        line, _, self._rest = self._rest.partition(b"\n")
        return line
