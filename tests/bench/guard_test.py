"""bench/guard: how figures are judged, and the command as it is called, with stand-ins for valgrind, strace and guard_work."""
import io
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import ROOT
from cost_guard import command, figures
from cost_guard.figures import Round, Verdict, judge

FAR = 60  # seconds; a deadline for what should come at once
RECORD = "instructions: record"


def verdict(name, recorded, now, seconds=0, **more):
    (one,) = judge("a work", Round({name: now} if now else {}, seconds), {name: recorded} if recorded else {}, **more)
    return one.verdict


class Judging(unittest.TestCase):
    def test_instructions_have_five_percent(self):
        for now, expected in ((9499, Verdict.CHEAPER), (9500, Verdict.SAME), (10000, Verdict.SAME), (10500, Verdict.SAME), (10501, Verdict.COSTLIER)):
            self.assertIs(verdict("instructions", 10000, now), expected, now)

    def test_a_system_call_more_is_seen(self):
        self.assertIs(verdict("fdatasync", 1.02, 2.0), Verdict.COSTLIER)
        self.assertIs(verdict("pread64", 0, 1.0), Verdict.COSTLIER)
        self.assertIs(verdict("sendto", 2.0, 1.0), Verdict.CHEAPER)
        self.assertIs(verdict("sendto", 1.0, 0), Verdict.CHEAPER)

    def test_what_the_daemon_does_each_second_is_no_change(self):
        self.assertIs(verdict("newfstatat", 2.0, 2.4), Verdict.COSTLIER)
        self.assertIs(verdict("newfstatat", 2.0, 2.4, seconds=0.1), Verdict.SAME)
        self.assertIs(verdict("close", 0, 0.1), Verdict.SAME)

    def test_many_calls_have_five_percent(self):
        self.assertIs(verdict("pread64", 500, 524), Verdict.SAME)
        self.assertIs(verdict("pread64", 500, 526), Verdict.COSTLIER)

    def test_what_depends_on_scheduling_has_a_wide_limit_and_is_never_better(self):
        self.assertIs(verdict("futex", 4, 9), Verdict.SAME)
        self.assertIs(verdict("futex", 4, 9.1), Verdict.COSTLIER)
        self.assertIs(verdict("epoll_wait", 7, 1), Verdict.SAME)
        self.assertIs(verdict("read", 0.4, 8.3, chance_slack=20), Verdict.SAME)
        self.assertIs(verdict("recvfrom", 4, 8, by_chance=frozenset({"recvfrom"})), Verdict.SAME)

    def test_a_work_without_a_figure_fails(self):
        self.assertEqual([one.verdict for one in figures.failed(judge("new", Round({"instructions": 1}), None))], [Verdict.UNKNOWN])


class Counting(unittest.TestCase):
    def test_a_turn_is_the_difference_of_two_runs(self):
        self.assertEqual(figures.per_turn({"read": 10, "madvise": 40}, {"read": 30, "write": 10, "madvise": 20, "gettimeofday": 99}, 10), {"read": 2.0, "write": 1.0})

    def test_of_several_rounds_the_least_counts(self):
        self.assertEqual(figures.least([Round({"read": 2, "poll": 1}, 0.2), Round({"read": 3}, 0.1)]), Round({"poll": 0, "read": 2}, 0.1))


class Rounds(unittest.TestCase):
    def count(self, *values):
        values = iter(values)
        return command.rounds_of(lambda: Round({"sendto": next(values)}), lambda measured: judge("a work", measured, {"sendto": 1.0}))

    def test_what_disturbs_one_round_is_forgiven(self):
        (one,) = self.count(3.0, 3.0, 1.0)
        self.assertIs(one.verdict, Verdict.SAME)

    def test_what_stays_is_not(self):
        (one,) = self.count(3.0, 2.0, 2.0, 3.0, 2.5)
        self.assertEqual((one.verdict, one.figure.value), (Verdict.COSTLIER, 2.0))


