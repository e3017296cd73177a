#!/usr/bin/env python3
"""Holds a client of clients/ against daemons that do not behave, sockets that are none and spool directories that can't be written.

  false_daemons.py CASE|all PROGRAM...        PROGRAM is the client's test program, as for storm.py

A stand-in for the daemon plays a script for each connection, however many the client makes: it reads that many lines behind
`!ack`, then says something. hostile.py goes further into the order of things, with clients whose sender goes on by itself.
"""
import json
import os
import socket
import sys
import threading

sys.dont_write_bytecode = True
import storm  # noqa: E402

Failed, expect = storm.Failed, storm.expect
HUGE = b"9" * 400


class Daemon:
    """Plays its scripts, one for each connection; the last one for all that follow. What was read: self.connections."""

    def __init__(self, folder, *scripts):
        self.path, self.scripts, self.connections = f"{folder}/fake.sock", list(scripts), []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            connection, _ = self.listener.accept()
            connection.settimeout(storm.FAR)
            script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
            lines = []
            self.connections.append(lines)
            threading.Thread(target=self._play, args=(connection, script, lines), daemon=True).start()

    def _play(self, connection, script, lines):
        with connection, connection.makefile("rb") as reader:
            try:
                script(connection, reader, lines)
            except OSError:
                pass  # The client has gone, as it may.


def read(reader, lines, count):
    """Reads lines until there are `count` of them."""
    while len(lines) < count:
        line = reader.readline()
        if not line.endswith(b"\n"):
            return False
        if line != b"!ack\n":
            lines.append(json.loads(line)["custom_identifier"])
    return True


def says(count, answer):
    """Reads `count` lines, answers and ends the connection when the client has no more to say."""

    def script(connection, reader, lines):
        if read(reader, lines, count):
            connection.sendall(answer)
            read(reader, lines, 1 << 30)

    return script


def hangs_up(count, answer):
    """Reads `count` lines, answers and ends the connection at once."""

    def script(connection, reader, lines):
        if read(reader, lines, count):
            connection.sendall(answer)

    return script


def good(connection, reader, lines):
    """Says of each line that it is durable."""
    while read(reader, lines, len(lines) + 1):
        connection.sendall(b'{"durable":%d}\n' % len(lines))


def endless(connection, reader, lines):
    if read(reader, lines, 10):
        while True:
            connection.sendall(b"x" * 65536)


def talks_only(connection, reader, lines):
    """Writes 4 MiB before it reads anything: neither side may wait for the other for ever."""
    connection.sendall(b'{"hello":"%s"}\n' % (b"x" * 1000) * 4096)
    good(connection, reader, lines)


def silent(connection, reader, lines):
    threading.Event().wait(storm.FAR)


def run(words, path, spool, count=10, close_timeout=5, flush=True):
    client = storm.Client(words, path, spool, 1, "h", 10000, close_timeout)
    expect(client.ask(f"log {count}") == f"logged {count}", "log is not answered")
    if flush:
        expect(client.ask("flush") == "flushed true", f"flush fails: {client.stats()}")
    return client.close()


def names(*numbers):
    return [f"h-{number}" for number in numbers]


def settled(stats, **wanted):
    found = {key: stats[key] for key in wanted}
    expect(found == wanted, f"{wanted} expected: {stats}")


def wrong_then_good(words, folder, script):
    """Whatever the first connection says counts for nothing; all lines come again over the second."""
    daemon = Daemon(folder, script, good)
    settled(run(words, daemon.path, ""), durable=10, refused=0, dropped=0, queued=0)
    expect(daemon.connections[-1] == names(*range(10)), f"lines came as {daemon.connections}")


WRONG = [
    b'{"durable":11}\n', b'{"durable":%s}\n' % HUGE, b'{"durable":-1}\n', b'{"durable":1e1}\n', b'{"durable":"10"}\n', b'{"durable":null}\n',
    b'{"durable":[10]}\n', b'{"line":0,"error":"x"}\n', b'{"line":11,"error":"x"}\n', b'{"line":%s,"error":"x"}\n' % HUGE, b'{"durable":10\n', b"[10]\n",
    b"10\n", b"HTTP/1.1 200 OK\r\n\r\n", b'\xff\xfe{"durable":10}\n', b'{"a":' * 3000 + b"1" + b"}" * 3000 + b"\n",
]


