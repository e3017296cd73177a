#!/usr/bin/env python3
"""The Python client's test program: obeys tests/clients/storm.py, whose docstring says how."""

import json
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "clients", "python"))
import respand  # noqa: E402

socket, spool, threads, prefix, max_queue, close_timeout = sys.argv[1:7]
client = respand.Respand(socket, "" if spool == "-" else spool, max_queue=int(max_queue), close_timeout=float(close_timeout))
took = []  # seconds of each log()
logged = 0


def record(number):
    return {
        "custom_identifier": f"{prefix}-{number}",
        "model": "gpt-4o",
        "prompt_messages": [{"role": "user", "content": "héllo \0"}],
        "completion_message": {"role": "assistant", "content": "Hi."},
        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
    }


def log(records):
    for one in records:
        begin = time.perf_counter()
        try:
            client.log(one)
        except BaseException:
            os._exit(3)
        took.append(time.perf_counter() - begin)


def log_from_threads(count):
    global logged
    numbers, logged = range(logged, logged + count), logged + count
    count_of_threads = int(threads)
    workers = [threading.Thread(target=log, args=([record(number) for number in numbers[first::count_of_threads]],))
               for first in range(count_of_threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def stats():
    times = sorted(took) or [0.0]
    quantiles = {f"p{of}_us": times[len(times) * of // 100] * 1e6 for of in (50, 99)}
    return json.dumps({**client.stats(), **quantiles, "max_us": times[-1] * 1e6})


def say(line):
    print(line, flush=True)


for line in sys.stdin:
    words = line.split()
    if words[0] == "log":
        log_from_threads(int(words[1]))
        say(f"logged {words[1]}")
    elif words[0] == "deep":
        deep = {}
        for _ in range(70):
            deep = {"deeper": deep}
        log([{"model": "gpt-4o", "metadata": deep}])
        say("logged 1")
    elif words[0] == "flush":
        say(f"flushed {'true' if client.flush(20) else 'false'}")
    elif words[0] == "stats":
        say(stats())
    elif words[0] == "exit":
        sys.exit(0)
client.close()
say(stats())
