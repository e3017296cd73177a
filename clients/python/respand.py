"""The Python client of respand: hands completion records over, without making the application wait.

    import respand
    respand.log({"model": "gpt-4o", "usage": {"prompt_tokens": 12, "completion_tokens": 3}})

One file, Python 3.8 or later, nothing but the standard library. What it promises is in clients/README.md, what is special
about Python in clients/python/README.md. Two halves: the client (Respand and the functions of the module), and what is
built on it (completion, RespandHandler).

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import atexit
import datetime
import json
import logging
import os
import random
import select
import socket as sockets
import sys
import threading
import time
import uuid
import weakref
from collections import deque
from typing import Any, Callable, Deque, Dict, List, Mapping, Optional, Tuple, TypeVar

__all__ = ["Respand", "RespandHandler", "Completion", "completion", "answer_fields", "error_fields", "configure", "default_client",
           "log", "flush", "aflush", "close", "stats"]

OnError = Callable[[Any, str], Any]
T = TypeVar("T")

_NEVER = sys.maxsize
_FIRST_DELAY, _LONGEST_DELAY = 0.05, 5.0  # seconds between two tries to connect
_FLIGHT_LINES, _FLIGHT_BYTES = 1000, 4 << 20  # written, without an answer: these go out twice when the connection is cut
_FILE_LINES, _FILE_BYTES = 1000, 8 << 20  # of a file in the spool directory
_GATHERING = 0.02  # seconds that records gather for at most while an answer is awaited
_LONGEST_ANSWER = 1 << 20  # bytes of a line that respand answers
_MOST_ERRORS = 1000  # that wait for on_error
_NO_SIGNAL = getattr(sockets, "MSG_NOSIGNAL", 0)

# Held while a descriptor is opened or closed, and over a fork: the child has to close each one that it inherits.
_fork_lock = threading.Lock()
_clients: "weakref.WeakSet[Respand]" = weakref.WeakSet()


def _timestamp(moment: Optional[float] = None) -> str:
    zone = datetime.timezone.utc
    at = datetime.datetime.now(zone) if moment is None else datetime.datetime.fromtimestamp(moment, zone)
    return at.isoformat(timespec="microseconds")[:26] + "Z"


def _to_json(value: Any) -> Any:
    """What JSON has no form for but whose meaning is plain: times, UUIDs, other maps, the answers of SDKs."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    for name in ("to_dict", "model_dump", "dict"):
        method = getattr(value, name, None)
        if callable(method) and not isinstance(value, type):
            return method()
    raise TypeError(f"{type(value).__name__} is no JSON value")


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_to_json).encode
_encode_ascii = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=_to_json).encode


def _text_of(error: BaseException) -> str:
    try:
        return str(error)[:2000]
    except Exception:
        return ""


def _close(socket: sockets.socket) -> None:
    try:
        socket.close()
    except OSError:
        pass  # The application has closed all descriptors.


class _Broken(Exception):
    """The connection is of no use any more; says why."""


class _Connection:
    """One connection behind !ack: what still has to be written, how many lines were sent and settled over it."""

    def __init__(self, path: str) -> None:
        self._socket = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
        try:
            self._socket.setblocking(False)
            self._socket.connect(path)
        except BaseException:
            self._socket.close()
            raise
        self.out = memoryview(b"!ack\n")
        self.sent = self.settled = 0
        self.refused: Dict[int, str] = {}  # reasons, by the line's number, until a durable settles it
        self.progress = time.monotonic()  # when respand last answered, or had nothing to answer
        self._incoming = b""

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        with _fork_lock:
            _close(self._socket)

    def write(self) -> None:
        """Writes what the socket takes now."""
        try:
            while self.out:
                self.out = self.out[self._socket.send(self.out, _NO_SIGNAL):]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as error:
            raise _Broken(f"writing failed: {error}") from None

    def read(self) -> int:
        """Reads what answers there are; returns how many more lines they settle."""
        before = self.settled
        try:
            chunk = self._socket.recv(1 << 16)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            raise _Broken(f"reading failed: {error}") from None
        if not chunk:
            raise _Broken("respand closed the connection")
        *lines, self._incoming = (self._incoming + chunk).split(b"\n")
        for line in lines:
            self._hear(line)
        if len(self._incoming) > _LONGEST_ANSWER:
            raise _Broken(f"an answer is longer than {_LONGEST_ANSWER} bytes")
        return self.settled - before

    def _hear(self, line: bytes) -> None:
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise _Broken(f"an answer is no JSON object: {line[:100]!r}")
        if "durable" in answer:
            count = answer["durable"]
            if type(count) is not int or not self.settled <= count <= self.sent:
                raise _Broken(f"{self.sent} lines were sent, {self.settled} settled; the answer is {line[:100]!r}")
            self.settled = count
        elif "error" in answer:
            number = answer.get("line")
            if type(number) is not int or not self.settled < number <= self.sent:
                raise _Broken(f"{self.sent} lines were sent, {self.settled} settled; the answer is {line[:100]!r}")
            self.refused[number] = str(answer["error"])


