"""Faults on purpose: each does what it says, and the same again with the same seed."""

from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from local.cli import read_options
from local.gateway.faults import KINDS, Faults, UnknownFaultError, read_fault
from local.gateway.observer import Struck
from tests.emulator import Emulator
from tests.local.fleets import Start
from tests.local.fleets import start as start
from tests.local.gateways import Served, served
from tests.local.test_connections_api import ROUTES, calls, client_for, connection_id


def series(seed: int, kinds: dict[str, str], chances: int = 50) -> list[tuple[str, float | None]]:
    faults = Faults()
    faults.enforce({kind: read_fault(kind, text) for kind, text in kinds.items()}, seed)
    return [(kind, faults.strike(kind, "x")) for _ in range(chances) for kind in kinds]


def test_the_same_seed_gives_the_same_chances() -> None:
    kinds = {"post.gone": "0.3", "message.delay": "0.5:2"}

    first, again, other = series(7, kinds), series(7, kinds), series(8, kinds)

    assert first == again
    assert first != other


def test_the_chances_of_a_kind_do_not_depend_on_other_kinds() -> None:
    alone = series(7, {"post.gone": "0.3"})
    together = series(7, {"message.delay": "0.5", "post.gone": "0.3"})

    assert [each for each in together if each[0] == "post.gone"] == alone


def test_a_chance_is_as_frequent_as_it_says() -> None:
    struck = [amount for _, amount in series(1, {"message.delay": "0.25:2"}, 4000)]

    amounts = [amount for amount in struck if amount is not None]
    assert 800 < len(amounts) < 1200
    assert all(0 <= amount <= 2 for amount in amounts)


@pytest.mark.parametrize(
    ("kind", "text", "complaint"),
    [
        ("post.lost", "1", "there is no fault 'post.lost'"),
        ("post.gone", "2", "post.gone is '2'"),
        ("post.gone", "often", "post.gone is 'often'"),
        ("message.delay", "0.5:-1", "message.delay is '0.5:-1'"),
        ("message.delay", "0.5:inf", "message.delay is '0.5:inf'"),
        ("message.delay", "nan", "message.delay is 'nan'"),
    ],
)
def test_what_is_no_fault_is_told(kind: str, text: str, complaint: str) -> None:
    with pytest.raises(UnknownFaultError, match=complaint):
        read_fault(kind, text)


# connections


async def test_a_disconnect_may_never_come() -> None:
    async with served(ROUTES, faults={"disconnect.drop": "1"}) as gateway, connect(gateway.ws):
        pass

    assert [each.kind for each in gateway.seen if isinstance(each, Struck)] == ["disconnect.drop"]
    assert gateway.functions.of("$disconnect") == []


async def test_a_disconnect_may_come_after_the_next_connect() -> None:
    async with served(ROUTES, faults={"disconnect.delay": "1:0.3"}, seed=1) as gateway:
        async with connect(gateway.ws):
            pass
        async with connect(gateway.ws):
            await gateway.functions.event("$disconnect")

    order = [name for name, _ in gateway.functions.events]
    assert order[:3] == ["$connect", "$connect", "$disconnect"]


async def test_a_message_may_come_twice() -> None:
    async with (
        served(ROUTES, faults={"message.duplicate": "1"}) as gateway,
        connect(gateway.ws) as client,
    ):
        await client.send("once")
        second = await gateway.functions.event("$default", at=1)

    assert second["body"] == gateway.functions.of("$default")[0]["body"] == "once"


async def test_a_message_may_be_overtaken_by_the_next() -> None:
    # Of this seed's chances the first strikes and the second does not.
    async with (
        served(ROUTES, faults={"message.reorder": "0.5:10000"}, seed=3) as gateway,
        connect(gateway.ws) as client,
    ):
        await client.send("first")
        await client.send("second")
        await gateway.functions.event("$default", at=1)

    bodies = [event["body"] for event in gateway.functions.of("$default")]
    assert bodies == ["second", "first"]


async def test_a_delayed_message_arrives() -> None:
    async with (
        served(ROUTES, faults={"message.delay": "1:0.05"}) as gateway,
        connect(gateway.ws) as client,
    ):
        await client.send("late")
        event = await gateway.functions.event("$default")

    assert event["body"] == "late"


# posts


async def post(gateway: Served, **options: Any) -> int:
    """The status of one post to the one connection."""
    management = client_for(gateway, **options)
    try:
        answer = await calls(
            management.post_to_connection, ConnectionId=await connection_id(gateway), Data=b"x"
        )
    except management.exceptions.ClientError as refused:
        answer = refused.response
    status: int = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status


