"""What is done with each contestant, and what is measured."""
import contextlib
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Callable

from .api import Sink, TlsFront, free_port
from .contestant import Job, Shape
from .processes import Program, ProgramFailed
from .records import RECORD_BYTES, count_arrivals
from .waiting import Growth, wait_for_growth
from .writer import Writer, can_connect

_READY = 30  # seconds until a contestant must take a connection
_LAST_WORDS = 2  # seconds for a contestant that takes no more records to end, and to say why
_AWAY_RATE = 2000  # records a second that come in while the API is away
_KILL_RATE = 10_000  # and before a kill -9


@dataclass(frozen=True)
class Scale:
    """How much of each work is done."""

    records: int = 200_000  # at full speed
    tls_records: int = 50_000
    seconds: float = 10  # for which at most is written at full speed
    paced_seconds: float = 10
    away_seconds: float = 20
    kill_seconds: float = 2
    patience: float = 15  # without an arrival for so long, what has not come is lost
    most_wait: float = 120  # behind the last write; what still comes in then is late

    @property
    def most_records(self):
        return max(self.records, self.tls_records, int(1000 * self.paced_seconds), int(_AWAY_RATE * self.away_seconds), int(_KILL_RATE * self.kill_seconds))


QUICK = Scale(records=20_000, tls_records=5_000, seconds=3, paced_seconds=2, away_seconds=3, kill_seconds=1, patience=10, most_wait=20)


@dataclass
class Measurement:
    """The figures of one contestant in one round of one work. None: not measured, or it failed."""

    work: str
    contestant: str
    round: int
    rate: float | None = None  # records a second, from the first write to the last arrival
    cpu_us: float | None = None  # user and system time of its processes, microseconds a record
    cpu_seconds: float | None = None
    peak_mb: float | None = None
    written: int | None = None
    lost: int | None = None
    lost_acknowledged: int | None = None  # of what it had acknowledged; only where it does
    duplicated: int | None = None
    late: int | None = None  # had not arrived when the time was over, and were still coming in; not among the lost ones
    failure: str = ""

    def to_json(self):
        return {name: value for name, value in asdict(self).items() if value not in (None, "")}


@dataclass(frozen=True)
class Work:
    key: str
    title: str
    says: str  # what is done, in a sentence
    shape: Shape
    run: Callable  # (Stage, Scale, Measurement) -> None; fills in the measurement
    tls: bool = False


class Stage:
    """The running API and one running contestant. When the `with` block is left, both end, and their files are removed."""

    def __init__(self, respand, contestant, work, lines, folders, port=0):
        self.contestant = contestant
        self._respand, self._work, self._lines, self._folders, self._port = respand, work, lines, folders, port
        self._ends = contextlib.ExitStack()

    def __enter__(self):
        try:
            self._set_up()
        except BaseException:
            self._ends.close()
            raise
        return self

    def __exit__(self, *_):
        self._ends.close()

    def _set_up(self):
        disk, memory = (self._folder(parent) for parent in (self._folders.disk, self._folders.memory))
        self.sink = Sink(self._respand, memory, self._port or free_port())
        self._ends.callback(self.sink.stop)
        self.sink.start()
        api = self.sink.address
        if self._work.tls:
            front = TlsFront(disk, api, free_port())
            self._ends.callback(front.stop)
            front.start()
            api = front.address
        self._job = Job(disk, api, self._work.shape)
        self._log = disk / "log"
        self.start()

    def _folder(self, parent):
        folder = Path(parent) / "run"
        folder.mkdir()
        self._ends.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def start(self):
        """Starts the contestant, again after a kill; it takes connections when this returns."""
        launch = self.contestant.launch(self._job)
        self._address = launch.address
        self.program = Program(self.contestant.name, launch.words, self._log, launch.environment)
        self._ends.callback(self.program.stop)
        self.program.wait_until(lambda: can_connect(launch.address), "its socket", _READY)

    def writer(self, records, acknowledged=False):
        lines = memoryview(self._lines)[:records * RECORD_BYTES]
        writer = Writer(self._address, lines, RECORD_BYTES, acknowledged and self.contestant.acknowledges)
        self._ends.callback(writer.drop)
        return writer

    def wait_for(self, written, scale):
        """Waits until all have arrived, or no more arrive, or the time is over. Returns how it ended, and the time of the last arrival."""
        return wait_for_growth(lambda: self.sink.arrived(self.contestant.in_pieces), written, scale.patience, scale.most_wait)


