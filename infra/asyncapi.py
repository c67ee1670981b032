"""AsyncAPI 3.0 of the live room, from its rules: `python -m infra.asyncapi docs/asyncapi.json`.

A rule's signature says which command it takes, who may send it and what follows; its code says how
it may be refused. The same holds for what is asked at the entrance (`hub_core.live.asks`). So a new
command is in the document as soon as it is registered.
"""

import inspect
import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import orjson
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from hub_core.kernel import errors
from hub_core.kernel.errors import HubError, Problem
from hub_core.kernel.roles import Role
from hub_core.live import entrance, returning
from hub_core.live.asks import ASKS, Ask
from hub_core.live.frames import LARGEST_FRAME, LONGEST_REQUEST_ID
from hub_core.live.partings import Batch, ConnectionExpiring, SessionClosed
from hub_core.rooms.deciding import Rule
from hub_core.rooms.messages import Change, Command, Event, Reply
from hub_core.rooms.rulebook import rules
from infra.refusals import in_order, refusals

Schema: TypeAlias = dict[str, Any]

DESCRIPTION: Final = f"""\
The live room of Hub API, over one WebSocket. Who may enter is settled over REST ([OpenAPI](/docs)):
a *room token* is the ticket.

A frame is a JSON object of at most {LARGEST_FRAME} bytes. Clients send `type`, `requestId` and
`payload`; every request that carries a `requestId` is answered exactly once: with the reply named
here, else `ack`, else `error`. A `requestId` that comes again within five minutes gets the same
answer and does nothing more. Errors never close the connection.

Frames with `epoch` and `seq` are *room events*: everyone in the room gets them, the one who caused
them included, and `seq` rises by exactly one. A client that sees a gap asks for it.
"""

ANY_REQUEST: Final = (errors.Invalid, errors.RateLimited, errors.InternalError, errors.Unavailable)
IN_A_ROOM: Final = (errors.NotJoined, errors.MeetingEnded)
ENTRANCES: Final = (entrance, returning)
"""Importing them is what enters their answers into `ASKS`."""
UNREADABLE: Final = (errors.Malformed, errors.UnknownType, errors.Invalid)
"""What a frame is answered with that is no command."""

CHANNEL: Final = {"$ref": "#/channels/socket"}
_REQUEST_ID: Final = {
    "type": "string",
    "maxLength": LONGEST_REQUEST_ID,
    "description": "Of the client's choosing; the answer repeats it.",
}


@dataclass(frozen=True)
class Asked:
    """One command that clients may send, with everything that may come of it."""

    command: type[Command]
    role: Role | None
    """The least role that may; None: what counts is told by a token, not by a role."""
    in_lobby: bool
    """Whether it may be sent from the lobby, too."""
    replies: tuple[type[Event], ...]
    events: tuple[type[Event], ...]
    refused_with: tuple[type[HubError], ...]

    @property
    def name(self) -> str:
        """Of the operation, and of its message."""
        return self.command.__name__

    @property
    def refusal(self) -> str:
        """The name of the message that refuses it."""
        return f"{self.name}Refused"


def of_ask(ask: Ask) -> Asked:
    """What the entrance knows about a command."""
    owner = vars(sys.modules[ask.answer.__module__])[ask.answer.__qualname__.partition(".")[0]]
    return Asked(
        command=ask.command,
        role=None,
        in_lobby=False,
        replies=ask.replies,
        events=(),
        refused_with=tuple(in_order(refusals(ask.answer, owner) | {*ANY_REQUEST})),
    )


def of_rule(rule: Rule) -> Asked:
    """What the rulebook knows about a command."""
    refused = {*refusals(rule.decide), *ANY_REQUEST, *IN_A_ROOM}
    if rule.by is not Role.GUEST:
        refused.add(errors.MeetingForbidden)
    replies = tuple(event for event in rule.events if issubclass(event, Reply))
    return Asked(
        command=rule.command,
        role=rule.by,
        in_lobby=rule.in_lobby,
        replies=replies or (Reply,),
        events=tuple(e for e in rule.events if e.told and not issubclass(e, Reply)),
        refused_with=tuple(in_order(frozenset(refused))),
    )


