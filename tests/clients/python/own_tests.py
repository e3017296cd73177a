#!/usr/bin/env python3
"""Runs the Python client's own tests: own_tests.py RESPAND [NAME…], a NAME as unittest has it (client_test.Hostile)."""

import sys
import unittest

import world

world.RESPAND[0] = sys.argv[1]
names = sys.argv[2:] or ["client_test", "fork_test", "wrappers_test", "pages_test"]
tests = unittest.defaultTestLoader.loadTestsFromNames(names)
result = unittest.TextTestRunner(buffer=False, verbosity=1).run(tests)
sys.exit(not result.wasSuccessful() or result.testsRun == 0)