@pytest.mark.parametrize(
    ("fault", "status", "tries"), [("post.gone", 410, 1), ("post.throttle", 429, 3)]
)
async def test_a_post_may_be_refused_though_the_connection_lives(
    fault: str, status: int, tries: int
) -> None:
    async with served(ROUTES, faults={fault: "1"}) as gateway, connect(gateway.ws) as client:
        assert await post(gateway) == status

        await (await client.ping())
        struck = [each for each in gateway.seen if isinstance(each, Struck)]
    assert [each.number for each in struck] == list(range(1, tries + 1))


async def test_a_late_answer_may_hide_a_post_that_arrived() -> None:
    faults = {"post.timeout": "1:0.01"}
    async with served(ROUTES, faults=faults, seed=3) as gateway, connect(gateway.ws) as client:
        statuses = {await post(gateway) for _ in range(4)}
        tried = len([each for each in gateway.seen if isinstance(each, Struck)])
        await client.close()
        heard = [message async for message in client]

    assert statuses == {500}
    assert 0 < len(heard) < tried


async def test_a_slow_client_gets_its_frames_later_and_then_no_more() -> None:
    faults = {"client.slow": "1:100000"}
    async with served(ROUTES, faults=faults) as gateway, connect(gateway.ws) as client:
        assert await post(gateway) == 200
        assert await client.recv() == "x"


# functions


async def test_a_worker_may_be_killed_in_the_middle_of_an_event(start: Start) -> None:
    faults = Faults()
    faults.enforce({"worker.kill": read_fault("worker.kill", "1:0.05")}, 1)
    function = await start("behaves.sleeps", faults=faults)

    kind, message = await function.error(seconds=2)
    faults.enforce({}, 1)
    after = await function.outcome(seconds=0)

    assert kind == "Runtime.ExitError"
    assert message == "RequestId: ID Error: Runtime exited with error: signal: killed"
    assert after.error is None
    assert after.cold


async def test_a_worker_may_stand_still_and_goes_on(start: Start) -> None:
    faults = Faults()
    faults.enforce({"worker.freeze": read_fault("worker.freeze", "1:0.2")}, 1)
    function = await start("behaves.counts", faults=faults)

    assert (await function.result())["calls"] == 1
    assert faults.struck["worker.freeze"] == 1


# the control port


@pytest.fixture
def controlled(example: Emulator) -> Any:
    yield example
    example.faults({})


def test_faults_are_switched_while_it_runs(controlled: Emulator) -> None:
    none = httpx.get(f"{controlled.control_url}/faults").json()
    controlled.faults({"worker.kill": "1:0"}, seed=9)
    killed = httpx.get(f"{controlled.url}/echo/x")
    told = httpx.get(f"{controlled.control_url}/faults").json()
    httpx.delete(f"{controlled.control_url}/faults")
    fine = httpx.get(f"{controlled.url}/echo/x")

    assert none["faults"] == {}
    assert none["kinds"] == dict(KINDS)
    assert killed.status_code == 500
    assert (told["seed"], told["faults"]) == (9, {"worker.kill": "1"})
    assert told["struck"]["worker.kill"] >= 1
    assert fine.status_code == 200
    assert controlled.line("worker.kill (seed 9, chance 1)")


def test_a_functions_containers_can_be_killed(controlled: Emulator) -> None:
    httpx.get(f"{controlled.url}/echo/x")

    assert controlled.kill("Echo") == 1
    assert httpx.get(f"{controlled.url}/echo/x").status_code == 200
    unknown = httpx.post(f"{controlled.control_url}/functions/Nobody/kill")
    assert (unknown.status_code, unknown.json()) == (
        404,
        {"message": "there is no function Nobody"},
    )


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"no json", "the body should be like"),
        (b'{"faults": ["post.gone"]}', "the body should be like"),
        (b'{"faults": {"post.lost": 1}}', "there is no fault 'post.lost'"),
        (b'{"faults": {"post.gone": 7}}', "post.gone is '7'"),
    ],
)
def test_a_wrong_request_changes_nothing(controlled: Emulator, body: bytes, complaint: str) -> None:
    controlled.faults({"post.gone": "0.5"}, seed=3)

    refused = httpx.put(f"{controlled.control_url}/faults", content=body)

    assert refused.status_code == 400
    assert complaint in refused.json()["message"]
    told = httpx.get(f"{controlled.control_url}/faults").json()
    assert (told["seed"], told["faults"]) == (3, {"post.gone": "0.5"})


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"host": "evil.example:80"}]
)
def test_pages_of_other_sites_control_nothing(
    controlled: Emulator, headers: dict[str, str]
) -> None:
    refused = httpx.delete(f"{controlled.control_url}/faults", headers=headers)

    assert refused.status_code == 403


def test_faults_can_be_given_on_the_command_line() -> None:
    options = read_options(
        ["--fault", "post.gone=0.5", "--fault", "message.delay=1:3", "--seed", "4"]
    )

    assert {kind: str(fault) for kind, fault in options.faults.items()} == {
        "post.gone": "0.5",
        "message.delay": "1:3",
    }
    assert options.seed == 4
