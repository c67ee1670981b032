"""Frames that nobody should send: a corpus by hand, and as many as one likes made by chance."""

import json
import random
from collections.abc import Iterator
from typing import Any, Final

_KINDS: Final = (
    *("ping", "room.sync", "room.leave!", "lobby.admit", "lobby.admitAll", "lobby.reject"),
    *("rtc.signal", "media.update", "chat.send", "chat.delete", "reaction.send", "hand.raise"),
    *("moderation.mute", "moderation.remove", "moderation.setRole", "host.transfer", "room.lock"),
    *("session.resume", "room.join", "auth.authenticate", "(enter)", "(resume)", "$connect", ""),
)
_FIELDS: Final = (
    *("type", "text", "to", "participantId", "participantIds", "role", "sdp", "candidate", "n"),
    *("mic", "screen", "epoch", "afterSeq", "lastSeq", "resumeToken", "roomToken", "clientMsgId"),
    *("from", "by", "room", "pid", "sessionId", "__proto__", "constructor", "payload", "id"),
)
_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1.0, -0.0, 2**31, 2**53 + 1, 2**63, 2**64 + 1, 1e308),
    *("", "a", "\x00", "\u202e", "\ufffe", "e\u0301" * 500, "x" * 3000, "<script>", "'; --"),
    *([], {}, [[]], {"a": {"b": []}}, ["x"] * 200, "v=0", "offer", "on", "host", "💥" * 50),
)

CORPUS: Final = (
    *("", " ", "x", "{", "[]", '"text"', "7", "null", "true", "NaN", "Infinity", "-"),
    *("[" * 20_000, '{"a":' * 5_000, '{"type":"ping"', '{"type":"ping"}}', "\ufeff{}"),
    *('{"type":1}', '{"type":null}', '{"type":["ping"]}', '{"type":""}', '{"type":"__proto__"}'),
    *('{"type":"ping","requestId":NaN}', '{"type":"ping","payload":1e999}'),
    *('{"type":"chat.send","payload":{"text":"\\ud800"}}', '{"type":"\\u0000"}'),
    '{"type":"chat.send","type":"room.end","payload":{}}',
    json.dumps({"type": "x" * 300}),
    json.dumps({"type": "chat.send", "payload": {"text": "x" * 30_000}}),
    json.dumps({"type": "ping", "payload": {f"k{n}": n for n in range(2_000)}}),
    json.dumps({"type": "ping", "payload": {"k" * 16_000: 1}}),
    '{"type":"ping","payload":' + "9" * 5_000 + "}",
    json.dumps({"type": "ping", "requestId": "x" * 65}),
)
"""From the catalogue of bad input: none of these has any effect."""


def generated(seed: int) -> Iterator[str]:
    """Frames without end. None of them says anything that everybody hears."""
    chance = random.Random(seed)
    number = 0
    while True:
        number += 1
        frame: dict[str, Any] = {"type": chance.choice(_KINDS)}
        if chance.random() < 0.7:
            frame["requestId"] = f"fuzz-{number}"
        if chance.random() < 0.9:
            some = chance.sample(_FIELDS, chance.randint(0, 4))
            frame["payload"] = {name: chance.choice(_VALUES) for name in some}
        if chance.random() < 0.1:
            frame[chance.choice(_FIELDS)] = chance.choice(_VALUES)
        if chance.random() < 0.1:
            frame["payload"] = chance.choice(_VALUES)
        text = json.dumps(frame, ensure_ascii=chance.random() < 0.5)
        if chance.random() < 0.15:
            text = _mangled(text, chance)
        if len(text.encode()) < 32_000:
            yield text


def _mangled(text: str, chance: random.Random) -> str:
    """A character lost, doubled or exchanged, or the end cut off."""
    at = chance.randrange(len(text))
    how = chance.randrange(4)
    if how == 0:
        return text[:at] + text[at + 1 :]
    if how == 1:
        return text[: at + 1] + text[at:]
    if how == 2:
        return text[:at] + chance.choice('"\\{}[],:\x00é') + text[at + 1 :]
    return text[:at]
