"""API Gateway: WebSocket API, route selection and what results of functions do."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from local.gateway.limits import Limits
from local.gateway.observer import Invocation
from local.gateway.selection import UnsupportedSelectionError, route_selection
from local.model import SocketRoute
from tests.local.gateways import Served, a_socket_api, served


def raises(_event: object) -> None:
    raise ValueError("no")


async def hears(client: ClientConnection) -> str:
    async with asyncio.timeout(10):
        heard = await client.recv()
    assert isinstance(heard, str)
    return heard


async def still_open(client: ClientConnection) -> bool:
    await (await client.ping())
    return True


async def shakes_hands(gateway: Served) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client that asks for a WebSocket by hand."""
    host = gateway.url.partition("//")[2]
    reader, writer = await asyncio.open_connection(*host.split(":"))
    writer.write(
        f"GET /ws HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "\r\n".encode()
    )
    return reader, writer


def ids(gateway: Served, function: str) -> tuple[str, str]:
    context = gateway.functions.of(function)[-1]["requestContext"]
    return context["connectionId"], context["requestId"]


# which route


@pytest.mark.parametrize(
    ("expression", "message", "key"),
    [
        ("$request.body.type", '{"type":"chat"}', "chat"),
        ("$request.body.a.b", '{"a":{"b":"chat"}}', "chat"),
        ("${request.body.a}", '{"a":"chat"}', "chat"),
        ("${request.body.a}/${request.body.b}", '{"a":"x","b":"y"}', "x/y"),
        ("v1-${request.body.a}", '{"a":"x"}', "v1-x"),
        ("$request.body.type", "no json", None),
        ("$request.body.type", '"text"', None),
        ("$request.body.type", '{"other":"chat"}', None),
        ("$request.body.type", '{"type":7}', None),
        ("$request.body.a.b", '{"a":"b"}', None),
    ],
)
def test_an_expression_selects_from_the_body(
    expression: str, message: str, key: str | None
) -> None:
    assert route_selection(expression)(message) == key


@pytest.mark.parametrize("expression", ["$request.header.x", "type", "$request.body"])
def test_another_expression_is_named(expression: str) -> None:
    with pytest.raises(UnsupportedSelectionError, match="is not supported"):
        route_selection(expression)


@pytest.mark.parametrize(
    ("message", "route"),
    [
        ('{"type":"chat"}', "chat"),
        ('{"type":"other"}', "$default"),
        ("no json", "$default"),
        ('{"type":"$connect"}', "$default"),
        ('{"type":"$disconnect"}', "$default"),
        ('{"type":"$default"}', "$default"),
    ],
)
async def test_a_message_goes_to_its_route_and_else_to_the_default(
    message: str, route: str
) -> None:
    routes = {"$connect": lambda _: {"statusCode": 200}, "$default": dict, "chat": dict}
    async with served(routes) as gateway, connect(gateway.ws) as client:
        await client.send(message)

        event = await gateway.functions.event(route)
        connects = len(gateway.functions.of("$connect"))
    assert event["requestContext"]["routeKey"] == route
    assert event["requestContext"]["eventType"] == "MESSAGE"
    assert connects == 1


async def test_without_a_default_the_client_is_told_forbidden_and_stays() -> None:
    async with served({"$connect": lambda _: {"statusCode": 200}}) as gateway:
        async with connect(gateway.ws) as client:
            await client.send("no json")

            frame = await hears(client)
            assert await still_open(client)
        connection, _ = ids(gateway, "$connect")
    request_id = json.loads(frame)["requestId"]
    assert frame == (
        f'{{"message": "Forbidden", "connectionId":"{connection}", "requestId":"{request_id}"}}'
    )


# $connect


@pytest.mark.parametrize("status", [200, 201, 299])
async def test_any_2xx_opens_the_connection(status: int) -> None:
    async with (
        served({"$connect": lambda _: {"statusCode": status}}) as gateway,
        connect(gateway.ws) as client,
    ):
        assert await still_open(client)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 501])
async def test_another_status_fails_the_handshake_with_that_status(status: int) -> None:
    async with served(
        {"$connect": lambda _: {"statusCode": status}, "$disconnect": dict}
    ) as gateway:
        with pytest.raises(InvalidStatus) as refused:
            await connect(gateway.ws)

        assert gateway.functions.of("$disconnect") == []
    assert refused.value.response.status_code == status


@pytest.mark.parametrize("result", [raises, lambda _: None, lambda _: {"statusCode": "x"}])
async def test_a_connect_that_fails_or_says_nothing_is_502(result: Any) -> None:
    async with served({"$connect": result}) as gateway:
        with pytest.raises(InvalidStatus) as refused:
            await connect(gateway.ws)

    assert refused.value.response.status_code == 502


async def test_a_connect_without_an_answer_is_504() -> None:
    limits = replace(Limits(), socket_integration=timedelta(milliseconds=50))
    never = asyncio.Event()
    async with served({"$connect": lambda _: never.wait()}, limits=limits) as gateway:
        with pytest.raises(InvalidStatus) as refused:
            await connect(gateway.ws)

    assert refused.value.response.status_code == 504


async def test_without_a_connect_route_everybody_may_connect() -> None:
    async with served({"$default": dict}) as gateway, connect(gateway.ws) as client:
        assert await still_open(client)


async def test_the_subprotocol_is_the_one_that_the_function_names() -> None:
    names = {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "b"}}
    async with (
        served({"$connect": lambda _: names}) as gateway,
        connect(gateway.ws, subprotocols=["a", "b"]) as client,  # type: ignore[list-item]  # NewType
    ):
        assert client.subprotocol == "b"


