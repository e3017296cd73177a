"""Where shippers are found, and what is written for them: bench/comparison/peers. The programs are empty scripts here."""
import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from support import STAND_IN
from comparison import peers
from comparison.api import Address
from comparison.command import Installed
from comparison.contestant import Job, Promise, Shape
from comparison.peers import place

PROGRAMS = {"fluent-bit": "fluent-bit", "vector": "vector", "otelcol": "otelcol-contrib"}


class Peers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.installed = Installed(STAND_IN, self.folder / "peers")
        # Nothing of this machine's own but Python.
        (self.folder / "bin").mkdir()
        (self.folder / "bin/python3").symlink_to(sys.executable)
        for patch in (mock.patch.dict(os.environ, {"PATH": f"{self.folder}/bin"}), mock.patch.object(place, "_ELSEWHERE", "")):
            patch.start()
            self.addCleanup(patch.stop)

    def bring(self, path):
        program = self.folder / path
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\necho it is version 4.56.7 of 2026\n")
        program.chmod(0o755)

    def bring_debian(self):
        """As scripts/install-packages --peers unpacks them."""
        for path in ("usr/sbin/syslog-ng", "usr/sbin/rsyslogd", "usr/lib/syslog-ng/3.9/libhttp.so", "usr/lib/syslog-ng/3.38/libhttp.so",
                     "usr/lib/arch/rsyslog/imptcp.so", "usr/lib/arch/rsyslog/omelasticsearch.so"):
            self.bring(f"peers/{path}")

    def test_who_is_not_here_says_why(self):
        for name, module in peers.ALL.items():
            peer = module.find(self.installed)
            self.assertEqual(bool(peer.contestants), name == "respand", name)
            self.assertEqual(bool(peer.missing), name != "respand", name)

    def everybody(self):
        self.bring_debian()
        for program in PROGRAMS.values():
            self.bring(f"bin/{program}")
        return [module.find(self.installed) for module in peers.ALL.values()]

    def test_who_is_here_has_its_version_and_a_configuration_in_memory(self):
        for peer in self.everybody():
            self.assertEqual(peer.version, "1.2.3" if peer.name == "respand" else "4.56.7")
            promises = [one.promise for one in peer.contestants]
            self.assertEqual(promises, sorted(promises, key=list(Promise).index), peer.name)
            if peer.name != "respand":
                self.assertEqual(promises[0], Promise.MEMORY)

    def test_each_configuration_names_the_api_and_the_folder(self):
        for peer in self.everybody():
            for one in peer.contestants:
                for shape in one.shapes:
                    for address in (Address(4711), Address(4711, "/certificate.pem")):
                        with self.subTest(one.name, shape=shape, tls=address.tls):
                            self.look(one, Job(self.folder / "run", address, shape))

    def look(self, contestant, job):
        launch = contestant.launch(job)
        written = [word for word in launch.words if str(word).startswith(str(job.folder)) and Path(word).is_file()]
        text = Path(written[0]).read_text()
        self.assertIn("4711", text)
        self.assertEqual("/certificate.pem" in text, job.api.tls)
        self.assertTrue(launch.address == job.folder / "in" and str(launch.address) in text or f":{launch.address}" in text)
        # What a mistake in a template leaves behind.
        self.assertEqual(text.count("{"), text.count("}"))
        self.assertNotIn("{folder}", text)
        # The same again after a kill.
        again = contestant.launch(job)
        self.assertEqual(again.words, launch.words)

    def test_rsyslog_makes_batches_only_with_omhttp(self):
        self.bring_debian()
        self.assertEqual(peers.rsyslog.find(self.installed).contestants[0].shapes, (Shape.SINGLE,))
        self.bring("peers/usr/lib/arch/rsyslog/omhttp.so")
        self.assertIn(Shape.BATCH, peers.rsyslog.find(self.installed).contestants[0].shapes)

    def test_syslog_ng_takes_the_newest_of_its_modules(self):
        self.bring_debian()
        launch = peers.syslog_ng.find(self.installed).contestants[0].launch(Job(self.folder / "run", Address(4711), Shape.SINGLE))
        self.assertIn(self.folder / "peers/usr/lib/syslog-ng/3.38", launch.words)
        self.assertEqual(launch.environment, {"LD_LIBRARY_PATH": f"{self.folder}/peers/usr/lib/syslog-ng"})


if __name__ == "__main__":
    unittest.main()
