"""The command line: bench/compare."""
import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from . import exit_status, peers, records, results, rounds
from .api import listens, tls_is_missing
from .load import ForeignLoad
from .processes import ProgramFailed
from .waiting import pause
from .works import QUICK, Scale, all_works

ROOT = Path(__file__).resolve().parents[2]
_LONGEST_SOCKET = 107  # bytes of a Unix socket's path


class Unable(Exception):
    """Says why the command can't do it, and what to do. For people."""


@dataclass(frozen=True)
class Installed:
    """The folders in which programs are looked for."""

    respand: Path
    peers: Path  # what scripts/install-packages --peers unpacks


def arguments(words):
    works = ",".join(work.key for work in all_works())
    parser = argparse.ArgumentParser(prog="bench/compare", description="Runs the same work through respand and through other shippers, by turns.")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds (5)")
    parser.add_argument("--quick", action="store_true", help="one short round: to see that it works, not to quote")
    parser.add_argument("--works", default=works, metavar="LIST", help=f"which of {works}")
    parser.add_argument("--peers", default=",".join(peers.ALL), metavar="LIST", help=f"which of {','.join(peers.ALL)}")
    parser.add_argument("--records", type=int, metavar="N", help="records of a run at full speed (200000)")
    parser.add_argument("--respand", type=Path, default=ROOT / "build/release/respand", metavar="PATH", help="the program (build/release/respand)")
    parser.add_argument("--out", type=Path, default=ROOT / "bench/results", metavar="DIR", help="where compare.md, .json and .svg go (bench/results)")
    parser.add_argument("--folder", type=Path, default=ROOT / "build", metavar="DIR", help="where contestants keep their files meanwhile; its disk is what is measured (build)")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="of the stand-in API on 127.0.0.1 (one that is free)")
    parser.add_argument("--no-install", action="store_true", help="take syslog-ng and rsyslog where they are, install nothing")
    options = parser.parse_args(words)
    options.works = _chosen(parser, options.works, [work.key for work in all_works()], "work")
    options.peers = _chosen(parser, options.peers, list(peers.ALL), "peer")
    if options.rounds is not None and options.rounds < 1 or options.records is not None and options.records < 1:
        parser.error("--rounds and --records are at least 1")
    return options


def _chosen(parser, text, known, what):
    chosen = [word for word in text.split(",") if word]
    for word in chosen:
        if word not in known:
            parser.error(f"there is no {what} {word}: there are {', '.join(known)}")
    return [word for word in known if word in chosen]


def main(words=None):
    """Exit status: 0 done; 1 failed; 64 bad command line; 130 ended by ^C or SIGTERM."""
    return exit_status.of("bench/compare", arguments, compare, (Unable, ProgramFailed), words, "ended; what it had started has ended too, and its folder is removed")


def compare(options):
    if not os.access(options.respand, os.X_OK):
        raise Unable(f"there is no {options.respand}: build it (scripts/build release respand_bin), or name one with --respand")
    if options.port and listens(options.port):
        raise Unable(f"port {options.port} of 127.0.0.1 is busy: another program listens there. Name a free one with --port, or none")
    if not options.no_install:
        _install(options.peers)
    run = prepare(options)
    scale = _scale(options)
    for name, why in run.missing.items():
        print(f"without {name}: {why}", file=sys.stderr)
    for title, why in run.left_out.items():
        print(f"left out: {title}: {why}", file=sys.stderr)
    _warn_of_others()
    load = ForeignLoad()

    def on_round(measurements):
        run.measurements, run.load = list(measurements), load.warning()
        results.write(run, options.out)

    with _folders(options.folder, scale) as folders:
        lines = records.lines(scale.most_records)
        rounds.run(options.respand, run.works, run.contestants, options.rounds or (1 if options.quick else 5), scale, lines, folders, on_round, options.port)
    print(f"\n{', '.join(os.path.relpath(options.out / name) for name in ('compare.md', 'compare.json', 'compare.svg'))}", file=sys.stderr)
    if run.load:
        print(f"LOADED MACHINE: {run.load}: the results say so, and are not to be quoted", file=sys.stderr)
    return 1 if any(one.failure for one in run.measurements) else 0


def _warn_of_others():
    """Warns of a busy machine, before an hour is spent on figures that can't be quoted."""
    before = ForeignLoad()
    pause(1)
    if before.warning():
        print(f"WARNING: {before.warning()}: this machine is not quiet", file=sys.stderr)


def prepare(options):
    """The run before its first round: which contestants take part in which works."""
    installed = Installed(options.respand.resolve(), ROOT / "build/peers")
    found = [peers.ALL[name].find(installed) for name in options.peers]
    contestants = [contestant for peer in found for contestant in peer.contestants]
    if not contestants:
        raise Unable("none of the peers is here: " + "; ".join(f"{peer.name}: {peer.missing}" for peer in found))
    works = [work for work in all_works() if work.key in options.works]
    left_out = {}
    lacking = tls_is_missing()
    for work in [work for work in works if work.tls and lacking]:
        works.remove(work)
        left_out[work.title] = f"{lacking} not found"
    return results.Run(contestants, {peer.name: peer.version for peer in found if peer.contestants}, works,
                       missing={peer.name: peer.missing for peer in found if peer.missing}, left_out=left_out,
                       reference=next((one.name for one in contestants if one.peer == "respand"), ""))


def _scale(options):
    scale = QUICK if options.quick else Scale()
    return replace(scale, records=options.records, tls_records=min(options.records, scale.tls_records)) if options.records else scale


def _install(names):
    if not {"syslog-ng", "rsyslog"} & set(names):
        return
    if subprocess.run([ROOT / "scripts/install-packages", "--peers"], stdin=subprocess.DEVNULL, check=False).returncode:
        print("WARNING: scripts/install-packages --peers has failed: syslog-ng and rsyslog take part only where they are", file=sys.stderr)


@contextlib.contextmanager
def _folders(parent, scale):
    """Two new folders: one on the disk that is measured, one in memory where there is room; removed at the end."""
    parent.mkdir(parents=True, exist_ok=True)
    need = 3 * scale.most_records * records.RECORD_BYTES
    with tempfile.TemporaryDirectory(prefix="compare-", dir=parent.resolve(), ignore_cleanup_errors=True) as disk:
        if len(os.fsencode(disk)) + len("/run/control") > _LONGEST_SOCKET:
            raise Unable(f"{disk} is too long a path for a Unix socket: name a folder with --folder")
        shared = Path("/dev/shm")
        in_memory = os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > need
        if shutil.disk_usage(disk).free < need:
            raise Unable(f"{parent} has less than {need / 1e9:.1f} GB of room: name another folder with --folder, or fewer --records")
        with tempfile.TemporaryDirectory(prefix="compare-", dir=shared if in_memory else disk, ignore_cleanup_errors=True) as memory:
            yield rounds.Folders(Path(disk), Path(memory))
