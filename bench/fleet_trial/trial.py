"""Leads a fleet through the phases, with writers at work, and counts what arrived."""
import sys
import time

from comparison.records import Arrivals
from comparison.waiting import pause

from . import tally
from .load import Numbers, Writer

_LOOK = 0.5
_STANDS = 180  # seconds without any arrival, after which what is missing is lost
_CALM = 2  # seconds of records before a fault, and after it
_RECORD = 400  # bytes


class Progress:
    """A line that changes on a terminal; elsewhere a line each half minute."""

    def __init__(self):
        self._terminal = sys.stderr.isatty()
        self._said_at = time.monotonic()

    def say(self, text):
        if self._terminal:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() >= self._said_at + 30:
            self._said_at = time.monotonic()
            print(text, file=sys.stderr, flush=True)

    def clear(self):
        if self._terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


class Trial:
    """`rate`: records a second at each edge."""

    def __init__(self, fleet, rate):
        self.fleet = fleet
        self.numbers = Numbers()
        self.arrivals = Arrivals(fleet.sink.records)
        self.firsts = []  # the first number of each phase
        self.phases = []
        self._writers = [Writer(edge, self.numbers, rate, _RECORD) for edge in fleet.edges]
        self._progress = Progress()
        self._title = ""
        for writer in self._writers:
            writer.start()

    def run(self, phases, records):
        """All phases; the last one goes on until so many records were acknowledged."""
        phases = list(phases)
        for phase in phases:
            self.phases.append(phase)
            self.firsts.append(self.numbers.next)
            self._title = f"{len(self.phases)} of {len(phases)}, {phase.title}"
            self._run(phase, records if phase is phases[-1] else 0)

    def _run(self, phase, records):
        begin = time.monotonic()
        for writer in self._writers:
            writer.go()
        self.hold(_CALM)
        phase.fault(self)
        self.hold(_CALM)
        while self.numbers.acknowledged_count < records:
            self.hold(_LOOK)
        for writer in self._writers:
            writer.rest()
        self._drain()
        refused = [writer.refused for writer in self._writers if writer.refused]
        row = self.rows()[-1]
        self._progress.clear()
        print(f"{phase.title}: {row.acknowledged} acknowledged, {row.missing} missing, {row.twice} twice, {row.more_often} more often; {time.monotonic() - begin:.0f} s"
              + (f"; REFUSED: {refused[0]}" if refused else ""), flush=True)

    def end(self):
        for writer in self._writers:
            writer.end()
        self.arrivals.close()

    def hold(self, seconds):
        """Waits so long, while records come in."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._look("records come in")
            pause(min(_LOOK, end - time.monotonic()))

    def note(self, text):
        self._progress.clear()
        print(f"  {text}", flush=True)

    def rows(self):
        self.arrivals.read()
        allowed = [(phase.title, phase.allowed) for phase in self.phases]
        return tally.rows(allowed, self.firsts, self.numbers.acknowledged, self.arrivals.of)

    def missing(self):
        """Some of the numbers that are missing, each with the phase in which it was handed in."""
        found = tally.missing_numbers(self.firsts, self.numbers.acknowledged, self.arrivals.of)
        return [(number, self.phases[at].title) for number, at in found]

    def _drain(self):
        """Until nothing is on its way any more, so that what comes twice belongs to this phase; or nothing has arrived for long."""
        stands_since = time.monotonic()
        seen = -1
        while time.monotonic() < stands_since + _STANDS:
            self._look("waiting for what is on its way")
            if self.arrivals.different > seen:
                seen = self.arrivals.different
                stands_since = time.monotonic()
            if self.rows()[-1].missing == 0 and self.fleet.is_empty():
                return
            pause(_LOOK)

    def _look(self, what):
        self.fleet.require_running()
        self.arrivals.read()
        self._progress.say(f"{self._title}: {self.numbers.acknowledged_count} acknowledged, {self.arrivals.different} arrived; {what}")
