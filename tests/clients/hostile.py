#!/usr/bin/env python3
"""Holds a client against a daemon that is none: broken, false and missing answers, and places that can't be used.

  hostile.py PROGRAM...

PROGRAM is what storm.py drives; it must also take $STORM_ACK_TIMEOUT, in seconds, for ack_timeout. The daemon is played on
one connection, step by step: for clients whose sender goes on by itself. false_daemons.py is for any client.
"""
import contextlib
import errno
import json
import os
import socket
import sys

from storm import FAR, Client, Failed, expect, run_cases


class Fake:
    """A socket on which this script plays the daemon, one connection at a time."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(16)
        self.listener.settimeout(FAR)
        self.peer = self.reader = None

    def accept(self):
        self.peer, _ = self.listener.accept()
        self.peer.settimeout(FAR)
        self.reader = self.peer.makefile("rb")
        expect(self.reader.readline() == b"!ack\n", "the first line is not !ack")

    def lines(self, count):
        """The numbers of the next records."""
        return [int(json.loads(self.reader.readline())["custom_identifier"].split("-")[-1]) for _ in range(count)]

    def say(self, text):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.peer.sendall(text.encode())

    def hear_end(self):
        """Until the client ends the connection."""
        with contextlib.suppress(ConnectionResetError):
            while self.peer.recv(1 << 16):
                pass
        self.hang_up()

    def hang_up(self):
        self.reader.close()
        self.peer.close()


class Stage:
    """A folder, a fake daemon in it, and a client."""

    def __init__(self, words, folder, ack_timeout="30", spool="", close_timeout=10):
        os.environ["STORM_ACK_TIMEOUT"] = ack_timeout
        self.fake = Fake(f"{folder}/socket")
        self.client = Client(words, f"{folder}/socket", spool, 1, "hostile", 50000, close_timeout)

    def log(self, count):
        expect(self.client.ask(f"log {count}") == f"logged {count}", "log is not answered")

    def finish(self, **wanted):
        expect(self.client.ask("flush") == "flushed true", f"flush fails: {self.client.stats()}")
        stats = self.client.close()
        for key, value in wanted.items():
            expect(stats[key] == value, f"{key} {value} expected: {stats}")
        return stats


def cut(words, folder):
    """An answer without its end counts for nothing."""
    stage = Stage(words, folder)
    stage.log(3)
    stage.fake.accept()
    expect(stage.fake.lines(3) == [0, 1, 2], "not the lines that were logged")
    stage.fake.say('{"durable":3}')
    stage.fake.hang_up()
    stage.fake.accept()
    expect(stage.fake.lines(3) == [0, 1, 2], "not all is sent again, in order")
    stage.fake.say('{"durable":1}\n{"dura')
    stage.fake.hang_up()
    stage.fake.accept()
    expect(stage.fake.lines(2) == [1, 2], "not the rest is sent again")
    stage.fake.say('{"durable":2}\n')
    stage.finish(durable=3, connects=3)


# MANY stands for more lines than were sent.
FALSE_ANSWERS = (
    '{"durable":MANY}', '{"durable":-1}', '{"durable":1.5}', '{"durable":1e30}', '{"durable":99999999999999999999999}',
    '{"durable":18446744073709551617}', '{"durable":"2"}', '{"durable":0}', '{"line":MANY,"error":"no"}',
    '{"line":1,"error":"no"}', '{"line":0,"error":"no"}', '{"line":-7,"error":"no"}', '{"durable":2', '{"durable":2}}',
    "durable", "[2]", "null", "\x00", "[" * 50000, "x" * (1 << 20),
)  # fmt: skip


def false(words, folder):
    """An answer that can't be true ends the connection, and settles nothing."""
    stage = Stage(words, folder)
    count = len(FALSE_ANSWERS) + 2
    stage.log(count)
    for done, answer in enumerate(FALSE_ANSWERS):
        stage.fake.accept()
        expect(stage.fake.lines(2) == [done, done + 1], f"before {answer:.40}: not what has no answer yet")
        stage.fake.lines(count - done - 2)
        end = "" if len(answer) == 1 << 20 else "\n"  # the longest: a line without an end
        stage.fake.say('{"durable":1}\n' + answer.replace("MANY", str(count + 1)) + end)
        stage.fake.hear_end()
    expect(stage.client.stats()["last_error"], "last_error says nothing")
    stage.fake.accept()
    stage.fake.lines(2)
    stage.fake.say('{"durable":2}\n')
    stage.finish(durable=count, connects=len(FALSE_ANSWERS) + 1, refused=0)


