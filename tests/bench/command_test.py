"""bench/compare as it is called, with the stand-in for respand."""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import ROOT, STAND_IN
from comparison.waiting import wait_until

FAR = 60  # seconds; a deadline for what should come at once


class Command(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def words(self, *more):
        return [sys.executable, str(ROOT / "bench/compare"), "--no-install", "--peers", "respand", "--respand", str(STAND_IN), "--out", str(self.folder / "out"),
                "--folder", str(self.folder / "work"), *more]

    def call(self, *more):
        return subprocess.run(self.words(*more), capture_output=True, text=True, check=False, timeout=FAR)

    def test_rounds_end_with_three_files_and_nothing_left(self):
        done = self.call("--quick", "--rounds", "2", "--works", "single", "--records", "100")
        self.assertEqual(done.returncode, 0, done.stderr)
        said = json.loads((self.folder / "out/compare.json").read_text(encoding="utf-8"))
        self.assertEqual([(one["round"], one["lost"]) for one in said["measurements"]], [(1, 0), (2, 0)])
        self.assertEqual(said["contestants"][0]["version"], "1.2.3")
        self.assertEqual(list((self.folder / "work").glob("*")), [])  # It may have come before the folder did.
        self.assertIn("round 2 of 2: one POST a record, full speed: respand, synced", done.stderr)

    def test_what_is_missing_or_unknown_is_told_with_what_to_do(self):
        for words, status, text in (
            (["--peers", "respnad"], 64, "there is no peer respnad: there are respand, fluent-bit"),
            (["--works", "singel"], 64, "there is no work singel"),
            (["--rounds", "0"], 64, "at least 1"),
            (["--respand", str(self.folder / "nothing")], 1, "scripts/build release respand_bin"),
        ):
            done = self.call(*words)
            self.assertEqual((done.returncode, text in done.stderr), (status, True), done.stderr)

    def test_a_port_that_is_busy_is_told_before_anything_is_done(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            done = self.call("--port", str(other.getsockname()[1]))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"port \d+ of 127.0.0.1 is busy: .*--port")
        self.assertFalse((self.folder / "work").exists())

    def test_a_failure_is_told_and_makes_it_fail(self):
        done = subprocess.run(self.words("--quick", "--works", "single", "--records", "100"), capture_output=True, text=True, check=False, timeout=FAR,
                              env={**os.environ, "STAND_IN_END": "1"})
        self.assertEqual(done.returncode, 1)
        self.assertIn("FAILED: one POST a record, full speed: respand, synced", done.stderr)
        self.assertIn("failed in 1 of 1 rounds", (self.folder / "out/compare.md").read_text(encoding="utf-8"))

    def test_a_signal_ends_all_that_it_has_started(self):
        # A shell's background ignores SIGINT, and what it starts inherits that.
        for sent, interrupt in ((signal.SIGINT, signal.SIG_DFL), (signal.SIGTERM, signal.SIG_DFL), (signal.SIGTERM, signal.SIG_IGN)):
            with self.subTest(sent, interrupt=interrupt):
                self._end_by(sent, interrupt)

    def _end_by(self, sent, interrupt):
        process = subprocess.Popen(self.words("--works", "paced-100"), stderr=subprocess.PIPE, text=True, preexec_fn=lambda: signal.signal(signal.SIGINT, interrupt))
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        self.assertTrue(wait_until(lambda: len(self._started()) >= 2, FAR))
        process.send_signal(sent)
        said = process.stderr.read()
        self.assertEqual(process.wait(FAR), 130, said)
        self.assertIn("what it had started has ended too", said)
        self.assertEqual(self._started(), [])
        self.assertEqual(list((self.folder / "work").glob("*")), [])  # It may have come before the folder did.

    def _started(self):
        """The processes of the stand-in for this test."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                names = b"\0".join(words)
                if os.fsencode(STAND_IN) in words and (b"sink" in words or os.fsencode(self.folder) in names) and _descends(entry.name, os.getpid()):
                    found.append(int(entry.name))
        return found


def _descends(pid, ancestor):
    while int(pid) > 1:
        try:
            pid = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[1]
        except OSError:
            return False
        if int(pid) == ancestor:
            return True
    return False


if __name__ == "__main__":
    unittest.main()