class Respand:
    """Hands records to respand. Its methods may be called from any thread, and none of them throws but for a wrong setting.

    Seconds and bytes everywhere. A sender thread starts with the first record; a forked child starts anew.
    """

    def __init__(self, socket: Optional[str] = None, spool: Optional[str] = None, *, max_queue: int = 10_000,
                 max_queue_bytes: int = 64 << 20, max_wait: float = 0.005, max_record: int = 20 << 20,
                 spool_after: float = 1.0, ack_timeout: float = 30.0, close_timeout: float = 2.0,
                 on_error: Optional[OnError] = None) -> None:
        environment = os.environ.get
        if socket is None:
            socket = environment("RESPAND_SOCKET_PATH") or "/run/respand/respand.sock"
        if spool is None:
            spool = environment("RESPAND_SPOOL_DIRECTORY", "/var/spool/respand")
        self._socket_path, self._spool = os.fsdecode(socket), os.fsdecode(spool)
        for name, number in (("max_queue", max_queue), ("max_queue_bytes", max_queue_bytes), ("max_record", max_record)):
            if type(number) is not int or number < 1:
                raise ValueError(f"respand: {name} is a whole number from 1 on, not {number!r}")
        for name, seconds in (("max_wait", max_wait), ("spool_after", spool_after), ("ack_timeout", ack_timeout),
                              ("close_timeout", close_timeout)):
            if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= 1e9:
                raise ValueError(f"respand: {name} is a number of seconds from 0 to 1e9, not {seconds!r}")
        if on_error is not None and not callable(on_error):
            raise ValueError("respand: on_error is a function (record, reason)")
        self._max_queue, self._max_queue_bytes = max_queue, max_queue_bytes
        self._max_wait, self._max_record = max_wait, max_record
        self._spool_after, self._ack_timeout, self._close_timeout = spool_after, ack_timeout, close_timeout
        self._on_error = on_error
        self._close_by: Optional[float] = None  # when the sender has to end; None: nobody has called close
        self._start_anew()
        with _fork_lock:
            _clients.add(self)

    def _start_anew(self) -> None:
        # One lock guards what is shared. It is reentrant: a signal's handler may log too. Two things can be waited for.
        lock = threading.RLock()
        self._changed = threading.Condition(lock)  # records were settled
        self._work = threading.Condition(lock)  # the sender has something to do
        self._waiting: Deque[bytes] = deque()  # lines that are not written yet
        self._sent: Deque[bytes] = deque()  # lines that were written over the connection and have no answer
        self._bytes = 0  # of both
        self._flight = 0  # of _sent
        self._taken = 0  # into the queue, ever; what left it is settled
        self._durable = self._spooled = self._refused = self._dropped = 0
        self._last_error = ""
        self._errors: Deque[Tuple[Any, str]] = deque(maxlen=_MOST_ERRORS)  # for on_error
        self._wake_lines = self._wake_bytes = _NEVER  # log() wakes the sender when so much waits
        self._sender: Optional[threading.Thread] = None
        # The sender's own.
        self._connection: Optional[_Connection] = None
        self._connects = 0
        self._tries = 0  # since respand last answered
        self._next_try = 0.0
        self._spool_at: Optional[float] = None  # while respand is away: when what waits is spooled
        self._outage_lasts = False  # something was spooled since respand last answered
        self._spool_file: Optional[int] = None
        # In log() nothing gives the interpreter's lock away, or it would wait for busy threads: no system call, so not uuid4.
        self._random = random.Random(os.urandom(16))

    def log(self, record: Mapping[str, Any]) -> bool:
        """Takes a record; returns False where it is refused or dropped. Waits max_wait at most, in an event loop not at all."""
        try:
            line = self._line_of(record)
            if len(line) > self._max_record:
                raise ValueError(f"{len(line)} bytes are more than max_record, {self._max_record}")
        except Exception as error:
            return self._turn_down(record, f"refused: {type(error).__name__}: {_text_of(error)}")
        try:
            return self._take(record, line)
        except Exception as error:  # no memory, for one
            return self._turn_down(record, f"dropped: {type(error).__name__}: {_text_of(error)}")

    def flush(self, timeout: Optional[float] = 5.0) -> bool:
        """Waits until all that was taken before is settled: durable, spooled or refused. None: as long as it takes."""
        with self._changed:
            goal = self._taken
            return self._changed.wait_for(lambda: self._taken - self._queued() >= goal, timeout)

    async def aflush(self, timeout: Optional[float] = 5.0) -> bool:
        """flush() for an event loop, which goes on meanwhile."""
        import asyncio

        return await asyncio.get_running_loop().run_in_executor(None, self.flush, timeout)

    def close(self, timeout: Optional[float] = None) -> bool:
        """Flushes, spools what is left, and ends the client; returns False where records had to be dropped.

        timeout: close_timeout, where nothing is said. Later calls of log() return False.
        """
        by = time.monotonic() + (self._close_timeout if timeout is None else max(0.0, timeout))
        with self._changed:
            self._close_by = by if self._close_by is None else min(by, self._close_by)
            sender, queued, dropped = self._sender, self._queued(), self._dropped
            self._changed.notify_all()
            self._work.notify()
        if sender is threading.current_thread():
            return False  # on_error calls; the sender ends when it returns
        if sender is not None and sender.is_alive():
            sender.join(max(0.0, by - time.monotonic()) + 5.0)  # more only where the spool's disk hangs
        elif queued:
            self._run()  # no thread could be started
        with self._changed:
            return self._queued() == 0 and self._dropped == dropped

    def stats(self) -> Dict[str, Any]:
        """What became of the records: logged = durable + spooled + refused + dropped + queued; connects, last_error."""
        with self._changed:
            counts: Dict[str, Any] = {"durable": self._durable, "spooled": self._spooled, "refused": self._refused,
                                      "dropped": self._dropped, "queued": self._queued()}
            counts["logged"] = sum(counts.values())
            counts["connects"], counts["last_error"] = self._connects, self._last_error
            return counts

    def __enter__(self) -> "Respand":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    # What log() does, on the application's thread.

    def _take(self, record: Mapping[str, Any], line: bytes) -> bool:
        with self._changed:
            if not self._has_room(line) and self._close_by is None and self._may_wait():
                self._changed.wait_for(lambda: self._has_room(line) or self._close_by is not None, self._max_wait)
            if self._close_by is not None:
                return self._turn_down(record, "dropped: the client is closed")
            if not self._has_room(line):
                return self._turn_down(record, "dropped: the queue is full")
            self._waiting.append(line)
            self._bytes += len(line)
            self._taken += 1
            if len(self._waiting) >= self._wake_lines or self._bytes >= self._wake_bytes:
                self._wake_lines = self._wake_bytes = _NEVER
                self._work.notify()
            if self._sender is None:
                self._start_sender()
        return True

    def _line_of(self, record: Mapping[str, Any]) -> bytes:
        if not isinstance(record, Mapping):
            raise TypeError(f"a record is a dict, not {type(record).__name__}")
        if type(record) is not dict or "timestamp" not in record or "custom_identifier" not in record:
            record = dict(record)
            record.setdefault("timestamp", _timestamp())
            if "custom_identifier" not in record:
                record["custom_identifier"] = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        try:
            return _encode(record).encode()
        except UnicodeEncodeError:
            return _encode_ascii(record).encode()  # half a surrogate pair: as an escape, which respand mends

    def _queued(self) -> int:
        return len(self._waiting) + len(self._sent)

    def _has_room(self, line: bytes) -> bool:
        return self._queued() < self._max_queue and self._bytes + len(line) <= self._max_queue_bytes

    def _may_wait(self) -> bool:
        # An event loop must not stand still. Where asyncio was never imported no loop runs.
        asyncio = sys.modules.get("asyncio")
        if asyncio is None:
            return True
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return True
        return False

    def _turn_down(self, record: Any, reason: str) -> bool:
        with self._changed:
            if reason.startswith("refused"):
                self._refused += 1
            else:
                self._dropped += 1
            self._tell(record, reason)
        return False

    def _tell(self, record: Any, reason: str) -> None:
        """Requires: _changed is held."""
        self._last_error = reason
        if self._on_error is not None:
            self._errors.append((record, reason))
            if self._sender is None and self._close_by is None:
                self._start_sender()
            self._work.notify()

    def _start_sender(self) -> None:
        """Requires: _changed is held. Where no thread can be started, the next call tries again, and close() sends."""
        self._sender = threading.Thread(target=self._run, name="respand", daemon=True)
        try:
            _flush_at_exit()
            self._sender.start()
        except Exception as error:
            self._sender = None
            self._last_error = f"no sender: {_text_of(error)}"

    # The sender's thread.

    def _run(self) -> None:
        while True:
            try:
                if not self._step():
                    break
            except _Broken as error:
                self._lose(str(error))
            except Exception as error:
                # No memory, or a mistake of ours: the application goes on, and the next try is soon.
                self._lose(f"{type(error).__name__}: {_text_of(error)}")
                with self._work:
                    self._work.wait(_FIRST_DELAY)
        self._finish()

    def _step(self) -> bool:
        """Does what can be done now, then waits for the next thing to do; False where the client is closed."""
        self._hear_errors()
        now = time.monotonic()
        with self._changed:
            work, closing = self._queued() > 0, self._close_by
        if closing is not None and (not work or now >= closing):
            return False
        if self._connection is None and work and now >= self._next_try:
            self._connect()
        if self._connection is not None:
            self._fill(self._connection)
            self._connection.write()
        elif work and self._spool and (closing is not None or self._spool_is_due(now)):
            self._spool_at, self._outage_lasts = now + max(self._spool_after, _FIRST_DELAY), False
            while self._spool_some():
                self._outage_lasts = True
        self._wait()
        return True

    def _connect(self) -> None:
        try:
            with _fork_lock:
                self._connection = _Connection(self._socket_path)
        except (OSError, ValueError) as error:
            self._lose(f"can't connect to {self._socket_path}: {error}")
        else:
            self._connects += 1

    def _lose(self, reason: str) -> None:
        """Ends the connection, if any, until the next try."""
        self._disconnect()
        now = time.monotonic()
        delay = min(_FIRST_DELAY * 2 ** min(self._tries, 10), _LONGEST_DELAY)
        self._tries += 1
        self._next_try = now + delay * (1 - self._random.random() / 2)
        with self._changed:
            self._last_error = reason
            if self._waiting and self._spool_at is None:
                self._spool_at = now + self._spool_after

    def _disconnect(self) -> None:
        """What has no answer waits again, in front."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        with self._changed:
            self._waiting.extendleft(reversed(self._sent))
            self._sent.clear()
            self._flight = 0

    def _fill(self, connection: _Connection) -> None:
        """Puts lines that wait into one write, within what may be in flight."""
        if connection.out:
            return
        lines: List[bytes] = []
        with self._changed:
            if not self._sent:
                connection.progress = time.monotonic()
            while self._may_send():
                line = self._waiting.popleft()
                self._sent.append(line)
                self._flight += len(line)
                lines.append(line)
        if lines:
            connection.sent += len(lines)
            lines.append(b"")
            connection.out = memoryview(b"\n".join(lines))

    def _may_send(self) -> bool:
        if not self._waiting or not self._sent:
            return bool(self._waiting)
        return len(self._sent) < _FLIGHT_LINES and self._flight + len(self._waiting[0]) <= _FLIGHT_BYTES

    def _settle(self, connection: _Connection, count: int) -> None:
        first = connection.settled - count + 1
        with self._changed:
            for number in range(first, connection.settled + 1):
                line = self._sent.popleft()
                self._bytes -= len(line)
                self._flight -= len(line)
                reason = connection.refused.pop(number, None)
                if reason is None:
                    self._durable += 1
                else:
                    self._refused += 1
                    self._tell(line, f"refused by respand: {reason}")
            self._changed.notify_all()
        connection.progress = time.monotonic()
        self._tries, self._spool_at, self._outage_lasts = 0, None, False

    def _wait(self) -> None:
        """Until the socket, log(), close() or a deadline has something to do."""
        connection = self._connection
        if connection is not None and (connection.out or self._sent):
            self._wait_for_socket(connection)
            return
        with self._work:
            deadlines = [] if self._close_by is None else [self._close_by]
            if self._errors or (self._waiting and connection is not None) or (deadlines and not self._waiting):
                return
            self._wake_lines = 1
            if self._waiting:  # respand is away
                self._wake_lines, self._wake_bytes = self._much() if self._outage_lasts else (_NEVER, _NEVER)
                deadlines.append(self._next_try)
                if self._spool and self._spool_at is not None:
                    deadlines.append(self._spool_at)
            self._work.wait(max(0.0, min(deadlines) - time.monotonic()) if deadlines else None)
            self._wake_lines = self._wake_bytes = _NEVER

    def _wait_for_socket(self, connection: _Connection) -> None:
        poller = select.poll()
        poller.register(connection, select.POLLIN | (select.POLLOUT if connection.out else 0))
        for _, events in poller.poll(_GATHERING * 1000):
            if events & ~select.POLLOUT:
                settled = connection.read()
                if settled:
                    self._settle(connection, settled)
        if self._sent and time.monotonic() >= connection.progress + self._ack_timeout:
            raise _Broken(f"no answer for {self._ack_timeout:g} s")

    def _much(self) -> Tuple[int, int]:
        """So many lines or bytes are spooled at once in an outage that lasts, before they fill the queue."""
        return min(_FILE_LINES, self._max_queue // 2 + 1), min(_FILE_BYTES, self._max_queue_bytes // 2)

    def _spool_is_due(self, now: float) -> bool:
        if self._spool_at is None:
            return False
        lines, size = self._much()
        return now >= self._spool_at or (self._outage_lasts and (len(self._waiting) >= lines or self._bytes >= size))

    def _spool_some(self) -> bool:
        """Writes a file of what waits; False where nothing waits or it fails."""
        with self._changed:
            lines: List[bytes] = []
            size = 0
            for line in self._waiting:
                if lines and (len(lines) == _FILE_LINES or size + len(line) >= _FILE_BYTES):
                    break
                lines.append(line)
                size += len(line) + 1
        if not lines:
            return False
        try:
            self._write_file(lines)
        except OSError as error:
            with self._changed:
                self._last_error = f"can't spool to {self._spool}: {error}"
            return False
        with self._changed:
            for line in lines:
                self._waiting.popleft()
                self._bytes -= len(line)
            self._spooled += len(lines)
            self._changed.notify_all()
        return True

    def _write_file(self, lines: List[bytes]) -> None:
        """A file that is there with all its lines, on the disk, or not at all."""
        name = f"{time.time_ns()}-{os.getpid()}-{self._random.getrandbits(64):016x}.ndjson"
        path, hidden = os.path.join(self._spool, name), os.path.join(self._spool, f".{name}.tmp")
        with _fork_lock:  # A child that kept the file open would hold up the daemon: it has to know of it.
            file = self._spool_file = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        try:
            try:
                rest = memoryview(b"\n".join(lines) + b"\n")
                while rest:
                    rest = rest[os.write(file, rest):]
                os.fsync(file)
            finally:
                with _fork_lock:
                    self._spool_file = None
                    os.close(file)
            os.rename(hidden, path)
        except BaseException:
            try:
                os.unlink(hidden)
            except OSError:
                pass
            raise
        # The file is in place, and respand may have it already: what fails now is no reason to write it again.
        try:
            folder = os.open(self._spool, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            with self._changed:
                self._last_error = f"can't sync {self._spool}: {error}"

    def _hear_errors(self) -> None:
        while self._errors:
            record, reason = self._errors.popleft()
            try:
                if isinstance(record, bytes):
                    record = json.loads(record)
                self._on_error(record, reason)  # type: ignore[misc]
            except BaseException:
                pass  # Theirs; the sender goes on.

    def _finish(self) -> None:
        self._disconnect()
        while self._spool and self._spool_some():
            pass
        with self._changed:
            for line in self._waiting:
                self._dropped += 1
                self._tell(line, "dropped: the client was closed before respand answered")
            self._waiting.clear()
            self._bytes = 0
            self._changed.notify_all()
        self._hear_errors()

    def _in_child(self) -> None:
        """After a fork, in the child: what the parent holds stays the parent's."""
        if self._connection is not None:
            _close(self._connection._socket)
        if self._spool_file is not None:
            os.close(self._spool_file)
        self._start_anew()


