"""The command line: bench/caller."""
import argparse
import contextlib
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from comparison import exit_status
from comparison.api import Sink, free_port, listens
from comparison.load import ForeignLoad
from comparison.processes import Program, ProgramFailed, require_built
from comparison.waiting import Growth, wait_for_growth

from . import ways

ROOT = Path(__file__).resolve().parents[2]
_FAR = 30  # seconds; a deadline for what should come at once
_DISTANCE = 50  # milliseconds


@dataclass(frozen=True)
class Row:
    title: str
    way: str
    place: str  # "socket", "spool", "http", "far", or nothing


ROWS = (
    Row("nothing: only the looks at the clocks", "nothing", ""),
    Row("write() of a line", "line", "socket"),
    Row("line after !ack, until it is durable", "ack", "socket"),
    Row("POST to respand, until it is durable", "post", "http"),
    Row("file written and renamed into the spool", "spool", "spool"),
    Row(f"POST to an API {_DISTANCE} ms away", "post", "far"),
)


@dataclass(frozen=True)
class Cost:
    """Of one record, in microseconds; `cpu` is the mean of the calling thread's."""

    p50: float
    p99: float
    most: float
    cpu: float


def cost_of(nanoseconds):
    """`nanoseconds`: [(time, CPU time)], one for each record."""
    times = sorted(time / 1000 for time, _ in nanoseconds)

    def share(part):
        return times[int(part * (len(times) - 1))]

    return Cost(share(0.5), share(0.99), times[-1], sum(cpu for _, cpu in nanoseconds) / 1000 / len(nanoseconds))


def arguments(words):
    parser = argparse.ArgumentParser(prog="bench/caller", description="Time and CPU time of the thread that logs a record, by the way it does it.")
    parser.add_argument("--records", type=int, default=2000, metavar="N", help="of each way (2000; far away a fiftieth, at least 20)")
    parser.add_argument("--rate", type=int, default=1000, metavar="N", help="records a second, evenly (1000)")
    parser.add_argument("--respand", type=Path, default=ROOT / "build/release/respand", metavar="PATH", help="the program (build/release/respand)")
    parser.add_argument("--caller", type=Path, default=ROOT / "build/release/caller", metavar="PATH", help="bench/caller.cc (build/release/caller)")
    parser.add_argument("--folder", type=Path, default=ROOT / "build", metavar="DIR", help="where the daemon keeps its files meanwhile; its disk is what is measured (build)")
    options = parser.parse_args(words)
    if options.records < 1 or options.rate < 1:
        parser.error("--records and --rate are at least 1")
    return options


def main(words=None):
    """Exit status: 0 done; 1 failed; 64 bad command line; 130 ended by ^C or SIGTERM."""
    return exit_status.of("bench/caller", arguments, measure, (ProgramFailed, OSError), words)


def measure(options):
    for path, target in ((options.respand, "respand_bin"), (options.caller, "caller")):
        require_built(path, target)
    options.folder.mkdir(parents=True, exist_ok=True)
    load = ForeignLoad()
    print(f"{'a record, microseconds':42} {'':7} {'p50':>9} {'p99':>9} {'max':>9} {'CPU':>7}")
    with tempfile.TemporaryDirectory(prefix="caller-", dir=options.folder.resolve()) as folder, contextlib.ExitStack() as ends:
        stage = Stage(options, Path(folder), ends)
        for row in ROWS:
            for language, run in (("C++", stage.run_native), ("Python", ways.run)):
                cost = cost_of(stage.run(row, run))
                print(f"{row.title:42} {language:7} {cost.p50:9.1f} {cost.p99:9.1f} {cost.most:9.1f} {cost.cpu:7.1f}", flush=True)
    if load.warning():
        print(f"LOADED MACHINE: {load.warning()}: not to be quoted", file=sys.stderr)
    return 0


class Stage:
    """The daemon with an API near by, and another API that takes its time for each answer."""

    def __init__(self, options, folder, ends):
        self._options = options
        (folder / "spool").mkdir()
        self._sink = Sink(options.respand, folder, free_port())
        self._sink.start()
        ends.callback(self._sink.stop)
        far = free_port()
        away = Program("respand sink", [options.respand, "sink", "--listen", f"127.0.0.1:{far}", "--delay", f"{_DISTANCE}ms"], folder / "far.log")
        ends.callback(away.stop)
        away.wait_until(lambda: listens(far), "its port", _FAR)
        near = free_port()
        self._places = {"": "-", "socket": str(folder / "in"), "spool": str(folder / "spool"), "http": str(near), "far": str(far)}
        (folder / "respand.yaml").write_text(self._configuration(folder, near), encoding="utf-8")
        self._daemon = Program("respand", [options.respand, "run", "--config", folder / "respand.yaml"], folder / "log")
        ends.callback(self._daemon.stop)
        self._daemon.wait_until(lambda: listens(near), "its port", _FAR)
        self._handed_in = 0

    def _configuration(self, folder, port):
        return f"""api: {{base_url: "{self._sink.address.url}/api", api_key: caller}}
socket: {{path: {folder}/in}}
http: {{listen: "127.0.0.1:{port}"}}
spool: {{directory: {folder}/spool}}
journal: {{directory: {folder}/journal}}
dead_letters: {{directory: {folder}/dead-letters}}
costs: {{directory: {folder}/costs}}
control: {{path: {folder}/control}}
"""

    def run(self, row, run):
        """The costs of a row's records, all of which have arrived when it returns."""
        options = self._options
        records, rate = (max(options.records // 50, 20), 1_000_000) if row.place == "far" else (options.records, options.rate)
        costs = run(row.way, self._places[row.place], records, rate)
        if row.place not in ("", "far"):
            self._handed_in += records
            growth, _ = wait_for_growth(self._sink.arrived, self._handed_in, _FAR, 10 * _FAR)
            if growth is not Growth.REACHED:
                raise ProgramFailed(f"{row.title}: of {self._handed_in} records {self._sink.arrived()} have arrived:\n{self._daemon.last_lines()}")
        return costs

    def run_native(self, way, place, records, rate):
        done = subprocess.run([self._options.caller, way, place, str(records), str(rate)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ProgramFailed(f"caller {way} has ended with status {done.returncode}: {done.stderr}")
        return [tuple(int(word) for word in line.split()) for line in done.stdout.splitlines()]
