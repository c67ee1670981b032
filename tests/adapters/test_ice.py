"""ICE servers, and TURN credentials that coturn takes."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from hub_core.adapters.ice import ice_servers
from hub_core.adapters.settings import SettingsError, read_settings
from hub_core.kernel.ids import ParticipantId

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ADA = ParticipantId("01M864AMWSH62W54W1BT8HT2AG")
TURN = "turn:turn.example:3478?transport=udp,turns:turn.example:5349?transport=tcp"


def test_a_turn_credential_is_an_expiry_and_its_hmac(environment: pytest.MonkeyPatch) -> None:
    """As coturn computes it: base64(HMAC-SHA1(secret, "<unix time>:<name>"))."""
    environment.setenv("STUN_URLS", "")
    environment.setenv("TURN_URLS", TURN)
    environment.setenv("TURN_SECRET", "t2:new-turn-secret,t1:old-turn-secret")
    environment.setenv("TURN_TTL_SEC", "600")

    (server,) = ice_servers(read_settings(), ADA, NOON)

    username = f"{int(NOON.timestamp()) + 600}:{ADA}"
    signed = hmac.new(b"new-turn-secret", username.encode(), hashlib.sha1).digest()
    assert server == {
        "urls": TURN.split(","),
        "username": username,
        "credential": base64.b64encode(signed).decode(),
    }


def test_without_turn_there_is_stun_and_without_both_nothing(
    environment: pytest.MonkeyPatch,
) -> None:
    assert ice_servers(read_settings(), ADA, NOON) == [{"urls": ["stun:stun.l.google.com:19302"]}]

    environment.setenv("STUN_URLS", "")

    assert ice_servers(read_settings(), ADA, NOON) == []


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"TURN_URLS": TURN}, "TURN_SECRET: is missing, and TURN_URLS needs it"),
        ({"TURN_URLS": "turn.example", "TURN_SECRET": "s"}, "TURN_URLS: is not a list of URLs"),
        ({"TURN_TTL_SEC": "5"}, "TURN_TTL_SEC: Input should be greater than or equal to 60"),
    ],
)
def test_settings_that_no_browser_could_use_stop_the_start(
    environment: pytest.MonkeyPatch, variables: dict[str, str], complaint: str
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)

    with pytest.raises(SettingsError, match=complaint.replace("(", r"\(")):
        read_settings()
