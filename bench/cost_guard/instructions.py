"""Counts instructions of bench/guard_work.cc with valgrind: those of two runs of which the second does twice as much."""
import contextlib
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from comparison.api import Address, TlsFront, free_port, tls_is_missing
from comparison.processes import ProgramFailed

from .figures import Round
from .stand_in_api import StandInApi

_FAR = 120  # seconds; a deadline for what takes a few
_COLLECTED = re.compile(r"Collected : (\d+)")


@dataclass(frozen=True)
class Work:
    key: str
    title: str
    word: str  # of guard_work
    turns: int
    place: str = ""  # what it needs: "folder", "http" or "https"


WORKS = (
    Work("instructions: record", "judge a record of 1.3 KB and encode it", "record", 100),
    Work("instructions: journal", "a record written, synced, taken, read back, acknowledged", "journal", 100, "folder"),
    Work("instructions: journal, 100 at once", "the same with 100 records in a batch", "journal_group", 10, "folder"),
    Work("instructions: worker", "a record through a worker: read, sent, answered, acknowledged", "worker", 100),
    Work("instructions: worker, batch", "a batch of 500 through a worker", "worker_batch", 5),
    Work("instructions: POST", "a request over HTTP/1.1, and its answer", "post", 100, "http"),
    Work("instructions: POST over TLS", "the same over TLS, HTTP/2 where the server speaks it", "post", 100, "https"),
)


def left_out(work):
    """Why this machine can't do the work; empty: it can."""
    lacking = tls_is_missing() if work.place == "https" else ""
    return f"{lacking} not found" if lacking else ""


def count(guard_work, work, parent):
    """The Round, of one name: "instructions". Raises ProgramFailed."""
    with tempfile.TemporaryDirectory(prefix="guard-", dir=parent) as folder, contextlib.ExitStack() as ends:
        more = _place(work, Path(folder), ends)
        with ThreadPoolExecutor(2) as pool:
            few, many = pool.map(lambda turns: _collected(guard_work, [work.word, turns, *more(turns)]), (work.turns, 2 * work.turns))
    return Round({"instructions": round((many - few) / work.turns, 1)})


def _place(work, folder, ends):
    """A function that gives the work's further arguments for a run of so many turns."""
    if work.place == "folder":
        return lambda turns: [_made(folder / f"of-{turns}")]
    if not work.place:
        return lambda turns: []
    api = StandInApi()
    ends.callback(api.close)
    if work.place == "http":
        return lambda turns: [f"http://127.0.0.1:{api.port}/"]
    front = TlsFront(folder, Address(api.port), free_port())
    front.start()
    ends.callback(front.stop)
    return lambda turns: [f"{front.address.url}/", front.address.ca_file]


def _made(folder):
    folder.mkdir()
    return folder


def _collected(guard_work, words):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", guard_work, *words]
    try:
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False, timeout=_FAR)
    except subprocess.TimeoutExpired as error:
        raise ProgramFailed(f"guard_work {words[0]} has not ended within {_FAR} s under valgrind") from error
    found = _COLLECTED.search(done.stderr)
    if done.returncode or not found:
        raise ProgramFailed(f"guard_work {words[0]} has ended with status {done.returncode} under valgrind:\n" + "\n".join(done.stderr.splitlines()[-8:]))
    return int(found.group(1))
