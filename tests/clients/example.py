#!/usr/bin/env python3
"""Runs the example of a client's README.md against the real daemon: its record must arrive.

  example.py RESPAND IDENTIFIER PROGRAM...

PROGRAM takes respand's places from $RESPAND_SOCKET_PATH and $RESPAND_SPOOL_DIRECTORY. IDENTIFIER is the custom_identifier
of the record that it logs.
"""
import os
import subprocess
import sys

from storm import FAR, Api, Daemon, expect, run_cases


def example(respand, identifier, words, folder):
    api = Api(respand)
    daemon = Daemon(respand, folder, api.url)
    daemon.start()
    places = {"RESPAND_SOCKET_PATH": daemon.socket, "RESPAND_SPOOL_DIRECTORY": daemon.spool}
    ran = subprocess.run(words, env={**os.environ, **places}, timeout=FAR, check=False)
    expect(ran.returncode == 0, f"the example ends with {ran.returncode}")
    api.child.wait_until(lambda lines: any(f'"{identifier}"' in line for line in lines), f"{identifier} arrives")
    daemon.stop()
    return f"{identifier} arrives"


def main():
    if len(sys.argv) < 4:
        print(__doc__, file=sys.stderr)
        return 64
    return run_cases([("example", lambda folder: example(sys.argv[1], sys.argv[2], sys.argv[3:], folder))])


if __name__ == "__main__":
    sys.exit(main())
