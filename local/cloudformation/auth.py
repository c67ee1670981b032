"""Authorizers of HTTP and WebSocket APIs, and CORS."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from local.cloudformation.function_of import function_of
from local.cloudformation.intrinsics import Node
from local.cloudformation.resource import Resource
from local.model import Cors, JwtAuthorizer, LambdaAuthorizer

Authorizer = LambdaAuthorizer | JwtAuthorizer

AUTHORIZERS = 10
"""That one API may have."""
_REMEMBERED = 300
"""Seconds, unless `ReauthorizeEvery` says otherwise."""


@dataclass(frozen=True)
class Functions:
    """Which functions there are."""

    run: Collection[str]
    skipped: Collection[str]
    """Those that do not run here."""


@dataclass(frozen=True)
class Auth:
    """The authorizers of one HTTP API."""

    by_name: Mapping[str, Authorizer]
    default: str | None = None

    def of_route(self, event: Resource) -> tuple[Authorizer | None, tuple[str, ...]]:
        """The authorizer of a function's event, and the scopes that it asks for."""
        own = event.part("Auth", event.mapping("Auth"))
        name = own.text("Authorizer") or self.default
        scopes = texts(own, "AuthorizationScopes")
        if name is None or name == "NONE":
            return None, ()
        if name not in self.by_name:
            event.problem(f"Authorizer is {name!r}, which its API does not have")
            return None, ()
        return self.by_name[name], scopes


def read_auth(api: Resource, functions: Functions) -> Auth:
    """`Auth` of an `AWS::Serverless::HttpApi`."""
    section = api.part("Auth", api.mapping("Auth"))
    check_count(api, len(section.mapping("Authorizers")), AUTHORIZERS, "authorizers")
    found: dict[str, Authorizer] = {}
    for name, declaration in section.mapping("Authorizers").items():
        part = section.part(name, declaration if isinstance(declaration, dict) else {})
        authorizer = (
            _jwt(part, name) if "JwtConfiguration" in part.keys else _lambda(part, name, functions)
        )
        if authorizer:
            found[name] = authorizer
    return Auth(found, section.text("DefaultAuthorizer"))


def _jwt(part: Resource, name: str) -> JwtAuthorizer:
    token = part.part("JwtConfiguration", part.mapping("JwtConfiguration"))
    issuer, audience = token.text("issuer"), texts(token, "audience")
    if not issuer or not audience:
        token.problem("it needs an issuer and an audience")
    source = part.text("IdentitySource") or "$request.header.Authorization"
    return JwtAuthorizer(name, issuer or "", audience, source)


def _lambda(part: Resource, name: str, functions: Functions) -> LambdaAuthorizer | None:
    function = function_of(part, "FunctionArn", functions.run, functions.skipped)
    if (part.text("AuthorizerPayloadFormatVersion") or "2.0") != "2.0":
        part.unsupported("payload 1.0 is not made for authorizers; the event comes as 2.0")
    identity = part.part("Identity", part.mapping("Identity"))
    identity.refuse({"Context", "StageVariables"})
    sources = (
        *(f"$request.header.{each}" for each in texts(identity, "Headers")),
        *(f"$request.querystring.{each}" for each in texts(identity, "QueryStrings")),
    )
    every = identity.number("ReauthorizeEvery", least=0, most=3600)
    remembered = (_REMEMBERED if every is None else every) if sources else 0
    if function is None:
        return None
    return LambdaAuthorizer(
        name=name,
        function=function,
        identity=sources,
        simple=part.flag("EnableSimpleResponses", otherwise=False),
        remembered=timedelta(seconds=remembered),
    )


def read_socket_auth(api: Resource, functions: Functions) -> LambdaAuthorizer | None:
    """`Auth` of an `AWS::Serverless::WebSocketApi`."""
    part = api.part("Auth", api.mapping("Auth"))
    kind = part.text("AuthType") or "NONE"
    if kind == "AWS_IAM":
        part.unsupported("AuthType AWS_IAM is not acted upon: everybody may connect")
    if kind != "CUSTOM":
        return None
    function = function_of(part, "AuthArn", functions.run, functions.skipped)
    if function is None:
        return None
    return LambdaAuthorizer(part.text("Name") or function, function, socket_identity(part))


def socket_identity(part: Resource) -> tuple[str, ...]:
    """`route.request.header.X` and `route.request.querystring.x` in the words of HTTP APIs."""
    sources = []
    for text in texts(part, "IdentitySource"):
        source = "$" + text.removeprefix("route.")
        if not source.startswith(("$request.header.", "$request.querystring.")):
            part.unsupported(f"the identity source {text} is not looked at")
        else:
            sources.append(source)
    return tuple(sources)


def read_cors(api: Resource) -> Cors | None:
    """`CorsConfiguration`, of which `true` means every origin."""
    value = api.value("CorsConfiguration")
    if value is None or value is False:
        return None
    if value is True:
        return Cors(origins=("*",))
    if not isinstance(value, dict):
        api.problem("CorsConfiguration is neither true nor a map")
        return None
    part = api.part("CorsConfiguration", value)
    cors = Cors(
        origins=texts(part, "AllowOrigins"),
        methods=texts(part, "AllowMethods"),
        headers=texts(part, "AllowHeaders"),
        expose=texts(part, "ExposeHeaders"),
        max_age=part.number("MaxAge", least=-1, most=86_400),
        credentials=part.flag("AllowCredentials", otherwise=False),
    )
    if cors.credentials and "*" in cors.origins:
        part.problem("AllowCredentials and the origin * exclude each other")
    return cors


def check_count(api: Resource, count: int, most: int, things: str) -> None:
    """Take note of a quota of API Gateway that a template is over."""
    if count > most:
        api.problem(f"it has {count} {things}; AWS allows {most}")


def texts(part: Resource, key: str) -> tuple[str, ...]:
    """A property that is a list of texts; empty if absent."""
    value: Node = part.value(key)
    if value is None:
        return ()
    if not isinstance(value, list):
        value = [value]
    return tuple(str(each) for each in value)