def measure(stage, work, scale, number):
    """The measurement of round `number`; if it failed, the measurement says why."""
    result = Measurement(work.key, stage.contestant.name, number)
    try:
        with stage:
            try:
                work.run(stage, scale, result)
            except (ConnectionError, TimeoutError) as failure:
                stage.program.wait_until(lambda: False, f"it takes no more records ({failure}), and its end", _LAST_WORDS)
    except ProgramFailed as failure:
        result.failure = str(failure)
    return result


def _at_full_speed(stage, scale, result, records):
    before = stage.program.usage().cpu
    begin = time.monotonic()
    writer = stage.writer(max(int(records * stage.contestant.share), 1), acknowledged=True)
    writer.write(scale.seconds)
    writer.close()
    growth, end = stage.wait_for(writer.written, scale)
    usage = stage.program.usage()
    arrived = _note_arrivals(stage, writer, growth, result)
    _note_cost(usage, before, arrived, result)
    result.rate = arrived / (end - begin)


def _paced(rate):
    def run(stage, scale, result):
        before = stage.program.usage().cpu
        writer = stage.writer(int(rate * scale.paced_seconds))
        writer.pace(rate, scale.paced_seconds)
        writer.close()
        growth, _ = stage.wait_for(writer.written, scale)
        usage = stage.program.usage()
        _note_cost(usage, before, _note_arrivals(stage, writer, growth, result), result)

    return run


def _away(stage, scale, result):
    stage.sink.go_away()
    before = stage.program.usage().cpu
    writer = stage.writer(int(_AWAY_RATE * scale.away_seconds))
    writer.pace(_AWAY_RATE, scale.away_seconds)
    _note_cost(stage.program.usage(), before, writer.written, result)
    writer.close()
    stage.sink.start()
    growth, _ = stage.wait_for(writer.written, scale)
    _note_arrivals(stage, writer, growth, result)


def _killed(stage, scale, result):
    writer = stage.writer(int(_KILL_RATE * scale.kill_seconds), acknowledged=True)
    writer.pace(_KILL_RATE, scale.kill_seconds)
    stage.program.kill()
    writer.close()
    stage.start()
    growth, _ = stage.wait_for(writer.written, scale)
    _note_arrivals(stage, writer, growth, result)


def _note_cost(usage, cpu_before, records, result):
    result.cpu_seconds = usage.cpu - cpu_before
    result.cpu_us = result.cpu_seconds * 1e6 / max(records, 1)
    result.peak_mb = usage.peak_bytes / 1e6


def _note_arrivals(stage, writer, growth, result):
    """Returns how many different records have arrived."""
    count = stage.sink.count(writer.written)
    result.written, result.duplicated = count.written, count.duplicated
    if growth is Growth.TIMED_OUT:
        result.late = count.lost
    else:
        result.lost = count.lost
        if writer.durable:
            result.lost_acknowledged = count_arrivals(stage.sink.records, writer.durable).lost
    return count.arrived


def all_works():
    """The works, in the order of the report."""
    return (
        Work("single", "one POST a record, full speed", "Records are written as fast as they are taken; each goes out as a request of its own.", Shape.SINGLE,
             lambda stage, scale, result: _at_full_speed(stage, scale, result, scale.records)),
        Work("batch", "batches, full speed", "The same with hundreds of records a request, as each contestant makes batches.", Shape.BATCH,
             lambda stage, scale, result: _at_full_speed(stage, scale, result, scale.records)),
        Work("paced-100", "100 records/s", "A plain line a write, evenly, and a request of its own.", Shape.SINGLE, _paced(100)),
        Work("paced-1000", "1,000 records/s", "A plain line a write, evenly, and a request of its own.", Shape.SINGLE, _paced(1000)),
        Work("away", "API away, 2,000 records/s coming in", "The API's port refuses connections; CPU and memory are those of that time. Then it comes back, and must get all.",
             Shape.SINGLE, _away),
        Work("kill", "kill -9 amid 10,000 records/s", "The contestant is killed right behind the last write, and started again over what it has on disk.", Shape.SINGLE, _killed),
        Work("tls", "one POST a record over TLS, full speed", "As the first, through nginx in front of the API (HTTP/2 where the contestant speaks it).", Shape.SINGLE,
             lambda stage, scale, result: _at_full_speed(stage, scale, result, scale.tls_records), tls=True),
    )
