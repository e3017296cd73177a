"""respand itself, with its strongest promise."""
from ..contestant import Contestant, Launch, Peer, Promise, Shape, write
from . import place


def find(installed):
    program = installed.respand
    return Peer("respand", place.version([program, "version"]), (
        Contestant("respand", "synced", Promise.SYNCED, lambda job: _launch(program, job), acknowledges=True,
                   note="the defaults; at full speed and under kill -9 the writer asks for acknowledgements (`!ack`), paced it writes plain lines, which are synced within 10 ms"),
    ))


def _launch(program, job):
    batch = "{path: request-logs/batch/create}" if job.shape is Shape.BATCH else "{}"
    ca_file = f"\n  ca_file: {job.api.ca_file}" if job.api.tls else ""
    folder = job.folder
    configuration = write(folder / "respand.yaml", f"""api:
  base_url: {job.api.url}/api
  api_key: compare
  batch: {batch}{ca_file}
delivery: {{retry: {{max: 1s}}}}
socket: {{path: {folder}/in}}
spool: {{directory: {folder}/spool}}
journal: {{directory: {folder}/journal}}
dead_letters: {{directory: {folder}/dead-letters}}
costs: {{directory: {folder}/costs}}
control: {{path: {folder}/control}}
""")
    (folder / "spool").mkdir(parents=True, exist_ok=True)
    return Launch([program, "run", "--config", configuration], folder / "in")