# Forks and the process' end.

_exit_hook_of = 0  # the process that will flush at its end


def _flush_at_exit() -> None:
    global _exit_hook_of
    if _exit_hook_of == os.getpid():
        return
    inherited = _exit_hook_of != 0  # atexit's list is inherited by a fork
    _exit_hook_of = os.getpid()
    if not inherited:
        atexit.register(_at_exit)
    multiprocessing = sys.modules.get("multiprocessing")
    if multiprocessing is not None and multiprocessing.parent_process() is not None:
        # Its children end without atexit.
        from multiprocessing.util import Finalize

        Finalize(None, _at_exit, exitpriority=0)


def _at_exit() -> None:
    by = time.monotonic()
    for client in list(_clients):
        if client._sender is not None or client._queued():
            client.close(max(0.0, by + client._close_timeout - time.monotonic()))


def _before_fork() -> None:
    _fork_lock.acquire()


def _after_fork() -> None:
    _fork_lock.release()


def _after_fork_in_child() -> None:
    global _default_lock
    _default_lock = threading.Lock()
    _fork_lock.release()  # The thread that forks holds it, and is the one that goes on here.
    for client in list(_clients):
        client._in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child)


# The module's own client.

_default: Optional[Respand] = None
_default_lock = threading.Lock()


def configure(**settings: Any) -> Respand:
    """Makes the client that the module's functions use, with the settings of Respand; closes the one before."""
    global _default
    client = Respand(**settings)
    with _default_lock:
        former, _default = _default, client
    if former is not None:
        former.close()
    return client


