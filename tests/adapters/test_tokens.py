"""Tokens: one class is never taken for another, and a forgery for nothing at all."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretBytes

from hub_core.adapters.settings import Key
from hub_core.adapters.tokens import (
    CLOCK_SKEW,
    LARGEST_TOKEN,
    AccessClaims,
    RoomClaims,
    TokenClass,
    TokenOutOfTime,
    TokenRefused,
)
from hub_core.kernel.ids import MeetingId, ParticipantId, UserId
from hub_core.kernel.roles import Role

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
OLD, NEW, OTHER = b"old-" * 10, b"new-" * 10, b"other-" * 8
KEYS = (Key(kid="new", secret=SecretBytes(NEW)), Key(kid="old", secret=SecretBytes(OLD)))


class Clock:
    """Noon, unless it is set."""

    now = NOON

    def __call__(self) -> datetime:
        return self.now


def _access(clock: Clock | None = None, keys: tuple[Key, ...] = KEYS) -> TokenClass[AccessClaims]:
    return TokenClass(
        typ="at+jwt",
        audience="hub:api",
        keys=keys,
        lifetime=timedelta(minutes=15),
        claims=AccessClaims,
        clock=clock or Clock(),
        mint_id=lambda: "01JDG0000000000000000000JT",
    )


def _rooms() -> TokenClass[RoomClaims]:
    """With the same keys, as nobody should have them: still another class."""
    return TokenClass(
        typ="room+jwt",
        audience="hub:room",
        keys=KEYS,
        lifetime=timedelta(minutes=2),
        claims=RoomClaims,
        clock=Clock(),
        mint_id=lambda: "01JDG0000000000000000000JT",
    )


ME = AccessClaims(sub=UserId("01JDG0000000000000000000ME"), sid="01JDG0000000000000000000SD")
TICKET = RoomClaims(
    sub=ME.sub,
    mid=MeetingId("01JDG0000000000000000000MT"),
    pid=ParticipantId("01JDG0000000000000000000PT"),
    name="Ann",
    role=Role.GUEST,
    gen=0,
    jti="01JDG0000000000000000000JT",
)
CLAIMS: Mapping[str, Any] = {
    "jti": "01JDG0000000000000000000JT",
    "sub": ME.sub,
    "sid": ME.sid,
    "iss": "hub-api",
    "aud": "hub:api",
    "iat": int(NOON.timestamp()),
    "exp": int(NOON.timestamp()) + 900,
}
HEADER: Mapping[str, Any] = {"alg": "HS256", "typ": "at+jwt", "kid": "new"}


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _sign(
    header: Any = HEADER, claims: Any = CLAIMS, secret: bytes = NEW, digest: str = "sha256"
) -> str:
    """A token as a forger with a good library would make it; header and claims may be octets."""
    parts = [
        _b64(part if isinstance(part, bytes) else json.dumps(part).encode())
        for part in (header, claims)
    ]
    signed = ".".join(parts)
    return f"{signed}.{_b64(hmac.digest(secret, signed.encode(), digest))}"


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in CLAIMS.items() if key != name}


def test_what_was_minted_is_accepted_with_its_claims() -> None:
    assert _access().verify(_access().mint(ME)) == ME
    assert _rooms().verify(_rooms().mint(TICKET)) == TICKET


def test_the_forger_s_tools_work() -> None:
    assert _access().verify(_sign()) == ME


def test_a_minted_token_says_everything_that_the_contract_names() -> None:
    token = _access().mint(ME)

    claims = jwt.decode(token, options={"verify_signature": False})
    assert set(claims) == {"aud", "iss", "sub", "sid", "iat", "exp", "jti"}
    assert jwt.get_unverified_header(token) == HEADER


def test_the_newest_key_signs_and_the_older_one_still_verifies() -> None:
    before = _access(keys=KEYS[1:]).mint(ME)

    assert jwt.get_unverified_header(_access().mint(ME))["kid"] == "new"
    assert _access().verify(before) == ME
    with pytest.raises(TokenRefused):
        _access(keys=KEYS[:1]).verify(before)


@pytest.mark.parametrize(("seconds", "expired"), [(899, False), (900, True), (10**6, True)])
def test_a_genuine_token_expires_and_is_told_from_a_forgery(seconds: int, expired: bool) -> None:  # noqa: FBT001 (a parameter of the story)
    clock = Clock()
    token = _access(clock).mint(ME)
    clock.now = NOON + timedelta(seconds=seconds)

    if expired:
        with pytest.raises(TokenOutOfTime):
            _access(clock).verify(token)
    else:
        assert _access(clock).verify(token) == ME


def test_a_machine_whose_clock_is_a_little_ahead_is_understood() -> None:
    clock = Clock()
    clock.now = NOON - CLOCK_SKEW

    assert _access(clock).verify(_access().mint(ME)) == ME
    clock.now -= timedelta(seconds=1)
    with pytest.raises(TokenRefused):
        _access(clock).verify(_access().mint(ME))


FORGED = {
    "another key": _sign(secret=OTHER),
    "the key of another kid": _sign(secret=OLD),
    "an empty key": _sign(secret=b""),
    "an unknown kid": _sign({**HEADER, "kid": "nobody"}),
    "no kid": _sign({"alg": "HS256", "typ": "at+jwt"}),
    "a kid that is a number": _sign({**HEADER, "kid": 1}),
    "a kid that is a path": _sign({**HEADER, "kid": "../../dev/null"}, secret=b""),
    "alg none": f"{_b64(json.dumps({**HEADER, 'alg': 'none'}).encode())}"
    f".{_b64(json.dumps(dict(CLAIMS)).encode())}.",
    "alg NONE, signed": _sign({**HEADER, "alg": "NONE"}),
    "HS512": _sign({**HEADER, "alg": "HS512"}, digest="sha512"),
    "HS384": _sign({**HEADER, "alg": "HS384"}, digest="sha384"),
    "RS256 over an HMAC": _sign({**HEADER, "alg": "RS256"}),
    "no alg": _sign({"typ": "at+jwt", "kid": "new"}),
    "alg in lower case": _sign({**HEADER, "alg": "hs256"}),
    "typ of tickets": _sign({**HEADER, "typ": "room+jwt"}),
    "typ JWT": _sign({**HEADER, "typ": "JWT"}),
    "no typ": _sign({"alg": "HS256", "kid": "new"}),
    "typ in capitals": _sign({**HEADER, "typ": "AT+JWT"}),
    "a list of typ": _sign({**HEADER, "typ": ["at+jwt"]}),
    "a key of its own (jwk)": _sign(
        {**HEADER, "jwk": {"kty": "oct", "k": _b64(OTHER)}}, secret=OTHER
    ),
    "a key elsewhere (jku)": _sign({**HEADER, "jku": "https://evil.example/jwks"}),
    "crit": _sign({**HEADER, "crit": ["exp"]}),
    "b64 false": _sign({**HEADER, "b64": False, "crit": ["b64"]}),
    "cty": _sign({**HEADER, "cty": "JWT"}),
    "zip": _sign({**HEADER, "zip": "DEF"}),
    "a header that is a list": _sign(["HS256"]),
    "a header that is a text": _sign("HS256"),
    "a header that is no JSON": _sign(b"{"),
    "claims that are a list": _sign(claims=[dict(CLAIMS)]),
    "claims that are null": _sign(claims=None),
    "claims that are no JSON": _sign(claims=b"{"),
    "claims that are no UTF-8": _sign(claims=b'{"sub":"\xff"}'),
    "claims nested too deep": _sign(claims=b'{"a":' + b"[" * 1400 + b"]" * 1400 + b"}"),
    "audience of tickets": _sign(claims={**CLAIMS, "aud": "hub:room"}),
    "a list of audiences": _sign(claims={**CLAIMS, "aud": ["hub:api"]}),
    "two audiences": _sign(claims={**CLAIMS, "aud": ["hub:room", "hub:api"]}),
    "no audience": _sign(claims=_without("aud")),
    "an audience with a slash": _sign(claims={**CLAIMS, "aud": "hub:api/"}),
    "another issuer": _sign(claims={**CLAIMS, "iss": "hub-api.evil"}),
    "a list of issuers": _sign(claims={**CLAIMS, "iss": ["hub-api"]}),
    "no issuer": _sign(claims=_without("iss")),
    "no subject": _sign(claims=_without("sub")),
    "a subject that is a number": _sign(claims={**CLAIMS, "sub": 1}),
    "a subject that is null": _sign(claims={**CLAIMS, "sub": None}),
    "no session": _sign(claims=_without("sid")),
    "no jti": _sign(claims=_without("jti")),
    "no exp": _sign(claims=_without("exp")),
    "exp as text": _sign(claims={**CLAIMS, "exp": str(CLAIMS["exp"])}),
    "exp as a fraction": _sign(claims={**CLAIMS, "exp": CLAIMS["exp"] + 0.5}),
    "exp without end": _sign(claims=b'{"exp":1e999}'),
    "exp as NaN": _sign(claims={**CLAIMS, "exp": float("nan")}),
    "exp as true": _sign(claims={**CLAIMS, "exp": True}),
    "exp beyond the lifetime": _sign(claims={**CLAIMS, "exp": CLAIMS["iat"] + 906}),
    "no iat": _sign(claims=_without("iat")),
    "iat as text": _sign(claims={**CLAIMS, "iat": str(CLAIMS["iat"])}),
    "iat as true": _sign(claims={**CLAIMS, "iat": True}),
    "iat in the future": _sign(
        claims={**CLAIMS, "iat": CLAIMS["iat"] + 60, "exp": CLAIMS["exp"] + 60}
    ),
    "nothing": "",
    "dots": "..",
    "two parts": _sign().rpartition(".")[0],
    "four parts": f"{_sign()}.x",
    "no signature": f"{_sign().rpartition('.')[0]}.",
    "half a signature": _sign()[:-20],
    "a signature in hexadecimal": f"{_sign().rpartition('.')[0]}."
    f"{hmac.new(NEW, _sign().rpartition('.')[0].encode(), hashlib.sha256).hexdigest()}",
    "space around it": f" {_sign()} ",
    "a line end": f"{_sign()}\n",
    "letters that are no ASCII": f"{_sign()}é",
    "more than fits": _sign(claims={**CLAIMS, "x": "x" * LARGEST_TOKEN}),
    "a ticket": _rooms().mint(TICKET),
}


@pytest.mark.parametrize("what", FORGED)
def test_forgeries_are_refused(what: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        _access().verify(FORGED[what])

    assert type(refused.value) is TokenRefused


def test_an_access_token_is_no_ticket() -> None:
    with pytest.raises(TokenRefused):
        _rooms().verify(_access().mint(ME))


@given(st.text(max_size=200))
def test_no_text_at_all_is_anything_but_refused(text: str) -> None:
    with pytest.raises(TokenRefused):
        _access().verify(text)


@given(st.integers(0, 10**4), st.integers(1, 255))
def test_a_token_with_one_changed_octet_is_refused(place: int, change: int) -> None:
    token = _access().mint(ME)
    head, _, signature = token.rpartition(".")
    octets = bytearray(head.encode())
    octets[place % len(octets)] ^= change

    with pytest.raises(TokenRefused):
        _access().verify(f"{octets.decode('latin-1')}.{signature}")
