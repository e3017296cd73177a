"""Vector, with its socket source and http sink."""
from ..contestant import Contestant, Launch, Peer, Promise, Shape, write
from . import place


def find(_installed):
    program = place.program("vector")
    if not program:
        return Peer("vector", missing="it is not on the PATH")

    def contestant(variant, promise, buffer, note=""):
        return Contestant("vector", variant, promise, lambda job: _launch(program, buffer, job), note=note)

    return Peer("vector", place.version([program, "--version"]), (
        contestant("memory", Promise.MEMORY, "{type: memory, max_events: 1000000, when_full: block}"),
        contestant("disk buffer", Promise.WRITTEN, "{type: disk, max_size: 4294967296, when_full: block}",
                   note="syncs twice a second at most, while records come in"),
    ))


# Batches are JSON events again, so that the events between prefix and suffix are an array.
_BATCH = """uri: {url}/api/request-logs/batch/create
    encoding: {{codec: json, except_fields: [timestamp, host, source_type, path, port]}}
    payload_prefix: '{{"logs":'
    payload_suffix: '}}'
    batch: {{max_events: 1000, max_bytes: 8388608, timeout_secs: 0.02}}"""
_SINGLE = """uri: {url}/api/request-logs/create/
    encoding: {{codec: text}}
    framing: {{method: bytes}}
    batch: {{max_events: 1, timeout_secs: 0.02}}"""


def _launch(program, buffer, job):
    folder = job.folder
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "in").unlink(missing_ok=True)  # after kill -9 it would not start over its own
    batch = job.shape is Shape.BATCH
    tls = f"\n    tls: {{ca_file: {job.api.ca_file}}}" if job.api.tls else ""
    configuration = write(folder / "vector.yaml", f"""data_dir: {folder}/data
sources:
  lines:
    type: socket
    mode: unix_stream
    path: {folder}/in
    framing: {{method: newline_delimited}}
    decoding: {{codec: {"json" if batch else "bytes"}}}
sinks:
  api:
    type: http
    inputs: [lines]
    method: post
    {(_BATCH if batch else _SINGLE).format(url=job.api.url)}
    buffer: {buffer}
    healthcheck: {{enabled: false}}
    request: {{headers: {{Content-Type: application/json, Authorization: Bearer compare}}, retry_max_duration_secs: 1}}{tls}
""")
    return Launch([program, "--quiet", "--config", configuration], folder / "in")
