"""The faults: each phase does one thing to the fleet while records come in, and puts it right again."""
import enum
from collections.abc import Callable
from dataclasses import dataclass

from comparison.processes import ProgramFailed
from comparison.waiting import wait_until

_FAR = 120  # seconds; a deadline
_AWAY = 2  # seconds for which what was killed is away
_CUT_OFF = 15  # seconds of a partition: longer than the consumer's ack_wait, and than an edge waits for a PubAck
_FULL = 256 * 1024  # bytes for which a full stream has room


class Cut(enum.Enum):
    """What a fault may cut off. Each lets a record come once more."""

    PUB_ACK = "a PubAck: the edge publishes again, and the server may not know the batch any more"
    ACK = "an ack: the message goes to another relay"
    ANSWER = "an answer of the API: the relay posts again"


@dataclass(frozen=True)
class Phase:
    key: str
    title: str
    cuts: tuple
    fault: Callable  # with the trial

    @property
    def allowed(self):
        """Arrivals of one record, at the most."""
        return 1 + len(self.cuts)


def all_phases(fleet):
    yield Phase("calm", "no fault", (), lambda trial: None)
    for member in fleet.edges:
        yield Phase(f"kill-{member.name}", f"kill -9 of {member.name}", (Cut.PUB_ACK,), _kill(member))
    for member in fleet.relays:
        yield Phase(f"kill-{member.name}", f"kill -9 of {member.name}", (Cut.ACK, Cut.ANSWER), _kill(member))
    for node in range(len(fleet.servers)):
        name = fleet.servers.name(node)
        yield Phase(f"kill-{name}", f"kill -9 of {name}", (Cut.PUB_ACK, Cut.ACK), lambda trial, node=node: _kill_nodes(trial, [node]))
    yield Phase("kill-api", "kill -9 of the API", (Cut.ANSWER,), _kill_api)
    yield Phase("kill-all", "kill -9 of all at once", tuple(Cut), _kill_all)
    yield Phase("stop-follower", "SIGSTOP of a follower", (Cut.PUB_ACK, Cut.ACK), _pause_follower)
    yield Phase("stop-leader", "SIGSTOP of the leader", (Cut.PUB_ACK, Cut.ACK), _pause_leader)
    yield Phase("stop-relay", f"SIGSTOP of {fleet.relays[0].name}", (Cut.ACK,), lambda trial: _pause_member(trial, trial.fleet.relays[0]))
    yield Phase("stop-edge", f"SIGSTOP of {fleet.edges[0].name}", (Cut.PUB_ACK,), lambda trial: _pause_member(trial, trial.fleet.edges[0]))
    yield Phase("minority", "two nodes away", (Cut.PUB_ACK, Cut.ACK), _minority)
    yield Phase("empty", "empty storage of a node", (Cut.PUB_ACK, Cut.ACK), _empty_storage)
    yield Phase("full", "full stream, relays stopped", (), _full_stream)
    yield Phase("credentials", "revoked credentials", (Cut.PUB_ACK, Cut.ACK), _revoked)
    yield Phase("calm-again", "no fault", (), lambda trial: None)


def _kill(member):
    def fault(trial):
        member.kill()
        trial.hold(_AWAY)
        member.start()

    return fault


def _kill_nodes(trial, nodes):
    servers = trial.fleet.servers
    for node in nodes:
        servers.kill(node)
    trial.hold(_AWAY)
    servers.start(nodes)
    _await_replicas(trial)


def _kill_api(trial):
    trial.fleet.sink.kill()
    trial.hold(_AWAY)
    trial.fleet.sink.start()


def _kill_all(trial):
    trial.fleet.kill()
    trial.hold(_AWAY)
    trial.fleet.servers.start()
    trial.fleet.start()
    _await_replicas(trial)


def _pause_follower(trial):
    leader = trial.fleet.servers.leader()
    _pause_node(trial, (leader + 1) % len(trial.fleet.servers))


def _pause_leader(trial):
    _pause_node(trial, trial.fleet.servers.leader())


def _pause_node(trial, node):
    trial.fleet.servers.pause(node)
    trial.hold(_CUT_OFF)
    trial.fleet.servers.resume(node)
    _await_replicas(trial)


def _pause_member(trial, member):
    member.pause()
    trial.hold(_CUT_OFF)
    member.resume()


def _minority(trial):
    servers = trial.fleet.servers
    nodes = [node for node in range(len(servers)) if node != servers.leader()][:len(servers) // 2] + [servers.leader()]
    for node in nodes:
        servers.kill(node)
    trial.hold(_CUT_OFF)
    trial.note(f"{trial.fleet.edges[0].name} says: {trial.fleet.edges[0].headline()}")
    servers.start(nodes)
    _await_replicas(trial)


def _empty_storage(trial):
    servers = trial.fleet.servers
    node = servers.leader()
    servers.kill(node)
    servers.empty_storage(node)
    trial.hold(_AWAY)
    servers.start([node])
    _await_replicas(trial)


def _full_stream(trial):
    servers = trial.fleet.servers
    for relay in trial.fleet.relays:
        relay.stop()
    servers.limit_stream(_FULL)
    for edge in trial.fleet.edges:
        _await_words(trial, edge, "waiting: stream is full, relays are behind")
    for relay in trial.fleet.relays:
        relay.start()
    trial.hold(_AWAY)
    servers.limit_stream(-1)


def _revoked(trial):
    servers = trial.fleet.servers
    servers.revoke("edge", "relay")
    for edge in trial.fleet.edges:
        _await_words(trial, edge, "paused: NATS refuses the credentials")
    trial.hold(_AWAY)
    servers.revoke()


def _await_words(trial, edge, words):
    if not wait_until(lambda: words in edge.headline(), _FAR, look=0.2):
        raise ProgramFailed(f"{edge.name} does not say '{words}' within {_FAR} s, but '{edge.headline()}':\n{edge.last_lines()}")
    trial.note(f"{edge.name} says: {words}")


def _await_replicas(trial):
    if not wait_until(trial.fleet.servers.up_to_date, _FAR, look=0.2):
        raise ProgramFailed(f"the replicas of the stream are not up to date within {_FAR} s: {trial.fleet.servers.stream()}")
