"""Access tokens and room tokens, held against everything that has fooled verifiers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from pydantic import SecretBytes

from hub_core.adapters.settings import Key
from hub_core.adapters.tokens import (
    AccessClaims,
    RoomClaims,
    TokenClass,
    TokenRefused,
)
from hub_core.kernel.ids import MeetingId, ParticipantId, UserId, new_id
from hub_core.kernel.roles import Role
from tests.forgeries import Genuine, forgeries, hs

NOON = datetime.now(UTC).replace(microsecond=0)
"""PyJWT looks at the machine's clock for `nbf`; so noon is now."""
ADA, DAILY, SEAT = UserId(new_id()), MeetingId(new_id()), ParticipantId(new_id())


def key(kid: str, word: str) -> Key:
    return Key(kid=kid, secret=SecretBytes(word.encode() * 6))


def access() -> TokenClass[AccessClaims]:
    return TokenClass(
        typ="at+jwt",
        audience="hub:api",
        keys=(key("k1", "access"),),
        lifetime=timedelta(minutes=15),
        claims=AccessClaims,
        clock=lambda: NOON,
        mint_id=new_id,
    )


def room() -> TokenClass[RoomClaims]:
    return TokenClass(
        typ="room+jwt",
        audience="hub:room",
        keys=(key("k1", "ticket"),),
        lifetime=timedelta(minutes=2),
        claims=RoomClaims,
        clock=lambda: NOON,
        mint_id=new_id,
    )


WHO = AccessClaims(sub=ADA, sid=new_id())
TICKET = RoomClaims(sub=ADA, mid=DAILY, pid=SEAT, name="Ada", role=Role.GUEST, gen=0, jti=new_id())


def genuine(kind: TokenClass[Any], token: str, text_ids: tuple[str, ...]) -> Genuine:
    secret = kind.keys[0].secret.get_secret_value()
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(token, options={"verify_signature": False})
    return Genuine(header, claims, hs(secret), "HS256", text_ids)


ACCESS = genuine(access(), access().mint(WHO), ("sub", "sid", "jti"))
ROOM = genuine(room(), room().mint(TICKET), ("mid", "pid", "name", "role", "jti"))
FORGED_ACCESS, FORGED_ROOM = forgeries(ACCESS), forgeries(ROOM)


def test_what_the_corpus_starts_from_is_accepted() -> None:
    assert access().verify(ACCESS.token) == WHO
    assert room().verify(ROOM.token) == TICKET


def test_the_corpus_is_large_enough() -> None:
    assert min(len(FORGED_ACCESS), len(FORGED_ROOM)) >= 60


@pytest.mark.parametrize("what", FORGED_ACCESS)
def test_no_forged_access_token_is_accepted(what: str) -> None:
    with pytest.raises(TokenRefused) as refusal:
        access().verify(FORGED_ACCESS[what])

    assert type(refusal.value) is TokenRefused


@pytest.mark.parametrize("what", FORGED_ROOM)
def test_no_forged_room_token_is_accepted(what: str) -> None:
    with pytest.raises(TokenRefused) as refusal:
        room().verify(FORGED_ROOM[what])

    assert type(refusal.value) is TokenRefused


@pytest.mark.parametrize("field", ["typ", "audience", "keys"])
def test_one_class_is_never_taken_for_another(field: str) -> None:
    """Type, audience and keys keep them apart, each of them alone."""
    ticket = room().mint(TICKET)
    assert room().verify(ticket) == TICKET

    other: Any = replace(room(), **{field: getattr(access(), field)})

    with pytest.raises(TokenRefused):
        other.verify(ticket)