async def test_the_sockets_answer_at_ws_and_at_the_stage_and_nowhere_else() -> None:
    async with served({"$default": dict}) as gateway:
        async with connect(gateway.ws) as client:
            assert await still_open(client)
        async with connect(gateway.ws.replace("/ws", "/live")) as client:
            assert await still_open(client)
        with pytest.raises(InvalidStatus) as refused:
            await connect(gateway.ws.replace("/ws", "/elsewhere"))
    assert refused.value.response.status_code == 403


async def test_a_client_that_left_during_connect_is_disconnected_afterwards() -> None:
    may_end = asyncio.Event()

    async def slow(_event: object) -> dict[str, int]:
        await may_end.wait()
        return {"statusCode": 200}

    async with served({"$connect": slow, "$disconnect": dict}) as gateway:
        _reader, writer = await shakes_hands(gateway)
        event = await gateway.functions.event("$connect")
        writer.transport.abort()
        await asyncio.sleep(0)
        may_end.set()

        gone = await gateway.functions.event("$disconnect")
    assert gone["requestContext"]["connectionId"] == event["requestContext"]["connectionId"]


# messages


@pytest.mark.parametrize(
    "result", [None, *({"statusCode": status, "body": "x"} for status in (200, 400, 501))]
)
async def test_a_one_way_route_says_nothing_whatever_the_result(result: object) -> None:
    answers = {"$default": lambda _: result, "bad": raises}
    async with served(answers) as gateway, connect(gateway.ws) as client:
        await client.send("{}")
        await gateway.functions.event("$default")
        await client.send('{"type":"bad"}')

        first = await hears(client)
    assert "Internal server error" in first


async def test_a_message_whose_function_fails_is_told_so_and_the_connection_stays() -> None:
    async with served({"$default": raises}) as gateway, connect(gateway.ws) as client:
        await client.send("{}")

        frame = await hears(client)
        connection, request = ids(gateway, "$default")
        assert await still_open(client)
    assert frame == (
        f'{{"message": "Internal server error", "connectionId":"{connection}", '
        f'"requestId":"{request}"}}'
    )


async def test_a_message_that_takes_too_long_is_told_so_and_its_function_runs_on() -> None:
    went_on = asyncio.Event()

    async def slow(_event: object) -> None:
        await asyncio.sleep(1)
        went_on.set()

    route = SocketRoute("$default", "$default", integration_timeout=timedelta(milliseconds=50))
    async with (
        served({"$default": slow}, sockets=a_socket_api(route)) as gateway,
        connect(gateway.ws) as client,
    ):
        await client.send("{}")

        frame = await hears(client)
        told = [each for each in gateway.seen if isinstance(each, Invocation)]
        assert await still_open(client)
    assert frame.startswith('{"message": "Endpoint request timed out", "connectionId":"')
    assert told[0].error == "no answer within 0.05 s; it runs on"


async def test_a_two_way_route_sends_the_body_back() -> None:
    route = SocketRoute("$default", "$default", two_way=True)
    answer = {"statusCode": 200, "body": "back"}
    async with (
        served({"$default": lambda _: answer}, sockets=a_socket_api(route)) as gateway,
        connect(gateway.ws) as client,
    ):
        await client.send("{}")

        assert await hears(client) == "back"


async def test_messages_of_one_connection_run_side_by_side() -> None:
    both_and_us = asyncio.Barrier(3)
    async with (
        served({"$default": lambda _: both_and_us.wait()}) as gateway,
        connect(gateway.ws) as client,
    ):
        await client.send("1")
        await client.send("2")

        async with asyncio.timeout(10):
            await both_and_us.wait()


async def test_serial_means_one_message_of_a_connection_at_a_time_in_their_order() -> None:
    log: list[str] = []
    done = asyncio.Event()

    async def works(event: dict[str, Any]) -> None:
        log.append(f"begin {event['body']}")
        await asyncio.sleep(0)
        log.append(f"end {event['body']}")
        if event["body"] == "3":
            done.set()

    async with served({"$default": works}, serial=True) as gateway, connect(gateway.ws) as client:
        for body in "123":
            await client.send(body)
        async with asyncio.timeout(10):
            await done.wait()

    assert log == ["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3"]


# ends


async def test_a_close_without_a_code_is_1005_as_captured() -> None:
    async with served({"$disconnect": dict}) as gateway:
        reader, writer = await shakes_hands(gateway)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x88\x80\x00\x00\x00\x00")
        event = await gateway.functions.event("$disconnect")
        writer.close()

    context = event["requestContext"]
    assert context["disconnectStatusCode"] == 1005
    assert context["disconnectReason"] == "Client-side close frame status not set"


async def test_a_code_and_a_reason_of_the_client_are_passed_on() -> None:
    async with served({"$disconnect": dict}) as gateway:
        async with connect(gateway.ws) as client:
            await client.close(4001, "bye")
        event = await gateway.functions.event("$disconnect")

    context = event["requestContext"]
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (4001, "bye")


async def test_a_torn_connection_is_1006() -> None:
    async with served({"$disconnect": dict}) as gateway:
        client = await connect(gateway.ws)
        client.transport.abort()
        event = await gateway.functions.event("$disconnect")

    assert event["requestContext"]["disconnectStatusCode"] == 1006


async def test_a_disconnect_that_fails_disturbs_nobody() -> None:
    async with served({"$disconnect": raises}) as gateway:
        async with connect(gateway.ws):
            pass
        await gateway.functions.event("$disconnect")

        async with connect(gateway.ws) as client:
            assert await still_open(client)


async def test_the_handshake_is_that_of_aws() -> None:
    async with served({"$default": dict}) as gateway, connect(gateway.ws) as client:
        assert client.response
        assert client.response.status_code == 101
        extensions = client.response.headers["Sec-WebSocket-Extensions"]
    assert extensions.startswith("permessage-deflate")