class Report(unittest.TestCase):
    def say(self, *found):
        out = io.StringIO()
        status = command.report([one for some in found for one in some], {"a work": "a record, written alone"}, out)
        return status, out.getvalue()

    def test_a_failure_says_what_where_and_what_to_do(self):
        status, said = self.say(judge("a work", Round({"fdatasync": 2.0, "sendto": 1.0}), {"fdatasync": 1.0, "sendto": 1.0}))
        self.assertEqual(status, 1)
        self.assertIn("COSTS MORE: a work: fdatasync 1.00 -> 2.00, +100.0 % (limit 1.25)\n  a record, written alone\n", said)
        self.assertIn("bench/guard --record", said)
        self.assertNotIn("sendto", said)

    def test_a_better_figure_is_to_be_recorded_and_no_failure(self):
        status, said = self.say(judge("a work", Round({"instructions": 8000}), {"instructions": 10000}))
        self.assertEqual(status, 0)
        self.assertIn("better: a work: instructions 10,000 -> 8,000, -20.0 %", said)
        self.assertIn("bench/guard --record", said)

    def test_no_change_says_nothing(self):
        self.assertEqual(self.say(judge("a work", Round({"instructions": 1}), {"instructions": 1})), (0, ""))


class Command(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.figures = self.folder / "guard.json"
        (self.folder / "bin").mkdir()
        for program in ("sh", "true", "python3"):
            (self.folder / "bin" / program).symlink_to(sys.executable if program == "python3" else f"/bin/{program}")
        self.bring("bin/strace", "exit 0")
        self.bring("respand", "exit 1")
        self.bring("guard_work", "echo compiler 1; echo libraries 1")
        self.cost(1000)
        figures.write(self.figures, figures.Record("compiler 1", "libraries 1", {RECORD: {"instructions": 1000.0}, "another": {"sendto": 1.0}}))

    def bring(self, name, script):
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
        path.chmod(0o755)

    def cost(self, instructions):
        """From now on a turn costs this; its number is the last argument."""
        self.bring("bin/valgrind", f'for turns; do :; done; echo "==1== Collected : $((5000000 + turns * {instructions}))" >&2')

    def call(self, *more):
        words = [sys.executable, ROOT / "bench/guard", "--works", RECORD, "--respand", self.folder / "respand", "--guard-work", self.folder / "guard_work", "--figures", self.figures, *more]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=FAR, env={**os.environ, "PATH": str(self.folder / "bin")})

    def test_no_change_passes(self):
        done = self.call()
        self.assertEqual((done.returncode, done.stdout), (0, f"ok     {RECORD}: 1,000\n"), done.stderr)

    def test_more_than_five_percent_fails(self):
        self.cost(1051)
        done = self.call()
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"COSTS MORE: {RECORD}: instructions 1,000 -> 1,051, +5.1 % (limit 1,050)", done.stdout)

    def test_recording_writes_the_works_that_were_counted_and_no_other(self):
        self.cost(800)
        done = self.call("--record")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("instructions: 1,000 -> 800", done.stdout)
        self.assertEqual(figures.read(self.figures).works, {RECORD: {"instructions": 800.0}, "another": {"sendto": 1.0}})
        self.assertEqual(self.call().returncode, 0)

    def test_another_compiler_or_library_is_skipped(self):
        for script in ("echo compiler 2; echo libraries 1", "echo compiler 1; echo libraries 2"):
            self.bring("guard_work", script)
            done = self.call()
            self.assertEqual(done.returncode, 77)
            self.assertRegex(done.stderr, r"SKIPPED: the figures are recorded with\n  (compiler|libraries) 1\nand this is\n  (compiler|libraries) 2\n")

    def test_a_program_that_is_missing_is_told_and_skipped(self):
        for program in ("valgrind", "strace"):
            with self.subTest(program):
                (self.folder / "bin" / program).rename(self.folder / program)
                done = self.call()
                self.assertEqual((done.returncode, f"SKIPPED: {program} is not installed" in done.stderr), (77, True), done.stderr)
                (self.folder / program).rename(self.folder / "bin" / program)
        self.bring("bin/strace", "exit 1")
        self.assertIn("may not trace", self.call().stderr)

    def test_no_figures_fail_and_say_how_they_are_made(self):
        self.figures.unlink()
        done = self.call()
        self.assertEqual(done.returncode, 1)
        self.assertIn("bench/guard --record makes it", done.stderr)

    def test_a_work_that_fails_is_told(self):
        self.bring("bin/valgrind", "echo guard_work: a record is refused >&2; exit 1")
        done = self.call()
        self.assertEqual(done.returncode, 1)
        self.assertIn("a record is refused", done.stderr)


class RecordedFile(unittest.TestCase):
    def test_each_work_has_a_figure_and_each_figure_a_work(self):
        recorded = figures.read(ROOT / "bench/guard.json")
        works = command.instructions.WORKS + command.system_calls.WORKS
        self.assertEqual(sorted(recorded.works), sorted(work.key for work in works))


if __name__ == "__main__":
    unittest.main()
