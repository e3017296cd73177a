"""The recorded figures (bench/guard.json), and how those of now are judged by them."""
import enum
import json
from dataclasses import dataclass

TOLERANCE = 0.05
# System calls of one name that are no change: a few turns make one more, and each second the daemon looks after its files, whatever comes in.
SLACK = 0.2
SLACK_A_SECOND = 5
# How often these are called depends on which thread happens to be awake, and on the state of malloc's heaps.
BY_CHANCE = frozenset({
    "brk", "epoll_pwait", "epoll_wait", "futex", "madvise", "mmap", "mprotect", "munmap", "poll", "ppoll", "read", "restart_syscall", "sched_yield", "write"})
CHANCE_TOLERANCE = 0.5
CHANCE_SLACK = 3
# Real system calls only on machines whose clock the kernel can't give out by itself.
NOT_COUNTED = frozenset({"clock_gettime", "clock_nanosleep", "gettimeofday", "time"})


class Verdict(enum.Enum):
    SAME = enum.auto()
    COSTLIER = enum.auto()
    CHEAPER = enum.auto()
    UNKNOWN = enum.auto()  # nothing is recorded


@dataclass(frozen=True)
class Figure:
    """What one thing costs: instructions of a turn, or calls of one name."""

    work: str
    name: str  # "instructions", or that of a system call
    value: float


@dataclass(frozen=True)
class Round:
    """What a work has cost: {name: value} of a turn, and how long a turn took."""

    costs: dict
    seconds: float = 0


@dataclass(frozen=True)
class Finding:
    figure: Figure
    recorded: float
    limit: float
    verdict: Verdict

    def __str__(self):
        if self.verdict is Verdict.UNKNOWN:
            return f"{self.figure.work}: nothing is recorded for it"
        change = f", {100 * (self.figure.value / self.recorded - 1):+.1f} %" if self.recorded else ""
        return f"{self.figure.work}: {self.figure.name} {text(self.recorded)} -> {text(self.figure.value)}{change} (limit {text(self.limit)})"


def text(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.2f}"


def limits(name, recorded, by_chance, slack, chance_slack=CHANCE_SLACK):
    """The least and the most that is no change."""
    if name == "instructions":
        return recorded * (1 - TOLERANCE), recorded * (1 + TOLERANCE)
    if name in by_chance:
        return -1, recorded * (1 + CHANCE_TOLERANCE) + chance_slack
    return recorded * (1 - TOLERANCE) - slack, recorded * (1 + TOLERANCE) + slack


def judge(work, measured, recorded, by_chance=BY_CHANCE, slack=SLACK, chance_slack=CHANCE_SLACK):
    """Findings for each of the figures of a work, of which `measured` is a Round; `recorded`: {name: value}, or None."""
    if recorded is None:
        return [Finding(Figure(work, "", 0), 0, 0, Verdict.UNKNOWN)]
    found = []
    for name in sorted(set(measured.costs) | set(recorded)):
        now, before = measured.costs.get(name, 0), recorded.get(name, 0)
        least, most = limits(name, before, by_chance, slack + SLACK_A_SECOND * measured.seconds, chance_slack)
        verdict = Verdict.COSTLIER if now > most else Verdict.CHEAPER if now < least else Verdict.SAME
        found.append(Finding(Figure(work, name, now), before, most, verdict))
    return found


def failed(findings):
    return [one for one in findings if one.verdict in (Verdict.COSTLIER, Verdict.UNKNOWN)]


def least(rounds):
    """Of each name the least of the rounds, for what disturbs a round makes it dearer; and the time of the quickest."""
    names = {name for one in rounds for name in one.costs}
    return Round({name: min(one.costs.get(name, 0) for one in rounds) for name in sorted(names)}, min(one.seconds for one in rounds))


def per_turn(few, many, turns):
    """The calls of one turn, from the counts of two runs of which the second does `turns` more."""
    costs = {name: max((many.get(name, 0) - few.get(name, 0)) / turns, 0) for name in many if name not in NOT_COUNTED}
    return {name: round(value, 2) for name, value in sorted(costs.items()) if value >= 0.005}


@dataclass
class Record:
    """What bench/guard.json holds. `build` and `libraries`: what the figures depend on, as guard_work says."""

    build: str
    libraries: str
    works: dict  # {work: {name: value}}


def read(path):
    """The Record, or None where there is no file."""
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def write(path, record):
    """A line for each work, so that a change of one shows as one."""
    works = ",\n".join(f"    {json.dumps(work)}: {json.dumps(costs)}" for work, costs in record.works.items())
    path.write_text(f'{{\n  "build": {json.dumps(record.build)},\n  "libraries": {json.dumps(record.libraries)},\n  "works": {{\n{works}\n  }}\n}}\n', encoding="utf-8")
