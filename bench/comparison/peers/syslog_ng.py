"""syslog-ng, with its http() destination (libcurl)."""
from pathlib import Path

from ..contestant import Contestant, Launch, Peer, Promise, Shape, write
from . import place

_HEADERS = 'headers("Content-Type: application/json", "Authorization: Bearer compare")'


def find(installed):
    unpacked = installed.peers / "usr/sbin/syslog-ng"
    own = unpacked if unpacked.exists() else place.program("syslog-ng")
    if not own:
        return Peer("syslog-ng", missing="scripts/install-packages --peers brings it")
    environment, modules = {}, []
    if own is unpacked:
        libraries = installed.peers / "usr/lib/syslog-ng"
        environment = {"LD_LIBRARY_PATH": str(libraries)}
        modules = ["--module-path", _newest(libraries)]
    version = place.version([own, "--version", *modules], environment or None)

    def contestant(variant, promise, window, buffer):
        return Contestant("syslog-ng", variant, promise, lambda job: _launch(own, modules, environment, version, window, buffer, job))

    return Peer("syslog-ng", version, (
        contestant("memory", Promise.MEMORY, 500_000, ""),
        contestant("disk buffer", Promise.WRITTEN, 10_000, "disk-buffer(reliable(yes) disk-buf-size(4294967296) mem-buf-size(16777216) dir(\"{folder}\"))"),
    ))


def _newest(libraries):
    """The folder of modules, which is named by the version."""
    versions = [folder for folder in Path(libraries).iterdir() if folder.is_dir() and folder.name[0].isdigit()]
    return max(versions, key=lambda folder: [int(part) for part in folder.name.split(".")])


def _launch(program, modules, environment, version, window, buffer, job):
    # `window`: how many records it takes from one connection before they are in its queue. When it is full, the writer waits.
    folder = job.folder
    if job.shape is Shape.BATCH:
        path, shape = "batch/create", 'body-prefix("{\\"logs\\":[") delimiter(",") body-suffix("]}") workers(2) batch-lines(1000) batch-bytes(8388608) batch-timeout(20)'
    else:
        path, shape = "create/", "workers(8) batch-lines(1)"
    trust = f'tls(ca-file("{job.api.ca_file}"))' if job.api.tls else ""
    configuration = write(folder / "syslog-ng.conf", f"""@version: {".".join(version.split(".")[:2])}
options {{ time-reopen(1); log-msg-size(65536); stats-freq(0); use-dns(no); keep-hostname(no); }};
source s {{ unix-stream("{folder}/in" flags(no-parse) max-connections(4) log-iw-size({4 * window}) log-fetch-limit(1000)); }};
destination d {{
  http(url("{job.api.url}/api/request-logs/{path}") method("POST") {_HEADERS} body("${{MESSAGE}}") {shape}
    {trust} timeout(30) retries(1000000000) log-fifo-size(2000000) {buffer.format(folder=folder)} persist-name("out"));
}};
log {{ source(s); destination(d); flags(flow-control); }};
""")
    words = [program, "--foreground", "--no-caps", *modules, "--cfgfile", configuration, "--persist-file", folder / "persist",
             "--pidfile", folder / "pid", "--control", folder / "control"]
    return Launch(words, folder / "in", environment)
