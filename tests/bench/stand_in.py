#!/usr/bin/env python3
"""Takes the place of `respand` in the tests of bench/compare, with three of its commands:

  version
  sink --listen HOST:PORT --record FILE    takes POSTs, one record each, and answers GET /stats
  run --config FILE                        posts each line of its socket, with the faults that its environment asks for

Faults of `run`: STAND_IN_LOSE=N and STAND_IN_TWICE=N, every Nth record is not posted, or twice; STAND_IN_HOLD=N, what comes behind
the Nth is held in memory for ever; STAND_IN_END=1, it ends at the first record. What the API is away for waits in memory; what was read is
acknowledged where the writer asks for it (`!ack`).
"""
import argparse
import http.client
import http.server
import itertools
import json
import os
import queue
import re
import select
import socket
import sys
import threading
from pathlib import Path


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    seen = set()
    records = 0
    file = None

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with Api.lock:
            Api.file.write(body.strip() + b"\n")
            Api.file.flush()
            Api.records += 1
            Api.seen.add(json.loads(body)["custom_identifier"])
        self._answer({})

    def do_GET(self):
        with Api.lock:
            stats = {"records": Api.records, "duplicates": Api.records - len(Api.seen)}
        self._answer(stats)

    def _answer(self, what):
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def sink(words):
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen")
    parser.add_argument("--record")
    options = parser.parse_args(words)
    host, port = options.listen.split(":")
    Api.file = open(options.record, "ab")
    http.server.ThreadingHTTPServer((host, int(port)), Api).serve_forever()


class Shipper:
    def __init__(self, configuration):
        self._port = int(re.search(r"base_url: http://127.0.0.1:(\d+)/", configuration).group(1))
        self._socket = re.search(r"socket: {path: (.*?)}", configuration).group(1)
        self._faults = {name: int(os.environ.get(f"STAND_IN_{name}", 0)) for name in ("LOSE", "TWICE", "HOLD", "END")}
        self._lines = queue.SimpleQueue()
        self._api = None

    def run(self):
        threading.Thread(target=self._post_all, daemon=True).start()
        Path(self._socket).unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self._socket)
        listener.listen()
        while True:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                self._serve(connection, lines)

    def _serve(self, connection, lines):
        acknowledged = None
        for line in lines:
            if line == b"!ack\n":
                acknowledged = 0
                continue
            if self._faults["END"]:
                sys.exit("STAND_IN_END asks for it")
            self._lines.put(line)
            if acknowledged is not None:
                acknowledged += 1
                connection.sendall(b'{"durable":%d}\n' % acknowledged)

    def _post_all(self):
        lose, twice, hold = (self._faults[name] for name in ("LOSE", "TWICE", "HOLD"))
        for taken in itertools.count(1):
            line = self._lines.get()
            if hold and taken > hold or lose and taken % lose == 0:
                continue
            for _ in range(2 if twice and taken % twice == 0 else 1):
                self._post(line)

    def _post(self, line):
        while True:
            try:
                self._api = self._api or http.client.HTTPConnection("127.0.0.1", self._port)
                self._api.request("POST", "/api/request-logs/create/", line)
                self._api.getresponse().read()
                return
            except (OSError, http.client.HTTPException):
                self._api.close()
                self._api = None
                select.select([], [], [], 0.02)  # until the next try


def main():
    command, *words = sys.argv[1:]
    if command == "version":
        print("stand-in 1.2.3")
    elif command == "sink":
        sink(words)
    else:
        Shipper(Path(words[1]).read_text()).run()


if __name__ == "__main__":
    main()
