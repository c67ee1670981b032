"""API Gateway: authorizers, of HTTP routes and of `$connect`."""

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from local.gateway.policy import BadAnswerError, policy_verdict, simple_verdict
from local.model import HttpApi, HttpRoute, JwtAuthorizer, LambdaAuthorizer
from tests.local.gateways import Function, a_socket_api, served

ARN = "arn:aws:execute-api:us-east-1:123456789012:abc/live/GET/pets"


def a_policy(effect: str, resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "ada", "policyDocument": document, **more}


# what answers mean


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        ("*", True),
        (ARN, True),
        ("arn:aws:execute-api:*:*:abc/live/GET/*", True),
        ("arn:aws:execute-api:us-east-1:123456789012:abc/live/GET/pet?", True),
        ("arn:aws:execute-api:us-east-1:123456789012:abc/live/POST/*", False),
        (["arn:other", ARN], True),
    ],
)
def test_a_policy_allows_what_its_resources_name(resource: Any, *, allowed: bool) -> None:
    answer = json.dumps(a_policy("Allow", resource)).encode()

    assert policy_verdict(answer, ARN).allowed is allowed


def test_a_deny_wins_and_no_statement_denies() -> None:
    both = a_policy("Allow")
    both["policyDocument"]["Statement"] += a_policy("Deny")["policyDocument"]["Statement"]
    none = a_policy("Allow")
    none["policyDocument"]["Statement"] = []

    assert policy_verdict(json.dumps(both).encode(), ARN).allowed is False
    assert policy_verdict(json.dumps(none).encode(), ARN).allowed is False


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        {},
        {"isAuthorized": "yes"},
        {"isAuthorized": True, "context": []},
        {"isAuthorized": True, "context": {"long": "a" * 9000}},
    ],
)
def test_a_simple_answer_of_another_shape_is_none(answer: object) -> None:
    with pytest.raises(BadAnswerError):
        simple_verdict(json.dumps(answer).encode())


# HTTP, by a function

BY_HEADER = LambdaAuthorizer("Check", "check", ("$request.header.Authorization",), simple=True)


def guarded(authorizer: LambdaAuthorizer | JwtAuthorizer, *scopes: str) -> HttpApi:
    route = HttpRoute("GET", "/pets", "pets", authorizer=authorizer, scopes=scopes)
    return HttpApi("Web", (route,))


async def ask(
    check: Function, authorizer: LambdaAuthorizer = BY_HEADER, **headers: str
) -> tuple[httpx.Response, list[dict[str, Any]], list[dict[str, Any]]]:
    """One request; the response and the events of the authorizer and of the route."""
    functions = {"check": check, "pets": lambda _: {"statusCode": 200, "body": "pets"}}
    async with served(functions, http=guarded(authorizer)) as gateway, httpx.AsyncClient() as web:
        answer = await web.get(f"{gateway.url}/pets?q=1", headers=headers)
        return answer, gateway.functions.of("check"), gateway.functions.of("pets")


async def test_an_allowed_caller_comes_with_the_context_of_the_authorizer() -> None:
    answer, asked, (event,) = await ask(
        lambda _: {"isAuthorized": True, "context": {"exampleKey": "exampleValue", "n": 1}},
        authorization="let me in",
    )

    assert answer.status_code == 200
    assert event["requestContext"]["authorizer"] == {
        "lambda": {"exampleKey": "exampleValue", "n": 1}
    }
    assert asked[0]["type"] == "REQUEST"
    assert asked[0]["identitySource"] == ["let me in"]
    assert asked[0]["routeArn"].endswith("/$default/GET/pets")
    assert asked[0]["routeKey"] == "GET /pets"
    assert "isBase64Encoded" not in asked[0]


async def test_without_an_identity_nobody_is_asked() -> None:
    answer, asked, called = await ask(lambda _: {"isAuthorized": True})

    assert (answer.status_code, answer.text) == (401, '{"message":"Unauthorized"}')
    assert asked == called == []


def fails(_event: object) -> None:
    raise ValueError("no")


@pytest.mark.parametrize(
    ("check", "status", "body"),
    [
        (lambda _: {"isAuthorized": False}, 403, '{"message":"Forbidden"}'),
        (lambda _: {"isAuthorised": True}, 500, '{"message":"Internal Server Error"}'),
        (fails, 500, '{"message":"Internal Server Error"}'),
    ],
)
async def test_who_is_not_allowed_reaches_no_function(
    check: Function, status: int, body: str
) -> None:
    answer, _, called = await ask(check, authorization="x")

    assert (answer.status_code, answer.text) == (status, body)
    assert called == []


