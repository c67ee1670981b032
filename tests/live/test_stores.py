"""When a data store is down, slow, replaced or of another kind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hub_core.kernel.roles import Role
from tests.container import Container
from tests.live.gateway import Gateway
from tests.live.stage import Client, Meeting, a_meeting, nothing_can_be_written_down
from tests.live.valkeys import a_valkey, say, url_of

Joined = Callable[..., Client]
Socket = Callable[[], Client]


def test_without_redis_every_answer_is_a_well_formed_503(
    meeting: Meeting, joined: Joined, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_valkey(tmp_path) as valkey:
        environment.setenv("REDIS_URL", url_of(valkey))
        ada = joined(meeting.person())
        port = valkey.connection_pool.connection_kwargs["port"]

    replies = [
        ada.ask("chat.send", {"text": "hello?"}),
        ada.ask("ping"),
        ada.ask("room.join", {"roomToken": meeting.person().ticket()}),
    ]

    for reply in replies:
        assert reply["payload"]["type"] == "server/unavailable"
        assert reply["payload"]["retryAfterMs"] > 0
        assert reply["payload"]["instance"]
    with a_valkey(tmp_path, port=port):
        assert ada.ask("ping")["type"] == "pong"


@pytest.mark.parametrize(
    "trouble", [("CONFIG", "SET", "maxmemory", "1"), ("REPLICAOF", "127.0.0.1", "1")]
)
def test_where_redis_writes_nothing_the_answer_is_a_503(
    trouble: tuple[str, ...],
    meeting: Meeting,
    joined: Joined,
    environment: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    with a_valkey(tmp_path) as valkey:
        environment.setenv("REDIS_URL", url_of(valkey))
        ada = joined(meeting.person())
        say(valkey, *trouble)
        before = valkey.info("stats")["total_connections_received"]

        reply = ada.ask("chat.send", {"text": "hello?"})

        after = valkey.info("stats")["total_connections_received"]
    assert reply["payload"]["type"] == "server/unavailable"
    # Whoever is a replica now is so for long: its name may lead to another one.
    assert (after > before) is (trouble[0] == "REPLICAOF")


def test_without_postgresql_nothing_is_acknowledged_and_afterwards_nothing_is_lost(
    meeting: Meeting, joined: Joined, migrated: str
) -> None:
    ada, ben = joined(meeting.person()), joined(meeting.person())
    ada.heard()
    with psycopg.connect(migrated, autocommit=True) as db:
        db.execute("BEGIN")
        db.execute("LOCK TABLE journal IN ACCESS EXCLUSIVE MODE")
        frame = {"type": "chat.send", "requestId": "1", "payload": {"text": "patience"}}

        during = ada.say(frame)[-1]

        db.execute("ROLLBACK")
    after = ada.say(frame)[-1]

    assert during["payload"]["type"] == "server/unavailable"
    assert after["type"] == "ack"
    assert meeting.rows("SELECT count(*) FROM journal WHERE type = 'chat.message'") == [(1,)]
    assert {frame["payload"]["id"] for frame in ben.heard()} == {after["payload"]["id"]}


def test_whoever_is_let_in_while_that_cannot_be_written_down_comes_in_anew(
    joined: Joined, socket: Socket, migrated: str
) -> None:
    meeting = a_meeting(migrated, lobby=True)
    host, waiting, person = joined(meeting.person(Role.HOST)), socket(), meeting.person()
    waiting.join(person)

    with nothing_can_be_written_down(migrated):
        refused = host.ask("lobby.admit", {"participantId": person.participant_id})
    told = waiting.heard()
    host.ask("ping")

    assert refused["payload"]["type"] == "server/unavailable"
    assert [(frame["type"], frame["payload"]["action"]) for frame in told] == [
        ("session.closed", "rejoin")
    ]
    host.ask("chat.send", {"text": "what waits goes out with it"})
    assert socket().join(person)["type"] == "room.joined"


def test_whoever_is_put_out_while_that_cannot_be_written_down_is_out(
    meeting: Meeting, joined: Joined, migrated: str, gateway: Gateway
) -> None:
    host, guest = joined(meeting.person(Role.HOST)), joined(meeting.person())
    remove = {"participantId": guest.session["selfParticipant"]["participantId"]}

    with nothing_can_be_written_down(migrated):
        host.ask("moderation.remove", remove)

    assert "room.kicked" in [frame["type"] for frame in guest.heard()]
    assert gateway.closed == [guest.id]


def test_a_connection_to_postgresql_that_died_is_replaced(
    meeting: Meeting, joined: Joined, migrated: str
) -> None:
    ada = joined(meeting.person())
    for n in range(5):
        with psycopg.connect(migrated, autocommit=True) as db:
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )

        assert ada.ask("chat.send", {"text": str(n)})["type"] == "ack"

    assert meeting.rows("SELECT count(*) FROM journal WHERE type = 'chat.message'") == [(5,)]


def test_all_of_it_works_where_keys_lie_in_slots(
    migrated: str, joined: Joined, socket: Socket, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_valkey(tmp_path, "--cluster-enabled", "yes") as valkey:
        say(valkey, "CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        while b"cluster_state:ok" not in say(valkey, "CLUSTER", "INFO"):
            pass
        environment.setenv("REDIS_URL", url_of(valkey))
        meeting = a_meeting(migrated, access_type="restricted")
        ben = meeting.person()

        host, guest = joined(meeting.person(Role.HOST)), socket()
        assert guest.join(ben)["type"] == "lobby.waiting"
        host.ask("lobby.admit", {"participantId": ben.participant_id})
        guest.session = next(f for f in guest.heard() if f["type"] == "room.joined")["payload"]
        guest.hang_up()
        offer = {"to": ben.participant_id, "type": "offer", "sdp": "v=0"}
        kinds = [
            host.ask("rtc.signal", offer)["type"],
            host.ask("chat.send", {"text": "hi", "clientMsgId": "1"})["type"],
            host.ask("chat.send", {"text": "hi", "to": ben.participant_id})["type"],
            host.ask("room.sync", {"epoch": host.session["epoch"], "afterSeq": 1})["type"],
        ]
        back = socket()
        back.connect()
        resume = {"resumeToken": guest.session["resumeToken"], "epoch": "", "lastSeq": 0}
        kinds.append(back.ask("session.resume", resume)["type"])
        kinds += [frame["type"] for frame in back.heard()]
        kinds.append(host.ask("room.end")["type"])

    assert kinds == [
        *("ack", "ack", "ack", "room.events", "session.resumed"),
        *("participant.connection", "rtc.signal", "chat.message", "ack"),
    ]


@pytest.fixture
def promoted(
    containers: Callable[[int], list[Container]], gateway: Gateway
) -> Callable[[Client], Client]:
    """The same socket, in a new container that reads the environment as it is then."""
    return lambda client: Client(containers(1)[0], gateway, id=client.id)


def test_a_replica_that_lacks_the_end_is_found_out(
    meeting: Meeting,
    joined: Joined,
    environment: pytest.MonkeyPatch,
    tmp_path: Path,
    promoted: Callable[[Client], Client],
) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    with a_valkey(tmp_path / "first") as first, a_valkey(tmp_path / "second") as second:
        environment.setenv("REDIS_URL", url_of(first))
        ada = joined(meeting.person())
        port = first.connection_pool.connection_kwargs["port"]
        say(second, "REPLICAOF", "127.0.0.1", port)
        while second.info("replication").get("master_link_status") != "up":
            pass
        first.wait(1, 0)
        say(second, "REPLICAOF", "NO", "ONE")  # and the link is cut
        lost = [ada.ask("chat.send", {"text": f"lost {n}"}) for n in range(3)]
        environment.setenv("REDIS_URL", url_of(second))

        again = promoted(ada)
        sync = again.ask("room.sync", {"epoch": ada.session["epoch"], "afterSeq": 4})
        said = again.ask("chat.send", {"text": "after"})
        pong = again.ask("ping")

    assert [reply["type"] for reply in lost] == ["ack"] * 3
    assert sync["type"] == "room.snapshot"  # it has seen more than there is
    assert said["type"] == "ack"
    assert pong["payload"]["epoch"] != ada.session["epoch"]
    texts: list[Any] = meeting.rows(
        "SELECT payload ->> 'text' FROM journal WHERE type = 'chat.message' ORDER BY id"
    )
    assert [text for (text,) in texts] == ["lost 0", "lost 1", "lost 2", "after"]
