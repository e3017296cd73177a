"""The command line: scripts/fleet-faults."""
import argparse
import contextlib
import shutil
import sys
import tempfile
from pathlib import Path

from comparison import exit_status
from comparison.processes import ProgramFailed, require_built

from .fleet import Fleet
from .phases import all_phases
from .trial import Trial

ROOT = Path(__file__).resolve().parents[2]
_SECONDS = 6  # for which records come in during a phase, about
_ACK_WAIT = 5  # seconds; short, so that messages go to another relay often
_LONGEST_SOCKET = 107


def arguments(words):
    parser = argparse.ArgumentParser(
        prog="scripts/fleet-faults",
        description="Two edges, a NATS cluster of three nodes, two relays and the stand-in API, all of them real programs on 127.0.0.1, under one fault after another while "
        "records come in. Counts by number what was acknowledged and what arrived.",
        epilog="Exit status: 0 all arrived, and nothing came more often than was cut off; 1 something is missing or came too often, or a program failed (the folder is kept "
        "then); 64 bad command line; 130 ended by ^C or SIGTERM.")
    parser.add_argument("--records", type=int, default=100_000, metavar="N", help="that are acknowledged, at least (100000)")
    parser.add_argument("--phases", default="", metavar="NAME,…", help="only these; --list names them")
    parser.add_argument("--list", action="store_true", help="name the phases, and end")
    parser.add_argument("--ack-wait", type=float, default=_ACK_WAIT, metavar="SECONDS", help=f"of the consumer ({_ACK_WAIT})")
    parser.add_argument("--respand", type=Path, default=ROOT / "build/release/respand", metavar="PATH", help="the program (build/release/respand)")
    parser.add_argument("--nats-server", type=Path, default=ROOT / "build/fleet/nats-server", metavar="PATH", help="(build/fleet/nats-server)")
    parser.add_argument("--folder", type=Path, default=ROOT / "build", metavar="DIR", help="where all files are meanwhile, in a folder of their own (build)")
    options = parser.parse_args(words)
    if options.records < 1 or options.ack_wait <= 0:
        parser.error("--records is at least 1, and --ack-wait more than 0")
    return options


def main(words=None):
    return exit_status.of("scripts/fleet-faults", arguments, run, (ProgramFailed, OSError), words, "ended; what it had started has ended too, and its folder is removed")


def run(options):
    require_built(options.respand, "respand_bin")
    if not options.nats_server.exists():
        raise ProgramFailed(f"there is no {options.nats_server}: scripts/install-packages --fleet brings it")
    options.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="faults-", dir=options.folder.resolve()))
    good = False
    try:
        if len(str(folder / "relay1/control")) > _LONGEST_SOCKET:
            raise ProgramFailed(f"{folder} is too long a path for a Unix socket: name a folder with --folder")
        good = _run(options, folder)
    except KeyboardInterrupt:
        good = True
        raise
    finally:
        if good:
            shutil.rmtree(folder)
        else:
            print(f"all files are kept: {folder}", file=sys.stderr)
    return 0 if good else 1


def _run(options, folder):
    fleet = Fleet(options.respand.resolve(), options.nats_server.resolve(), folder, batch="max_records: 100")
    phases = list(all_phases(fleet))
    if options.list:
        print("\n".join(f"{phase.key:16} {phase.title}" for phase in phases))
        return True
    if options.phases:
        chosen = options.phases.split(",")
        unknown = set(chosen) - {phase.key for phase in phases}
        if unknown:
            raise ProgramFailed(f"there is no phase {', '.join(sorted(unknown))}: --list names them")
        phases = [phase for phase in phases if phase.key in chosen]
    with contextlib.ExitStack() as ends:
        ends.callback(fleet.stop)
        fleet.start_servers()
        fleet.servers.set_ack_wait(options.ack_wait)
        fleet.start()
        trial = Trial(fleet, options.records / (_SECONDS * len(phases)) / len(fleet.edges))
        ends.callback(trial.end)
        trial.run(phases, options.records)
        return report(phases, trial.rows(), trial.missing())


def report(phases, rows, missing):
    """Prints the table; True: it is as promised."""
    print(f"\n{'phase':28} {'acknowledged':>12} {'arrived':>8} {'missing':>8} {'twice':>6} {'more':>5} {'at most':>7}   once more for each cut")
    for phase, row in zip(phases, rows):
        print(f"{row.phase:28} {row.acknowledged:12} {row.arrived:8} {row.missing:8} {row.twice:6} {row.more_often:5} {row.allowed:7}   "
              + (", ".join(cut.name.lower().replace("_", "") for cut in phase.cuts) or "-")
              + (f"   {row.too_often} CAME TOO OFTEN" if row.too_often else ""))
    total = [sum(getattr(row, name) for row in rows) for name in ("acknowledged", "arrived", "missing", "twice", "more_often")]
    print(f"{'all':28} {total[0]:12} {total[1]:8} {total[2]:8} {total[3]:6} {total[4]:5}\n")
    for cut in sorted({cut for phase in phases for cut in phase.cuts}, key=lambda cut: cut.name):
        print(f"{cut.name.lower().replace('_', '')}: {cut.value}")
    for number, title in missing:
        print(f"MISSING: record {number}, handed in during: {title}")
    return all(row.good for row in rows)