async def test_a_policy_is_an_answer_too() -> None:
    by_policy = replace(BY_HEADER, simple=False)

    allowed, *_ = await ask(lambda _: a_policy("Allow"), by_policy, authorization="x")
    denied, *_ = await ask(lambda _: a_policy("Deny"), by_policy, authorization="x")

    assert (allowed.status_code, denied.status_code) == (200, 403)


async def test_an_answer_is_remembered_for_the_same_identity() -> None:
    remembers = replace(BY_HEADER, remembered=timedelta(minutes=5))
    functions = {"check": lambda _: {"isAuthorized": True}, "pets": dict}
    async with served(functions, http=guarded(remembers)) as gateway, httpx.AsyncClient() as web:
        for name in ("ada", "ada", "bob"):
            await web.get(f"{gateway.url}/pets", headers={"authorization": name})

        asked = [event["identitySource"] for event in gateway.functions.of("check")]
    assert asked == [["ada"], ["bob"]]


async def test_a_policy_that_is_remembered_is_read_anew_for_each_route() -> None:
    by_policy = replace(BY_HEADER, simple=False, remembered=timedelta(minutes=5))
    routes = tuple(
        HttpRoute("GET", f"/{name}", "pets", authorizer=by_policy) for name in ("pets", "staff")
    )
    functions = {"check": lambda _: a_policy("Allow", "*/GET/pets"), "pets": dict}
    async with (
        served(functions, http=HttpApi("Web", routes)) as gateway,
        httpx.AsyncClient() as web,
    ):
        answers = [
            await web.get(f"{gateway.url}/{name}", headers={"authorization": "ada"})
            for name in ("pets", "staff", "pets")
        ]

        asked = gateway.functions.of("check")
    assert [answer.status_code for answer in answers] == [200, 403, 200]
    assert len(asked) == 1


# HTTP, by a token


