"""The command line: bench/fleet."""
import argparse
import base64
import contextlib
import json
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

from comparison import exit_status
from comparison.load import ForeignLoad
from comparison.processes import ProgramFailed, require_built
from comparison.waiting import wait_until
from comparison.writer import Writer

from .fleet import Fleet
from .nats import CONSUMER, STREAM

ROOT = Path(__file__).resolve().parents[2]
_FAR = 300  # seconds; a deadline
_LOOK = 0.25  # seconds between looks at a daemon, which cost it CPU time
_RECORD = 1300  # bytes
_BODIES = 1000  # different ones; more than a batch has
_IN_FLIGHT = 8  # nats.max_in_flight


@dataclass
class Figures:
    """Of one round: CPU microseconds a record, and records a second."""

    intake: float  # the edge, while the cluster is away
    edge: float  # the edge, while it publishes as well
    publish: float  # the edge, publishing what it had taken before
    take: float  # the relay, while the API is away
    published: float  # records/s of the edge's backlog
    bare: float  # records/s of the bare publisher, the same messages
    through: float  # records/s from the writer to the relay's journal, all at work

    @property
    def over_intake(self):
        return self.edge - self.intake

    @property
    def ratio(self):
        return self.published / self.bare


ROWS = (
    ("edge over its intake, CPU us a record", "over_intake", "{:.2f}"),
    ("  intake alone, the cluster away", "intake", "{:.2f}"),
    ("  intake and publishing at once", "edge", "{:.2f}"),
    ("  publishing alone, from its journal", "publish", "{:.2f}"),
    ("relay without delivery, CPU us a record", "take", "{:.2f}"),
    ("edge publishes, records/s", "published", "{:,.0f}"),
    ("bare publisher, the same messages, records/s", "bare", "{:,.0f}"),
    ("edge to bare publisher", "ratio", "{:.2f}"),
    ("writer to relay's journal, records/s", "through", "{:,.0f}"),
)


def arguments(words):
    parser = argparse.ArgumentParser(prog="bench/fleet", description="What an edge and a relay cost over one nats-server that syncs each message before it answers.")
    parser.add_argument("--records", type=int, default=100_000, metavar="N", help="of each measurement (100000)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="(5); medians are printed")
    parser.add_argument("--batch", type=int, default=100, metavar="N", help="nats.batch.max_records (100)")
    parser.add_argument("--compression", default="zstd", choices=("zstd", "none"), help="nats.batch.compression (zstd)")
    parser.add_argument("--respand", type=Path, default=ROOT / "build/release/respand", metavar="PATH", help="the program (build/release/respand)")
    parser.add_argument("--nats-server", type=Path, default=ROOT / "build/fleet/nats-server", metavar="PATH", help="(build/fleet/nats-server)")
    parser.add_argument("--folder", type=Path, default=ROOT / "build", metavar="DIR", help="where all files are meanwhile; its disk is what is measured (build)")
    options = parser.parse_args(words)
    if min(options.records, options.rounds, options.batch) < 1 or options.records % options.batch:
        parser.error("--records, --rounds and --batch are at least 1, and --records a multiple of --batch")
    return options


def main(words=None):
    """Exit status: 0 done; 1 failed; 64 bad command line; 130 ended by ^C or SIGTERM."""
    return exit_status.of("bench/fleet", arguments, measure, (ProgramFailed, OSError), words)


def measure(options):
    require_built(options.respand, "respand_bin")
    if not options.nats_server.exists():
        raise ProgramFailed(f"there is no {options.nats_server}: scripts/install-packages --fleet brings it")
    options.folder.mkdir(parents=True, exist_ok=True)
    lines = record_lines(options.records)
    load = ForeignLoad()
    rounds = []
    for number in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="fleet-", dir=options.folder.resolve()) as folder:
            rounds.append(one_round(options, Path(folder), lines))
        print(f"round {number + 1}: " + ", ".join(f"{field.name} {getattr(rounds[-1], field.name):.2f}" for field in fields(Figures)), file=sys.stderr, flush=True)
    print(f"\n{options.records} records of {_RECORD} bytes, batches of {options.batch}, {options.compression}; medians of {len(rounds)} rounds (least to most)")
    for title, name, form in ROWS:
        values = sorted(getattr(one, name) for one in rounds)
        print(f"{title:46} {form.format(statistics.median(values)):>9}   ({form.format(values[0])} to {form.format(values[-1])})")
    if load.warning():
        print(f"LOADED MACHINE: {load.warning()}: only ratios say something", file=sys.stderr)
    return 0


