"""API Gateway: WebSocket API, the three events, compared key by key with captures."""

import re
from typing import Any

from websockets.asyncio.client import connect

from tests.local.gateways import a_socket_api, served

ID = re.compile(r"[A-Za-z0-9_-]{15}=")
COMMON = {
    *("routeKey", "eventType", "extendedRequestId", "requestTime", "messageDirection", "stage"),
    *("connectedAt", "requestTimeEpoch", "identity", "requestId", "domainName", "connectionId"),
    "apiId",
}
ALL = {"$connect": dict, "$disconnect": dict, "$default": dict, "sendMessage": dict}


def accepts(_event: object) -> dict[str, Any]:
    return {"statusCode": 200}


async def conversation() -> dict[str, dict[str, Any]]:
    """One of each event, from one connection that says `{"type":"sendMessage"}`."""
    async with served({**ALL, "$connect": accepts}) as gateway:
        async with connect(
            f"{gateway.ws}?token=x&token=y&empty=",
            origin="https://app.example",  # type: ignore[arg-type]  # a NewType of str
            subprotocols=["a", "b"],  # type: ignore[list-item]  # the same
            user_agent_header="Agent/1",
            additional_headers={"X-Several": "1"},
        ) as client:
            await client.send('{"type":"sendMessage","é":"ü"}')
            message = await gateway.functions.event("sendMessage")
        gone = await gateway.functions.event("$disconnect")
        return {
            "CONNECT": gateway.functions.of("$connect")[0],
            "MESSAGE": message,
            "DISCONNECT": gone,
        }


async def test_connect_carries_the_handshake() -> None:
    event = (await conversation())["CONNECT"]

    assert event.keys() == {
        *("headers", "multiValueHeaders", "queryStringParameters"),
        *("multiValueQueryStringParameters", "requestContext", "isBase64Encoded"),
    }
    headers, context = event["headers"], event["requestContext"]
    assert headers.keys() == {
        *("Host", "Origin", "User-Agent", "Sec-WebSocket-Extensions", "Sec-WebSocket-Key"),
        *("Sec-WebSocket-Protocol", "Sec-WebSocket-Version", "X-Amzn-Trace-Id"),
        *("X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Several"),
    }
    assert event["multiValueHeaders"] == {name: [value] for name, value in headers.items()}
    assert headers["Sec-WebSocket-Protocol"] == "a, b"
    assert headers["Origin"] == "https://app.example"
    assert event["queryStringParameters"] == {"token": "y", "empty": ""}
    assert event["multiValueQueryStringParameters"] == {"token": ["x", "y"], "empty": [""]}
    assert context.keys() == COMMON
    assert (context["routeKey"], context["eventType"]) == ("$connect", "CONNECT")
    assert context["identity"] == {"userAgent": "Agent/1", "sourceIp": "127.0.0.1"}
    assert context["stage"] == "live"
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context["requestTime"])


async def test_a_message_carries_nothing_of_the_handshake() -> None:
    event = (await conversation())["MESSAGE"]

    context = event["requestContext"]
    assert event.keys() == {"requestContext", "body", "isBase64Encoded"}
    assert context.keys() == COMMON | {"messageId"}
    assert (context["routeKey"], context["eventType"]) == ("sendMessage", "MESSAGE")
    assert event["body"] == '{"type":"sendMessage","é":"ü"}'
    assert event["isBase64Encoded"] is False


async def test_disconnect_has_four_headers_and_no_others() -> None:
    events = await conversation()

    event, context = events["DISCONNECT"], events["DISCONNECT"]["requestContext"]
    assert event.keys() == {"headers", "multiValueHeaders", "requestContext", "isBase64Encoded"}
    host = events["CONNECT"]["headers"]["Host"]
    assert event["headers"] == {
        "Host": host,
        "x-api-key": "",
        "X-Forwarded-For": "",
        "x-restapi": "",
    }
    assert event["multiValueHeaders"] == {name: [value] for name, value in event["headers"].items()}
    assert context.keys() == COMMON | {"disconnectStatusCode", "disconnectReason"}
    assert (context["routeKey"], context["eventType"]) == ("$disconnect", "DISCONNECT")


async def test_the_ids_of_a_connection_have_the_shape_of_aws_and_stay() -> None:
    events = await conversation()

    contexts = [event["requestContext"] for event in events.values()]
    for context in contexts:
        assert context["requestId"] == context["extendedRequestId"]
        assert ID.fullmatch(context["requestId"])
        assert ID.fullmatch(context["connectionId"])
    for kept in ("connectionId", "connectedAt", "apiId", "domainName", "stage"):
        assert len({context[kept] for context in contexts}) == 1
    assert len({context["requestId"] for context in contexts}) == 3
    assert ID.fullmatch(contexts[1]["messageId"])


async def test_without_a_query_or_an_agent_the_keys_are_absent() -> None:
    async with served({**ALL, "$connect": accepts}) as gateway:
        async with connect(gateway.ws, user_agent_header=None):
            pass
        event = gateway.functions.of("$connect")[0]

    assert "queryStringParameters" not in event
    assert "multiValueQueryStringParameters" not in event
    assert event["requestContext"]["identity"] == {"sourceIp": "127.0.0.1"}
    assert not {"Connection", "Upgrade", "Content-Length"} & event["headers"].keys()


async def test_stage_variables_are_in_every_event_if_there_are_any() -> None:
    api = a_socket_api(*ALL, stage_variables={"colour": "blue"})
    async with served({**ALL, "$connect": accepts}, sockets=api) as gateway:
        async with connect(gateway.ws) as client:
            await client.send("{}")
            await gateway.functions.event("$default")
        await gateway.functions.event("$disconnect")

    assert [event["stageVariables"] for _, event in gateway.functions.events] == [
        {"colour": "blue"}
    ] * 3
