#!/usr/bin/env python3
"""Runs the Python client's own tests: own_tests.py RESPAND [NAME…], a NAME as unittest has it (client_test.Hostile).

Several are run at once, each by a process of its own: they wait for daemons more than they compute.
"""

import faulthandler
import subprocess
import sys
import unittest

import world


def run(name):
    faulthandler.dump_traceback_later(100, exit=True)  # Says where it hangs.
    result = unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromName(name))
    return not result.wasSuccessful() or result.testsRun == 0


def run_all(program, names):
    runs = [subprocess.Popen([sys.executable, __file__, program, name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for name in names]
    failed = False
    for name, one in zip(names, runs):
        print(f"{name}: {one.communicate()[0]}", flush=True)
        failed = failed or one.returncode != 0
    return failed


world.RESPAND[0] = sys.argv[1]
wanted = sys.argv[2:] or ["client_test", "fork_test", "wrappers_test", "pages_test"]
sys.exit(run(wanted[0]) if len(wanted) == 1 else run_all(sys.argv[1], wanted))
