"""The OpenTelemetry Collector, in its contrib distribution: tcplog receiver and otlphttp exporter, OTLP in JSON."""
from ..api import free_port
from ..contestant import Contestant, Launch, Peer, Promise, Shape, write
from . import place

_STORAGE = {
    "memory": (Promise.MEMORY, None),
    "file storage": (Promise.WRITTEN, "false"),
    "file storage, fsync": (Promise.SYNCED, "true"),
}


def find(_installed):
    program = place.program("otelcol-contrib") or place.program("otelcol")
    if not program:
        return Peer("otelcol", missing="neither otelcol-contrib nor otelcol is on the PATH")

    def contestant(variant):
        promise, fsync = _STORAGE[variant]
        return Contestant("otelcol", variant, promise, lambda job: _launch(program, fsync, job), in_pieces=True,
                          note="takes lines over TCP and posts OTLP; what its receiver holds is in memory")

    return Peer("otelcol", place.version([program, "--version"]), tuple(contestant(variant) for variant in _STORAGE))


def _launch(program, fsync, job):
    folder = job.folder
    port = free_port()
    most = 1000 if job.shape is Shape.BATCH else 1
    extensions = storage = service = ""
    if fsync:
        (folder / "storage").mkdir(parents=True, exist_ok=True)
        extensions = f"extensions: {{file_storage: {{directory: {folder}/storage, fsync: {fsync}}}}}\n"
        storage, service = "\n      storage: file_storage", "\n  extensions: [file_storage]"
    tls = f"\n    tls: {{ca_file: {job.api.ca_file}}}" if job.api.tls else ""
    configuration = write(folder / "otelcol.yaml", f"""{extensions}receivers:
  tcplog: {{listen_address: "127.0.0.1:{port}", max_log_size: 1MiB}}
exporters:
  otlphttp:
    logs_endpoint: {job.api.url}/api/v1/logs
    encoding: json
    compression: none
    headers: {{Authorization: Bearer compare}}{tls}
    retry_on_failure: {{initial_interval: 1s, max_interval: 1s, max_elapsed_time: 0s}}
    sending_queue:
      sizer: items
      queue_size: 5000000
      block_on_overflow: true
      batch: {{min_size: {most}, max_size: {most}, flush_timeout: 20ms}}{storage}
service:{service}
  telemetry: {{metrics: {{level: none}}, logs: {{level: error}}}}
  pipelines: {{logs: {{receivers: [tcplog], exporters: [otlphttp]}}}}
""")
    return Launch([program, "--config", configuration], port)
