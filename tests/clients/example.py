#!/usr/bin/env python3
"""Runs the example of a client's README.md against the real daemon: its record must arrive.

  example.py RESPAND IDENTIFIER PROGRAM...

PROGRAM takes respand's places from $RESPAND_SOCKET_PATH and $RESPAND_SPOOL_DIRECTORY. IDENTIFIER is the custom_identifier
of the record that it logs.
"""
import os
import subprocess
import sys
import tempfile

from storm import CHILDREN, FAR, Api, Daemon, expect


def main():
    if len(sys.argv) < 4:
        print(__doc__, file=sys.stderr)
        return 64
    respand, identifier, words = sys.argv[1], sys.argv[2], sys.argv[3:]
    with tempfile.TemporaryDirectory(prefix="respand-example.") as folder:
        try:
            api = Api(respand)
            daemon = Daemon(respand, folder, api.url)
            daemon.start()
            places = {"RESPAND_SOCKET_PATH": daemon.socket, "RESPAND_SPOOL_DIRECTORY": daemon.spool}
            ran = subprocess.run(words, env={**os.environ, **places}, timeout=FAR, check=False)
            expect(ran.returncode == 0, f"the example ends with {ran.returncode}")
            api.child.wait_until(lambda lines: any(f'"{identifier}"' in line for line in lines), f"{identifier} arrives")
            daemon.stop()
        finally:
            for child in CHILDREN:
                child.kill()
                child.wait()
    print(f"example: {identifier} arrives")
    return 0


if __name__ == "__main__":
    sys.exit(main())