def default_client() -> Respand:
    """The client of the module's functions; where configure() was not called, one with the defaults."""
    global _default
    client = _default
    if client is None:
        with _default_lock:
            client = _default = _default or Respand()
    return client


def log(record: Mapping[str, Any]) -> bool:
    return default_client().log(record)


def flush(timeout: Optional[float] = 5.0) -> bool:
    return default_client().flush(timeout)


async def aflush(timeout: Optional[float] = 5.0) -> bool:
    return await default_client().aflush(timeout)


def close(timeout: Optional[float] = None) -> bool:
    return default_client().close(timeout)


def stats() -> Dict[str, Any]:
    return default_client().stats()


# What is built on the client.

class RespandHandler(logging.Handler):
    """Hands over the log records that are completion records, and leaves all others to other handlers.

    logger.info({"model": "gpt-4o", …})                          the message is a dict
    logger.info("answered", extra={"respand": {"model": …}})     the member respand of extra is one

    One without `timestamp` gets the log record's time; one with exception information `status` and `error_message`.
    """

    def __init__(self, client: Optional[Respand] = None, level: int = logging.NOTSET) -> None:
        super().__init__(level)
        self._client = client

    def emit(self, record: logging.LogRecord) -> None:
        completion_record = getattr(record, "respand", record.msg)
        client = self._client or default_client()
        # What on_error logs, on the sender's thread, must not come back here.
        if not isinstance(completion_record, Mapping) or threading.current_thread() is client._sender:
            return
        fields = dict(completion_record)
        fields.setdefault("timestamp", _timestamp(record.created))
        if record.exc_info and record.exc_info[1] is not None:
            for name, value in error_fields(record.exc_info[1]).items():
                fields.setdefault(name, value)
        client.log(fields)

    def flush(self) -> None:
        client = self._client or _default
        if client is not None and threading.current_thread() is not client._sender:
            client.flush(client._close_timeout)


