"""Passing on what two browsers have to tell each other before they can talk (WebRTC signalling)."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Final, Literal, Self

import orjson
from pydantic import AfterValidator, Field, model_validator

from hub_core.kernel.errors import PeerGone
from hub_core.kernel.ids import Addressee, ParticipantId
from hub_core.rooms.deciding import decides
from hub_core.rooms.messages import Command, Limit, Notice, Optional
from hub_core.rooms.room import Participant, Room

LARGEST_SDP: Final = 24 * 1024
LARGEST_CANDIDATE: Final = 1024
SignalType = Literal["offer", "answer", "ice"]


def _sdp(text: str) -> str:
    if len(text.encode(errors="surrogatepass")) > LARGEST_SDP:
        raise ValueError(f"has more than {LARGEST_SDP} bytes")
    if not text.startswith("v=0"):
        raise ValueError("does not begin with v=0 (RFC 8866)")
    return text


def _candidate(value: Any) -> Any:
    if not (value is None or isinstance(value, str | dict)):
        raise ValueError("is neither an RTCIceCandidateInit nor a string")
    try:
        encoded = value.encode() if isinstance(value, str) else orjson.dumps(value)
    except orjson.JSONEncodeError:
        raise ValueError("is nested too deep") from None
    if len(encoded) > LARGEST_CANDIDATE:
        raise ValueError(f"has more than {LARGEST_CANDIDATE} bytes")
    return value


Sdp = Annotated[str, AfterValidator(_sdp)]
Candidate = Annotated[Any, AfterValidator(_candidate)]
PcId = Annotated[str, Field(max_length=64)] | Annotated[int, Field(ge=-(2**53), le=2**53)]


class SendSignal(Command):
    """Pass an offer, an answer or an ICE candidate on to one peer, unread.

    `pcId` tells generations of a connection apart, `n` counts up for each pair: signals may
    overtake one another. A `candidate` of null says that there are no more (end-of-candidates).
    """

    type: ClassVar[str] = "rtc.signal"
    limits: ClassVar[tuple[Limit, ...]] = (Limit("signals", each_ms=20, at_once=200),)
    to: Addressee
    kind: SignalType = Field(alias="type")
    sdp: Sdp | None = None
    candidate: Candidate = None
    pc_id: PcId | None = None
    n: int | None = Field(None, ge=0, le=2**53)

    @model_validator(mode="after")
    def _has_what_it_announces(self) -> Self:
        if self.kind == "ice":
            if "candidate" not in self.model_fields_set:
                raise ValueError("an 'ice' signal carries a candidate")
        elif self.sdp is None:
            raise ValueError(f"an '{self.kind}' signal carries an sdp")
        return self


class Signal(Notice):
    """What a peer passes on to you."""

    type: ClassVar[str] = "rtc.signal"
    keeps: ClassVar[bool] = True
    sender: ParticipantId = Field(alias="from")
    kind: SignalType = Field(alias="type")
    sdp: Optional[str] = None
    candidate: Any = None
    pc_id: Optional[str | int] = None
    n: Optional[int] = None

    def payload(self) -> dict[str, Any]:
        """As it was sent, with `from` in the place of `to`; a candidate of null is kept."""
        payload = self.model_dump(mode="json", by_alias=True, exclude={*self.hidden})
        if self.kind != "ice":
            del payload["candidate"]
        return payload


@decides()
def signal(command: SendSignal, room: Room, me: Participant) -> Iterator[Signal]:
    """Only to someone in the same room, and not to oneself."""
    peer = room.people.get(ParticipantId(command.to))
    if peer is None or peer.id == me.id:
        raise PeerGone
    yield Signal(
        to=(peer.id,),
        sender=me.id,
        kind=command.kind,
        sdp=command.sdp,
        candidate=command.candidate,
        pc_id=command.pc_id,
        n=command.n,
    )
