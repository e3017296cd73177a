"""Forks: a child starts anew, whatever its parent is doing at that moment; what either was given arrives, once."""

import concurrent.futures
import os
import sys
import threading
import unittest
import unittest.mock

import respand
from world import FAR, DaemonTest, wait_until


MULTIPROCESSING = """
import concurrent.futures, multiprocessing, respand, sys

def work(number):
    assert respand.log({"custom_identifier": f"{sys.argv[1]}-{number}"})

if __name__ == "__main__":
    work(-1)
    context = multiprocessing.get_context(sys.argv[1])
    children = [context.Process(target=work, args=(number,)) for number in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0
    with concurrent.futures.ProcessPoolExecutor(2, context) as pool:
        list(pool.map(work, range(3, 6)))
    pool = context.Pool(2)
    pool.map(work, range(6, 9))
    pool.close()  # Leaving a with block would terminate the workers, by a signal.
    pool.join()
"""


def in_child(function):
    """Forks; the child runs the function and ends with 0 where that returns. Returns the child's pid."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            function()
            status = 0
        except BaseException as error:
            print(f"in the child: {error!r}", file=sys.stderr, flush=True)
        finally:
            os._exit(status)
    return pid


class Fork(DaemonTest):
    def assert_ends_well(self, pid):
        self.assertEqual(os.waitpid(pid, 0)[1], 0)

    def test_a_child_has_an_empty_queue_and_its_own_connection(self):
        client = self.client()
        client.log({"custom_identifier": "before"})
        self.assertTrue(client.flush(FAR))

        def child():
            assert client.stats()["logged"] == 0, client.stats()
            assert client.log({"custom_identifier": "child"})
            assert client.close(FAR), client.stats()
            assert client.stats()["connects"] == 1

        self.assert_ends_well(in_child(child))
        client.log({"custom_identifier": "after"})
        self.assertTrue(client.flush(FAR))
        self.assertEqual(client.stats()["connects"], 1)  # The child's end did not cut the parent's connection.
        self.assertEqual(set(self.delivered(3)), {"before", "child", "after"})

    def test_what_waits_in_the_parent_is_sent_by_the_parent_alone(self):
        self.daemon.kill()
        client = self.client(spool_after=10 * FAR)
        for number in range(100):
            client.log({"custom_identifier": f"parent-{number}"})
        self.assert_ends_well(in_child(lambda: client.close(FAR)))
        self.assertEqual(client.stats()["queued"], 100)
        self.daemon.start()
        self.assertTrue(client.flush(FAR))
        self.assertEqual(len(self.delivered(100)), 100)
        self.assertEqual(len(self.api.identifiers()), 100)

    def test_forks_amid_logging_and_spooling_hang_nowhere(self):
        """Each fork may fall into log(), into a write, into the opening of a file: no child waits for a lost thread."""
        self.daemon.kill()
        client = self.client(spool_after=0, max_queue=100, max_wait=FAR)
        stop = threading.Event()
        self.addCleanup(stop.set)
        counts = [0, 0]

        def write(writer):
            while not stop.is_set():
                counts[writer] += client.log({"custom_identifier": f"w{writer}-{counts[writer]}"})

        writers = [threading.Thread(target=write, args=(writer,)) for writer in range(2)]
        for writer in writers:
            writer.start()

        def child(number):
            assert client.log({"custom_identifier": f"child-{number}"})
            assert client.close(FAR), client.stats()

        for number in range(20):
            self.assert_ends_well(in_child(lambda number=number: child(number)))
        stop.set()
        for writer in writers:
            writer.join(FAR)
        self.assertTrue(client.flush(FAR), client.stats())
        wanted = {f"child-{number}" for number in range(20)}
        wanted |= {f"w{writer}-{number}" for writer in range(2) for number in range(counts[writer])}
        self.daemon.start()
        self.assertTrue(wait_until(lambda: len(self.api.child.lines) >= len(wanted)))
        arrived = self.api.identifiers()
        self.assertEqual((len(arrived), set(arrived)), (len(wanted), wanted))

    def test_a_child_does_not_hold_a_spool_file_open(self):
        """One that did would hold up the daemon, which takes no file that somebody writes to."""
        self.daemon.kill()
        children = []
        fsync = os.fsync

        def open_files():
            paths = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
            spooled = [path for path in paths if os.path.lexists(path) and "ndjson" in os.readlink(path)]
            assert not spooled, spooled

        def fork_then_sync(file):
            if not children:
                children.append(in_child(open_files))
            fsync(file)

        with unittest.mock.patch("os.fsync", fork_then_sync):
            client = self.client(spool_after=0)
            client.log({})
            self.assertTrue(client.flush(FAR))
        self.assert_ends_well(children[0])

    def test_multiprocessing_children_flush_at_their_end(self):
        program = os.path.join(self.folder, "program.py")
        with open(program, "w", encoding="utf-8") as file:
            file.write(MULTIPROCESSING)
        with concurrent.futures.ThreadPoolExecutor() as at_once:
            list(at_once.map(lambda method: self.run_python(program, method), ("fork", "spawn", "forkserver")))
        wanted = {f"{method}-{number}" for method in ("fork", "spawn", "forkserver") for number in range(-1, 9)}
        self.assertEqual(set(self.delivered(len(wanted))), wanted)
        self.assertEqual(len(self.api.identifiers()), len(wanted))

    def test_preforked_workers(self):
        """As gunicorn does: the application is loaded, and has logged, before the workers are forked; they end by exit."""
        self.run_python("-c", """if True:
            import os, respand, sys
            respand.log({"custom_identifier": "master"})
            workers = []
            for worker in range(4):
                pid = os.fork()
                if pid == 0:
                    for number in range(250):
                        assert respand.log({"custom_identifier": f"{worker}-{number}"})
                    sys.exit(0)
                workers.append(pid)
            for pid in workers:
                assert os.waitpid(pid, 0)[1] == 0""")
        wanted = {"master"} | {f"{worker}-{number}" for worker in range(4) for number in range(250)}
        self.assertEqual(set(self.delivered(len(wanted))), wanted)
        self.assertEqual(len(self.api.identifiers()), len(wanted))

    def test_two_threads_may_fork_at_once(self):
        client = self.client()

        def fork():
            for _ in range(10):
                self.assert_ends_well(in_child(lambda: client.log({}) or sys.exit(1)))

        forkers = [threading.Thread(target=fork) for _ in range(2)]
        for forker in forkers:
            forker.start()
        for forker in forkers:
            forker.join(FAR)
            self.assertFalse(forker.is_alive())


class AfterClose(unittest.TestCase):
    def test_a_closed_client_stays_closed_in_a_child(self):
        client = respand.Respand("/nobody", "")
        client.close(0)
        self.assertEqual(os.waitpid(in_child(lambda: sys.exit(1) if client.log({}) else None), 0)[1], 0)
