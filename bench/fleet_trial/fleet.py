"""The whole fleet: servers, the stand-in API, relays, edges."""
import subprocess

from comparison.api import Sink, free_port
from comparison.processes import ProgramFailed
from comparison.waiting import wait_until

from .member import Member, nats_section
from .nats import STREAM, Servers, wait_for_cluster

_FAR = 180  # seconds; a deadline
_KEY = {"RESPAN_API_KEY": "trial-key"}


class Fleet:
    """Nothing runs until start_servers() and start(); stop() ends all of it. `batch`: of `nats.batch`."""

    def __init__(self, respand, nats_server, folder, nodes=3, edges=2, relays=2, batch="", api=""):
        self._respand = respand
        self._folder = folder
        self.servers = Servers(nats_server, folder, nodes)
        self.sink = Sink(respand, folder, free_port())
        base_url = f'api: {{base_url: "{self.sink.address.url}/api"{api}}}'
        batch = f", batch: {{{batch}}}" if batch else ""
        self.relays = [self._member(f"relay{number + 1}", ("source: nats", nats_section(self.servers, "relay"), base_url), _KEY) for number in range(relays)]
        self.edges = [
            self._member(f"edge{number + 1}", ("destination: nats", nats_section(self.servers, "edge", f", subject: respand.edge{number + 1}{batch}")))
            for number in range(edges)
        ]

    def _member(self, name, sections, environment=None):
        return Member(self._respand, name, self._folder, sections, environment)

    @property
    def members(self):
        return self.edges + self.relays

    def start_servers(self):
        """The servers, and the stream and its consumer on them. Returns what `respand nats setup` has said."""
        self.servers.start()
        wait_for_cluster(self.servers)
        config = self._folder / "setup.yaml"
        config.write_text(nats_section(self.servers, "owner", ", subject: respand.any") + "\n", encoding="utf-8")
        said = []

        def made():
            done = subprocess.run([self._respand, "nats", "setup", "--apply", "--config", config], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            said[:] = [done.stdout + done.stderr]
            return done.returncode == 0

        if not wait_until(made, _FAR, look=0.5):
            raise ProgramFailed(f"the stream {STREAM} can't be made:\n{said[0]}")
        return said[0]

    def start(self):
        """The API, the relays and the edges; they take records when this returns."""
        self.sink.start()
        for member in self.members:
            member.launch()
        for member in self.members:
            member.await_ready()

    def stop(self):
        for member in self.members:
            member.begin_stop()
        for member in self.members:
            member.end_stop()
        self.sink.stop()
        self.servers.stop()

    def kill(self):
        """kill -9 of everything that runs."""
        for member in self.members:
            member.kill()
        self.servers.stop()
        self.sink.kill()

    def require_running(self):
        """Raises ProgramFailed where a program has ended by itself."""
        for member in self.members:
            member.require_running()

    def is_empty(self):
        """Whether no edge, relay or message holds a record. Requires: nobody hands records in."""
        # In the order of a record's way, so that none is passed over.
        if any(edge.backlog() != 0 for edge in self.edges):
            return False
        consumer = self.servers.consumer()
        if consumer is None or consumer["num_pending"] or consumer["num_ack_pending"]:
            return False
        return all(relay.backlog() == 0 for relay in self.relays)
