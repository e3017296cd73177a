#!/usr/bin/env python3
"""Holds a client of clients/ against what clients/README.md promises, with the real daemon.

  storm.py RESPAND CASE PROGRAM...      cases: storm, away, refused, exit, full; all

PROGRAM is the client's test program (tests/clients/LANGUAGE/storm.*). It is called as PROGRAM... SOCKET SPOOL THREADS
PREFIX MAX_QUEUE CLOSE_TIMEOUT (SPOOL "-": none; the last in seconds), makes one client with these settings and obeys the
lines on its standard input, each answered by one line on its standard output:

  log N      log() N records from THREADS threads (one after the other where the language has none). Each record is
             {"custom_identifier":"PREFIX-NUMBER","model":"gpt-4o","prompt_messages":[{"role":"user","content":"héllo \\u0000"}],
             "completion_message":{"role":"assistant","content":"Hi."},"usage":{"prompt_tokens":3,"completion_tokens":2}}
             with NUMBER counting on from 0 over all calls.  Answer: "logged N", when the last log() has returned
  deep       log() one record that respand refuses: objects in each other, 70 levels deep.  Answer: "logged 1"
  flush      flush(20 s).  Answer: "flushed true" or "flushed false"
  stats      Answer: stats() as one line of JSON, and in it p50_us, p99_us and max_us: how long log() took
  exit       ends the program with neither flush nor close, as an application does that forgets them.  No answer

At the end of its input it calls close(), prints the same JSON and ends with 0. It never prints anything else there;
an exception out of log() ends it with 3.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

FAR = 60  # seconds; a deadline for what should come at once
CHILDREN = []  # all that were started; none outlives this script
KEYS = ("logged", "durable", "spooled", "refused", "dropped", "queued", "connects", "last_error")


class Failed(Exception):
    pass


def expect(condition, text):
    if not condition:
        raise Failed(text)


class Child:
    """A program whose lines of one stream are read by a thread, and can be waited for."""

    def __init__(self, words, stream, **more):
        self.process = subprocess.Popen(words, **{stream: subprocess.PIPE}, text=True, encoding="utf-8", errors="replace", **more)
        CHILDREN.append(self.process)
        self.lines = []
        self.changed = threading.Condition()
        self.ended = False
        self.reader = threading.Thread(target=self._read, args=(getattr(self.process, stream),), daemon=True)
        self.reader.start()

    def _read(self, stream):
        for line in stream:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait_until(self, test, what):
        with self.changed:
            self.changed.wait_for(lambda: test(self.lines) or self.ended, FAR)
            found = test(self.lines)
        expect(found, f"{what} within {FAR} s\n" + "\n".join(self.lines[-20:]))
        return found

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        status = self.process.wait(FAR)
        self.reader.join(FAR)
        return status


class Api:
    """`respand sink`: the stand-in API; tells each record that it took."""

    def __init__(self, respand):
        self.child = Child([respand, "sink", "--listen", "127.0.0.1:0", "--record", "/dev/stdout"], "stdout", stderr=subprocess.PIPE)
        self.url = self.child.process.stderr.readline().split()[-1]

    def identifiers(self):
        with self.child.changed:
            return [json.loads(line)["custom_identifier"] for line in self.child.lines]

    def wait_for(self, prefix, numbers):
        """Each of these numbers at least once; how many came again."""
        wanted = {f"{prefix}-{number}" for number in numbers}
        seen, at = set(), 0

        def complete(lines):
            nonlocal at
            while at < len(lines):
                seen.add(json.loads(lines[at])["custom_identifier"])
                at += 1
            return wanted <= seen

        try:
            self.child.wait_until(complete, "all records arrive")
        except Failed:
            missing = sorted(wanted - seen)
            raise Failed(f"{len(missing)} records are lost: {', '.join(missing[:5])} …") from None
        return sum(1 for one in self.identifiers() if one in wanted) - len(wanted)


class Daemon:
    def __init__(self, respand, folder, url):
        self.respand, self.folder, self.child = respand, folder, None
        self.socket, self.spool = f"{folder}/respand.sock", f"{folder}/spool"
        os.mkdir(self.spool)
        with open(f"{folder}/respand.yaml", "w", encoding="utf-8") as file:
            file.write(
                f'api: {{base_url: "{url}", api_key: test-key}}\n'
                f"socket: {{path: {self.socket}}}\nspool: {{directory: {self.spool}}}\n"
                f"journal: {{directory: {folder}/journal, segment_size: 32MiB, max_size: 1GiB}}\n"
                f"dead_letters: {{directory: {folder}/dead}}\ncosts: {{directory: {folder}/costs}}\n"
                f"control: {{path: {folder}/control.sock}}\n"
            )

    def start(self):
        # What a test has set for its client is not for the daemon.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RESPAND_")}
        self.child = Child([self.respand, "run", "--config", f"{self.folder}/respand.yaml"], "stderr", env=environment)
        self.child.wait_until(lambda lines: any(" ready " in line for line in lines), "the daemon is ready")

    def wait_for_empty_spool(self):
        by = time.monotonic() + FAR
        while os.listdir(self.spool) not in ([], ["rejected"]):
            expect(time.monotonic() < by, f"the spool holds {os.listdir(self.spool)}")
            threading.Event().wait(0.005)  # Nobody tells when a file is removed.

    def stop(self):
        status = self.child.end()
        expect(status == 0, f"the daemon ends with {status}\n" + "\n".join(self.child.lines[-20:]))

    def kill(self):
        self.child.end(signal.SIGKILL)


class Client:
    """The client's test program."""

    def __init__(self, words, socket, spool, threads, prefix, max_queue, close_timeout=10):
        self.prefix = prefix
        settings = [socket, spool or "-", str(threads), prefix, str(max_queue), str(close_timeout)]
        self.child = Child([*words, *settings], "stdout", stdin=subprocess.PIPE)
        self.answers = 0

    def tell(self, line):
        self.child.process.stdin.write(line + "\n")
        self.child.process.stdin.flush()

    def answer(self):
        at = self.answers
        self.child.wait_until(lambda lines: len(lines) > at, "the client answers")
        self.answers += 1
        return self.child.lines[at]

    def ask(self, line):
        self.tell(line)
        return self.answer()

    def stats(self):
        return self._read_stats(self.ask("stats"))

    def _read_stats(self, line):
        stats = json.loads(line)
        for key in KEYS:
            expect(key in stats, f"stats() has no {key}: {line}")
        total = sum(stats[key] for key in ("durable", "spooled", "refused", "dropped", "queued"))
        expect(stats["logged"] == total, f"logged is not the sum of the rest: {line}")
        return stats

    def close(self):
        self.child.process.stdin.close()
        stats = self._read_stats(self.answer())
        self.ends()
        return stats

    def ends(self):
        status = self.child.process.wait(FAR)
        expect(status == 0, f"the client's program ends with {status}")