def wrong_answers(words, folder):
    for number, answer in enumerate(WRONG):
        own = f"{folder}/{number}"
        os.mkdir(own)
        try:
            wrong_then_good(words, own, says(10, answer))
        except Failed as error:
            raise Failed(f"{answer[:80]}: {error}") from None
    return f"{len(WRONG)} answers that are none: nothing counted, all lines sent again"


def cut(words, folder):
    daemon = Daemon(folder, hangs_up(10, b'{"durable":5}\n{"durable":10}'), good)
    settled(run(words, daemon.path, ""), durable=10, refused=0, dropped=0)
    expect(daemon.connections[1] == names(5, 6, 7, 8, 9), f"lines came as {daemon.connections}")
    return "an answer without its line end counts for nothing"


def refused_and_cut(words, folder):
    daemon = Daemon(folder, hangs_up(3, b'{"error":"no \\u0000 \xc3\xa9 \\ud83d","line":2}\n{"line":2,"error":"again"}\n'), good)
    settled(run(words, daemon.path, "", 3), durable=2, refused=1, dropped=0)
    expect(daemon.connections[1] == names(0, 2), f"lines came as {daemon.connections}")
    return "a refused line is not sent again, though no durable has covered it"


def strange(words, folder):
    answer = b'{"hello":[1,{"durable":99}],"e":1.5e+3}\n\n\r\n{"line":3,"sequence":7}\n{"durable":3,"more":{"durable":1}}\n{"durable":3}\n {"durable" : 10 } \r\n'
    daemon = Daemon(folder, says(10, answer))
    settled(run(words, daemon.path, ""), durable=10, connects=1)
    return "unknown members and lines are passed over"


def endless_line(words, folder):
    wrong_then_good(words, folder, endless)
    return "an endless line ends the connection"


def both_talk(words, folder):
    daemon = Daemon(folder, talks_only)
    settled(run(words, daemon.path, "", 2000), durable=2000)
    return "a daemon that talks before it reads is read"


def never_answers(words, folder):
    daemon, spool = Daemon(folder, silent), f"{folder}/spool"
    os.mkdir(spool)
    settled(run(words, daemon.path, spool, close_timeout=0.3, flush=False), spooled=10)
    expect(len(os.listdir(spool)) == 1, f"the spool holds {os.listdir(spool)}")
    return "no answer at all: spooled at exit"


def no_socket(words, folder):
    spool = f"{folder}/spool"
    os.mkdir(spool)
    with open(f"{folder}/file", "w", encoding="utf-8"):
        pass
    settled(run(words, f"{folder}/file", spool), spooled=10)
    settled(run(words, f"{folder}/{'long' * 50}", spool), spooled=10)
    settled(run(words, folder, spool), spooled=10)
    for name in os.listdir(spool):
        expect(os.stat(f"{spool}/{name}").st_mode & 0o137 == 0, f"{name} may be read by all")
    return "a file, a folder and a path that is too long in the socket's place: spooled"


def no_spool(words, folder):
    with open(f"{folder}/file", "w", encoding="utf-8"):
        pass
    for spool in (f"{folder}/file", f"{folder}/nothing"):
        stats = run(words, f"{folder}/nobody", spool, close_timeout=0.3, flush=False)
        settled(stats, dropped=10, spooled=0)
        expect(stats["last_error"], "last_error says nothing")
    return "a spool directory that is none: dropped at exit, and counted"


CASES = {
    "wrong": wrong_answers, "cut": cut, "refused": refused_and_cut, "strange": strange, "endless": endless_line, "both": both_talk,
    "silent": never_answers, "socket": no_socket, "spool": no_spool,
}


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in (*CASES, "all"):
        print(__doc__, file=sys.stderr)
        return 64
    names = CASES if sys.argv[1] == "all" else (sys.argv[1],)
    return storm.run_cases((name, lambda folder, name=name: CASES[name](sys.argv[2:], folder)) for name in names)


if __name__ == "__main__":
    sys.exit(main())
