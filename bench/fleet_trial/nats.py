"""nats-server: one of them, or a cluster, with JetStream that syncs before it answers; and requests to JetStream's API."""
import contextlib
import json
import os
import shutil
import signal
import socket
import time
from dataclasses import dataclass

from comparison.api import HOST, free_port
from comparison.processes import Program, ProgramFailed
from comparison.waiting import wait_until

from .nkey import new_user

STREAM = "RESPAND"
CONSUMER = "respand"
_FAR = 180  # seconds; a deadline for what should come soon, on a busy machine too
_READY = "Server is ready"
_RELOADED = "Reloaded server configuration"
_ADMIN = ("admin", "admin-password")  # who asks JetStream's API here
# What docs/fleet.md lets each user do.
_PERMISSIONS = {
    "owner": "",
    "edge": f', permissions: {{ publish: ["respand.>", "$JS.API.STREAM.INFO.{STREAM}"], subscribe: "_INBOX.>" }}',
    "relay": (f', permissions: {{ publish: ["$JS.API.STREAM.INFO.{STREAM}", "$JS.API.CONSUMER.INFO.{STREAM}.{CONSUMER}",'
              f' "$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{CONSUMER}", "$JS.ACK.{STREAM}.{CONSUMER}.>"], subscribe: "_INBOX.>" }}'),
}


@dataclass(frozen=True)
class Ports:
    clients: int
    cluster: int


class Servers:
    """`count` nodes, n1 to nN, whose files are below `folder`. Their users are owner, edge and relay, by nkey."""

    def __init__(self, program, folder, count):
        self._program = program
        self._folder = folder
        self._keys = {user: new_user() for user in _PERMISSIONS}
        for user, pair in self._keys.items():
            self.key_file(user).write_text(pair.seed + "\n", encoding="ascii")
        self._revoked = {}  # other public keys, in the place of these users'
        self._ports = [Ports(free_port(), free_port()) for _ in range(count)]
        self._running = [None] * count

    def __len__(self):
        return len(self._ports)

    @property
    def urls(self):
        return [f"nats://{HOST}:{ports.clients}" for ports in self._ports]

    def key_file(self, user):
        return self._folder / f"{user}.nk"

    def name(self, node):
        return f"n{node + 1}"

    def index(self, name):
        return int(name[1:]) - 1

    def launch(self, node):
        """Starts it; it may not serve yet when this returns."""
        self._configure(node)
        log = self._log(node)
        log.unlink(missing_ok=True)
        self._running[node] = Program(f"nats-server {self.name(node)}", [self._program, "-c", self._folder / f"{self.name(node)}.conf"], log)

    def await_ready(self, node):
        self._running[node].wait_until(lambda: _READY in self._log(node).read_text(errors="replace"), f"'{_READY}'", _FAR)

    def start(self, nodes=None):
        """Starts these, or all that do not run; they serve when this returns."""
        chosen = [node for node in range(len(self)) if not self._running[node]] if nodes is None else nodes
        for node in chosen:
            self.launch(node)
        for node in chosen:
            self.await_ready(node)

    def kill(self, node):
        if self._running[node]:
            self._running[node].kill()
            self._running[node] = None

    def stop(self):
        for node in range(len(self)):
            self.kill(node)

    def pause(self, node):
        """SIGSTOP: it neither answers nor closes, as a host behind a cut network."""
        self._running[node].send(signal.SIGSTOP)

    def resume(self, node):
        self._running[node].send(signal.SIGCONT)

    def empty_storage(self, node):
        shutil.rmtree(self._folder / self.name(node))

    def revoke(self, *users):
        """The servers know these no more, and all others again."""
        self._revoked = {user: new_user().public for user in users}
        self._reload()

    def _reload(self):
        for node, program in enumerate(self._running):
            self._configure(node)
            before = self._log(node).read_text(errors="replace").count(_RELOADED)
            program.send(signal.SIGHUP)
            program.wait_until(lambda: self._log(node).read_text(errors="replace").count(_RELOADED) > before, f"'{_RELOADED}'", _FAR)

    def usage(self):
        """CPU seconds so far of those that run."""
        return sum(program.usage().cpu for program in self._running if program)

    def ask(self, subject, body=b""):
        """What JetStream's API says, by the first server that answers; None: none of them does."""
        for ports, program in zip(self._ports, self._running):
            if program:
                try:
                    with contextlib.closing(Connection(ports.clients)) as connection:
                        answer = connection.ask(f"$JS.API.{subject}", body)
                except OSError:
                    continue
                if answer:  # empty: 503, nobody answers
                    return json.loads(answer)
        return None

    def connect(self):
        return Connection(self._ports[0].clients)

    def change(self, subject, values):
        """Asks until JetStream has done it: a cluster may have no leader for a while."""
        last = []

        def done():
            last[:] = [self.ask(subject, json.dumps(values).encode())]
            return last[0] is not None and "error" not in last[0]

        if not wait_until(done, _FAR, look=0.5):
            raise ProgramFailed(f"JetStream does not do {subject}: {last[0]}")
        return last[0]

    def stream(self):
        """What JetStream says of the stream; None: nobody answers, or there is none."""
        answer = self.ask(f"STREAM.INFO.{STREAM}")
        return answer if answer and "state" in answer else None

    def consumer(self):
        answer = self.ask(f"CONSUMER.INFO.{STREAM}.{CONSUMER}")
        return answer if answer and "num_pending" in answer else None

    def leader(self):
        """The stream's leader, as an index. Raises ProgramFailed where none comes up."""
        found = []

        def chosen():
            name = ((self.stream() or {}).get("cluster") or {}).get("leader", "")
            found[:] = [self.index(name)] if name else []
            return bool(found)

        if not wait_until(chosen, _FAR, look=0.2):
            raise ProgramFailed(f"stream {STREAM} has no leader")
        return found[0]

    def up_to_date(self):
        """Whether all replicas of the stream are."""
        cluster = (self.stream() or {}).get("cluster") or {}
        return bool(cluster.get("leader")) and all(one.get("current") and not one.get("offline") for one in cluster.get("replicas", ()))

    def limit_stream(self, max_bytes):
        info = self.change(f"STREAM.INFO.{STREAM}", {})
        self.change(f"STREAM.UPDATE.{STREAM}", {**info["config"], "max_bytes": max_bytes})

    def set_ack_wait(self, seconds):
        info = self.change(f"CONSUMER.INFO.{STREAM}.{CONSUMER}", {})
        config = {**info["config"], "ack_wait": int(seconds * 1e9)}
        self.change(f"CONSUMER.CREATE.{STREAM}.{CONSUMER}", {"stream_name": STREAM, "config": config, "action": "update"})

    def _log(self, node):
        return self._folder / f"{self.name(node)}.log"

    def _configure(self, node):
        own = self._ports[node]
        routes = ", ".join(f'"nats://{HOST}:{ports.cluster}"' for ports in self._ports)
        users = "\n".join(f"  {{ nkey: {self._revoked.get(user, self._keys[user].public)}{more} }}" for user, more in _PERMISSIONS.items())
        text = f"""server_name: {self.name(node)}
listen: "{HOST}:{own.clients}"
jetstream {{ store_dir: "{self._folder / self.name(node)}", sync_interval: always }}
authorization {{ users = [
  {{ user: {_ADMIN[0]}, password: {_ADMIN[1]} }}
{users}
] }}
"""
        if len(self) > 1:
            text += f'cluster {{ name: trial, listen: "{HOST}:{own.cluster}", routes: [{routes}] }}\n'
        (self._folder / f"{self.name(node)}.conf").write_text(text, encoding="utf-8")


