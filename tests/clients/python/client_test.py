"""The client itself: encoding, bounds, hostile daemons, spool, kills amid answers, exit."""

import asyncio
import contextlib
import datetime
import decimal
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import unittest
import unittest.mock
import uuid

import respand
from world import CLIENT, FAR, DaemonTest, FakeDaemon, settle_all, wait_until


class Encoding(DaemonTest):
    def test_records_arrive_as_they_were_when_they_were_logged(self):
        client = self.client()
        at = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
        record = {"custom_identifier": "a", "model": "gpt-4o", "start_time": at, "thread_identifier": uuid.UUID(int=1),
                  "metadata": {"text": "é\0\n\u2028", "half": "\ud83d"}, "n": 12345678901234567890}
        self.assertTrue(client.log(record))
        record["model"], record["metadata"]["text"] = "another", "later"
        self.assertTrue(client.log({}))
        self.assertTrue(client.flush(FAR))
        taken = self.delivered(2)
        arrived = taken.pop("a")
        self.assertEqual(arrived["model"], "gpt-4o")
        self.assertEqual(arrived["start_time"], "2026-01-02T03:04:05+00:00")
        self.assertEqual(arrived["thread_identifier"], "00000000-0000-0000-0000-000000000001")
        self.assertEqual(arrived["metadata"], {"text": "é\0\n\u2028", "half": "\ufffd"})
        self.assertEqual(arrived["n"], 12345678901234567890)
        self.assertRegex(arrived["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        (identifier,) = taken
        self.assertEqual(uuid.UUID(identifier).version, 4)

    def test_what_is_no_record_is_refused_with_a_reason_and_never_thrown(self):
        class Hostile:
            def to_dict(self):
                raise KeyboardError("no")

        class KeyboardError(Exception):
            def __str__(self):
                raise RuntimeError("not even a text")

        heard = []
        told = threading.Event()

        def on_error(record, reason):
            heard.append((record, reason))
            if len(heard) == len(bad):
                told.set()
            raise RuntimeError("the application's own mistake")

        circle = {}
        circle["itself"] = circle
        deep = []
        for _ in range(200_000):
            deep = [deep]
        bad = [None, 7, "text", [{}], {"n": float("nan")}, {"n": float("inf")}, {"n": {1, 2}}, {b"n": 1}, {"n": b"bytes"},
               {"n": decimal.Decimal("0.1")}, circle, {"n": deep}, {"n": Hostile()}, {"n": "x" * 1001}]
        client = self.client(max_record=1000, on_error=on_error)
        for record in bad:
            self.assertFalse(client.log(record))
        self.assertTrue(told.wait(FAR))
        self.assertEqual([record for record, _ in heard[:10]], bad[:10])
        for _, reason in heard:
            self.assertRegex(reason, "^refused: ")
        self.assertIn("max_record", heard[-1][1])
        self.assertTrue(client.log({"fine": True}))
        self.assertTrue(client.flush(FAR))
        stats = client.stats()
        self.assertEqual((stats["refused"], stats["durable"], stats["logged"]), (len(bad), 1, len(bad) + 1))
        del heard[:], circle["itself"]
        while deep:
            deep = deep.pop()

    def test_what_respand_refuses_is_told(self):
        heard = []
        client = self.client(on_error=lambda *told: heard.append(told))
        deep = {}
        for _ in range(70):
            deep = {"d": deep}
        self.assertTrue(client.log({"metadata": deep, "model": "m"}))
        self.assertTrue(client.close(FAR))
        self.assertEqual(heard[0][0]["model"], "m")
        self.assertRegex(heard[0][1], "^refused by respand: .*nest|deep")

    def test_large_records_go_through(self):
        client = self.client()
        for number in range(3):
            self.assertTrue(client.log({"custom_identifier": f"large-{number}", "input": "x" * (6 << 20)}))
        self.assertTrue(client.flush(FAR))
        self.assertEqual(client.stats()["durable"], 3)
        self.assertEqual(set(self.delivered(3)), {"large-0", "large-1", "large-2"})

    def test_settings_that_are_wrong_are_named(self):
        for name, value in (("max_queue", 0), ("max_record", 1.5), ("max_wait", -1), ("close_timeout", float("nan")),
                            ("ack_timeout", "1"), ("max_queue_bytes", True), ("on_error", 7)):
            with self.assertRaisesRegex(ValueError, name):
                respand.Respand(**{name: value})


class Delivery(DaemonTest):
    def test_nothing_is_lost_by_kills_amid_answers(self):
        """Writers go on while the daemon is killed and restarted, each time after it has answered some records."""
        client = self.client(spool_after=60)
        stop = threading.Event()
        self.addCleanup(stop.set)
        counts = [0] * 4

        def write(writer):
            while not stop.is_set():
                if client.log({"custom_identifier": f"w{writer}-{counts[writer]}", "model": "gpt-4o"}):
                    counts[writer] += 1
                client.flush(0.001)  # Others write too; the pace alone matters.

        writers = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
        for writer in writers:
            writer.start()
        for end in (self.daemon.kill, self.daemon.stop, self.daemon.kill, self.daemon.stop, self.daemon.kill):
            before = client.stats()["durable"]
            self.assertTrue(wait_until(lambda: client.stats()["durable"] >= before + 200), client.stats())
            end()
            self.daemon.start()
        stop.set()
        for writer in writers:
            writer.join(FAR)
        self.assertTrue(client.flush(FAR), client.stats())
        stats = client.stats()
        self.assertEqual((stats["durable"], stats["spooled"]), (sum(counts), 0))
        self.assertGreaterEqual(stats["connects"], 6)  # A daemon that stops may take one more, and close it.
        wanted = {f"w{writer}-{number}" for writer in range(4) for number in range(counts[writer])}
        self.assertTrue(wait_until(lambda: wanted <= set(self.api.identifiers())))
        print(f"kills amid answers: {sum(counts)} records, lost 0, twice {len(self.api.identifiers()) - len(wanted)}")

    def test_a_long_outage_does_not_fill_the_queue(self):
        self.daemon.kill()
        client = self.client(max_queue=100, spool_after=0, max_wait=FAR)
        self.assertTrue(client.log({"custom_identifier": "o-first"}))
        self.assertTrue(client.flush(FAR))
        client._spool_after = 10 * FAR  # From here on only a queue that fills has something spooled.
        for number in range(999):
            self.assertTrue(client.log({"custom_identifier": f"o-{number}"}))
        self.assertTrue(client.close(FAR))
        self.assertEqual(client.stats()["spooled"], 1000)
        self.daemon.start()
        self.assertEqual(len(self.delivered(1000)), 1000)

    def test_a_signals_handler_may_log_too(self):
        client = self.client(max_queue=100_000)
        handled = []  # One handler may interrupt another.

        former = signal.signal(signal.SIGALRM, lambda *_: handled.append(client.log({"from": "the handler"})))
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
            taken = sum(client.log({"n": number}) for number in range(5000))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, former)
        self.assertGreater(len(handled), 0)
        self.assertTrue(client.flush(FAR))
        self.assertEqual(client.stats()["durable"], taken + sum(handled))

    def test_sigpipe_that_kills_does_not(self):
        self.run_python("-c", """if True:
            import respand, signal, socket
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            client = respand.Respand()
            client.log({})
            assert client.flush(30)
            client._connection._socket.shutdown(socket.SHUT_WR)
            client.log({})
            assert client.flush(30), client.stats()
            assert client.stats()["connects"] == 2""")


class Loop(DaemonTest):
    def test_an_event_loop_never_waits_for_room(self):
        self.daemon.kill()
        client = self.client(max_queue=2, max_wait=10 * FAR, spool_after=10 * FAR)

        async def main():
            return [client.log({"n": number}) for number in range(4)]

        self.assertEqual(asyncio.run(main()), [True, True, False, False])
        self.assertEqual(client.stats()["dropped"], 2)

    def test_a_loop_goes_on_while_aflush_waits(self):
        self.daemon.kill()
        client = self.client(spool_after=10 * FAR)

        async def main():
            client.log({})
            flushing = asyncio.ensure_future(client.aflush(FAR))
            await asyncio.get_running_loop().run_in_executor(None, self.daemon.start)
            self.assertTrue(await flushing)
            self.assertEqual(client.stats()["durable"], 1)

        asyncio.run(main())


class Hostile(unittest.TestCase):
    """Daemons that answer what no daemon answers: nothing counts that was not said rightly, and the next honest one takes all."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "socket")
        self.folder = folder.name

    def play(self, script, **settings):
        """A client of a daemon that plays this script."""
        daemon = FakeDaemon(self.path, script)
        self.addCleanup(daemon.close)
        client = respand.Respand(self.path, "", **settings)
        self.addCleanup(client.close, 0.1)
        return client

    def settle(self, answer):
        """Ten records to a daemon that gives this answer to the first line, and is honest on the next connection."""
        taken = []

        def script(number, lines, send):
            if number == 0:
                lines.readline()
                with contextlib.suppress(OSError):
                    answer(send) if callable(answer) else send(answer)
                lines.read(1 << 22)  # until the client goes
            else:
                settle_all(number, (taken.append(line) or line for line in lines), send)

        client = self.play(script, spool_after=FAR * 10)
        for number in range(10):
            self.assertTrue(client.log({"n": number}))
        self.assertTrue(client.flush(FAR), client.stats())
        stats = client.stats()
        self.assertEqual((stats["durable"], stats["refused"], stats["dropped"]), (10, 0, 0))
        self.assertEqual({json.loads(line)["n"] for line in taken}, set(range(10)))  # Nothing counts that the liar said.
        return stats

    def test_answers_that_break_the_connection(self):
        for number, answer in enumerate((
                b'{"durable":11}\n', b'{"durable":-1}\n', b'{"durable":1.0}\n', b'{"durable":true}\n', b'{"durable":"1"}\n',
                b'{"durable":1e999}\n', b'{"durable":' + b"9" * 6000 + b"}\n", b'{"durable":null}\n', b"[1]\n", b"\n", b"nonsense\n",
                b"\xff\xfe\n", b'{"line":99,"error":"x"}\n', b'{"line":0,"error":"x"}\n', b'{"line":"1","error":"x"}\n',
                b'{"error":"x"}\n', b"[" * 100_000 + b"\n")):
            with self.subTest(answer=answer[:40]):
                self.path = os.path.join(self.folder, f"socket-{number}")
                stats = self.settle(answer)
                self.assertEqual(stats["connects"], 2)
                self.assertTrue(stats["last_error"])

    def test_a_line_without_an_end(self):
        def endless(send):
            while True:
                send(b"x" * 65536)

        self.assertEqual(self.settle(endless)["connects"], 2)

    def test_an_answer_in_pieces_unknown_members_and_unknown_answers(self):
        def script(_, lines, send):
            for number, _ in enumerate(lines, 1):
                send(b'{"new":{"durable":99}}\n{"durable":%d,"later":[1,' % number)
                send(b'2]}\n{"du')
                send(b'rable":%d}\n' % number)

        client = self.play(script)
        for number in range(10):
            client.log({"n": number})
        self.assertTrue(client.flush(FAR), client.stats())
        self.assertEqual((client.stats()["durable"], client.stats()["connects"]), (10, 1))

    def test_a_cut_answer_counts_for_nothing(self):
        def cut(number, lines, send):
            if number == 0:
                lines.readline()
                send(b'{"line":1,"error":"no"}\n{"durable":1}')  # no newline: neither is settled
            else:
                settle_all(number, lines, send)

        client = self.play(cut)
        client.log({})
        self.assertTrue(client.flush(FAR))
        self.assertEqual((client.stats()["durable"], client.stats()["refused"], client.stats()["connects"]), (1, 0, 2))

    def test_refused_and_durable_are_told_apart(self):
        def script(_, lines, send):
            for number, _ in enumerate(lines, 1):
                if number % 2:
                    send(b'{"line":%d,"error":"odd"}\n' % number)
                else:
                    send(b'{"durable":%d}\n' % number)

        client = self.play(script)
        for number in range(10):
            client.log({"n": number})
        self.assertTrue(client.flush(FAR))
        self.assertEqual((client.stats()["durable"], client.stats()["refused"]), (5, 5))

    def test_a_daemon_that_accepts_and_never_answers(self):
        connections = threading.Semaphore(0)

        def silent(_, lines, __):
            connections.release()
            lines.read()

        client = self.play(silent, ack_timeout=0.05)
        client.log({})
        for _ in range(3):
            self.assertTrue(connections.acquire(timeout=FAR))
        self.assertEqual(client.stats()["queued"], 1)
        self.assertIn("no answer", client.stats()["last_error"])

    def test_a_daemon_that_does_not_read(self):
        """The socket is full and answers wait on the other side: neither side may wait for the other."""
        go = threading.Event()

        def script(_, lines, send):
            go.wait(FAR)
            send(b'{"new":1}\n' * 20_000)
            settle_all(0, lines, send)

        client = self.play(script)
        for _ in range(50):
            client.log({"input": "x" * 100_000})
        go.set()
        self.assertTrue(client.flush(FAR), client.stats())
        self.assertEqual((client.stats()["durable"], client.stats()["connects"]), (50, 1))


class Places(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def in_folder(self, name):
        return os.path.join(self.folder, name)

    def test_a_socket_that_is_none(self):
        with open(self.in_folder("file"), "w", encoding="utf-8"):
            pass
        for path in (self.in_folder("file"), self.folder, self.in_folder("x" * 200), "", "a\0b"):
            with self.subTest(path=path[:40]), respand.Respand(path, "", close_timeout=0) as client:
                self.assertTrue(client.log({}))
                self.assertTrue(wait_until(lambda client=client: client.stats()["last_error"]))
                self.assertEqual(client.stats()["queued"], 1)

    def test_a_spool_that_can_not_be_written_keeps_records_in_the_queue(self):
        with open(self.in_folder("file"), "w", encoding="utf-8"):
            pass
        client = respand.Respand(self.in_folder("nobody"), self.in_folder("file"), spool_after=0)
        self.assertTrue(client.log({}))
        self.assertTrue(wait_until(lambda: "can't spool" in client.stats()["last_error"]))
        self.assertEqual(client.stats()["queued"], 1)
        heard = []
        client._on_error = lambda *told: heard.append(told)
        self.assertFalse(client.close(0))
        self.assertEqual(client.stats()["dropped"], 1)
        self.assertRegex(heard[0][1], "^dropped: ")
        self.assertFalse(client.log({}))
        self.assertEqual(client.stats()["dropped"], 2)

    def test_spooled_files(self):
        os.mkdir(self.in_folder("spool"))
        with open(self.in_folder("spool/.left-by-a-crash.ndjson.tmp"), "w", encoding="utf-8"):
            pass
        former = os.umask(0o027)
        try:
            client = respand.Respand(self.in_folder("nobody"), self.in_folder("spool"))
            for number in range(2001):
                client.log({"n": number})
            self.assertTrue(client.close(FAR))
        finally:
            os.umask(former)
        names = sorted(name for name in os.listdir(self.in_folder("spool")) if not name.startswith("."))
        self.assertEqual(len(names), 3)
        numbers = []
        for name in names:
            path = self.in_folder(f"spool/{name}")
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o640)
            with open(path, encoding="utf-8") as lines:
                numbers += [json.loads(line)["n"] for line in lines]
        self.assertEqual(numbers, list(range(2001)))

    def test_bytes_are_bounded_too(self):
        client = respand.Respand(self.in_folder("nobody"), "", max_queue_bytes=10_000, max_wait=0)
        self.addCleanup(client.close, 0)
        taken = [client.log({"input": "x" * 3000}) for _ in range(5)]
        self.assertEqual(taken, [True, True, True, False, False])

    def test_log_waits_for_room(self):
        daemon = FakeDaemon(self.in_folder("socket"), settle_all)
        self.addCleanup(daemon.close)
        client = respand.Respand(self.in_folder("socket"), "", max_queue=1, max_wait=FAR)
        self.addCleanup(client.close, 0.1)
        self.assertTrue(all(client.log({"n": number}) for number in range(100)))

    def test_a_client_without_threads_sends_when_it_is_closed(self):
        client = respand.Respand(self.in_folder("socket"), "")
        with unittest.mock.patch.object(threading.Thread, "start", side_effect=RuntimeError("can't start new thread")):
            self.assertTrue(client.log({}))
            self.assertIn("can't start new thread", client.stats()["last_error"])
        daemon = FakeDaemon(self.in_folder("socket"), settle_all)
        self.addCleanup(daemon.close)
        self.assertTrue(client.close(FAR), client.stats())
        self.assertEqual(client.stats()["durable"], 1)

    def test_descriptors_closed_by_the_application(self):
        """As a program does that becomes a daemon: all is made anew."""
        daemon = FakeDaemon(self.in_folder("socket"), settle_all)
        self.addCleanup(daemon.close)
        subprocess.run([sys.executable, "-c", """if True:
            import os, respand
            client = respand.Respand(spool="")
            assert client.log({}) and client.flush(30)
            os.closerange(3, 100)
            assert client.log({}) and client.flush(30), client.stats()
            assert client.stats()["durable"] == 2
            """], env={**os.environ, "PYTHONPATH": CLIENT, "RESPAND_SOCKET_PATH": self.in_folder("socket")}, check=True, timeout=FAR)