def unknown(words, folder):
    """What a later respand may add is passed over."""
    stage = Stage(words, folder)
    stage.log(4)
    stage.fake.accept()
    stage.fake.lines(4)
    stage.fake.say('{"hello":[1,{"durable":4}]}\n\r\n{"line":1,"sequence":7}\n{ "more" : {"line":2,"error":"x"} , "durable" : 2 }\r\n')
    stage.fake.say('{"error":"l\\u00f6st \\"x\\" \\ud83d","line":3,"why":null}\n{"durable":4}\n')
    stage.finish(durable=3, refused=1, connects=1)


def poison(words, folder):
    """A refused line is not sent again, even where its durable is cut off."""
    stage = Stage(words, folder)
    stage.log(3)
    stage.fake.accept()
    stage.fake.lines(3)
    stage.fake.say('{"line":2,"error":"no"}\n')
    stage.fake.hang_up()
    stage.fake.accept()
    expect(stage.fake.lines(2) == [0, 2], "not what was not refused")
    stage.fake.say('{"durable":2}\n')
    stage.finish(durable=2, refused=1, connects=2)


def chatty(words, folder):
    """A daemon that reads no more until its long answers are read."""
    stage = Stage(words, folder)
    stage.client.tell("log 3000")
    stage.fake.accept()
    for line in range(1, 3001):
        stage.fake.lines(1)
        stage.fake.say('{"line":%d,"error":"%s"}\n' % (line, "x" * 2000))
    stage.fake.say('{"durable":3000}\n')
    expect(stage.client.answer() == "logged 3000", "log is not answered")
    stage.finish(durable=0, refused=3000, connects=1)


def silent(words, folder):
    """A daemon that accepts and never answers: the records go to the spool."""
    os.mkdir(f"{folder}/spool")
    stage = Stage(words, folder, ack_timeout="0.3", spool=f"{folder}/spool")
    stage.log(5)
    expect(stage.client.ask("flush") == "flushed true", f"flush fails: {stage.client.stats()}")
    stats = stage.finish(durable=0, spooled=5)
    expect("answer" in stats["last_error"], f"last_error does not say that there was no answer: {stats}")
    spooled = [name for name in os.listdir(f"{folder}/spool") if name.endswith(".ndjson")]
    mode = os.stat(f"{folder}/spool/{spooled[0]}").st_mode & 0o777
    expect(mode == 0o640, f"a spooled file has mode {mode:o}")
    lines = [json.loads(line) for name in spooled for line in open(f"{folder}/spool/{name}", encoding="utf-8")]
    expect(sorted(line["custom_identifier"] for line in lines) == [f"hostile-{n}" for n in range(5)], f"spooled: {lines}")
    expect(all(line["timestamp"].endswith("Z") for line in lines), f"no timestamps: {lines}")


def deaf(words, folder):
    """A daemon that never reads: the end of the program is not held up, and all goes to the spool."""
    os.mkdir(f"{folder}/spool")
    stage = Stage(words, folder, spool=f"{folder}/spool", close_timeout=0.5)
    stage.log(20000)
    stage.fake.accept()
    stats = stage.client.close()
    expect(stats["spooled"] == 20000, f"not all is spooled: {stats}")


def crowded(words, folder):
    """A daemon that accepts nobody, with a full backlog: connecting holds up neither the spool nor the end."""
    os.mkdir(f"{folder}/spool")
    with contextlib.ExitStack() as crowd:
        listener = crowd.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(f"{folder}/socket")
        listener.listen(0)
        for _ in range(64):
            one = crowd.enter_context(socket.socket(socket.AF_UNIX))
            one.setblocking(False)
            if one.connect_ex(f"{folder}/socket") == errno.EAGAIN:
                break
        else:
            raise Failed("the backlog has no end")
        client = Client(words, f"{folder}/socket", f"{folder}/spool", 1, "hostile", 100, 1)
        client.ask("log 3")
        stats = client.close()
        expect((stats["spooled"], stats["connects"]) == (3, 0), f"spooled 3, connects 0 expected: {stats}")


def no_socket(words, folder):
    """A file in the socket's place, and one in the spool's: what can't be handed over is dropped at the end, and said."""
    for name in ("file", "spool"):
        with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
            file.write("no socket\n")
    client = Client(words, f"{folder}/file", f"{folder}/spool", 1, "hostile", 100, 0.2)
    client.ask("log 3")
    stats = client.close()
    expect((stats["dropped"], stats["queued"]) == (3, 0), f"dropped 3, queued 0 expected: {stats}")
    expect(stats["last_error"], f"last_error says nothing: {stats}")
    with open(f"{folder}/file", encoding="utf-8") as file:
        expect(file.read() == "no socket\n", "the file was written to")


def main():
    words = sys.argv[1:]
    if not words:
        print(__doc__, file=sys.stderr)
        return 64
    cases = (cut, false, unknown, poison, chatty, silent, deaf, crowded, no_socket)
    return run_cases((case.__name__, lambda folder, case=case: case(words, folder) or case.__doc__) for case in cases)


if __name__ == "__main__":
    sys.exit(main())
