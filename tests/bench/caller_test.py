"""bench/caller: its figures, and a short run with the real daemon. RESPAND_BINARY and CALLER_BINARY name the programs."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

from support import ROOT
from caller_cost import command, ways

FAR = 120  # seconds; a deadline


class Costs(unittest.TestCase):
    def test_shares_and_the_mean_of_cpu_time(self):
        cost = command.cost_of([(number * 1000, 500 * (number % 2)) for number in range(101)])
        self.assertEqual((cost.p50, cost.p99, cost.most), (50, 99, 100))
        self.assertAlmostEqual(cost.cpu, 25 / 101)

    def test_records_differ_and_are_of_one_size(self):
        lines = {ways.record("line", 9), ways.record("line", 10), ways.record("ack", 10)}
        self.assertEqual((len(lines), {len(line) for line in lines}), (3, {1300}))


@unittest.skipUnless(os.environ.get("CALLER_BINARY"), "CALLER_BINARY is not set: ctest sets it")
class ShortRun(unittest.TestCase):
    def test_each_way_has_a_row_in_each_language(self):
        with tempfile.TemporaryDirectory() as folder:
            words = ["--records", "5", "--respand", os.environ["RESPAND_BINARY"], "--caller", os.environ["CALLER_BINARY"], "--folder", folder]
            done = subprocess.run([sys.executable, ROOT / "bench/caller", *words], capture_output=True, text=True, check=False, timeout=FAR)
            self.assertEqual(os.listdir(folder), [])
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = re.findall(r"^(\S.*?) +(C\+\+|Python) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+)$", done.stdout, re.M)
        self.assertEqual([row[:2] for row in rows], [(row.title, language) for row in command.ROWS for language in ("C++", "Python")])
        for row in rows:
            if "50 ms" in row[0]:
                self.assertGreaterEqual(float(row[2]), 50_000)


if __name__ == "__main__":
    unittest.main()