def storm(respand, words, folder):
    """10,000 records over five restarts, three kill -9 and an outage of five seconds."""
    api = Api(respand)
    daemon = Daemon(respand, folder, api.url)
    daemon.start()
    client = Client(words, daemon.socket, daemon.spool, 4, "storm", 20000)
    outage = float(os.environ.get("STORM_OUTAGE", "5"))
    events = ["restart", "kill", "restart", "outage", "restart", "kill", "restart", "kill", "restart", "none"]
    for event in events:
        client.tell("log 1000")
        if event == "restart":
            daemon.stop()
        elif event in ("kill", "outage"):
            daemon.kill()
        if event == "outage":
            threading.Event().wait(outage)  # The outage's length is the case itself.
        if event != "none":
            daemon.start()
        expect(client.answer() == "logged 1000", "log 1000 is answered by something else")
        # So that the next blow meets a connection with records on it, and not a client that is still looking for one.
        expect(client.ask("flush") == "flushed true", f"flush fails: {client.stats()}")
    stats = client.close()
    expect(stats["logged"] == 10000 and stats["queued"] == 0, f"not all is settled: {stats}")
    expect(stats["refused"] == 0 and stats["dropped"] == 0, f"some are refused or dropped: {stats}")
    expect(stats["durable"] > 0, f"none went over the socket: {stats}")
    twice = api.wait_for("storm", range(10000))
    daemon.wait_for_empty_spool()
    daemon.stop()
    api.child.end()
    return (
        f"10000 records over 5 restarts, 3 kill -9, an outage of {outage:g} s: durable {stats['durable']}, spooled {stats['spooled']},"
        f" lost 0, twice {twice}; log(): p50 {stats['p50_us']:.1f} us, p99 {stats['p99_us']:.1f} us, max {stats['max_us']:.0f} us"
    )


