"""A shipper in one configuration: what it promises, and how it is started."""
import enum
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from .api import Address


class Promise(enum.Enum):
    """Where a record is when the configuration calls it taken."""

    MEMORY = "in memory"
    WRITTEN = "written"  # to a file: kill -9 does not touch it, power loss does
    SYNCED = "synced"  # to the disk


class Shape(enum.Enum):
    SINGLE = "one POST a record"
    BATCH = "batches"


@dataclass(frozen=True)
class Job:
    """What a contestant is configured for. All that it keeps is below `folder`, which outlives a restart."""

    folder: Path
    api: Address
    shape: Shape


@dataclass(frozen=True)
class Launch:
    words: list  # the command
    address: object  # where it takes lines: the path of a Unix socket, or a port of 127.0.0.1
    environment: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Contestant:
    peer: str  # "syslog-ng"
    variant: str  # "disk buffer"
    promise: Promise
    launch: Callable[[Job], Launch]  # writes the configuration, and says how to start it; the same again after a kill
    shapes: tuple = (Shape.SINGLE, Shape.BATCH)
    note: str = ""  # what a reader of its figures must know
    acknowledges: bool = False  # takes `!ack`, and says what is durable
    share: float = 1  # of the records at full speed: a slow one would take all day
    in_pieces: bool = False  # the API gets many records in a body that it counts as one

    @property
    def name(self):
        return f"{self.peer}, {self.variant}"


@dataclass(frozen=True)
class Peer:
    """A shipper as it is on this machine; without contestants where it is not."""

    name: str
    version: str = ""
    contestants: tuple = ()
    missing: str = ""  # why it can't take part, and what to do


def write(path, text):
    """Writes a configuration, and makes its folder. Returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path
