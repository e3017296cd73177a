#!/usr/bin/env python3
"""The client in PHP under a real php-fpm: one connection a worker, over its requests and the daemon's restarts.

  fpm_test.py RESPAND PHP_FPM           needs cgi-fcgi
"""
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import false_daemons  # noqa: E402
import storm  # noqa: E402

expect = storm.expect


class Fpm:
    """php-fpm in the foreground with so many workers."""

    def __init__(self, program, folder, workers):
        self.socket = f"{folder}/fpm.sock"
        with open(f"{folder}/fpm.conf", "w", encoding="utf-8") as file:
            file.write(
                f"[global]\ndaemonize = no\nerror_log = /dev/stderr\nlog_level = notice\n[www]\nlisten = {self.socket}\n"
                f"pm = static\npm.max_children = {workers}\ncatch_workers_output = yes\n"
                + ("user = root\ngroup = root\n" if os.geteuid() == 0 else "")
            )
        words = [program, "--nodaemonize", "--fpm-config", f"{folder}/fpm.conf", "--prefix", folder]
        self.child = storm.Child(words + (["--allow-to-run-as-root"] if os.geteuid() == 0 else []), "stderr")
        self.child.wait_until(lambda lines: any("ready to handle connections" in line for line in lines), "php-fpm is ready")

    def get(self, **ask):
        """The page's answer; an error of PHP's too."""
        page = f"{HERE}/fpm_page.php"
        environment = {
            "SCRIPT_FILENAME": page, "SCRIPT_NAME": "/", "REQUEST_METHOD": "GET", "QUERY_STRING": urllib.parse.urlencode(ask), "PATH": os.environ["PATH"],
        }
        words = ["cgi-fcgi", "-bind", "-connect", self.socket]
        answer = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=storm.FAR, check=True).stdout
        head, _, body = answer.partition("\n\n")
        expect("500" in head or "fail" in ask or body.startswith("{"), f"the page says {answer}")
        return json.loads(body) if body.startswith("{") and body.endswith("}") else None


def connections(respand, daemon):
    words = [respand, "status", "--json", "--control", f"{daemon.folder}/control.sock"]
    status = json.loads(subprocess.run(words, capture_output=True, text=True, timeout=storm.FAR, check=False).stdout)
    return sum(user["connections"] for user in status["users"])


def over_requests(respand, program, folder):
    """160 requests of four browsers at two workers, over a restart and a kill -9."""
    api = storm.Api(respand)
    daemon = storm.Daemon(respand, folder, api.url)
    daemon.start()
    fpm = Fpm(program, folder, 2)
    pids = set()

    def browse(numbers):
        for number in numbers:
            records = ",".join(f"fpm-{3 * number + i}" for i in range(3))
            pids.add(fpm.get(socket=daemon.socket, spool=daemon.spool, records=records)["pid"])

    with concurrent.futures.ThreadPoolExecutor(4) as browsers:
        for first, event in ((0, daemon.stop), (40, daemon.kill), (80, None), (120, None)):
            batch = [browsers.submit(browse, range(first + i, first + 40, 4)) for i in range(4)]
            if event:
                event()
                daemon.start()
            for one in batch:
                one.result()
    twice = api.wait_for("fpm", range(480))
    expect(len(pids) == 2, f"{pids} answered")
    expect(1 <= connections(respand, daemon) <= 2, f"{connections(respand, daemon)} connections of two workers")
    fpm.child.end()
    daemon.stop()
    api.child.end()
    return f"160 requests of two workers over a restart and a kill -9: 480 records, lost 0, twice {twice}, a connection each"


def one_worker(respand, program, folder):
    """What one request leaves behind harms no other."""
    api = storm.Api(respand)
    daemon = storm.Daemon(respand, folder, api.url)
    daemon.start()
    fpm = Fpm(program, folder, 1)

    def settled(wanted, **ask):
        stats = fpm.get(socket=daemon.socket, wait=1, **ask)
        found = {key: stats[key] for key in wanted}
        expect(found == wanted, f"{ask}: {wanted} expected: {stats}")

    settled({"durable": 2, "connects": 1}, records="one-0,one-1")
    settled({"durable": 1, "connects": 0}, records="one-2")
    settled({"durable": 1, "refused": 1, "connects": 0}, deep=1, records="one-3")  # the first line of a request is refused
    settled({"durable": 3, "connects": 0}, records="one-4,one-5,one-6")
    fpm.get(socket=daemon.socket, records="one-7", fail=1)  # a fatal error behind log()
    settled({"durable": 1, "connects": 0}, records="one-8")
    settled({"durable": 1, "connects": 0}, records="one-9", two="one-10")
    settled({"durable": 1, "connects": 1}, half=1, records="one-11")
    settled({"durable": 1, "connects": 0}, records="one-12")
    daemon.stop()
    daemon.start()
    settled({"durable": 1, "connects": 1}, records="one-13")
    expect(api.wait_for("one", range(14)) == 0, "some came twice")
    expect(connections(respand, daemon) == 1, "the worker has more than a connection")
    daemon.stop()
    api.child.end()

    # The browser does not wait for a daemon that never answers.
    mute = false_daemons.Daemon(folder, false_daemons.silent)
    expect(fpm.get(socket=mute.path, records="x", close_timeout=storm.FAR * 2)["queued"] == 1, "no record waits")
    fpm.child.end()
    return "refused lines, fatal errors, half lines and a second client: each record once, over the worker's one connection"


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 64
    for case in (over_requests, one_worker):
        with tempfile.TemporaryDirectory(prefix="respand-fpm.") as folder:
            try:
                print(f"fpm: {case(sys.argv[1], sys.argv[2], folder)}", flush=True)
            except (storm.Failed, OSError, ValueError, TypeError, subprocess.SubprocessError) as error:
                print(f"fpm: FAILED: {error}", flush=True)
                return 1
            finally:
                for child in storm.CHILDREN:
                    child.terminate()  # php-fpm ends its workers, which a kill -9 would leave
                    child.wait(storm.FAR)
                storm.CHILDREN.clear()
    return 0


if __name__ == "__main__":
    sys.exit(main())
