"""An edge or a relay: the real daemon in a folder of its own."""
import contextlib
import json
import os
import signal
import urllib.error
import urllib.request

from comparison.api import HOST, free_port
from comparison.processes import Program, ProgramFailed, last_lines
from comparison.waiting import wait_until

from .nats import STREAM

_READY = 60  # seconds; a deadline
_SOON = 5
_END = 30  # more than delivery.drain_timeout
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Member:
    """`sections`: more of its configuration, a whole section a line."""

    def __init__(self, program, name, folder, sections, environment=None):
        self.name = name
        self.role = "edge" if "destination: nats" in sections else "relay"
        self.folder = folder / name
        self._program = program
        self._sections = sections
        self._environment = environment
        self._running = None
        self._pages = free_port()
        (self.folder / "spool").mkdir(parents=True)
        self.configure()

    @property
    def socket(self):
        return self.folder / "in"

    @property
    def config(self):
        return self.folder / "respand.yaml"

    @property
    def runs(self):
        return self._running is not None

    def configure(self):
        own = self.folder
        self.config.write_text("\n".join((*self._sections, f"""socket: {{path: {own}/in}}
spool: {{directory: {own}/spool}}
journal: {{directory: {own}/journal, segment_size: 32MiB}}
dead_letters: {{directory: {own}/dead-letters}}
costs: {{directory: {own}/costs}}
control: {{path: {own}/control}}
metrics: {{listen: "{HOST}:{self._pages}"}}
""")), encoding="utf-8")

    def launch(self):
        self._running = Program(self.name, [self._program, "run", "--config", self.config], self.folder / "log", self._environment)

    def await_ready(self):
        self._running.wait_until(lambda: self._page("healthz") is not None, "its pages", _READY)

    def start(self):
        """It takes records when this returns."""
        self.launch()
        self.await_ready()

    def begin_stop(self):
        """SIGTERM: an orderly end begins."""
        if self._running:
            self._running.send(signal.SIGCONT)
            self._running.send(signal.SIGTERM)

    def end_stop(self):
        """Waits for the end, and kills what does not end."""
        if self._running:
            with contextlib.suppress(ProgramFailed):
                self._running.wait(_END)
            self.kill()

    def stop(self):
        self.begin_stop()
        self.end_stop()

    def kill(self):
        if self._running:
            self._running.kill()
            self._running = None

    def pause(self):
        self._running.send(signal.SIGSTOP)

    def resume(self):
        self._running.send(signal.SIGCONT)

    def reload(self):
        self.configure()
        self._running.send(signal.SIGHUP)

    def require_running(self):
        if self._running:
            self._running.require_running()

    def usage(self):
        return self._running.usage()

    def thread_cpu(self, name):
        """CPU seconds so far of its thread of that name; its own name for the main one."""
        ticks = 0
        tasks = f"/proc/{self._running.pid}/task"
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/stat", encoding="ascii", errors="replace") as file:
                head, _, rest = file.read().rpartition(")")
            if head.partition("(")[2] == name:
                fields = rest.split()
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def status(self):
        """`respand status --json`; None: it does not answer."""
        text = self._page("status.json")
        return json.loads(text) if text else None

    def backlog(self):
        """Records that it has and that are not delivered; None: it does not answer."""
        status = self.status()
        return status["backlog"]["records"] if status else None

    def headline(self):
        return (self.status() or {}).get("headline", "")

    def await_headline(self, words, seconds):
        """Whether `status` begins with these words in time."""
        return wait_until(lambda: words in self.headline(), seconds, look=0.1)

    def last_lines(self, count=8):
        return last_lines(self.folder / "log", count)

    def _page(self, path):
        try:
            with _direct.open(f"http://{HOST}:{self._pages}/{path}", timeout=_SOON) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()
        except OSError:
            return None


def nats_section(servers, user, more="", replicas=None):
    """The section `nats` of a member's configuration; `more`: keys, each with a comma in front."""
    urls = ", ".join(f'"{url}"' for url in servers.urls)
    return f"nats: {{servers: [{urls}], nkey_file: {servers.key_file(user)}, stream: {STREAM}, require: {{replicas: {replicas or len(servers)}}}{more}}}"
