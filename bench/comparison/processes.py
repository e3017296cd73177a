"""Starts and ends programs, and measures their CPU time and memory.

Each program leads its own session, so that ^C reaches only bench/compare, which then ends the others.
"""
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .waiting import wait_until

_TICKS = os.sysconf("SC_CLK_TCK")
_END = 10  # seconds that a program gets to end by itself
# The user's proxies are not used between a shipper and the API.
_DIRECT = {"no_proxy": "127.0.0.1,localhost", "NO_PROXY": "127.0.0.1,localhost"}


class ProgramFailed(Exception):
    """A program did not start, or ended by itself. Its text is for people."""


def require_built(path, target):
    """Raises ProgramFailed where there is no program at `path`, which scripts/build makes of `target`."""
    if not os.access(path, os.X_OK):
        raise ProgramFailed(f"there is no {path}: build it (scripts/build release {target})")


def last_lines(log, count=8):
    return "\n".join(Path(log).read_text(errors="replace").splitlines()[-count:])


@dataclass(frozen=True)
class Usage:
    cpu: float  # user and system time so far, seconds, of a program and its children
    peak_bytes: int  # the most memory that it has had resident, added up over its processes


class Program:
    """A program that runs, from the moment on that this is made until stop() or kill()."""

    def __init__(self, name, words, log, environment=None):
        self.name = name
        self.log = Path(log)
        with open(self.log, "ab") as output:
            try:
                self._process = subprocess.Popen(
                    [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                    env={**os.environ, **_DIRECT, **(environment or {})}, start_new_session=True)
            except OSError as error:
                raise ProgramFailed(f"{name} can't be started: {error}") from error

    @property
    def pid(self):
        return self._process.pid

    def require_running(self):
        """Raises ProgramFailed where it has ended."""
        status = self._process.poll()
        if status is not None:
            raise ProgramFailed(f"{self.name} has ended with status {status}:\n{self.last_lines()}")

    def last_lines(self, count=8):
        return last_lines(self.log, count)

    def usage(self):
        return usage_of(self.pid)

    def stop(self):
        """Sends SIGTERM, and SIGKILL if it does not end. No process of its session is left."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_END)
            except subprocess.TimeoutExpired:
                pass
        self.kill()

    def wait(self, seconds):
        """Waits for its end, which somebody else brings about. Raises ProgramFailed where it does not come."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise ProgramFailed(f"{self.name} has not ended within {seconds:.0f} s:\n{self.last_lines()}") from error

    def kill(self):
        """SIGKILL, to all of its session."""
        self.send(signal.SIGKILL)
        self._process.wait()

    def send(self, number):
        """A signal, such as SIGSTOP, to all of its session; nothing where it has ended."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    def wait_until(self, condition, what, seconds):
        """Waits for `condition`, while the program runs. Raises ProgramFailed where it does not come."""

        def met():
            self.require_running()
            return condition()

        if not wait_until(met, seconds):
            raise ProgramFailed(f"{self.name}: {what} did not come within {seconds:.0f} s:\n{self.last_lines()}")


def usage_of(pid):
    """The usage of the process and of all its descendants."""
    cpu = 0.0
    peak = 0
    for one in _tree(pid):
        fields = _stat(one)
        if fields:
            # utime, stime, and those of children that have ended: fields 14 to 17 of proc(5), the name being field 2.
            cpu += sum(int(field) for field in fields[11:15]) / _TICKS
        peak += _peak(one)
    return Usage(cpu, peak)


def _stat(pid):
    """The fields of /proc/PID/stat behind the name; none where the process has gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _peak(pid):
    try:
        for line in Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def _tree(root):
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = _stat(name)
            if fields:
                children.setdefault(int(fields[1]), []).append(int(name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, []))
    return found
