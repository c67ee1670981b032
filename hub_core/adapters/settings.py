"""The environment of the product, read once into one frozen model.

Names are the environment variables, in capitals. Locally the emulator gives every one a working
value; deployed, `template.yaml` does. A wrong or missing variable stops the start with one message
that names every problem at once and repeats no value: values may be secrets.
"""

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretBytes,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MINIMUM_SECRET_BYTES: Final = 32
LEAST_TURN_SECRET_BYTES: Final = 16
LEAST_ARGON2_MEMORY_KIB: Final = 19_456
LEAST_ARGON2_TIME_COST: Final = 2
"""OWASP's least for argon2id (Password Storage Cheat Sheet); with one lane."""
POINTER: Final = "secret://"
"""A variable whose value begins so names a secret, and stands for its value."""
WITHHELD: Final = "withheld"
"""In the place of a key that a function has no use for: it signs nothing and verifies nothing."""
_UNFIT: Final = "The settings are not fit to start with:\n  "
GOOGLE_ISSUER: Final = "https://accounts.google.com"
GOOGLE_JWKS_URL: Final = "https://www.googleapis.com/oauth2/v3/certs"
"""`issuer` and `jwks_uri` of https://accounts.google.com/.well-known/openid-configuration."""
_KID: Final = re.compile(r"[A-Za-z0-9._-]{1,32}")
_SERVER: Final = r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?"
_ORIGIN: Final = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
_DEFAULT_PORT: Final = {"https": ":443", "http": ":80"}
_STUN_URL: Final = re.compile(rf"stuns?:{_SERVER}")
_TURN_URL: Final = re.compile(rf"turns?:{_SERVER}(\?transport=(udp|tcp))?")


_MAIL_FROM: Final = re.compile(r"([^<>@\r\n]* <)?[^<>@\s]+@[^<>@\s]+\.[^<>@\s]+>?")
_RINGS: Final = ("jwt_access_secret", "jwt_refresh_secret", "room_token_secret")


class SettingsError(Exception):
    """The environment is not fit to start with; the text names every problem, one a line."""


class Key(BaseModel):
    """One secret and the `kid` that tokens signed with it carry (RFC 7515 §4.1.4)."""

    model_config = ConfigDict(frozen=True)
    kid: str
    secret: SecretBytes


Keyring = tuple[Key, ...]
"""The keys of one class of token, newest first: the first signs, all verify."""


def _keyring(value: object) -> Keyring:
    """Read `kid:secret,kid:secret`, newest first; a bare secret has the kid `0`."""
    if isinstance(value, tuple):
        return value
    if value == WITHHELD:
        return ()
    keys = []
    for part in filter(None, (part.strip() for part in str(value).split(","))):
        kid, colon, secret = part.partition(":")
        if not colon:
            kid, secret = "0", part
        if not _KID.fullmatch(kid):
            raise ValueError("a kid is 1–32 letters, digits, dots, dashes or underscores")
        if not secret:
            raise ValueError("a secret is empty")
        keys.append(Key(kid=kid, secret=SecretBytes(secret.encode())))
    if not keys:
        raise ValueError("is empty")
    if len({key.kid for key in keys}) < len(keys):
        raise ValueError("two keys have the same kid")
    return tuple(keys)


def _origins(value: object) -> tuple[str, ...]:
    """As browsers write them, since they are compared letter by letter: nothing else ever fits."""
    if isinstance(value, tuple):
        return value
    origins = tuple(filter(None, (part.strip() for part in str(value).split(","))))
    if not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError("is not a list of origins such as https://app.example")
    if any(origin.endswith(_DEFAULT_PORT[origin.partition(":")[0]]) for origin in origins):
        raise ValueError("names a port that browsers leave out: :443 of https, :80 of http")
    return origins


def _stun_urls(value: object) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    urls = tuple(filter(None, (part.strip() for part in str(value).split(","))))
    if not all(_STUN_URL.fullmatch(url) for url in urls):
        raise ValueError("is not a list of URLs such as stun:stun.example:3478")
    return urls