def away(respand, words, folder):
    """No daemon at all: records go to the spool, and the daemon takes them when it comes."""
    api = Api(respand)
    daemon = Daemon(respand, folder, api.url)
    client = Client(words, daemon.socket, daemon.spool, 4, "away", 10000)
    expect(client.ask("log 2500") == "logged 2500", "log is not answered")
    stats = client.close()
    expect(stats["spooled"] == 2500, f"not all is spooled: {stats}")
    names = os.listdir(daemon.spool)
    expect(all(name.endswith(".ndjson") and not name.startswith(".") for name in names), f"the spool holds {names}")
    daemon.start()
    expect(api.wait_for("away", range(2500)) == 0, "some came twice")
    daemon.stop()
    api.child.end()
    return f"2500 records without a daemon: spooled in {len(names)} files, all delivered once"


def refused(respand, words, folder):
    """A record that respand refuses does not count as durable, and harms none beside it."""
    api = Api(respand)
    daemon = Daemon(respand, folder, api.url)
    daemon.start()
    client = Client(words, daemon.socket, daemon.spool, 1, "refused", 10000)
    for line in ("log 10", "deep", "log 10"):
        client.ask(line)
    expect(client.ask("flush") == "flushed true", "flush fails")
    stats = client.close()
    expect((stats["durable"], stats["refused"], stats["dropped"]) == (20, 1, 0), f"durable 20, refused 1 expected: {stats}")
    expect(api.wait_for("refused", range(20)) == 0, "some came twice")
    daemon.stop()
    api.child.end()
    return "a refused record between good ones: counted as refused, the others are durable"


def exit_(respand, words, folder):
    """An application that forgets to close loses nothing."""
    api = Api(respand)
    daemon = Daemon(respand, folder, api.url)
    daemon.start()
    client = Client(words, daemon.socket, daemon.spool, 4, "exit", 10000)
    expect(client.ask("log 3000") == "logged 3000", "log is not answered")
    client.tell("exit")
    client.ends()
    twice = api.wait_for("exit", range(3000))
    daemon.stop()
    api.child.end()
    return f"3000 records and an exit without close: lost 0, twice {twice}"


def full(respand, words, folder):
    """Neither daemon nor spool: the queue fills, the rest is dropped and counted, and nothing waits long or fails."""
    client = Client(words, f"{folder}/nobody.sock", "", 2, "full", 100, close_timeout=0.2)
    expect(client.ask("log 300") == "logged 300", "log is not answered")
    stats = client.stats()
    expect((stats["queued"], stats["dropped"]) == (100, 200), f"queued 100, dropped 200 expected: {stats}")
    expect(stats["last_error"], f"last_error says nothing: {stats}")
    client.tell("exit")
    client.ends()
    return f"no daemon, no spool, room for 100: 200 of 300 dropped and counted; log(): max {stats['max_us']:.0f} us"


CASES = {"storm": storm, "away": away, "refused": refused, "exit": exit_, "full": full}


def run_cases(cases):
    """Runs each, given as (name, function of a folder of its own), and prints what it says, up to the first that fails."""
    for name, case in cases:
        with tempfile.TemporaryDirectory(prefix="respand-client.") as folder:
            try:
                print(f"{name}: {case(folder)}", flush=True)
            except (Failed, OSError, ValueError, subprocess.TimeoutExpired) as error:
                print(f"{name}: FAILED: {error}", flush=True)
                return 1
            finally:
                for child in CHILDREN:
                    child.kill()
                    child.wait()
                CHILDREN.clear()
    return 0


def main():
    if len(sys.argv) < 4 or sys.argv[2] not in (*CASES, "all"):
        print(__doc__, file=sys.stderr)
        return 64
    respand, chosen, words = sys.argv[1], sys.argv[2], sys.argv[3:]
    names = CASES if chosen == "all" else (chosen,)
    return run_cases((name, lambda folder, name=name: CASES[name](respand, words, folder)) for name in names)


if __name__ == "__main__":
    sys.exit(main())
