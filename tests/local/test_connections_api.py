"""API Gateway: @connections, with AWS's own client."""

import asyncio
import functools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from local.gateway.ids import new_id
from local.gateway.limits import Limits
from local.gateway.observer import Management
from tests.local.gateways import CREDENTIALS, Served, served

T = TypeVar("T")
ROUTES = {"$connect": lambda _: {"statusCode": 200}, "$disconnect": dict, "$default": dict}


def client_for(gateway: Served, *, stage: str = "live", **options: Any) -> Any:
    return boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=f"{gateway.url}/{stage}",
        **{
            "region_name": CREDENTIALS.region,
            "aws_access_key_id": CREDENTIALS.access_key,
            "aws_secret_access_key": CREDENTIALS.secret_key,
            "aws_session_token": CREDENTIALS.session_token,
            "config": Config(retries={"mode": "standard"}, read_timeout=20),
            **options,
        },
    )


async def calls(function: Callable[..., T], **arguments: Any) -> T:
    """Call boto3, which blocks, beside the gateway's loop."""
    return await asyncio.to_thread(functools.partial(function, **arguments))


async def connection_id(gateway: Served) -> str:
    event = await gateway.functions.event("$connect")
    return str(event["requestContext"]["connectionId"])


async def test_a_post_is_one_text_frame_and_200_without_a_body() -> None:
    async with served(ROUTES) as gateway, connect(gateway.ws) as client:
        answer = await calls(
            client_for(gateway).post_to_connection,
            ConnectionId=await connection_id(gateway),
            Data="héllo".encode(),
        )

        assert await client.recv() == "héllo"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["ResponseMetadata"]["HTTPHeaders"]["content-length"] == "0"


async def test_a_post_is_split_into_frames_of_32_kib() -> None:
    async with served(ROUTES) as gateway, connect(gateway.ws, compression=None) as client:
        await calls(
            client_for(gateway).post_to_connection,
            ConnectionId=await connection_id(gateway),
            Data=b"a" * (70 * 1024),
        )

        pieces = [len(piece) async for piece in client.recv_streaming()]
    assert pieces == [32 * 1024, 32 * 1024, 6 * 1024]