def _turn_urls(value: object) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    urls = tuple(filter(None, (part.strip() for part in str(value).split(","))))
    if not all(_TURN_URL.fullmatch(url) for url in urls):
        raise ValueError("is not a list of URLs such as turn:turn.example:3478?transport=udp")
    return urls


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return tuple(filter(None, (part.strip() for part in str(value).split(","))))


def _keyring_or_none(value: object) -> Keyring:
    return _keyring(value) if value else ()


def _scheme(*schemes: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        try:
            fits = urlsplit(value.get_secret_value()).scheme in schemes
        except ValueError:  # its text may repeat the URL, password and all
            fits = False
        if not fits:
            raise ValueError(
                f"is not a URL that begins with {' or '.join(s + '://' for s in schemes)}"
            )
        return value

    return AfterValidator(check)


Keys = Annotated[Keyring, NoDecode, BeforeValidator(_keyring)]


class Settings(BaseSettings):
    """What the product can be told; every field is the variable of the same name in capitals."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, allow_inf_nan=False
    )

    environment: Literal["development", "test", "production"] = "production"
    port: int = Field(4000, ge=1, le=65535, description="Where the emulator listens.")
    database_url: Annotated[SecretStr, _scheme("postgresql")]
    redis_url: Annotated[SecretStr, _scheme("redis", "rediss", "unix")]
    jwt_access_secret: Keys
    jwt_refresh_secret: Keys
    room_token_secret: Keys
    access_ttl_sec: int = Field(900, ge=1)
    refresh_ttl_sec: int = Field(2_592_000, ge=1)
    room_token_ttl_sec: int = Field(120, ge=1)
    cors_origin: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_origins)] = Field(
        (), description="Origins that browsers may call from, separated by commas."
    )
    management_api_url: str = Field(
        description="Where frames are posted: API Gateway's @connections, with its stage."
    )
    websocket_url: str = Field(description="Where clients connect; `wsUrl` of a room ticket.")
    reconnect_grace_sec: float = Field(30, gt=0, description="How long a lost session may resume.")
    presence_lease_sec: float = Field(75, gt=0, description="Silence after which one is lost.")
    auth_timeout_sec: float = Field(10, gt=0, description="How long a socket may stay unknown.")
    connection_lifetime_sec: float = Field(
        7200, gt=0, description="How long API Gateway lets a connection live."
    )
    rate_limit_scale: float = Field(1.0, gt=0, description="Multiplies every limit.")
    stun_urls: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_stun_urls)] = Field(
        ("stun:stun.l.google.com:19302",),
        description="STUN servers in `iceServers` of a room ticket, separated by commas; may be "
        "empty (RFC 7064).",
    )
    turn_urls: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_turn_urls)] = Field(
        (), description="TURN servers in `iceServers`, separated by commas (RFC 7065)."
    )
    turn_secret: Annotated[Keyring, NoDecode, BeforeValidator(_keyring_or_none)] = Field(
        (), description="What coturn has as `static-auth-secret`, newest first."
    )
    turn_ttl_sec: int = Field(
        8_100,
        ge=60,
        description="How long a TURN credential lasts. API Gateway ends a connection after two "
        "hours, and the resume brings fresh ones.",
    )
    google_client_ids: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = Field(
        (), description="Our OAuth client ids at Google; empty: no sign-in with Google."
    )
    google_issuer: str = Field(GOOGLE_ISSUER, description="Another one in tests alone.")
    google_jwks_url: str = Field(GOOGLE_JWKS_URL, description="Another one in tests alone.")
    app_url: str = Field(
        "http://localhost:3000", description="The web app: links in mails lead there."
    )
    mail_from: str = Field("hub@localhost", description="Whom mails are from; SES must know it.")
    mail_queue_url: str = Field("", description="The SQS queue of mails to be sent.")
    mail_outbox: str = Field(
        ".hub/outbox",
        description="The folder for mails that go nowhere: not in production. The emulator has it "
        "in its data folder.",
    )
    fan_out_queue_url: str = Field(
        "",
        description="The SQS queue by which others post to a part of a big room; empty: nobody "
        "does.",
    )
    argon2_memory_kib: int = Field(
        LEAST_ARGON2_MEMORY_KIB,
        ge=8,
        description="argon2id for passwords: its defaults are OWASP's least.",
    )
    argon2_time_cost: int = Field(LEAST_ARGON2_TIME_COST, ge=1)
    argon2_parallelism: int = Field(1, ge=1)

    @model_validator(mode="after")
    def _fit_for_the_environment(self) -> Self:
        problems = list(self._weak_secrets())
        if self.turn_urls and not self.turn_secret:
            problems.append("TURN_SECRET: is missing, and TURN_URLS needs it")
        if self.environment == "production":
            problems += self._unfit_for_production()
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _weak_secrets(self) -> Iterator[str]:
        if self.environment == "development":
            return
        for name in _RINGS:
            ring: Keyring = getattr(self, name)
            if any(len(key.secret.get_secret_value()) < MINIMUM_SECRET_BYTES for key in ring):
                yield f"{name.upper()}: a secret has less than {MINIMUM_SECRET_BYTES} bytes"

    def _unfit_for_production(self) -> Iterator[str]:
        secrets = [key.secret for name in _RINGS for key in getattr(self, name)]
        if len(set(secrets)) < len(secrets):
            yield "two of the JWT and room token secrets are the same"
        if any(origin.startswith("http://") for origin in self.cors_origin):
            yield "CORS_ORIGIN: http:// is refused in production"
        if self.rate_limit_scale != 1:
            yield "RATE_LIMIT_SCALE: only 1 is allowed in production"
        if (self.google_issuer, self.google_jwks_url) != (GOOGLE_ISSUER, GOOGLE_JWKS_URL):
            yield "GOOGLE_ISSUER, GOOGLE_JWKS_URL: only Google's in production"
        if (
            self.argon2_memory_kib < LEAST_ARGON2_MEMORY_KIB
            or self.argon2_time_cost < LEAST_ARGON2_TIME_COST
        ):
            yield "ARGON2_*: weaker than 19456 KiB and 2 passes"
        if self.turn_urls and any(
            len(key.secret.get_secret_value()) < LEAST_TURN_SECRET_BYTES for key in self.turn_secret
        ):
            yield f"TURN_SECRET: a secret has less than {LEAST_TURN_SECRET_BYTES} bytes"
        if self.mail_queue_url and not self.app_url.startswith("https://"):
            yield "APP_URL: links in mails are https:// in production"
        if self.mail_queue_url and not _MAIL_FROM.fullmatch(self.mail_from):
            yield "MAIL_FROM: is not an address that mails can come from"


def read_settings() -> Settings:
    """Read the environment, and the secrets that it points to.

    Raises:
        SettingsError: something is missing or wrong; the text names each problem.
    """
    try:
        return Settings(**_revealed())
    except ValidationError as error:
        lines = []
        for fault in error.errors(include_input=False, include_url=False, include_context=False):
            name = "_".join(map(str, fault["loc"])).upper()
            what = "is missing" if fault["type"] == "missing" else fault["msg"]
            what = what.removeprefix("Value error, ")
            lines += [f"{name}: {line}" if name else line for line in what.splitlines()]
        raise SettingsError(_UNFIT + "\n  ".join(lines)) from None


def _revealed() -> dict[str, Any]:
    """The settings whose variables point to a secret: its value.

    Raises:
        SettingsError: some could not be read.
    """
    pointers = {
        field: value.removeprefix(POINTER)
        for field in Settings.model_fields
        if (value := os.environ.get(field.upper(), "")).startswith(POINTER)
    }
    if not pointers:
        return {}
    from hub_core.adapters.secrets import SecretUnreadable, reveal  # noqa: PLC0415 (HTTP, and only the cloud has need of it)

    values = reveal(pointers.values())
    problems = [
        f"{field.upper()}: {values[name]}"
        for field, name in pointers.items()
        if isinstance(values[name], SecretUnreadable)
    ]
    if problems:
        raise SettingsError(_UNFIT + "\n  ".join(problems))
    return {field: values[name] for field, name in pointers.items()}


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read at the first call."""
    return read_settings()
