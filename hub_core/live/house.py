"""The live floor of one container, put together from the settings at the first event."""

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pydantic import TypeAdapter

from hub_core.adapters.gateway import DEFAULT_PATIENCE, ManagementApi
from hub_core.adapters.ice import ice_servers
from hub_core.adapters.limiter import Limiter, subject_key
from hub_core.adapters.metrics import measure
from hub_core.adapters.postgres import postgres
from hub_core.adapters.queue import Queue
from hub_core.adapters.redis import redis
from hub_core.adapters.runtime import at_close, kept
from hub_core.adapters.settings import Settings, settings
from hub_core.adapters.sigv4 import environment_region
from hub_core.adapters.tokens import access_tokens, room_tokens
from hub_core.kernel.clock import utc_now
from hub_core.kernel.ids import new_id
from hub_core.live.connections import Connections
from hub_core.live.delivery import Delivery
from hub_core.live.dispatch import Dispatch
from hub_core.live.entrance import Entrance
from hub_core.live.fan_out import FanOut
from hub_core.live.front import Front, answers_of
from hub_core.live.greeting import Greeting, IceServers
from hub_core.live.journal import Journal
from hub_core.live.outbox import Outbox
from hub_core.live.pump import Pump
from hub_core.live.register import Register
from hub_core.live.replies import Replies
from hub_core.live.resumption import ResumeTokens
from hub_core.live.returning import Returning
from hub_core.live.rounds import Rounds
from hub_core.live.shares import Errand, Share, SignOut
from hub_core.live.signing_out import SigningOut
from hub_core.live.socket import Socket
from hub_core.live.store import RoomStore
from hub_core.live.sweep import Sweep

POSTING_PATIENCE = DEFAULT_PATIENCE
_PIECE: Final = TypeAdapter[Share | Errand | SignOut](Share | Errand | SignOut)


@dataclass(frozen=True)
class House:
    """Everything that a socket function, a job or a REST route may need of the live room."""

    dispatch: Dispatch
    socket: Socket
    sweep: Sweep
    fan_out: FanOut
    signing_out: SigningOut

    async def work(self, body: str) -> None:
        """What came from the queue. If it cannot be done it rises, and the message comes again."""
        match _PIECE.validate_json(body):
            case SignOut(sign_in=sign_in):
                await self.signing_out.over(sign_in)
            case piece:
                await self.fan_out.work(piece)


@kept
def house() -> House:
    """This container's; nothing connects before it is used."""
    return build(settings())


def build(chosen: Settings) -> House:
    """Put the floor together."""
    outbox = Outbox(_poster(chosen), utc_now)
    journal = Journal(postgres())
    queue = _fan_out_queue(chosen)
    fan_out = FanOut(outbox, Rounds(redis()), utc_now, new_id, queue)
    rooms = RoomStore(
        redis(),
        Register(redis(), utc_now),
        utc_now,
        lease=timedelta(seconds=chosen.presence_lease_sec),
        grace=timedelta(seconds=chosen.reconnect_grace_sec),
    )
    connections = Connections(redis(), utc_now, timedelta(seconds=chosen.auth_timeout_sec))
    greeting = Greeting(
        rooms, journal, ResumeTokens(chosen.room_token_secret), _ice_servers(chosen)
    )
    dispatch = Dispatch(
        rooms=rooms,
        delivery=Delivery(
            Pump(rooms, fan_out, journal, utc_now, new_id),
            outbox,
            journal,
            redis(),
            greeting.welcome,
        ),
        connections=connections,
        clock=utc_now,
        mint=new_id,
        chance=random.random,
        limit_scale=chosen.rate_limit_scale,
        measure=measure(),
    )
    entrance = Entrance(
        connections=connections,
        dispatch=dispatch,
        journal=journal,
        access=access_tokens(chosen, utc_now, new_id),
        tickets=room_tokens(chosen, utc_now, new_id),
        greeting=greeting,
        clock=utc_now,
        mint=new_id,
    )
    returning = Returning(entrance, dispatch, journal, greeting, utc_now)
    replies = Replies(redis())
    socket = Socket(
        connections=connections,
        dispatch=dispatch,
        front=Front(
            answers_of(entrance, returning),
            connections,
            replies,
            _limiter(chosen),
            greeting.tokens,
        ),
        replies=replies,
        outbox=outbox,
        clock=utc_now,
        origins=chosen.cors_origin,
        lifetime=timedelta(seconds=chosen.connection_lifetime_sec),
    )
    signing_out = SigningOut(connections, dispatch, queue)
    return House(dispatch, socket, Sweep(dispatch, utc_now), fan_out, signing_out)


def _limiter(chosen: Settings) -> Limiter:
    return Limiter(redis(), subject_key(chosen), chosen.rate_limit_scale)


def _ice_servers(chosen: Settings) -> IceServers:
    return lambda participant_id: ice_servers(chosen, participant_id, utc_now())


def _fan_out_queue(chosen: Settings) -> Queue | None:
    if not chosen.fan_out_queue_url:
        return None
    queue = Queue(chosen.fan_out_queue_url)
    at_close(queue.aclose)
    return queue


def _poster(chosen: Settings) -> ManagementApi:
    poster = ManagementApi(
        chosen.management_api_url,
        environment_region(),
        patience=POSTING_PATIENCE,
        measure=measure(),
    )
    at_close(poster.aclose)
    return poster
