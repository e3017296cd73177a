"""A round with the real respand, and with syslog-ng where scripts/install-packages --peers has brought it: RESPAND_BINARY names the program."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import OURS, ROOT

FAR = 120  # seconds; a deadline


@unittest.skipUnless(os.environ.get("RESPAND_BINARY"), "RESPAND_BINARY is not set: ctest sets it")
class RealRound(unittest.TestCase):
    def test_nothing_is_lost_at_full_speed(self):
        with tempfile.TemporaryDirectory() as folder:
            words = ["--quick", "--works", "single,batch", "--records", "2000", "--no-install", "--peers", "respand,syslog-ng", "--respand", os.environ["RESPAND_BINARY"],
                     "--out", f"{folder}/out", "--folder", f"{folder}/work"]
            done = subprocess.run([sys.executable, ROOT / "bench/compare", *words], capture_output=True, text=True, check=False, timeout=FAR)
            self.assertEqual(done.returncode, 0, done.stderr)
            measured = json.loads(Path(folder, "out/compare.json").read_text(encoding="utf-8"))["measurements"]
            self.assertEqual(sorted(os.listdir(f"{folder}/out")), ["compare.json", "compare.md", "compare.svg"])
        self.assertEqual([one["work"] for one in measured if one["contestant"] == OURS], ["single", "batch"])
        for one in measured:
            self.assertEqual((one["written"], one["lost"], one["duplicated"]), (2000, 0, 0), one)
            self.assertGreater(one["rate"], 0)


if __name__ == "__main__":
    unittest.main()
