"""The command line: scripts/fleet-demo."""
import argparse
import contextlib
import subprocess
import tempfile
import time
from pathlib import Path

from comparison import exit_status
from comparison.processes import ProgramFailed
from comparison.records import Arrivals, lines
from comparison.waiting import wait_until

from .fleet import Fleet

ROOT = Path(__file__).resolve().parents[2]
_FAR = 120  # seconds; a deadline
_BLOCK = 1000  # records handed in at a time
_RECORD = 400  # bytes


def arguments(words):
    parser = argparse.ArgumentParser(
        prog="scripts/fleet-demo",
        description="Shows a fleet on this machine, with no account: a NATS JetStream cluster, two edges without an API key, two relays, and the stand-in API (`respand sink`). "
        "Records go in at the edges while one relay, one edge and one server are killed with -9; at the end all acknowledged records are counted at the API. "
        "Less than a minute, after the build.")
    parser.add_argument("--one", action="store_true", help="one server in place of three")
    parser.add_argument("--respand", type=Path, metavar="PATH", help="the program; else build/release/respand, which is built first")
    return parser.parse_args(words)


def main(words=None):
    """Exit status: 0 done; 1 failed; 64 bad command line; 130 ended by ^C or SIGTERM."""
    return exit_status.of("scripts/fleet-demo", arguments, show, (ProgramFailed, OSError), words, "ended; what it had started has ended too")


def show(options):
    prepare(["scripts/install-packages", "--fleet"])
    if not options.respand:
        prepare(["scripts/build", "release", "respand_bin"])
    respand = (options.respand or ROOT / "build/release/respand").resolve()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="respand-fleet.") as folder, contextlib.ExitStack() as ends:
        demo = Demo(respand, Path(folder), 1 if options.one else 3)
        ends.callback(demo.fleet.stop)
        demo.run()
    print(f"{time.monotonic() - begin:.0f} s")
    return 0


def prepare(words):
    if subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode:
        raise ProgramFailed(f"{' '.join(words)} has failed")


def say(text):
    print(f"\n\033[1m{text}\033[0m", flush=True)


class Demo:
    def __init__(self, respand, folder, nodes):
        self._respand = respand
        self._folder = folder
        self.fleet = Fleet(respand, ROOT / "build/fleet/nats-server", folder, nodes=nodes)
        self._arrivals = Arrivals(self.fleet.sink.records)
        self._acknowledged = 0

    def run(self):
        fleet = self.fleet
        say(f"Servers with JetStream ({len(fleet.servers)}), which sync before they answer; the stream and its consumer")
        print(fleet.start_servers(), end="")
        say("The stand-in API, two relays with the API key, two edges without")
        fleet.start()
        for edge in fleet.edges:
            self._hand_in(edge)
        say("kill -9 of a relay, an edge and a server; records come in meanwhile")
        self._kill()
        subprocess.run([self._respand, "status", "--config", fleet.edges[0].config], stdin=subprocess.DEVNULL, check=False)
        say("All that was acknowledged is at the API (what the killed relay held comes again after the consumer's ack_wait, 30 s)")
        self._count()

    def _kill(self):
        one, two = self.fleet.edges
        relay = self.fleet.relays[0]
        relay.kill()
        self._hand_in(one)
        two.kill()
        self._hand_in(one)
        two.start()
        if len(self.fleet.servers) > 1:
            self.fleet.servers.kill(1)
            self._hand_in(two)
            self.fleet.servers.start([1])
        relay.start()
        self._hand_in(two)

    def _hand_in(self, edge):
        path = self._folder / "handed-in"
        path.write_bytes(lines(_BLOCK, _RECORD, self._acknowledged))
        done = subprocess.run([self._respand, "send", "--socket", edge.socket, path], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ProgramFailed(f"{edge.name} took no records: {done.stderr}")
        self._acknowledged += _BLOCK

    def _count(self):
        def all_arrived():
            self._arrivals.read()
            return self._arrivals.different >= self._acknowledged

        arrived = wait_until(all_arrived, _FAR, look=0.1)
        again = sum(times - 1 for times in self._arrivals.times if times)
        print(f"acknowledged {self._acknowledged}, arrived {self._arrivals.different}, sent again {again}")
        if not arrived:
            raise ProgramFailed(f"not all records have arrived within {_FAR} s")