def record_lines(count):
    """`count` records of _RECORD bytes, one a line, in words of chance that compress as text does."""
    chance = random.Random(19)
    words = ["".join(chance.choices("etaoinshrdlcumwfgypbvk", k=chance.randint(2, 9))) for _ in range(2000)]
    tail = '"}],"completion_message":{"role":"assistant","content":"It is done."},"prompt_tokens":180,"completion_tokens":40,"cost":0.00085,"generation_time":1.25}\n'
    bodies = []
    for _ in range(_BODIES):
        head = '","model":"gpt-4o","prompt_messages":[{"role":"user","content":"'
        text = " ".join(chance.choices(words, k=_RECORD // 3))
        bodies.append((head + text[:_RECORD - 37 - len(head) - len(tail)] + tail).encode())
    return b"".join(b'{"custom_identifier":"bench-%09d' % number + bodies[number % _BODIES] for number in range(count))


def one_round(options, folder, lines):
    with contextlib.ExitStack() as ends:
        backlog = start(options, folder / "backlog", ends)
        edge = backlog.edges[0]
        edge.start()
        intake = hand_in(edge, lines, lambda: True)
        backlog.start_servers()
        publish = spent(edge, lambda: edge.backlog() == 0)
        published, messages = look_at_stream(backlog.servers, options)
        edge.kill()
        relay = backlog.relays[0]
        relay.start()
        take = spent(relay, lambda: relay.backlog() == options.records, from_start=True)
        relay.kill()
        bare = publish_bare(backlog.servers, messages, options)
        backlog.stop()
        live = start(options, folder / "live", ends)
        live.start_servers()
        edge = live.edges[0]
        edge.start()
        both = hand_in(edge, lines, lambda: edge.backlog() == 0)
        edge.kill()
        live.servers.change(f"STREAM.PURGE.{STREAM}", {})
        through = go_through(live, lines, options)
        live.stop()
    each = 1e6 / options.records
    return Figures(intake * each, both * each, publish * each, take * each, published, bare, through)


def start(options, folder, ends):
    """A fleet of one server, one edge and one relay, whose API is away; nothing of it runs yet."""
    folder.mkdir()
    batch = f"max_records: {options.batch}, compression: {options.compression}"
    fleet = Fleet(options.respand.resolve(), options.nats_server.resolve(), folder, nodes=1, edges=1, relays=1, batch=batch)
    ends.callback(fleet.stop)
    return fleet


def hand_in(edge, lines, done):
    """CPU seconds of the edge from the first record handed in until the last one is acknowledged and done() holds."""

    def work():
        writer = Writer(edge.socket, lines, _RECORD, acknowledged=True)
        writer.write(_FAR)
        writer.close()
        if writer.durable != len(lines) // _RECORD:
            raise ProgramFailed(f"{edge.name} has acknowledged {writer.durable} records:\n{edge.last_lines()}")

    return spent(edge, done, work)


def spent(member, done, work=None, from_start=False):
    """CPU seconds of the member until done() holds."""
    before = 0 if from_start else member.usage().cpu
    if work:
        work()
    if not wait_until(done, _FAR, look=_LOOK):
        raise ProgramFailed(f"{member.name} is not done within {_FAR} s: {member.headline()}\n{member.last_lines()}")
    return member.usage().cpu - before


def look_at_stream(servers, options):
    """Records/s of what the stream holds, by the server's own times, and its messages: [(headers, payload)]."""
    state = servers.stream()["state"]
    count = state["messages"]
    rate = (options.records - options.batch) / seconds_between(state["first_ts"], state["last_ts"])
    with contextlib.closing(servers.connect()) as connection:
        found = []
        for sequence in range(state["first_seq"], state["first_seq"] + count):
            message = json.loads(connection.ask(f"$JS.API.STREAM.MSG.GET.{STREAM}", json.dumps({"seq": sequence}).encode()))["message"]
            found.append((base64.b64decode(message["hdrs"]), base64.b64decode(message["data"])))
    return rate, found


def seconds_between(first, last):
    """Of two of the server's times, which have nanoseconds."""
    return (_time(last) - _time(first)) or 1e-6


def _time(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole).timestamp() + float(f"0.{fraction or 0}")


def publish_bare(servers, messages, options):
    """Records/s of the same messages with as many in flight, by a publisher that does nothing else; by the server's own times."""
    servers.change(f"STREAM.PURGE.{STREAM}", {})
    with contextlib.closing(servers.connect()) as connection:
        # The same lengths under other ids: the server drops what it knows.
        ready = [connection.message("respand.edge1", b"Nats-Msg-Id: %0*d\r\nNats-Expected-Stream: %s\r\n" % (_id_length(headers), number, STREAM.encode()), payload)
                 for number, (headers, payload) in enumerate(messages)]
        for number in range(len(ready) + _IN_FLIGHT):
            if number >= _IN_FLIGHT and b'"error"' in (answer := connection.answer()):
                raise ProgramFailed(f"the bare publisher was refused: {answer.decode(errors='replace')}")
            if number < len(ready):
                connection.send(ready[number])
    state = servers.stream()["state"]
    return (options.records - options.batch) / seconds_between(state["first_ts"], state["last_ts"])


def _id_length(headers):
    return len(headers.split(b"Nats-Msg-Id:")[1].split(b"\r\n")[0].strip())


def go_through(fleet, lines, options):
    """Records/s from the first one handed in until the relay has all of them and has acknowledged their messages."""
    edge, relay = fleet.edges[0], fleet.relays[0]
    edge.start()
    relay.start()
    begin = time.monotonic()
    hand_in(edge, lines, lambda: edge.backlog() == 0)

    def taken():
        return relay.backlog() == options.records and fleet.servers.consumer()["num_ack_pending"] == 0

    if not wait_until(taken, _FAR, look=_LOOK):
        raise ProgramFailed(f"{relay.name} has {relay.backlog()} records, consumer {CONSUMER}: {fleet.servers.consumer()}")
    return options.records / (time.monotonic() - begin)
