"""An API in this process, which tells at once of each record that has come. It answers every POST with 200."""
import re
import socket
import threading

from comparison.processes import ProgramFailed

MARK = b'"guard-'  # in front of the number of each record
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n{\"message\":\"log successful\"}"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_FAR = 60  # seconds; a deadline for what should come at once


class StandInApi:
    """Listens from the beginning on; close() ends it. Each connection has a thread of its own."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._changed = threading.Condition()
        self._records = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def wait_for(self, records):
        """Waits until so many records have come since the beginning."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._records >= records, _FAR):
                raise ProgramFailed(f"{self._records} records have arrived, not {records}, within {_FAR} s")

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            text = b""
            try:
                while True:
                    while b"\r\n\r\n" not in text:
                        text = self._more(connection, text)
                    head, _, text = text.partition(b"\r\n\r\n")
                    length = int(_LENGTH.search(head).group(1))
                    while len(text) < length:
                        text = self._more(connection, text)
                    body, text = text[:length], text[length:]
                    connection.sendall(_ANSWER)
                    with self._changed:
                        self._records += body.count(MARK)
                        self._changed.notify_all()
            except OSError:
                pass  # the client has gone

    @staticmethod
    def _more(connection, text):
        came = connection.recv(1 << 20)
        if not came:
            raise ConnectionError
        return text + came
