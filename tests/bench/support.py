"""What the tests of bench/compare share: where its modules are, a run to report on, and contestants of the stand-in."""
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = Path(__file__).resolve().parent / "stand_in.py"
sys.path.insert(0, str(ROOT / "bench"))

from comparison import results  # noqa: E402
from comparison.contestant import Contestant, Launch, Promise, Shape  # noqa: E402
from comparison.peers import respand  # noqa: E402
from comparison.works import Measurement, all_works  # noqa: E402

OURS, THEIRS = "respand, synced", "Other & Co, <disk>"


def never(_job):
    raise AssertionError("nothing is started here")


def contestants():
    return [
        Contestant("respand", "synced", Promise.SYNCED, never, note="the defaults"),
        Contestant("Other & Co", "<disk>", Promise.WRITTEN, never, shapes=(Shape.SINGLE,)),
    ]


def run(measurements, load=""):
    """A run of every work whose measurements those are."""
    return results.Run(contestants(), {"respand": "1.0", "Other & Co": "2.0"}, list(all_works()), measurements, missing={"third": "it is not on the PATH"},
                       reference=OURS, date="2026-01-01", machine="2 cores, a processor", load=load)


def measured(work, contestant, number, **values):
    return Measurement(work, contestant, number, **values)


def stand_in(**faults):
    """A contestant: the stand-in with these faults, such as lose=10."""
    peer = respand.find(type("Installed", (), {"respand": STAND_IN}))

    def launch(job):
        ordinary = peer.contestants[0].launch(job)
        return Launch(ordinary.words, ordinary.address, {f"STAND_IN_{name.upper()}": str(value) for name, value in faults.items()})

    return Contestant("stand-in", "", Promise.MEMORY, launch, shapes=(Shape.SINGLE,), acknowledges=True)
