"""Signed out over REST: the sockets of that sign-in session end, those of others do not."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from hub_core.kernel.ids import UserId, new_id
from hub_core.kernel.roles import Role
from hub_core.live.connections import Connections
from tests.container import Answer, Container
from tests.handlers.accounts.client import (
    ADA,
    change_password,
    end_other_sessions,
    end_session,
    log_in,
    log_out,
    refresh,
    register,
    sessions,
)
from tests.live.gateway import Gateway
from tests.live.stage import Client, Meeting, Person, a_meeting
from tests.queues import TestQueue

Joined = Callable[..., Client]
Socket = Callable[[], Client]
TURNED_OUT = {"reason": "signed-out", "action": "reauth"}


@pytest.fixture
def eve(container: Container, gateway: Gateway, meeting: Meeting) -> Person:
    """A real account, which takes part in the meeting."""
    return meeting.person(user_id=UserId(register(container).json["user"]["id"]))


def _enter(client: Client, person: Person, tokens: Any) -> Any:
    """Into the meeting, with the access token of a real sign-in; the reply."""
    client.connect()
    assert client.ask("auth.authenticate", _access(tokens))["type"] == "auth.ok"
    reply = client.ask("room.join", {"roomToken": person.ticket()})
    client.session = reply["payload"]
    return reply


def _access(tokens: Any) -> dict[str, str]:
    return {"accessToken": tokens["accessToken"]}


def _resume(fresh: Client, session: Any) -> Any:
    fresh.connect()
    cursor = {"epoch": session["epoch"], "lastSeq": session["seq"]}
    return fresh.ask("session.resume", {"resumeToken": session["resumeToken"], **cursor})


def _log_out(container: Container, _: Any, ended: Any) -> Answer:
    return log_out(container, ended["accessToken"])


def _end_session(container: Container, kept: Any, ended: Any) -> Answer:
    listed = sessions(container, ended["accessToken"]).json["sessions"]
    (id_,) = (one["id"] for one in listed if one["current"])
    return end_session(container, kept["accessToken"], id_)


def _end_others(container: Container, kept: Any, _: Any) -> Answer:
    return end_other_sessions(container, kept["accessToken"])


def _change_password(container: Container, kept: Any, _: Any) -> Answer:
    return change_password(container, kept["accessToken"], ADA["password"], "another horse")


def _reuse(container: Container, _: Any, ended: Any) -> Answer:
    """Somebody shows a refresh token whose grandchild is in use."""
    child = refresh(container, ended["refreshToken"]).json
    assert refresh(container, child["refreshToken"]).status == 200
    return refresh(container, ended["refreshToken"])


@pytest.mark.parametrize(
    "end", [_log_out, _end_session, _end_others, _change_password, _reuse], ids=lambda f: f.__name__
)
def test_what_a_sign_in_session_has_open_ends_with_it(
    *,
    end: Callable[[Container, Any, Any], Answer],
    eve: Person,
    joined: Joined,
    socket: Socket,
    container: Container,
    gateway: Gateway,
    meeting: Meeting,
) -> None:
    ada, in_the_room, beside, elsewhere = joined(meeting.person()), socket(), socket(), socket()
    kept, ended = log_in(container).json, log_in(container).json
    _enter(in_the_room, eve, ended)
    for one, tokens in ((beside, ended), (elsewhere, kept)):
        one.connect()
        one.ask("auth.authenticate", _access(tokens))
    ada.heard()

    answer = end(container, kept, ended)

    assert answer.status in {204, 401}, answer
    for one in (in_the_room, beside):
        assert [frame["payload"] for frame in one.heard()] == [TURNED_OUT]
    assert sorted(gateway.closed) == sorted([in_the_room.id, beside.id])
    assert [(f["type"], f["payload"]["reason"]) for f in ada.heard()] == [
        ("participant.left", "left")
    ]
    assert elsewhere.ask("ping")["type"] == "pong"
    assert _resume(socket(), in_the_room.session)["payload"]["type"] == "room/session-expired"


def test_whoever_has_come_in_anew_with_another_session_stays(
    eve: Person, socket: Socket, container: Container, gateway: Gateway
) -> None:
    old, new = socket(), socket()
    before, after = log_in(container).json, log_in(container).json
    _enter(old, eve, before)
    _enter(new, eve, after)

    log_out(container, before["accessToken"])

    assert new.ask("chat.send", {"text": "still here"})["type"] == "ack"
    assert new.id not in gateway.closed


def test_somebody_who_is_lost_does_not_come_back_either(
    eve: Person, meeting: Meeting, joined: Joined, socket: Socket, container: Container
) -> None:
    ada, gone, back = joined(meeting.person()), socket(), socket()
    tokens = log_in(container).json
    _enter(gone, eve, tokens)
    first = _resume(back, gone.session)["payload"]  # over a connection that has not authenticated
    for one in (gone, back):
        one.hang_up()
    ada.heard()

    log_out(container, tokens["accessToken"])

    assert [frame["type"] for frame in ada.heard()] == ["participant.left"]
    token = {"resumeToken": first["resumeToken"]}
    reply = _resume(socket(), {**gone.session, **token})
    assert reply["payload"]["type"] == "room/session-expired"


def test_whoever_waits_in_the_lobby_waits_no_longer(
    migrated: str, eve: Person, joined: Joined, socket: Socket, container: Container
) -> None:
    closed = a_meeting(migrated, access_type="restricted")
    host, waiting = joined(closed.person(Role.HOST)), socket()
    tokens = log_in(container).json
    reply = _enter(waiting, closed.person(user_id=eve.user_id), tokens)
    host.heard()

    log_out(container, tokens["accessToken"])

    assert reply["type"] == "lobby.waiting"
    assert [frame["payload"]["count"] for frame in host.heard()] == [0]
    assert [frame["payload"] for frame in waiting.heard()] == [TURNED_OUT]


def test_the_answer_does_not_depend_on_redis(
    eve: Person,
    containers: Callable[[int], list[Container]],
    container: Container,
    environment: pytest.MonkeyPatch,
    socket: Socket,
) -> None:
    client = socket()
    tokens = log_in(container).json
    _enter(client, eve, tokens)
    environment.setenv("REDIS_URL", "redis://127.0.0.1:9")  # nobody there
    (cut_off,) = containers(1)

    answer = log_out(cut_off, tokens["accessToken"])

    assert answer.status == 204
    assert client.ask("ping")["type"] == "pong"  # nobody has told this connection


def test_what_could_not_be_told_is_told_when_redis_is_back(
    *,
    eve: Person,
    containers: Callable[[int], list[Container]],
    container: Container,
    environment: pytest.MonkeyPatch,
    socket: Socket,
    gateway: Gateway,
    aws_url: str,
) -> None:
    client, queue = socket(), TestQueue(aws_url, f"shares-{new_id()}")
    tokens = log_in(container).json
    _enter(client, eve, tokens)
    environment.setenv("FAN_OUT_QUEUE_URL", queue.url)
    environment.setenv("AWS_ENDPOINT_URL", aws_url)
    environment.setenv("REDIS_URL", "redis://127.0.0.1:9")  # nobody there
    (cut_off,) = containers(1)

    log_out(cut_off, tokens["accessToken"])
    (body,) = (json.dumps(one) for one in queue.messages())
    record = {"messageId": "1", "body": body}
    too_soon = cut_off.call("handlers.jobs.fan_out", {"Records": [record]})
    at_last = container.call("handlers.jobs.fan_out", {"Records": [record]})

    assert too_soon == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert at_last == {"batchItemFailures": []}
    assert client.heard()[-1]["payload"] == TURNED_OUT
    assert gateway.closed == [client.id]


def test_what_could_not_be_told_is_asked_at_each_door(
    *,
    eve: Person,
    joined: Joined,
    socket: Socket,
    container: Container,
    meeting: Meeting,
    environment: pytest.MonkeyPatch,
) -> None:
    ada, inside, outside = joined(meeting.person()), socket(), socket()
    tokens = log_in(container).json
    _enter(inside, eve, tokens)
    outside.connect()
    outside.ask("auth.authenticate", _access(tokens))
    ada.heard()

    async def away(self: Connections, sign_in: str) -> Any:
        raise RedisConnectionError

    environment.setattr(Connections, "of_sign_in", away)
    answer = log_out(container, tokens["accessToken"])

    stranger = socket()
    stranger.connect()
    refused = [
        stranger.ask("auth.authenticate", _access(tokens)),
        outside.ask("room.join", {"roomToken": eve.ticket()}),
        _resume(socket(), inside.session),
    ]
    assert answer.status == 204
    assert [one["payload"]["type"] for one in refused] == [
        "auth/invalid-token",
        "auth/invalid-token",
        "room/session-expired",
    ]
    assert [frame["type"] for frame in ada.heard()] == ["participant.left"]
    assert inside.ask("chat.send", {"text": "?"})["payload"]["type"] == "room/not-joined"
