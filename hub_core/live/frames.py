"""Frames: bytes from a socket into commands, and everything that can be wrong with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import orjson
from pydantic import ValidationError

from hub_core.kernel.errors import Fault, HubError, Invalid, Malformed, Problem
from hub_core.rooms.messages import Command, answering, problem_reply

LARGEST_FRAME: Final = 32 * 1024
"""Bytes, in either direction: API Gateway closes the connection above it (1009)."""
LONGEST_REQUEST_ID: Final = 64
MOST_FAULTS: Final = 20
"""That are told of one frame. Of thousands, the answer would fit into no frame itself."""
_BATCH: Final = b'{"type":"batch","payload":{"events":['
_END: Final = b"]}}"
C = TypeVar("C", bound=Command)


@dataclass(frozen=True)
class Frame:
    """`{"type", "requestId"?, "payload"?}`; further keys are for newer servers, and ignored."""

    kind: str | None
    """None: there is no string `type`."""
    request_id: str | None
    payload: Any


def read_frame(body: str) -> Frame:
    """Read what a client sent.

    orjson, because the standard library's parser lets NaN and lone surrogates through and dies of
    deep nesting.

    Raises:
        Malformed: not JSON, or not an object.
        Invalid: the `requestId` is none.
    """
    try:
        frame = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed from None
    if not isinstance(frame, dict):
        raise Malformed
    kind = frame.get("type")
    request_id = frame.get("requestId")
    if request_id is not None and not (
        isinstance(request_id, str) and len(request_id) <= LONGEST_REQUEST_ID
    ):
        fault = Fault(pointer="/requestId", detail="is not a string of at most 64 characters")
        raise Invalid(errors=[fault])
    return Frame(kind if isinstance(kind, str) else None, request_id, frame.get("payload"))


def read_command(command: type[C], payload: Any) -> C:
    """The payload as the command that it should be; no payload is an empty one.

    Raises:
        Invalid: it does not fit; `errors` points at the faults, the first ones of many.
    """
    if payload is None:
        payload = {}
    if not isinstance(payload, dict):
        raise Invalid(errors=[Fault(pointer="/payload", detail="is not an object")])
    try:
        return command.model_validate(payload, strict=True)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        faults = [
            Fault(
                pointer="/".join(["/payload", *map(str, fault["loc"])]),
                detail=fault["msg"].removeprefix("Value error, "),
            )
            for fault in found[:MOST_FAULTS]
        ]
        raise Invalid(errors=faults) from None


def batched(frames: Sequence[bytes]) -> list[bytes]:
    """The same frames in fewer, for clients that said `batch`: each `{type: "batch", payload}`."""
    batches: list[bytes] = []
    some: list[bytes] = []
    size = 0
    for frame in frames:
        if some and size + len(frame) > LARGEST_FRAME - len(_BATCH) - len(_END):
            batches.append(_batch(some))
            some, size = [], 0
        some.append(frame)
        size += len(frame) + 1
    return [*batches, _batch(some)] if some else batches


def _batch(frames: Sequence[bytes]) -> bytes:
    return frames[0] if len(frames) == 1 else _BATCH + b",".join(frames) + _END


def refusal(request_id: str | None, error: HubError, instance: str | None) -> bytes:
    """The `error` frame that answers a request."""
    problem: Problem = error.problem(instance)
    return answering(request_id, problem_reply(problem))
