"""scripts/fleet-faults and bench/fleet: what they count and judge; a short run of each with the real programs. RESPAND_BINARY names respand."""
import base64
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from support import ROOT
from comparison import records
from fleet_trial import cost, faults, load, nkey, phases, tally

NATS_SERVER = ROOT / "build/fleet/nats-server"
FAR = 200  # seconds; a deadline
_PHASES = [("calm", 1), ("kill", 2)]


class Tally(unittest.TestCase):
    def rows(self, acknowledged, times, firsts=(0, 3)):
        return tally.rows(_PHASES, list(firsts), bytearray(acknowledged), lambda number: times[number])

    def test_each_record_counts_for_its_phase(self):
        calm, kill = self.rows([1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 2, 0])
        self.assertEqual((calm.acknowledged, calm.arrived, calm.missing, calm.twice, calm.good), (3, 3, 0, 0, True))
        self.assertEqual((kill.acknowledged, kill.arrived, kill.missing, kill.twice, kill.good), (3, 2, 1, 1, False))

    def test_more_often_than_the_cuts_explain_is_wrong(self):
        calm, kill = self.rows([1, 1, 1, 1, 1, 1], [1, 2, 1, 2, 3, 1])
        self.assertEqual((calm.twice, calm.too_often, calm.good), (1, 1, False))
        self.assertEqual((kill.twice, kill.more_often, kill.too_often, kill.good), (1, 1, 1, False))

    def test_what_was_not_acknowledged_may_be_missing_but_not_come_too_often(self):
        calm, kill = self.rows([0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 3, 1])
        self.assertEqual((calm.acknowledged, calm.missing, calm.good), (0, 0, True))
        self.assertEqual((kill.acknowledged, kill.too_often), (0, 1))

    def test_a_phase_without_records_has_a_row(self):
        rows = self.rows([1, 1], [1, 1], firsts=(0, 0))
        self.assertEqual([row.acknowledged for row in rows], [0, 2])

    def test_missing_numbers_are_named_with_their_phase(self):
        found = tally.missing_numbers([0, 2], bytearray([1, 0, 1, 1]), lambda number: number == 3)
        self.assertEqual(found, [(0, 0), (2, 1)])


class Report(unittest.TestCase):
    def judged(self, acknowledged, times):
        chosen = [phases.Phase("calm", "no fault", (), None), phases.Phase("kill", "kill -9 of edge1", (phases.Cut.PUB_ACK,), None)]
        rows = tally.rows([(phase.title, phase.allowed) for phase in chosen], [0, 2], bytearray(acknowledged), lambda number: times[number])
        with mock.patch("builtins.print") as said:
            good = faults.report(chosen, rows, [])
        return good, "\n".join(str(call.args[0]) if call.args else "" for call in said.call_args_list)

    def test_the_table_says_each_phase_and_its_cuts(self):
        good, text = self.judged([1, 1, 1], [1, 1, 2])
        self.assertTrue(good)
        self.assertRegex(text, r"no fault +2 +2 +0 +0 +0 +1 +-")
        self.assertRegex(text, r"kill -9 of edge1 +1 +1 +0 +1 +0 +2 +puback")

    def test_a_loss_and_a_copy_too_many_are_failures(self):
        self.assertFalse(self.judged([1, 1, 1], [1, 0, 1])[0])
        good, text = self.judged([1, 1, 1], [1, 2, 1])
        self.assertFalse(good)
        self.assertIn("1 CAME TOO OFTEN", text)


