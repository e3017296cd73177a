"""What is measured of a contestant, with stand-ins for the API and the shipper: works.py, rounds.py, waiting.py."""
import io
import os
import tempfile
import unittest
from pathlib import Path

from support import STAND_IN, contestants, stand_in
from comparison import records, rounds
from comparison.processes import Program, ProgramFailed, usage_of
from comparison.waiting import Growth, wait_for_growth, wait_until
from comparison.works import Scale, Stage, all_works, measure

SMALL = Scale(records=200, tls_records=50, seconds=60, paced_seconds=0.1, away_seconds=0.02, kill_seconds=0.02, patience=1, most_wait=60)
FAR = 60  # seconds; a deadline for what should come at once


class Works(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lines = records.lines(SMALL.most_records)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folders = rounds.Folders(Path(folder.name) / "disk", Path(folder.name) / "memory")
        for one in (self.folders.disk, self.folders.memory):
            one.mkdir()

    def measure(self, key, **faults):
        work = next(one for one in all_works() if one.key == key)
        result = measure(Stage(STAND_IN, stand_in(**faults), work, self.lines, self.folders), work, SMALL, 1)
        self.assertEqual(list(self.folders.disk.iterdir()) + list(self.folders.memory.iterdir()), [])
        return result

    def test_all_that_is_written_at_full_speed_is_counted(self):
        result = self.measure("single")
        self.assertEqual((result.failure, result.written, result.lost, result.lost_acknowledged, result.duplicated), ("", 200, 0, 0, 0))
        self.assertGreater(result.rate, 0)
        self.assertGreater(result.peak_mb, 1)

    def test_what_is_lost_and_what_comes_twice_is_seen(self):
        result = self.measure("single", lose=10, twice=7)
        self.assertEqual((result.lost, result.lost_acknowledged, result.late), (20, 20, None))
        self.assertEqual(result.duplicated, 200 // 7 - 200 // 70)

    def test_paced_lines_are_so_many_as_the_rate_says(self):
        result = self.measure("paced-1000", lose=50)
        self.assertEqual((result.written, result.lost, result.rate), (100, 2, None))

    def test_an_api_that_comes_back_gets_what_came_in_meanwhile(self):
        result = self.measure("away", lose=20)
        self.assertEqual((result.failure, result.written, result.lost), ("", 40, 2))

    def test_what_dies_with_a_killed_contestant_is_lost(self):
        result = self.measure("kill", hold=30)
        self.assertEqual((result.failure, result.written), ("", 200))
        # What is held dies; so does what the kill was too early for.
        self.assertGreaterEqual(result.lost, 170)
        self.assertIsNone(result.cpu_us)

    def test_a_contestant_that_ends_fails_with_its_last_words(self):
        result = self.measure("single", end=1)
        self.assertIn("STAND_IN_END asks for it", result.failure)
        self.assertIsNone(result.rate)

    def test_a_port_that_somebody_has_is_told(self):
        work = all_works()[0]
        with Stage(STAND_IN, stand_in(), work, self.lines, self.folders) as other:
            second = rounds.Folders(*(self.folders.disk.parent / name for name in ("d", "m")))
            second.disk.mkdir()
            second.memory.mkdir()
            result = measure(Stage(STAND_IN, stand_in(), work, self.lines, second, other.sink.address.port), work, SMALL, 1)
        self.assertRegex(result.failure, r"port \d+ of 127.0.0.1 is busy: .*--port")


class Turns(unittest.TestCase):
    def test_each_round_has_each_work_with_each_that_can_do_it(self):
        order = [(number, work.key, one.name) for number, work, one in rounds.turns(all_works(), contestants(), 3)]
        self.assertEqual(len(order), 3 * (2 * len(all_works()) - 1))  # one of the two makes no batches
        self.assertEqual(len(set(order)), len(order))

    def test_nobody_is_always_the_first(self):
        work = all_works()[:1]
        first = [one.name for _, _, one in rounds.turns(work, contestants(), 2)][::2]
        self.assertEqual(len(set(first)), 2)

    def test_the_progress_line_says_where_it_is(self):
        out = io.StringIO()
        rounds.Progress(8, out).turn(2, 4, 2, all_works()[0], contestants()[0])
        self.assertRegex(out.getvalue(), r"^3/8  round 2 of 4: one POST a record, full speed: respand, synced, about \d+ min left\n$")


class Growing(unittest.TestCase):
    def test_the_goal_is_reached(self):
        values = iter([1, 2, 5])
        self.assertEqual(wait_for_growth(lambda: next(values), 5, FAR, FAR)[0], Growth.REACHED)

    def test_it_stands(self):
        self.assertEqual(wait_for_growth(lambda: 3, 5, 0, FAR)[0], Growth.STANDS)

    def test_it_still_grows_when_the_time_is_over(self):
        values = iter(range(1_000_000))
        self.assertEqual(wait_for_growth(lambda: next(values), 1_000_000, FAR, 0)[0], Growth.TIMED_OUT)


class Programs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = Path(folder.name) / "log"

    def start(self, script):
        program = Program("a program", ["/bin/sh", "-c", script], self.log)
        self.addCleanup(program.kill)
        return program

    def test_children_count_also_when_they_have_ended(self):
        never = self.log.parent / "never"
        os.mkfifo(never)
        burn = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"
        program = self.start(f"sh -c '{burn}'; echo ended; cat {never}")
        self.assertTrue(wait_until(lambda: "ended" in self.log.read_text(), FAR))
        self.assertGreater(program.usage().cpu, 0)
        self.assertGreater(usage_of(os.getpid()).peak_bytes, program.usage().peak_bytes)

    def test_a_kill_leaves_nothing_of_its_session(self):
        program = self.start("cat /dev/zero >/dev/null & echo $! up; wait")
        self.assertTrue(wait_until(lambda: "up" in self.log.read_text(), FAR))
        child = int(self.log.read_text().split()[0])
        program.kill()
        self.assertTrue(wait_until(lambda: not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text(), FAR))

    def test_who_ends_or_is_not_there_is_told(self):
        program = self.start("echo why; exit 3")
        with self.assertRaisesRegex(ProgramFailed, "status 3:\nwhy"):
            program.wait_until(lambda: False, "its port", FAR)
        with self.assertRaisesRegex(ProgramFailed, "can't be started"):
            Program("nobody", ["/nowhere/nobody"], self.log)


if __name__ == "__main__":
    unittest.main()