class Issuer:
    """An identity provider on a port of this machine: its key, and one that it should not show."""

    secret = b"secret" * 8

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shared = {"kty": "oct", "kid": "s1", "alg": "HS256", "k": _encoded(issuer.secret)}
                told: dict[str, Any] = {"keys": [{**public, "kid": "k1", "alg": "RS256"}, shared]}
                if self.path.endswith("openid-configuration"):
                    told = {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"}
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(told).encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def token(self, *, kid: str = "k1", **claims: Any) -> str:
        usual = {
            "iss": self.url,
            "aud": "hub",
            "sub": "ada",
            "exp": int(time.time()) + 600,
            "scope": "read write",
        }
        told = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        return jwt.encode(told, self.key, algorithm="RS256", headers={"kid": kid})


def _encoded(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    thread = threading.Thread(target=issuer.server.serve_forever, args=(0.05,))
    thread.start()
    yield issuer
    issuer.server.shutdown()
    issuer.server.server_close()
    thread.join()


async def by_token(issuer: Issuer, token: str | None, *scopes: str) -> tuple[httpx.Response, Any]:
    api = guarded(JwtAuthorizer("Tokens", issuer.url, ("hub",)), *scopes)
    async with served({"pets": dict}, http=api) as gateway, httpx.AsyncClient() as web:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        answer = await web.get(f"{gateway.url}/pets", headers=headers)
        events = gateway.functions.of("pets")
    return answer, events[0]["requestContext"]["authorizer"] if events else None


async def test_a_good_token_comes_with_its_claims_as_text(issuer: Issuer) -> None:
    exp = int(time.time()) + 600
    token = issuer.token(exp=exp, groups=["a", "b"], admin=True)

    answer, told = await by_token(issuer, token)

    assert answer.status_code == 200
    assert told["jwt"]["scopes"] is None
    claims = told["jwt"]["claims"]
    assert (claims["sub"], claims["exp"]) == ("ada", str(exp))
    assert (claims["groups"], claims["admin"]) == ("[a b]", "true")


async def test_without_a_token_the_answer_is_a_challenge(issuer: Issuer) -> None:
    answer, _ = await by_token(issuer, None)

    assert (answer.status_code, answer.text) == (401, '{"message":"Unauthorized"}')
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "wrong",
    [
        {"exp": 1},
        {"exp": None},
        {"iss": "https://else.example"},
        {"aud": "other"},
        {"aud": None, "client_id": "other"},
        {"kid": "k2"},
        {"nbf": 9_999_999_999},
    ],
)
async def test_a_token_that_does_not_hold_is_refused(issuer: Issuer, wrong: dict[str, Any]) -> None:
    answer, told = await by_token(issuer, issuer.token(**wrong))

    assert (answer.status_code, told) == (401, None)
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("kid", ["k1", "s1"])
async def test_a_token_signed_with_a_shared_secret_is_refused_even_if_it_was_published(
    issuer: Issuer, kid: str
) -> None:
    claims = {"iss": issuer.url, "aud": "hub", "exp": int(time.time()) + 600}
    token = jwt.encode(claims, issuer.secret, algorithm="HS256", headers={"kid": kid})

    answer, _ = await by_token(issuer, token)

    assert answer.status_code == 401


async def test_a_client_id_stands_for_an_audience(issuer: Issuer) -> None:
    answer, _ = await by_token(issuer, issuer.token(aud=None, client_id="hub"))

    assert answer.status_code == 200


async def test_a_token_needs_one_of_the_scopes(issuer: Issuer) -> None:
    has, told = await by_token(issuer, issuer.token(), "write", "admin")
    has_not, _ = await by_token(issuer, issuer.token(), "admin")

    assert has.status_code == 200
    assert told["jwt"]["scopes"] == ["write", "admin"]
    assert (has_not.status_code, has_not.text) == (403, '{"message":"Forbidden"}')


# $connect

BY_QUERY = LambdaAuthorizer("Check", "check", ("$request.querystring.token",))


async def handshake(
    check: Function, query: str = "?token=x"
) -> tuple[int, list[tuple[str, dict[str, Any]]]]:
    """The status of a handshake, and all events."""
    functions = {
        "check": check,
        "$connect": lambda _: {"statusCode": 200},
        "$default": dict,
        "$disconnect": dict,
    }
    api = a_socket_api("$connect", "$default", "$disconnect", authorizer=BY_QUERY)
    async with served(functions, sockets=api) as gateway:
        try:
            async with connect(gateway.ws + query) as client:
                await client.send("{}")
                await gateway.functions.event("$default")
            await gateway.functions.event("$disconnect")
        except InvalidStatus as refused:
            return refused.response.status_code, gateway.functions.events
        return 101, gateway.functions.events


def says_unauthorized(_event: object) -> None:
    raise Exception("Unauthorized")  # noqa: TRY002 - as AWS's examples have it


@pytest.mark.parametrize(
    ("check", "query", "status"),
    [
        (lambda _: a_policy("Allow"), "", 401),
        (says_unauthorized, "?token=x", 401),
        (lambda _: a_policy("Deny"), "?token=x", 403),
        (fails, "?token=x", 500),
        (lambda _: {"isAuthorized": True}, "?token=x", 500),
    ],
)
async def test_a_handshake_fails_as_the_authorizer_says(
    check: Function, query: str, status: int
) -> None:
    got, events = await handshake(check, query)

    assert got == status
    assert not [name for name, _ in events if name == "$connect"]


async def test_every_later_event_says_who_it_is() -> None:
    context = {"userId": "ada", "level": 3, "admin": True}

    status, events = await handshake(lambda _: a_policy("Allow", context=context))

    assert status == 101
    for name in ("$connect", "$default", "$disconnect"):
        (told,) = [event["requestContext"]["authorizer"] for each, event in events if each == name]
        latency = told.pop("integrationLatency")
        assert isinstance(latency, int)
        assert told == {"principalId": "ada", "userId": "ada", "level": "3", "admin": "true"}


async def test_an_authorizer_sees_the_headers_that_connect_does_not() -> None:
    _, events = await handshake(lambda _: a_policy("Allow"))

    asked, connected = events[0][1], events[1][1]
    assert {"Connection", "Upgrade"} <= asked["headers"].keys()
    assert not {"Connection", "Upgrade"} & connected["headers"].keys()
    assert asked["type"] == "REQUEST"
    assert asked["methodArn"].endswith("/default/$connect")
    assert asked["queryStringParameters"] == {"token": "x"}
    assert asked["stageVariables"] == {}
