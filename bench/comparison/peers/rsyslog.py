"""rsyslog, with omhttp where it is there (no package of Debian 12 has it), else with omelasticsearch, one record a POST.

omelasticsearch posts each record by itself to INDEX/TYPE where bulk mode is off; both are libcurl, one easy handle a worker.
"""
from pathlib import Path

from ..contestant import Contestant, Launch, Peer, Promise, Shape, write
from . import place

_QUEUES = {
    "memory": (Promise.MEMORY, 'queue.type="LinkedList" queue.size="1000000" queue.workerThreads="4" queue.workerThreadMinimumMessages="100"'),
    "disk": (Promise.WRITTEN, 'queue.type="Disk" queue.filename="queue" queue.maxDiskSpace="8g" queue.size="5000000"'),
    "disk, synced": (Promise.SYNCED, 'queue.type="Disk" queue.filename="queue" queue.maxDiskSpace="8g" queue.size="5000000"'
                                     ' queue.syncQueueFiles="on" queue.checkpointInterval="1"'),
}


def find(installed):
    unpacked = installed.peers / "usr/sbin/rsyslogd"
    own = unpacked if unpacked.exists() else place.program("rsyslogd")
    if not own:
        return Peer("rsyslog", missing="scripts/install-packages --peers brings it")
    modules = _modules(installed.peers if own is unpacked else Path("/"))
    output = next((name for name in ("omhttp", "omelasticsearch") if name in modules), None)
    if not output or "imptcp" not in modules:
        return Peer("rsyslog", missing="it has neither omhttp nor omelasticsearch: scripts/install-packages --peers brings the latter")
    shapes = (Shape.SINGLE, Shape.BATCH) if output == "omhttp" else (Shape.SINGLE,)

    def contestant(variant):
        promise, queue = _QUEUES[variant]
        share = 0.05 if promise is Promise.SYNCED else 1  # it syncs record by record
        return Contestant("rsyslog", variant, promise, lambda job: _launch(own, modules["imptcp"].parent, output, queue, job), shapes=shapes, share=share,
                          note=f"posts with {output}" + ("" if output == "omhttp" else ", which can't post the batches of this API"))

    return Peer("rsyslog", place.version([own, "-v"]), tuple(contestant(variant) for variant in _QUEUES))


def _modules(root):
    """The path of each of its modules, by name."""
    return {path.stem: path for path in sorted(root.glob("usr/lib/*/rsyslog/*.so"))}


def _launch(program, modules, output, queue, job):
    folder = job.folder
    (folder / "queue").mkdir(parents=True, exist_ok=True)
    action = _omhttp(job) if output == "omhttp" else _omelasticsearch(job)
    configuration = write(folder / "rsyslog.conf", f"""global(workDirectory="{folder}/queue" maxMessageSize="64k" net.enableDNS="off")
module(load="imptcp" threads="1")
module(load="{output}")
template(name="record" type="list" option.json="off") {{ property(name="rawmsg") }}
input(type="imptcp" path="{folder}/in" unlink="on" ruleset="out" supportOctetCountedFraming="off")
ruleset(name="out") {{
  action({action} template="record" action.resumeRetryCount="-1" action.resumeInterval="1" action.resumeIntervalMax="1"
    {queue} queue.timeoutEnqueue="2000000000" queue.dequeueBatchSize="100" queue.timeoutShutdown="1000")
}}
""")
    return Launch([program, "-n", "-f", configuration, "-i", folder / "pid", "-M", modules], folder / "in")


def _omhttp(job):
    batch = job.shape is Shape.BATCH
    path, form = ("v1/traces/ingest", ' batch="on" batch.format="jsonarray" batch.maxsize="100"') if batch else ("request-logs/create/", "")
    tls = f' usehttps="on" tls.cacert="{job.api.ca_file}"' if job.api.tls else ' usehttps="off"'
    return f'type="omhttp" server="127.0.0.1" serverport="{job.api.port}" restpath="api/{path}" checkpath="stats"{form}{tls}'


def _omelasticsearch(job):
    tls = f' usehttps="on" tls.cacert="{job.api.ca_file}"' if job.api.tls else ' usehttps="off"'
    return f'type="omelasticsearch" server="127.0.0.1" serverport="{job.api.port}" searchIndex="api" searchType="request-logs" bulkmode="off"{tls}'