class Completion:
    """Times one call of a model and logs it at its end: with completion(model="gpt-4o") as call: … (or async with).

    Fills start_time, timestamp (the end) and generation_time; of an exception status, error_message and status_code, and
    lets it pass. What was given, or set in `call.record`, goes before what is filled in.
    """

    def __init__(self, client: Respand, fields: Mapping[str, Any]) -> None:
        self.record: Dict[str, Any] = dict(fields)
        self._client = client
        self._filled: Dict[str, Any] = {}
        self._begin: Optional[float] = None
        self._ended = False

    def start(self) -> "Completion":
        self._begin = time.perf_counter()
        self._filled["start_time"] = _timestamp()
        return self

    def first_token(self) -> None:
        """The first piece of a streamed answer has come; later calls count for nothing."""
        if self._begin is not None:
            self._filled.setdefault("time_to_first_token", round(time.perf_counter() - self._begin, 6))

    def answer(self, answer: T) -> T:
        """Takes model, message and usage out of an answer in OpenAI's shape (a dict or an object), and returns it."""
        try:
            self._filled.update(answer_fields(answer))
        except Exception as error:  # whatever the application has there
            self.note(f"an answer can't be read: {type(error).__name__}: {_text_of(error)}")
        return answer

    def end(self, error: Optional[BaseException] = None) -> None:
        """Logs the call, once."""
        if self._ended or self._begin is None:
            return
        self._ended = True
        filled = {"timestamp": _timestamp(), "generation_time": round(time.perf_counter() - self._begin, 6), **self._filled}
        if error is not None:
            filled.update(error_fields(error))
        self._client.log({**filled, **self.record})

    def fill(self, **fields: Any) -> None:
        """Fields for the record, where the application sets none of that name."""
        self._filled.update(fields)

    def note(self, trouble: str) -> None:
        """For stats()["last_error"]."""
        self._client._last_error = trouble

    def __enter__(self) -> "Completion":
        return self.start()

    def __exit__(self, _: Any, error: Optional[BaseException], __: Any) -> None:
        self.end(error)

    async def __aenter__(self) -> "Completion":
        return self.start()

    async def __aexit__(self, _: Any, error: Optional[BaseException], __: Any) -> None:
        self.end(error)