def document(asks: Sequence[Asked], further: Iterable[type[Event]]) -> Schema:
    """The document of these commands; `further` are events that none of them sets off."""
    told = {event for ask in asks for event in ask.events} | set(further)
    events = sorted(told, key=lambda event: (event.type, event.__name__))
    replies = {reply for ask in asks for reply in ask.replies}
    schemas = _Schemas()
    messages = {ask.name: _command(ask, schemas) for ask in asks}
    messages |= {event.__name__: _event(event, schemas) for event in events}
    messages |= {
        reply.__name__: _event(reply, schemas)
        for reply in sorted(replies, key=lambda reply: reply.__name__)
    }
    messages |= {ask.refusal: _error(ask.name, ask.refused_with, schemas) for ask in asks}
    messages["Unreadable"] = _error("A frame that is no command", UNREADABLE, schemas)
    operations = {ask.name: _asking(ask) for ask in asks}
    operations |= {event.__name__: _telling(event) for event in events}
    operations["Unreadable"] = {
        "action": "send",
        "channel": CHANNEL,
        "summary": "The answer to a frame that is no command.",
        "messages": [_in_channel("Unreadable")],
    }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Hub API, live", "version": _version(), "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": {
            "socket": {
                "address": "/",
                "description": "One connection: what clients send, and what they are told.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
            }
        },
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas.all()},
    }


