"""What the tests of the Python client share: the real daemon with the stand-in API, and daemons that misbehave."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", "..", ".."))
CLIENT = os.path.join(ROOT, "clients", "python")
sys.path[:0] = [CLIENT, os.path.join(ROOT, "tests", "clients")]

import respand  # noqa: E402
import storm  # noqa: E402

FAR = 30  # seconds; a deadline for what should come at once
RESPAND = [""]  # the daemon's program


class DaemonTest(unittest.TestCase):
    """Has a daemon that runs, an API that takes all, and a client of the daemon."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="respand-python.")
        self.addCleanup(folder.cleanup)
        self.addCleanup(self.end_children)
        self.folder = folder.name
        self.api = storm.Api(RESPAND[0])
        self.daemon = storm.Daemon(RESPAND[0], self.folder, self.api.url)
        self.daemon.start()
        self.environment = {**os.environ, "RESPAND_SOCKET_PATH": self.daemon.socket, "RESPAND_SPOOL_DIRECTORY": self.daemon.spool,
                            "PYTHONPATH": CLIENT}

    def end_children(self):
        for child in storm.CHILDREN:
            child.kill()
            child.wait(FAR)
        storm.CHILDREN.clear()

    def client(self, **settings):
        client = respand.Respand(self.daemon.socket, self.daemon.spool, **settings)
        self.addCleanup(client.close, 0.1)
        return client

    def delivered(self, count):
        """The records that the API took, when they are so many, by custom_identifier."""
        self.api.child.wait_until(lambda lines: len(lines) >= count, f"{count} records arrive")
        records = [json.loads(line) for line in self.api.child.lines]
        return {record["custom_identifier"]: record for record in records}

    def run_python(self, *words, **more):
        """Runs a Python program with the client and this daemon; it has to end with 0."""
        done = subprocess.run([sys.executable, *words], env=self.environment, capture_output=True, text=True, timeout=FAR, **more)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout


class FakeDaemon:
    """Answers as `script(number, lines, answer)` does: called for each connection, with its number, what is read, and what writes."""

    def __init__(self, path, script):
        self._script = script
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        self._open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        number = 0
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(number, connection), daemon=True).start()
                number += 1

    def _serve(self, number, connection):
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as lines:
            if lines.readline() == b"!ack\n":
                self._script(number, lines, connection.sendall)
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self):
        # Closing alone does not wake who waits in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def settle_all(_, lines, answer):
    """The script of an honest daemon."""
    for number, _ in enumerate(lines, 1):
        answer(b'{"durable":%d}\n' % number)


def wait_until(condition):
    """Asks again and again, until a far deadline; for what no event tells of."""
    event = threading.Event()
    for _ in range(FAR * 200):
        if condition():
            return True
        event.wait(0.005)
    return False
