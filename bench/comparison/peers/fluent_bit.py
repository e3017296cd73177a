"""Fluent Bit, with in_unix_socket and its own HTTP client."""
from ..contestant import Contestant, Launch, Peer, Promise, Shape, write
from . import place

_STORAGE = {
    "memory": (Promise.MEMORY, "memory", "normal"),
    "filesystem": (Promise.WRITTEN, "filesystem", "normal"),
    "filesystem, sync full": (Promise.SYNCED, "filesystem", "full"),
}


def find(_installed):
    program = place.program("fluent-bit")
    if not program:
        return Peer("fluent-bit", missing="it is not on the PATH")

    def contestant(variant):
        promise, storage, sync = _STORAGE[variant]
        note = "syncs when it closes a chunk, not record by record" if promise is Promise.SYNCED else ""
        return Contestant("fluent-bit", variant, promise, lambda job: _launch(program, storage, sync, job), note=note)

    return Peer("fluent-bit", place.version([program, "--version"]), tuple(contestant(variant) for variant in _STORAGE))


# Fluent Bit sends one record a request only with `body_key`, and then needs a map of headers in each record, which two filters make.
_HEADERS = """  filters:
    - name: modify
      match: '*'
      add: X-Compare 1
    - name: nest
      match: '*'
      operation: nest
      wildcard: X-Compare
      nest_under: headers
"""
_SINGLE = "uri: /api/request-logs/create/\n      body_key: $log\n      headers_key: $headers"
# A chunk goes out as a JSON array, which the API's routes of spans take.
_BATCH = "uri: /api/v1/traces/ingest\n      format: json\n      json_date_key: false"


def _launch(program, storage, sync, job):
    # chunk_size and buffer_size are numbers of KiB, whatever unit is written behind them.
    folder = job.folder
    tls = f"\n      tls: on\n      tls.verify: on\n      tls.ca_file: {job.api.ca_file}" if job.api.tls else ""
    batch = job.shape is Shape.BATCH
    configuration = write(folder / "fluent-bit.yaml", f"""service:
  flush: 0.1
  grace: 1
  log_level: error
  scheduler.base: 1
  scheduler.cap: 1
  storage.path: {folder}/storage
  storage.sync: {sync}
  storage.checksum: off
  storage.backlog.mem_limit: 256M
pipeline:
  inputs:
    - name: unix_socket
      socket_mode: STREAM
      socket_path: {folder}/in
      format: {"json" if batch else "none"}
      chunk_size: 256
      buffer_size: 1024
      storage.type: {storage}
{'' if batch else _HEADERS}  outputs:
    - name: http
      match: '*'
      host: 127.0.0.1
      port: {job.api.port}
      {_BATCH if batch else _SINGLE}
      header: Content-Type application/json
      log_response_payload: false
      workers: 2
      retry_limit: no_limits{tls}
""")
    return Launch([program, "-c", configuration], folder / "in")
