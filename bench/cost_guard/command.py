"""The command line: bench/guard."""
import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from comparison import exit_status
from comparison.processes import ProgramFailed, require_built

from . import figures, instructions, system_calls
from .figures import Record, Verdict

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = 77  # exit status; ctest's SKIP_RETURN_CODE
_ROUNDS = 5  # of a work that is too dear: what disturbs a round passes, what the code does stays
_RECORDED_ROUNDS = 3


class Skipped(Exception):
    """Why nothing can be judged here. For people."""


def arguments(words):
    parser = argparse.ArgumentParser(prog="bench/guard", description="Counts instructions and system calls a record, and compares them with bench/guard.json.")
    parser.add_argument("--record", action="store_true", help="write what is counted to the file, and print old -> new")
    parser.add_argument("--works", metavar="TEXT", default="", help="only works whose names contain it, such as 'calls:' or 'POST'")
    parser.add_argument("--respand", type=Path, default=ROOT / "build/release/respand", metavar="PATH", help="the program (build/release/respand)")
    parser.add_argument("--guard-work", type=Path, default=ROOT / "build/release/guard_work", metavar="PATH", help="bench/guard_work.cc (build/release/guard_work)")
    parser.add_argument("--figures", type=Path, default=ROOT / "bench/guard.json", metavar="PATH", help="the recorded figures (bench/guard.json)")
    return parser.parse_args(words)


def main(words=None):
    """Exit status: 0 as recorded, or recorded; 1 something costs more, or failed; 64 bad command line; 77 nothing can be judged here; 130 ended by ^C or SIGTERM."""
    return exit_status.of("bench/guard", arguments, _guard_or_skip, ProgramFailed, words)


def _guard_or_skip(options):
    try:
        return guard(options)
    except Skipped as why:
        print(f"bench/guard: SKIPPED: {why}", file=sys.stderr)
        return SKIPPED


def guard(options):
    require_programs(options)
    build, libraries = _run_to_end([options.guard_work, "build"]).splitlines()
    recorded = figures.read(options.figures)
    if not options.record:
        require_recorded(recorded, build, libraries, options.figures)
    works = [work for work in instructions.WORKS + system_calls.WORKS if options.works in work.key]
    with tempfile.TemporaryDirectory(prefix="guard-") as parent:
        if options.record:
            return _record(options, works, recorded, build, libraries, parent)
        return _check(options, works, recorded, parent)


def require_programs(options):
    """Raises Skipped where a program is missing, or may not do what it is for."""
    for path, target in ((options.respand, "respand_bin"), (options.guard_work, "guard_work")):
        require_built(path, target)
    for program in ("valgrind", "strace"):
        if not shutil.which(program):
            raise Skipped(f"{program} is not installed (scripts/install-packages --checks)")
    if subprocess.run(["strace", "-f", "-c", "-o", "/dev/null", "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode:
        raise Skipped("strace may not trace here (ptrace is not permitted)")


def require_recorded(recorded, build, libraries, path):
    """Raises Skipped where the figures are those of another compiler, of other flags, or with other libraries."""
    if recorded is None:
        raise ProgramFailed(f"there is no {path}: bench/guard --record makes it")
    for ours, theirs in ((build, recorded.build), (libraries, recorded.libraries)):
        if ours != theirs:
            raise Skipped(f"the figures are recorded with\n  {theirs}\nand this is\n  {ours}")


def _run_to_end(words):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ProgramFailed(f"{words[0]} has ended with status {done.returncode}: {done.stderr}")
    return done.stdout


def _count(options, work, parent):
    if isinstance(work, instructions.Work):
        return instructions.count(options.guard_work, work, parent)
    return system_calls.count(options.respand, work, parent)


def _judge(work, measured, recorded):
    before = recorded.works.get(work.key)
    if isinstance(work, instructions.Work):
        return figures.judge(work.key, measured, before)
    return figures.judge(work.key, measured, before, work.by_chance, work.slack, work.chance_slack)


def rounds_of(count, judge):
    """Counts until nothing is too dear, _ROUNDS times at most. Returns the findings about the least of the rounds."""
    rounds = []
    while True:
        rounds.append(count())
        found = judge(figures.least(rounds))
        if not any(one.verdict is Verdict.COSTLIER for one in found) or len(rounds) == _ROUNDS:
            return found


def _check(options, works, recorded, parent):
    found = []
    for work in works:
        why = _left_out(work)
        if why:
            print(f"left out: {work.key}: {why}", flush=True)
            continue
        some = rounds_of(lambda work=work: _count(options, work, parent), lambda measured, work=work: _judge(work, measured, recorded))
        found += some
        print(f"{'FAILED' if figures.failed(some) else 'ok':6} {summary(work, {one.figure.name: one.figure.value for one in some})}", flush=True)
    return report(found, {work.key: work.title for work in works}, sys.stdout)


def _left_out(work):
    return instructions.left_out(work) if isinstance(work, instructions.Work) else ""


def summary(work, costs):
    if "instructions" in costs:
        return f"{work.key}: {costs['instructions']:,.0f}"
    return f"{work.key}: {sum(costs.values()):.1f} in all, {sum(value for name, value in costs.items() if name not in work.by_chance):.1f} of them not by chance"


def report(found, titles, out):
    """Prints what has changed, and what to do. Returns the exit status."""
    for one in found:
        if one.verdict is Verdict.CHEAPER:
            print(f"better: {one}", file=out)
    if any(one.verdict is Verdict.CHEAPER for one in found):
        print("Record the better figures, so that they are kept: bench/guard --record", file=out)
    failed = figures.failed(found)
    for one in failed:
        print(f"COSTS MORE: {one}\n  {titles[one.figure.work]}", file=out)
    if failed:
        print("""What to do: find what has made it dearer, and make it cheap again.
  instructions: valgrind --tool=callgrind build/release/guard_work WORK 200, before and after, and callgrind_annotate on what they write
  system calls: strace -f -k build/release/respand run …, one record after the other
Where the price is right, say in the commit's message what it buys, and record it: bench/guard --record (with --works for a part)""", file=out)
    return 1 if failed else 0


def _record(options, works, recorded, build, libraries, parent):
    before = recorded.works if recorded else {}
    after = dict(before) if options.works else {}
    for work in works:
        why = _left_out(work)
        if why:
            raise ProgramFailed(f"{work.key} can't be recorded: {why}")
        rounds = 1 if isinstance(work, instructions.Work) and not work.place.startswith("http") else _RECORDED_ROUNDS
        least = figures.least([_count(options, work, parent) for _ in range(rounds)])
        after[work.key] = {name: value for name, value in least.costs.items() if value}
        print(summary(work, after[work.key]), flush=True)
        for line in changes(before.get(work.key, {}), after[work.key]):
            print(f"  {line}", flush=True)
    figures.write(options.figures, Record(build, libraries, after))
    print(options.figures)
    return 0


def changes(before, after):
    """A line for each name: old -> new."""
    return [f"{name}: {figures.text(before[name]) if name in before else 'new'} -> {figures.text(after.get(name, 0))}"
            for name in sorted(set(before) | set(after)) if before.get(name) != after.get(name)]
