"""One run with its description, and the files of its report."""
import datetime
import json
import os
import platform
from dataclasses import dataclass, field
from pathlib import Path

from .chart import chart
from .records import RECORD_BYTES
from .table import report


@dataclass
class Run:
    contestants: list
    versions: dict  # of each peer
    works: list
    measurements: list = field(default_factory=list)
    missing: dict = field(default_factory=dict)  # peer -> why it takes no part
    left_out: dict = field(default_factory=dict)  # title of a work -> why
    reference: str = ""  # the contestant that others are compared with
    date: str = field(default_factory=lambda: datetime.date.today().isoformat())
    machine: str = field(default_factory=lambda: describe_machine())
    load: str = ""  # what others did on the machine meanwhile; empty: nothing to speak of
    record_bytes: int = RECORD_BYTES

    @property
    def rounds(self):
        return max((one.round for one in self.measurements), default=0)


def describe_machine():
    """The machine's cores, processor and system, without its name."""
    cores = len(os.sched_getaffinity(0))
    return f"{cores} core{'s' if cores > 1 else ''}, {_processor()}, {_system()}"


def write(run, folder):
    """compare.md, compare.json and compare.svg in `folder`, each replaced as a whole. Returns their paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"compare.md": report(run), "compare.json": json.dumps(to_json(run), indent=1, ensure_ascii=False) + "\n", "compare.svg": chart(run)}
    for name, text in texts.items():
        part = folder / f".{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder / name)
    return [folder / name for name in texts]


def to_json(run):
    return {
        "date": run.date,
        "machine": run.machine,
        "load": run.load,
        "rounds": run.rounds,
        "record_bytes": run.record_bytes,
        "contestants": [{"name": one.name, "peer": one.peer, "version": run.versions[one.peer], "promise": one.promise.value, "note": one.note} for one in run.contestants],
        "missing": run.missing,
        "left_out": run.left_out,
        "works": [{"key": one.key, "title": one.title, "says": one.says} for one in run.works],
        "measurements": [one.to_json() for one in run.measurements],
    }


def _processor():
    for line in _lines_of("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _system():
    for line in _lines_of("/etc/os-release"):
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return f"Linux {platform.release()}"


def _lines_of(path):
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
