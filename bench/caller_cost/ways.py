"""The ways to log a record in Python, as bench/caller.cc has them for C++."""
import http.client
import os
import socket
import time
from contextlib import ExitStack

from comparison.waiting import pause

_BYTES = 1300  # of a line
_FAR = 60  # seconds; a deadline for what should come at once


def record(way, number):
    head = b'{"model":"gpt-4o","custom_identifier":"caller-python-%s-%d","prompt_messages":[{"role":"user","content":"' % (way.encode(), number)
    tail = b'"}],"cost":0.001,"generation_time":1.2}\n'
    return head + b"x" * (_BYTES - len(head) - len(tail)) + tail


def _nothing(_place, _ends):
    return lambda line, number: None


def _connected(path, ends):
    connection = ends.enter_context(socket.socket(socket.AF_UNIX))
    connection.settimeout(_FAR)
    connection.connect(path)
    connection.settimeout(None)  # a socket with a time limit costs a poll() for each call
    return connection


def _line(place, ends):
    connection = _connected(place, ends)
    return lambda line, number: connection.sendall(line)


def _ack(place, ends):
    connection = _connected(place, ends)
    connection.sendall(b"!ack\n")

    def log(line, _number):
        connection.sendall(line)
        if not connection.recv(128):
            raise ConnectionError("no acknowledgement came")

    return log


def _spool(place, _ends):
    def log(line, number):
        hidden = f"{place}/python-{number}.tmp"
        file = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(file, line)
        os.close(file)
        os.rename(hidden, f"{place}/python-{number}.json")

    return log


def _post(place, ends):
    connection = http.client.HTTPConnection("127.0.0.1", int(place), timeout=_FAR)
    ends.callback(connection.close)
    headers = {"Content-Type": "application/json", "Authorization": "Bearer caller"}

    def log(line, _number):
        connection.request("POST", "/api/request-logs/create/", line, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise ConnectionError(f"a request was answered with {answer.status}")

    return log


WAYS = {"nothing": _nothing, "line": _line, "ack": _ack, "spool": _spool, "post": _post}


def run(way, place, records, rate):
    """[(nanoseconds of time, nanoseconds of this thread's CPU time)], one for each record."""
    costs = []
    with ExitStack() as ends:
        log = WAYS[way](place, ends)
        begin = time.monotonic()
        for number in range(records):
            line = record(way, number)
            pause(begin + number / rate - time.monotonic())
            cpu = time.thread_time_ns()
            then = time.perf_counter_ns()
            log(line, number)
            took = time.perf_counter_ns() - then
            costs.append((took, time.thread_time_ns() - cpu))
    return costs
