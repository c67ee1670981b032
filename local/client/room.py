"""The room as a client sees it: built from a snapshot, kept by events, as the server's is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from local.client.frames import Frame, Json


@dataclass
class RoomView:
    """Who is there and what holds."""

    people: dict[str, Json] = field(default_factory=dict)
    """`Participant`s by their id, oneself among them."""
    settings: Json = field(default_factory=dict)
    chat: list[Json] = field(default_factory=list)
    """Oldest first; what was deleted is gone."""
    ended: bool = False

    def begin(self, people: Iterable[Json], settings: Json, chat: Iterable[Json]) -> None:
        """Take over a snapshot."""
        self.people = {person["participantId"]: dict(person) for person in people}
        self.settings, self.chat = dict(settings), list(chat)

    def apply(self, frame: Frame) -> None:
        """What a room event changes. Types of newer servers change nothing."""
        said = frame.payload
        match frame.type:
            case "participant.joined":
                self.people[said["participantId"]] = dict(said)
            case "participant.left":
                self.people.pop(said["participantId"], None)
            case "settings.changed":
                self.settings = {**self.settings, **said["patch"], "version": said["version"]}
            case "chat.message":
                self.chat.append(said)
            case "chat.deleted":
                self.chat = [message for message in self.chat if message["id"] != said["id"]]
            case "room.ended":
                self.ended = True
            case _:
                self._people_change(frame.type, said)

    def _people_change(self, kind: str, said: Json) -> None:
        match kind:
            case "participant.updated":
                self._change(said["participantId"], said["patch"])
            case "participant.connection":
                state = "lost" if said["state"] == "lost" else "online"
                self._change(said["participantId"], {"connection": state})
            case "media.changed":
                media = self.people.get(said["participantId"], {}).get("mediaState", {})
                self._change(said["participantId"], {"mediaState": {**media, **said["patch"]}})
            case "hand.changed":
                hand = {"handRaised": said["raised"], "handRaisedAt": said.get("raisedAt")}
                self._change(said["participantId"], hand)
            case "role.changed":
                self._change(said["participantId"], {"role": said["role"]})
            case "host.changed":
                self._change(said["from"], {"role": "cohost"})
                self._change(said["to"], {"role": "host"})

    def _change(self, participant_id: str, patch: Mapping[str, object]) -> None:
        if person := self.people.get(participant_id):
            person.update(patch)