class Arrivals(unittest.TestCase):
    def test_a_file_that_grows_is_read_once(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "records"
            path.touch()
            arrivals = records.Arrivals(path)
            self.addCleanup(arrivals.close)
            text = records.lines(3, 400, first=70_000) + records.lines(1, 400, first=70_001)
            with path.open("ab", buffering=0) as file:
                for begin in range(0, len(text), 37):
                    file.write(text[begin:begin + 37])
                    arrivals.read()
        self.assertEqual([arrivals.of(number) for number in (69_999, 70_000, 70_001, 70_002, 1 << 20)], [0, 1, 2, 1, 0])
        self.assertEqual(arrivals.different, 3)


class Numbers(unittest.TestCase):
    def test_each_is_given_out_once(self):
        numbers = load.Numbers()
        self.assertEqual([numbers.take(50), numbers.take(50), numbers.next], [0, 50, 100])
        numbers.acknowledge(50, 20)
        self.assertEqual((numbers.acknowledged_count, list(numbers.acknowledged[49:71])), (20, [0, *[1] * 20, 0]))


class Keys(unittest.TestCase):
    def test_the_text_form_is_that_of_nats(self):
        # A pair that nats-server and tests/integration/nats_command_test.cc know.
        seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
        public = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"
        raw = base64.b32decode(seed + "=" * (-len(seed) % 8))[2:34]
        key = base64.b32decode(public + "=" * (-len(public) % 8))[1:33]
        self.assertEqual(nkey.pair_of(raw, key), nkey.KeyPair(seed, public))


class Cost(unittest.TestCase):
    def test_records_are_of_one_size_with_their_numbers(self):
        lines = cost.record_lines(3).splitlines(keepends=True)
        self.assertEqual({len(line) for line in lines}, {1300})
        self.assertIn(b'"bench-000000002"', lines[2])

    def test_times_of_the_server(self):
        self.assertAlmostEqual(cost.seconds_between("2026-11-30T01:43:59.999999999Z", "2026-11-30T01:44:01.25Z"), 1.25, places=6)
        self.assertAlmostEqual(cost.seconds_between("2026-11-30T01:44:00Z", "2026-11-30T01:44:01.250000001Z"), 1.25, places=6)

    def test_what_is_over_the_intake(self):
        figures = cost.Figures(intake=4, edge=9, publish=5, take=6, published=20_000, bare=25_000, through=15_000)
        self.assertEqual((figures.over_intake, figures.ratio), (5, 0.8))


class Phases(unittest.TestCase):
    def test_every_process_is_killed_and_keys_differ(self):
        member = [SimpleNamespace(name=name) for name in ("edge1", "edge2", "relay1", "relay2")]

        class Servers:
            def __len__(self):
                return 3

            def name(self, node):
                return f"n{node + 1}"

        keys = [phase.key for phase in phases.all_phases(SimpleNamespace(edges=member[:2], relays=member[2:], servers=Servers()))]
        self.assertEqual(len(keys), len(set(keys)))
        for name in ("edge1", "edge2", "relay1", "relay2", "n1", "n2", "n3", "api", "all"):
            self.assertIn(f"kill-{name}", keys)


@unittest.skipUnless(os.environ.get("RESPAND_BINARY") and NATS_SERVER.exists(), "RESPAND_BINARY is not set, or scripts/install-packages --fleet was not run")
class ShortRuns(unittest.TestCase):
    def run_program(self, program, *words):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([sys.executable, ROOT / program, "--respand", os.environ["RESPAND_BINARY"], "--folder", folder, *words],
                                  capture_output=True, text=True, check=False, timeout=FAR)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(os.listdir(folder), [])
        return done.stdout

    def test_faults_counts_a_kill(self):
        said = self.run_program("scripts/fleet-faults", "--records", "2000", "--phases", "calm,kill-relay1")
        self.assertRegex(said, r"no fault +\d+ +\d+ +0 +0 +0 ")
        self.assertGreaterEqual(int(re.search(r"^all +(\d+)", said, re.M).group(1)), 2000)

    def test_cost_has_every_row(self):
        said = self.run_program("bench/fleet", "--records", "2000", "--rounds", "1")
        for title, _, _ in cost.ROWS:
            self.assertIn(title, said)


if __name__ == "__main__":
    unittest.main()
