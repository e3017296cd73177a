#!/usr/bin/env python3
"""Kills the daemon while a client that has no spool hands over: what has no answer must be sent again, and nothing is lost.

  kills.py RESPAND PROGRAM...

storm.py does the same with a spool, which takes most of the records while the daemon is away. PROGRAM is what storm.py drives.
"""
import sys

from storm import Api, Client, Daemon, expect, run_cases

KILLS = 4
RECORDS = 2000  # between two kills


def kills(respand, words, folder):
    api = Api(respand)
    daemon = Daemon(respand, folder, api.url)
    daemon.start()
    client = Client(words, daemon.socket, "", 4, "kills", 2 * RECORDS * KILLS)
    for kill in range(KILLS):
        client.tell(f"log {RECORDS}")
        seen = len(api.child.lines)
        # The first come through, the rest is under way.
        api.child.wait_until(lambda lines, seen=seen: len(lines) > seen, f"records arrive before kill {kill + 1}")
        daemon.kill()
        client.answer()
        daemon.start()
    expect(client.ask("flush") == "flushed true", f"flush fails: {client.stats()}")
    stats = client.close()
    expect(stats["durable"] == RECORDS * KILLS, f"not all is durable: {stats}")
    twice = api.wait_for("kills", range(RECORDS * KILLS))
    daemon.stop()
    return f"{RECORDS * KILLS} records over {KILLS} kill -9, no spool: lost 0, twice {twice}, connects {stats['connects']}"


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 64
    return run_cases([("kills", lambda folder: kills(sys.argv[1], sys.argv[2:], folder))])


if __name__ == "__main__":
    sys.exit(main())
