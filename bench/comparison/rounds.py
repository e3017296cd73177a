"""The order of a run: in each round every contestant does every work in turn, so that changes of the machine's speed affect all."""
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from .works import Stage, measure


@dataclass(frozen=True)
class Folders:
    disk: Path  # what contestants keep
    memory: Path  # what the API has got


def turns(works, contestants, rounds):
    """(round, work, contestant) in the order of the run. No contestant is always the first, or always after the same one."""
    for number in range(1, rounds + 1):
        for work in works:
            able = [one for one in contestants if work.shape in one.shapes]
            first = (number - 1) % len(able) if able else 0
            for contestant in able[first:] + able[:first]:
                yield number, work, contestant


class Progress:
    """One line on a terminal, elsewhere a line for each turn."""

    def __init__(self, total, out=None):
        self._total, self._out = total, out or sys.stderr
        self._begin = time.monotonic()
        self._live = self._out.isatty()

    def turn(self, done, rounds, number, work, contestant):
        spent = time.monotonic() - self._begin
        left = f", about {spent / done * (self._total - done) / 60:.0f} min left" if done else ""
        text = f"{done + 1}/{self._total}  round {number} of {rounds}: {work.title}: {contestant.name}{left}"
        self._out.write(f"\r\033[K{text}" if self._live else f"{text}\n")
        self._out.flush()

    def say(self, text):
        self._out.write(f"\r\033[K{text}\n" if self._live else f"{text}\n")
        self._out.flush()


def run(respand, works, contestants, rounds, scale, lines, folders, on_round, port=0, progress=None):
    """All measurements. `on_round(measurements)` is called after each whole round, with those so far."""
    order = list(turns(works, contestants, rounds))
    progress = progress or Progress(len(order))
    measurements = []
    for done, (number, work, contestant) in enumerate(order):
        progress.turn(done, rounds, number, work, contestant)
        result = measure(Stage(respand, contestant, work, lines, folders, port), work, scale, number)
        measurements.append(result)
        if result.failure:
            progress.say(f"FAILED: {work.title}: {result.failure}")
        if done + 1 == len(order) or order[done + 1][0] != number:
            on_round(measurements)
    return measurements
