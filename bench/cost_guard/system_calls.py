"""Counts the daemon's system calls with strace, while records go through it one after the other.

Each record has reached the API, and every thread of the daemon waits again, before the next is handed in: so which thread wakes
which does not depend on the machine.
"""
import contextlib
import os
import re
import signal
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from comparison.processes import Program, ProgramFailed
from comparison.waiting import wait_until

from .figures import BY_CHANCE, CHANCE_SLACK, SLACK, Round, per_turn
from .stand_in_api import MARK, StandInApi

_FAR = 60  # seconds; a deadline for what should come at once
_RECORD = 1300  # bytes
_BLOCK = 500  # records; api.batch.max_records
_FEW = 10  # turns of the run that is subtracted: connections are made, files and memory are there
_LOOK = 0.001  # seconds


@dataclass(frozen=True)
class Work:
    key: str
    title: str
    turns: int
    turn: Callable  # turn(daemon, number): hands in one turn, and waits until it was delivered
    begin: Callable = lambda daemon: None
    batch: bool = False
    by_chance: frozenset = BY_CHANCE
    slack: float = SLACK
    chance_slack: float = CHANCE_SLACK


class Daemon:
    """respand under strace, with an API of its own. Its socket takes connections when this is made."""

    def __init__(self, respand, folder, work, ends):
        self.folder = Path(folder)
        self.api = StandInApi()
        ends.callback(self.api.close)
        self.counts = self.folder / "counts"
        configuration = self.folder / "respand.yaml"
        configuration.write_text(self._configuration(work.batch), encoding="utf-8")
        (self.folder / "spool").mkdir()
        words = ["strace", "-f", "-c", "-U", "calls,name", "-o", self.counts, respand, "run", "--config", configuration]
        self.program = Program("respand under strace", words, self.folder / "log")
        ends.callback(self.program.stop)
        self.program.wait_until(lambda: " ready " in self.program.last_lines(), "its ready line", _FAR)
        self.pid = int(Path(f"/proc/{self.program.pid}/task/{self.program.pid}/children").read_text(encoding="ascii").split()[0])
        self.socket = socket.socket(socket.AF_UNIX)
        ends.callback(self.socket.close)
        self.socket.settimeout(_FAR)
        self.socket.connect(str(self.folder / "in"))

    def _configuration(self, batch):
        folder = self.folder
        return f"""api: {{base_url: "http://127.0.0.1:{self.api.port}/api", api_key: guard{', batch: {path: request-logs/batch/create}' if batch else ''}}}
socket: {{path: {folder}/in}}
spool: {{directory: {folder}/spool}}
journal: {{directory: {folder}/journal}}
dead_letters: {{directory: {folder}/dead-letters}}
costs: {{directory: {folder}/costs}}
control: {{path: {folder}/control}}
"""

    def wait_until_it_waits(self):
        """Waits until none of its threads has run between two looks."""
        seen = []

        def stands():
            seen.append(self._switches())
            return len(seen) > 1 and seen[-1] == seen[-2]

        if not wait_until(stands, _FAR, _LOOK):
            raise ProgramFailed(f"the daemon has not come to rest within {_FAR} s")

    def _switches(self):
        found = []
        for task in sorted(Path(f"/proc/{self.pid}/task").iterdir()):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # the thread has ended
                found.append((task.name, *re.findall(r"ctxt_switches:\t(\d+)", (task / "status").read_text(encoding="ascii"))))
        return found

    def end(self):
        """Stops the daemon. Returns its calls so far, {name: number}."""
        os.kill(self.pid, signal.SIGTERM)
        self.program.wait(_FAR)
        rows = (line.split() for line in self.counts.read_text(encoding="ascii").splitlines())
        return {words[1]: int(words[0]) for words in rows if len(words) == 2 and words[0].isdigit() and words[1] != "total"}


def record(number):
    head = b'{"model":"openai/gpt-4o","custom_identifier":%s%09d","prompt_messages":[{"role":"user","content":"' % (MARK, number)
    tail = b'"}],"usage":{"prompt_tokens":118,"completion_tokens":104},"generation_time":1.2,"customer_params":{"customer_identifier":"user_123"}}\n'
    return head + b"x" * (_RECORD - len(head) - len(tail)) + tail


def _plain(daemon, number):
    daemon.socket.sendall(record(number))
    daemon.api.wait_for(number + 1)


def _acknowledged(daemon, number):
    daemon.socket.sendall(record(number))
    daemon.socket.recv(4096)
    daemon.api.wait_for(number + 1)


def _http(daemon, number):
    body = record(number)
    daemon.socket.sendall(b"POST /api/request-logs/create/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    daemon.socket.recv(4096)
    daemon.api.wait_for(number + 1)


def _spool(daemon, number):
    path = daemon.folder / "spool" / f"{number}.json"
    hidden = path.with_suffix(".tmp")
    hidden.write_bytes(record(number))
    hidden.rename(path)
    daemon.api.wait_for(number + 1)


def _block(daemon, number):
    daemon.socket.sendall(b"".join(map(record, range(number * _BLOCK, (number + 1) * _BLOCK))))
    daemon.api.wait_for((number + 1) * _BLOCK)


# In pieces of which size a block is read, grouped and sent depends on who is quicker.
_PIECES = BY_CHANCE | {"epoll_ctl", "fdatasync", "newfstatat", "pwritev", "recvfrom", "recvmsg", "sendmsg", "sendto"}

WORKS = (
    Work("calls: plain line", "a plain line, written alone", 50, _plain),
    Work("calls: acknowledged line", "a line after !ack, written alone", 50, _acknowledged, lambda daemon: daemon.socket.sendall(b"!ack\n")),
    Work("calls: HTTP", "a record by POST over a kept connection", 50, _http),
    Work("calls: spool file", "a file with one record", 40, _spool, by_chance=BY_CHANCE | {"fcntl"}),
    Work("calls: block", f"{_BLOCK} plain lines in one write, delivered in batches", 10, _block, batch=True, by_chance=_PIECES, slack=2, chance_slack=20),
)


def count(respand, work, parent):
    """The Round of a work. Raises ProgramFailed."""
    few, _ = _run(respand, work, _FEW, parent)
    many, seconds = _run(respand, work, _FEW + work.turns, parent)
    return Round(per_turn(few, many, work.turns), seconds / work.turns)


def _run(respand, work, turns, parent):
    """The calls of the daemon's whole life, and the seconds that the turns took."""
    with tempfile.TemporaryDirectory(prefix="guard-", dir=parent) as folder, contextlib.ExitStack() as ends:
        try:
            daemon = Daemon(respand, folder, work, ends)
            work.begin(daemon)
            begin = time.monotonic()
            for number in range(turns):
                work.turn(daemon, number)
                daemon.wait_until_it_waits()
            return daemon.end(), time.monotonic() - begin
        except OSError as error:
            raise ProgramFailed(f"{work.key}: {error}") from error