class Connection:
    """A client in its simplest form. Its calls raise OSError where the server does not answer in time, or says no."""

    def __init__(self, port, user=_ADMIN, seconds=3):
        self._connection = socket.create_connection((HOST, port), seconds)
        self._lines = self._connection.makefile("rb")
        self._inbox = f"_INBOX.{os.getpid()}.{time.monotonic_ns()}"
        connect = json.dumps({"verbose": False, "pedantic": False, "headers": True, "user": user[0], "pass": user[1], "lang": "python", "version": "1"})
        self._connection.sendall(f"CONNECT {connect}\r\nSUB {self._inbox} 1\r\n".encode())

    def ask(self, subject, body=b""):
        self.send(self.message(subject, b"", body))
        return self.answer()

    def message(self, subject, headers, body):
        """The bytes of a message whose answer comes here; headers are whole lines."""
        if headers:
            headers = b"NATS/1.0\r\n" + headers + b"\r\n"
            return f"HPUB {subject} {self._inbox} {len(headers)} {len(headers) + len(body)}\r\n".encode() + headers + body + b"\r\n"
        return f"PUB {subject} {self._inbox} {len(body)}\r\n".encode() + body + b"\r\n"

    def send(self, message):
        self._connection.sendall(message)

    def answer(self):
        """The payload of the next one."""
        while line := self._lines.readline():
            if line.startswith((b"MSG ", b"HMSG ")):
                words = line.split()
                payload = self._lines.read(int(words[-1]) + 2)[:-2]
                return payload[int(words[-2]):] if words[0] == b"HMSG" else payload
            if line.startswith(b"PING"):
                self._connection.sendall(b"PONG\r\n")
            if line.startswith(b"-ERR"):
                raise OSError(line.decode(errors="replace").strip())
        raise OSError("the connection was cut")

    def close(self):
        self._lines.close()
        self._connection.close()


def wait_for_cluster(servers):
    """Until JetStream serves its API: a cluster chooses a leader first."""
    if not wait_until(lambda: "error" not in (servers.ask("INFO") or {"error": ""}), _FAR, look=0.2):
        raise ProgramFailed("JetStream of the NATS cluster does not answer")