async def test_a_connection_can_be_looked_at() -> None:
    async with served(ROUTES) as gateway, connect(gateway.ws, user_agent_header="Agent/1"):
        found = await calls(
            client_for(gateway).get_connection, ConnectionId=await connection_id(gateway)
        )

    assert datetime.now(UTC) - found["ConnectedAt"] < timedelta(minutes=1)
    assert found["ConnectedAt"] - timedelta(seconds=1) <= found["LastActiveAt"]
    assert found["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "Agent/1"}


async def test_a_delete_closes_with_1000_and_a_disconnect_follows() -> None:
    async with served(ROUTES) as gateway, connect(gateway.ws) as client:
        answer = await calls(
            client_for(gateway).delete_connection, ConnectionId=await connection_id(gateway)
        )

        with pytest.raises(ConnectionClosed) as ended:
            await client.recv()
        event = await gateway.functions.event("$disconnect")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert ended.value.rcvd
    assert ended.value.rcvd.code == 1000
    context = event["requestContext"]
    assert context["disconnectStatusCode"] == 1000
    assert context["disconnectReason"] == "Connection Closed Normally"


@pytest.mark.parametrize("verb", ["post_to_connection", "get_connection", "delete_connection"])
async def test_a_closed_connection_and_one_never_seen_are_gone(verb: str) -> None:
    async with served(ROUTES) as gateway:
        async with connect(gateway.ws):
            closed = await connection_id(gateway)
        await gateway.functions.event("$disconnect")
        management = client_for(gateway)
        data = {"Data": b"x"} if verb == "post_to_connection" else {}

        for gone in (closed, new_id()):
            with pytest.raises(management.exceptions.GoneException) as refused:
                await calls(getattr(management, verb), ConnectionId=gone, **data)
    response = refused.value.response["ResponseMetadata"]
    assert response["HTTPStatusCode"] == 410
    assert response["HTTPHeaders"]["content-length"] == "0"
    assert response["RetryAttempts"] == 0


async def test_a_connection_is_gone_until_connect_has_said_yes() -> None:
    management: Any = None

    async def posts_to_itself(event: dict[str, Any]) -> dict[str, int]:
        own = event["requestContext"]["connectionId"]
        try:
            await calls(management.post_to_connection, ConnectionId=own, Data=b"x")
        except management.exceptions.GoneException:
            return {"statusCode": 200}
        return {"statusCode": 500}

    async with served({**ROUTES, "$connect": posts_to_itself}) as gateway:
        management = client_for(gateway)

        async with connect(gateway.ws) as client:
            await (await client.ping())


async def test_an_id_that_is_none_is_a_bad_request() -> None:
    async with served(ROUTES) as gateway:
        with pytest.raises(ClientError, match="Invalid connectionId: x") as refused:
            await calls(client_for(gateway).post_to_connection, ConnectionId="x", Data=b"x")

    assert refused.value.response["Error"]["Code"] == "BadRequestException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


async def test_more_than_128_kib_is_too_large() -> None:
    async with served(ROUTES) as gateway, connect(gateway.ws) as client:
        management, own = client_for(gateway), await connection_id(gateway)
        fits = b"a" * 131072
        await calls(management.post_to_connection, ConnectionId=own, Data=fits)

        with pytest.raises(management.exceptions.PayloadTooLargeException):
            await calls(management.post_to_connection, ConnectionId=own, Data=fits + b"a")
        assert len(await client.recv()) == 131072


async def test_a_client_that_does_not_read_gets_429_after_three_tries() -> None:
    limits = replace(Limits(), send_buffer=64 * 1024)
    async with (
        served(ROUTES, limits=limits) as gateway,
        connect(gateway.ws, compression=None, max_queue=1) as client,
    ):
        client.transport.pause_reading()
        management, own = client_for(gateway), await connection_id(gateway)

        with pytest.raises(management.exceptions.LimitExceededException) as refused:
            await posts_without_end(management, own)
        tried = [e for e in gateway.seen if isinstance(e, Management) and e.status == 429]
        client.transport.abort()
    assert refused.value.response["ResponseMetadata"]["RetryAttempts"] == 2
    assert len(tried) == 3


async def posts_without_end(management: Any, own: str) -> None:
    while True:
        await calls(management.post_to_connection, ConnectionId=own, Data=b"a" * 60_000)


async def test_who_is_not_known_is_forbidden() -> None:
    async with served(ROUTES) as gateway, connect(gateway.ws):
        own = await connection_id(gateway)
        wrong = {
            "secret": {"aws_secret_access_key": "guessed"},
            "key": {"aws_access_key_id": "GUESSED"},
            "token": {"aws_session_token": "guessed"},
            "region": {"region_name": "eu-west-1"},
            "stage": {"stage": "other"},
        }
        codes = {}
        for name, options in wrong.items():
            with pytest.raises(ClientError) as refused:
                await calls(
                    client_for(gateway, **options).post_to_connection, ConnectionId=own, Data=b"x"
                )
            codes[name] = (
                refused.value.response["ResponseMetadata"]["HTTPStatusCode"],
                refused.value.response["Error"]["Code"],
            )

    assert codes == {
        "secret": (403, "InvalidSignatureException"),
        "key": (403, "UnrecognizedClientException"),
        "token": (403, "UnrecognizedClientException"),
        "region": (403, "InvalidSignatureException"),
        "stage": (403, "ForbiddenException"),
    }


async def test_unsigned_is_403_without_a_token() -> None:
    async with served(ROUTES) as gateway, httpx.AsyncClient() as web:
        answer = await web.post(f"{gateway.url}/live/@connections/{new_id()}", content=b"x")

    assert (answer.status_code, answer.json()) == (403, {"message": "Missing Authentication Token"})


async def test_the_sign_before_connections_may_be_escaped_and_the_stage_left_out() -> None:
    async with served(ROUTES) as gateway, connect(gateway.ws) as client:
        management, own = client_for(gateway), await connection_id(gateway)
        urls: list[str] = []

        def escaped(request: Any, **_: object) -> None:
            request.url = request.url.replace("@", "%40").replace("/live/", "/")
            urls.append(request.url)

        management.meta.events.register("before-sign.*", escaped)
        await calls(management.post_to_connection, ConnectionId=own, Data=b"x")

        assert await client.recv() == "x"
    assert "/%40connections/" in urls[0]
    assert "/live/" not in urls[0]