def completion(*, client: Optional[Respand] = None, **fields: Any) -> Completion:
    """Times a call: its keywords are fields of the record, such as model, customer_identifier, prompt_messages, metadata."""
    return Completion(client or default_client(), fields)


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def error_fields(error: BaseException) -> Dict[str, Any]:
    """The fields of a record that say how a call failed."""
    fields: Dict[str, Any] = {"status": "error", "error_message": f"{type(error).__name__}: {_text_of(error)}".rstrip(": ")}
    code = getattr(error, "status_code", None)
    if type(code) is int and 400 <= code <= 599:
        fields["status_code"] = code
    return fields


def answer_fields(answer: Any) -> Dict[str, Any]:
    """The fields of a record that an answer in OpenAI's shape fills: chat completion, completion, response, embedding."""
    fields = {"model": _get(answer, "model"), "usage": _get(answer, "usage")}
    choices, output = _get(answer, "choices"), _get(answer, "output")
    if choices:
        message = _get(choices[0], "message")
        text = _get(choices[0], "text")
        fields["completion_message"] = message or {"role": "assistant", "content": text or ""}
        fields["tool_calls"] = _get(message, "tool_calls") or None
    elif output:
        parts = [part for item in output for part in _get(item, "content") or () if _get(part, "type") == "output_text"]
        fields["output"] = "".join(_get(part, "text") for part in parts) if parts else _encode(output)
    return {name: value for name, value in fields.items() if value is not None}
