"""ICE servers for one participant: STUN as it is, TURN with credentials that run out."""

import base64
import hmac
from datetime import datetime, timedelta
from typing import Any

from hub_core.adapters.settings import Settings
from hub_core.kernel.ids import ParticipantId


def ice_servers(
    settings: Settings, participant_id: ParticipantId, now: datetime
) -> list[dict[str, Any]]:
    """`iceServers` of a ticket and of `room.joined`: a list of `RTCIceServer`. For the admitted.

    TURN credentials are those of coturn's `use-auth-secret` (draft-uberti-behave-turn-rest-00): the
    name begins with the second at which they expire, the password is an HMAC-SHA1 of the name. The
    newest key of the ring signs; coturn knows the older ones too until they have run out.
    """
    servers: list[dict[str, Any]] = []
    if settings.stun_urls:
        servers.append({"urls": list(settings.stun_urls)})
    if settings.turn_urls and settings.turn_secret:
        expires = now + timedelta(seconds=settings.turn_ttl_sec)
        username = f"{int(expires.timestamp())}:{participant_id}"
        secret = settings.turn_secret[0].secret.get_secret_value()
        credential = base64.b64encode(hmac.digest(secret, username.encode(), "sha1")).decode()
        servers.append(
            {"urls": list(settings.turn_urls), "username": username, "credential": credential}
        )
    return servers
