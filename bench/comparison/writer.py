"""The application: writes lines over one connection to a shipper, as fast as they are taken, or evenly."""
import re
import socket
import threading
import time

from .waiting import pause

_BLOCK = 64 * 1024  # bytes of one write at full speed
_STUCK = 30  # seconds for which a shipper may take nothing
_DURABLE = re.compile(rb'"durable":(\d+)')


def connect(address):
    """A path is a Unix socket, a number a port of 127.0.0.1."""
    if isinstance(address, int):
        return socket.create_connection(("127.0.0.1", address))
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(address))
    except OSError:
        connection.close()
        raise
    return connection


def can_connect(address):
    try:
        connect(address).close()
    except OSError:
        return False
    return True


class Writer:
    """Writes records of one size from `lines`, in their order. With `acknowledged` it asks for respand's `!ack` first."""

    def __init__(self, address, lines, size, acknowledged=False):
        self._lines = memoryview(lines)
        self._size = size
        self._connection = connect(address)
        self._connection.settimeout(_STUCK)
        self._sent = 0  # bytes of `lines`
        self.durable = 0  # records that were acknowledged
        self._listener = None
        if acknowledged:
            self._connection.sendall(b"!ack\n")
            self._listener = threading.Thread(target=self._listen, daemon=True)
            self._listener.start()

    @property
    def written(self):
        """Records that were written whole."""
        return self._sent // self._size

    def write(self, seconds):
        """Writes all of them, or as many as it can until the time is over."""
        end = time.monotonic() + seconds
        while self._sent < len(self._lines) and time.monotonic() < end:
            self._send(_BLOCK)
        self._complete()

    def pace(self, rate, seconds):
        """Writes `rate` records a second for that long. A late record does not delay the others; each is a write by itself."""
        begin = time.monotonic()
        for number in range(min(int(rate * seconds), len(self._lines) // self._size)):
            pause(begin + number / rate - time.monotonic())
            self._send(self._size)
            self._complete()

    def close(self):
        """Ends the writing side, and waits for the last acknowledgement if there are any."""
        try:
            self._connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        if self._listener:
            self._listener.join(_STUCK)
        self.drop()

    def drop(self):
        """Closes the connection without waiting for anything."""
        self._connection.close()

    def _send(self, most):
        self._sent += self._connection.send(self._lines[self._sent:self._sent + most])

    def _complete(self):
        while self._sent % self._size:
            self._send(self._size - self._sent % self._size)

    def _listen(self):
        rest = b""
        try:
            while block := self._connection.recv(_BLOCK):
                *whole, rest = (rest + block).split(b"\n")
                for line in whole:
                    if match := _DURABLE.search(line):
                        self.durable = int(match.group(1))
        except OSError:
            pass  # The shipper was killed: what it has said so far counts.