class _Plain(GenerateJsonSchema):
    """Without a title on every field that only repeats its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 (pydantic's signature)
        return False


class _Schemas:
    """Collects what payloads are made of; a reference first, the schemas at the end."""

    def __init__(self) -> None:
        self._wanted: dict[tuple[type[BaseModel], JsonSchemaMode], Schema] = {}

    def of(self, model: type[BaseModel], mode: JsonSchemaMode) -> Schema:
        """A schema that becomes a reference once all are known."""
        return self._wanted.setdefault((model, mode), {})

    def all(self) -> Schema:
        """Every schema by its name; fills in the references."""
        references, defined = models_json_schema(
            list(self._wanted),
            by_alias=True,
            ref_template="#/components/schemas/{model}",
            schema_generator=_Plain,
        )
        schemas: Schema = defined.get("$defs", {})
        for (model, mode), placeholder in self._wanted.items():
            placeholder.update(references[model, mode])
            if issubclass(model, Event):
                _hide(schemas[placeholder["$ref"].rpartition("/")[2]], model)
        return dict(sorted(schemas.items()))


def _hide(schema: Schema, event: type[Event]) -> None:
    """Take out what the house knows and clients never see."""
    for name in event.hidden:
        key = event.model_fields[name].serialization_alias or name
        schema["properties"].pop(key)
        if key in schema.get("required", ()):
            schema["required"].remove(key)
    if not schema.get("required", True):
        del schema["required"]


def _command(ask: Asked, schemas: _Schemas) -> Schema:
    needed = any(field.is_required() for field in ask.command.model_fields.values())
    return _message(
        ask.command.type,
        ask.command,
        {"requestId": _REQUEST_ID, "payload": schemas.of(ask.command, "validation")},
        required=("payload",) if needed else (),
    )


def _event(event: type[Event], schemas: _Schemas) -> Schema:
    payload = schemas.of(event if event.shape is None else event.shape, "serialization")
    if issubclass(event, Change):
        place = {
            "epoch": {"type": "string", "description": "Names this conference."},
            "seq": {"type": "integer", "minimum": 1, "description": "Numbers its changes."},
        }
        required: tuple[str, ...] = ("epoch", "seq", "payload")
        return _message(event.type, event, {**place, "payload": payload}, required)
    if issubclass(event, Reply):
        payload = {"requestId": _REQUEST_ID, "payload": payload}
        return _message(event.type, event, payload, ("payload",))
    return _message(event.type, event, {"payload": payload}, ("payload",))


def _error(what: str, refused_with: Sequence[type[HubError]], schemas: _Schemas) -> Schema:
    types = [error.type for error in refused_with]
    problem = {
        "allOf": [schemas.of(Problem, "validation"), {"properties": {"type": {"enum": types}}}]
    }
    return {
        "name": "error",
        "title": "error",
        "summary": f"{what}: refused.",
        "description": "\n".join(
            f"- `{error.type}` ({error.status}): {_said(error)}" for error in refused_with
        ),
        "payload": _frame("error", {"requestId": _REQUEST_ID, "payload": problem}, ("payload",)),
        "examples": [{"name": error.type, "payload": _example(error)} for error in refused_with],
    }


def _example(error: type[HubError]) -> Schema:
    payload = error().problem("JKJaXmPLvHcESHA=").model_dump(by_alias=True, exclude_none=True)
    return {"type": "error", "requestId": "7", "payload": payload}


def _message(kind: str, model: type, keys: Schema, required: Sequence[str]) -> Schema:
    said = _said(model)
    return {
        "name": kind,
        "title": kind,
        "summary": said.partition("\n\n")[0].replace("\n", " "),
        "description": said,
        "payload": _frame(kind, keys, required),
    }


def _frame(kind: str, keys: Schema, required: Sequence[str]) -> Schema:
    return {
        "type": "object",
        "properties": {"type": {"const": kind}, **keys},
        "required": ["type", *required],
    }


def _asking(ask: Asked) -> Schema:
    return {
        "action": "receive",
        "channel": CHANNEL,
        "title": ask.command.type,
        "summary": _said(ask.command).partition("\n\n")[0].replace("\n", " "),
        "messages": [_in_channel(ask.name)],
        "reply": {
            "channel": CHANNEL,
            "messages": [
                *(_in_channel(reply.__name__) for reply in ask.replies),
                _in_channel(ask.refusal),
            ],
        },
        "x-role": ask.role,
        "x-in-lobby": ask.in_lobby,
        "x-tells": [event.__name__ for event in ask.events],
        "x-refusals": [error.type for error in ask.refused_with],
    }


def _telling(event: type[Event]) -> Schema:
    return {
        "action": "send",
        "channel": CHANNEL,
        "title": event.type,
        "summary": _said(event).partition("\n\n")[0].replace("\n", " "),
        "messages": [_in_channel(event.__name__)],
    }


def _in_channel(message: str) -> Schema:
    return {"$ref": f"#/channels/socket/messages/{message}"}


def _said(thing: type) -> str:
    """A class's own docstring."""
    return inspect.cleandoc(thing.__doc__ or "")


def _servers() -> Schema:
    region = {"default": "us-east-1", "description": "The AWS region of the stack."}
    return {
        "local": {
            "host": "localhost:4000",
            "pathname": "/ws",
            "protocol": "ws",
            "description": "The emulator; `wsUrl` of a room ticket tells the real address.",
        },
        "deployed": {
            "host": "{api}.execute-api.{region}.amazonaws.com",
            "pathname": "/live",
            "protocol": "wss",
            "description": "API Gateway.",
            "variables": {
                "api": {"default": "api", "description": "The id of the WebSocket API."},
                "region": region,
            },
        },
    }


def _version() -> str:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    version: str = project["project"]["version"]
    return version


def written() -> bytes:
    """The document of the product, as docs/asyncapi.json holds it."""
    asks = [of_ask(ASKS[kind]) for kind in sorted(ASKS)]
    asks += [of_rule(rule) for rule in rules() if rule.wire]
    further: set[type[Event]] = {Batch, ConnectionExpiring, SessionClosed}
    further |= {
        event
        for rule in rules()
        if not rule.wire
        for event in rule.events
        if event.told and not issubclass(event, Reply)
    }
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(document(asks, further), option=options)


def main(path: str) -> None:
    """The command."""
    Path(path).write_bytes(written())


if __name__ == "__main__":
    main(*sys.argv[1:])
