"""The stand-in API, which is `respand sink` for every shipper, and nginx in front of it for TLS."""
import json
import random
import shutil
import socket
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from .processes import Program, ProgramFailed
from .records import NumberTail, count_arrivals

HOST = "127.0.0.1"
_READY = 10  # seconds until it must listen
_TRIES = 100  # ports
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Address:
    """Where records are posted to."""

    port: int
    ca_file: str = ""  # the certificate to trust, where it is https

    @property
    def tls(self):
        return bool(self.ca_file)

    @property
    def url(self):
        return f"http{'s' if self.tls else ''}://{HOST}:{self.port}"


def free_port():
    """A free port below those that the kernel gives to connections, so that no other program gets it while the API is away."""
    lowest_given = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    for port in random.sample(range(lowest_given // 2, lowest_given), _TRIES):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
                return port
            except OSError:
                continue
    raise ProgramFailed(f"no port of {HOST} is free")


def listens(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


class Sink:
    """`respand sink`, whose record file is `folder`/records: each record that it took, one a line."""

    def __init__(self, respand, folder, port):
        self._respand = respand
        self._log = Path(folder) / "sink.log"
        self.records = Path(folder) / "records"
        self.records.touch()
        self.address = Address(port)
        self._program = None
        self._earlier = 0  # records that sinks before this one took, repeated ones not included
        self._tail = None

    def start(self):
        """Listens when this returns. Raises ProgramFailed where it can't."""
        if listens(self.address.port):
            raise ProgramFailed(f"port {self.address.port} of {HOST} is busy: another program listens there. Name a free one with --port, or none")
        self._program = Program("respand sink", [self._respand, "sink", "--listen", f"{HOST}:{self.address.port}", "--record", self.records], self._log)
        self._program.wait_until(lambda: listens(self.address.port), "its port", _READY)

    def go_away(self):
        """From now on connections to it are refused, until it starts again."""
        self._earlier += self._taken()
        self.stop()

    def kill(self):
        """kill -9. What it has answered is in the record file all the same."""
        self._program.kill()
        self._program = None

    def stop(self):
        if self._program:
            self._program.stop()
            self._program = None
        if self._tail:
            self._tail.close()
            self._tail = None

    def arrived(self, in_pieces=False):
        """How many records it has taken. Repeated ones are not counted, where it knows them.

        `in_pieces`: the sink counts a body with many records as one, so they are counted in the record file.
        """
        if in_pieces:
            self._tail = self._tail or NumberTail(self.records)
            return self._tail.count()
        return self._earlier + self._taken()

    def count(self, written):
        return count_arrivals(self.records, written)

    def _taken(self):
        self._program.require_running()
        try:
            with _direct.open(f"{self.address.url}/stats", timeout=_READY) as answer:
                stats = json.load(answer)
        except OSError as error:
            raise ProgramFailed(f"the stand-in API does not answer: {error}") from error
        return stats["records"] - stats["duplicates"]


def tls_is_missing():
    """What this machine lacks for TLS; empty: nothing."""
    return ", ".join(name for name in ("nginx", "openssl") if not _find(name))


class TlsFront:
    """nginx, which takes HTTPS (HTTP/1.1 and HTTP/2) and passes it on to the sink."""

    def __init__(self, folder, upstream, port):
        self._folder = Path(folder) / "nginx"
        self._folder.mkdir()
        self._upstream = upstream
        certificate = self._folder / "certificate.pem"
        subprocess.run(
            [_find("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={HOST}",
             "-addext", f"subjectAltName=IP:{HOST},DNS:localhost", "-keyout", self._folder / "key.pem", "-out", certificate],
            check=True, capture_output=True)
        self.address = Address(port, str(certificate))
        self._program = None

    def start(self):
        (self._folder / "nginx.conf").write_text(self._configuration())
        words = [_find("nginx"), "-p", self._folder, "-c", self._folder / "nginx.conf", "-e", "stderr"]
        self._program = Program("nginx", words, self._folder / "log")
        self._program.wait_until(lambda: listens(self.address.port), "its port", _READY)

    def stop(self):
        if self._program:
            self._program.stop()
            self._program = None

    def _configuration(self):
        places = "".join(f"{name}_temp_path {self._folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return f"""daemon off;
worker_processes 1;
pid {self._folder}/pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
access_log off;
{places}client_max_body_size 64m;
client_body_buffer_size 16m;
keepalive_requests 100000000;
proxy_http_version 1.1;
proxy_set_header Connection '';
upstream sink {{ server {HOST}:{self._upstream.port}; keepalive 64; keepalive_requests 100000000; }}
server {{
listen {HOST}:{self.address.port} ssl http2;
ssl_certificate {self.address.ca_file};
ssl_certificate_key {self._folder}/key.pem;
location / {{ proxy_pass http://sink; }}
}}
}}
"""


def _find(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
