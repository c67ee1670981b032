"""What a room promises, each promise as a function from a history to the sentences of its breach.

The letters are those of docs/decisions/0060-histories-are-checked-from-outside.md.
"""

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from typing import Any, Final

from tests.proof.evidence import JOINED, LEFT, Evidence, Fold, folded, rooms_at
from tests.proof.history import Frame, Line
from tests.proof.views import OUTSIDE, Place, View, Violation

ABOUT_SOMEBODY_HERE: Final = frozenset(
    {
        *("participant.updated", "participant.connection", "participant.left", "media.changed"),
        *("hand.changed", "role.changed", "chat.message"),
    }
)
RETRIED: Final = frozenset({"server/unavailable", "request/rate-limited", "server/internal-error"})
"""Refusals that are not kept: the same request may fare better the next time."""
OF_A_HOST: Final = ("lobby.", "moderation.", "room.lock", "room.unlock", "room.end")


def lifecycle(seen: Evidence) -> Iterator[Violation]:
    """I1: one `joined`, then what it does, then one `left`. I9: never more people than places."""
    for epoch in seen.epochs:
        sessions: set[str] = set()
        replaced = ""  # whoever comes in anew has its place already
        for fold, place, frame in folded(seen, epoch):
            if not fold.known:
                continue
            who = frame["payload"].get("participantId", "")
            here = fold.room.people
            if frame["type"] == JOINED:
                session = frame["payload"]["sessionId"]
                if who in here:
                    yield _at("I1", place, f"{who} joined and was in already")
                if session in sessions:
                    yield _at("I1", place, f"session {session} joined twice")
                if frame["payload"]["joinSeq"] != place[1]:
                    yield _at("I1", place, f"{who} has joinSeq {frame['payload']['joinSeq']}")
                sessions.add(session)
                if who != replaced:
                    yield from _crowded(fold, place, frame)
            elif frame["type"] in ABOUT_SOMEBODY_HERE and who not in here:
                yield _at("I1", place, f"{frame['type']} of {who}, who is not in")
            replaced = who if frame["payload"].get("reason") == "replaced" else ""


def noticed(seen: Evidence) -> Iterator[Violation]:
    """What was seen while the views were built: I4, and two events at one place."""
    for view in seen.views.values():
        for violation in view.found:
            if not (seen.history.failed_over and violation.promise == "AGREE"):
                yield violation


def _crowded(fold: Fold, place: Place, frame: Frame) -> Iterator[Violation]:
    """Hosts take up a place and are never refused."""
    places = fold.room.settings.get("maxParticipants")
    crowd = {*fold.room.people, frame["payload"]["participantId"]}
    guest = frame["payload"].get("role", "guest") == "guest"
    if guest and places is not None and len(crowd) > places:
        yield _at("I9", place, f"{len(crowd)} people in {places} places")


def order(seen: Evidence) -> Iterator[Violation]:
    """I2: `seq` rises by one; without faults also on the raw wire."""
    for epoch, numbers in seen.epochs.items():
        holes = sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))
        if holes and not seen.given_up(epoch):
            yield Violation("I2", epoch, f"nobody ever saw {holes[:5]}, but {numbers[-1]}")
    for view in seen.views.values():
        if view.early and view.inside and view.cut_at is None:
            yield Violation("I2", view.who, f"{view.seq + 1} never came, {max(view.early)[1]} did")
        if seen.history.calm:
            yield from _raw_order(view)


def _raw_order(view: View) -> Iterator[Violation]:
    last: dict[tuple[int, str], int] = {}
    for line, (epoch, seq) in view.live:
        before = last.get((line.connection, epoch))
        if before is not None and seq != before + 1:
            yield Violation("I2", view.who, f"{seq} came after {before} on the raw wire")
        last[line.connection, epoch] = seq


def agreement(seen: Evidence) -> Iterator[Violation]:
    """AGREE: the same seq is the same event for everyone, and makes the same room.

    But for an epoch that was given up because Redis had lost its end.
    """
    for view in seen.views.values():
        for place, frame in view.events.items():
            if seen.given_up(place[0]):
                continue
            truth = seen.log[place]
            erased = truth["payload"].get("deleted") and frame["type"] == truth["type"]
            if (truth["type"], truth["payload"]) != (
                frame["type"],
                frame["payload"],
            ) and not erased:
                what = f"{frame['type']} at {place[1]}, where others saw {truth['type']}"
                yield Violation("AGREE", view.who, what)
    for epoch in filter(lambda one: not seen.given_up(one), seen.epochs):
        rooms = rooms_at(seen, epoch, {place for place in seen.shown if place[0] == epoch})
        for view in seen.views.values():
            for shot in view.snapshots:
                truth_here = rooms.get(shot.place)
                if shot.whole and truth_here is not None and shot.people != truth_here:
                    what = _difference(truth_here, shot.people)
                    yield Violation(
                        "AGREE", view.who, f"was shown another room at {shot.place[1]}: {what}"
                    )


def convergence(seen: Evidence) -> Iterator[Violation]:
    """CONVERGE: whoever is there at the end shows the newest room, and all show the same."""
    ends = [view for view in seen.views.values() if view.end is not None]
    if not ends:
        return
    newest = list(seen.epochs)[-1]
    head = (newest, seen.epochs[newest][-1])
    truth = rooms_at(seen, newest, {head}).get(head)
    for view in ends:
        assert view.end is not None
        place = (view.end["epoch"], view.end["seq"])
        if place != head:
            yield Violation("CONVERGE", view.who, f"ended at {place}, the room at {head}")
        elif truth is not None and view.end["people"] != truth:
            what = _difference(truth, view.end["people"])
            yield Violation("CONVERGE", view.who, f"shows another room at {head[1]}: {what}")


def durability(seen: Evidence) -> Iterator[Violation]:
    """I3: what was acknowledged is there, where it was said to be; nothing is there twice."""
    said = {f["payload"]["id"]: p for p, f in seen.log.items() if f["type"] == "chat.message"}
    kept = {row["id"] for row in seen.history.journal}
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for view in seen.views.values():
        for asked, answer in view.requests("chat.send"):
            if answer.frame["type"] == "ack":
                acked = answer.frame["payload"]
                names[view.participant or view.who, _key(asked)].add(acked["id"])
                if wrong := _not_kept(seen, acked, said.get(acked["id"]), kept):
                    yield Violation("I3", view.who, f"{acked['id']} was acknowledged {wrong}")
    for (who, name), ids in names.items():
        if len(ids) > 1:
            yield Violation("I3", who, f"{name} was said {len(ids)} times: {sorted(ids)}")
    yield from _doubled(seen)


def _not_kept(
    seen: Evidence, acked: Mapping[str, Any], place: Place | None, kept: Container[str]
) -> str | None:
    """What is wrong with an acknowledged message, if anything is."""
    if seen.history.journal and acked["id"] not in kept:
        return "and is not stored"
    if acked.get("seq") is None:
        return None  # it was private
    if place is None:
        return f"at {acked['seq']}, and nobody saw it"
    # Under a new epoch it may have another number: Redis lost the one that it was given.
    if place[1] != acked["seq"] and len(seen.epochs) == 1:
        return f"at {acked['seq']}, and is at {place[1]}"
    return None


def _doubled(seen: Evidence) -> Iterator[Violation]:
    """Each message once in the log, and no oftener than it was asked for."""
    wishes: dict[tuple[str, str], set[str]] = defaultdict(set)
    for view in seen.views.values():
        for lines in view.asked.values():
            if lines[0].frame["type"] == "chat.send":
                text = lines[0].frame["payload"].get("text", "")
                wishes[view.participant or view.who, text].add(_key(lines[0]))
    counts: dict[tuple[str, str], int] = defaultdict(int)
    places: dict[str, Place] = {}
    for place, frame in seen.log.items():
        if frame["type"] != "chat.message":
            continue
        payload = frame["payload"]
        if places.setdefault(payload["id"], place) != place:
            yield _at("I3", place, f"{payload['id']} is here and at {places[payload['id']][1]}")
        counts[payload["participantId"], payload.get("text", "")] += 1
    for (who, text), count in counts.items():
        if (who, text) in wishes and count > len(wishes[who, text]):
            asked = len(wishes[who, text])
            yield Violation(
                "I3", who, f"{text!r} was asked for {asked} times and said {count} times"
            )


def _key(asked: Line) -> str:
    payload = asked.frame["payload"]
    return str(payload.get("clientMsgId") or asked.frame["requestId"])


def forks(seen: Evidence) -> Iterator[Violation]:
    """I4: a cursor gets exactly what is missing, or a snapshot; never a silent gap."""
    first_heard: dict[Place, float] = {}
    for view in seen.views.values():
        for line, place in view.live:
            first_heard[place] = min(line.at, first_heard.get(place, line.at))
    for view in seen.views.values():
        for kind, name in (("session.resume", "lastSeq"), ("room.sync", "afterSeq")):
            for asked, answer in view.requests(kind):
                payload, cursor = answer.frame["payload"], asked.frame["payload"]
                if "events" not in payload or payload.get("recovered") is False:
                    continue
                reached = cursor[name] + len(payload["events"])
                missing = (cursor["epoch"], reached + 1)
                if first_heard.get(missing, asked.at) < asked.at:
                    what = f"{kind} from {cursor[name]} ended at {reached}; {missing[1]} was out"
                    yield Violation("I4", view.who, what)
                newer = [e for e in seen.epochs if e > cursor["epoch"]]
                if any(first_heard.get((e, seen.epochs[e][0]), asked.at) < asked.at for e in newer):
                    what = f"{kind} of epoch {cursor['epoch']} was granted in a newer one"
                    yield Violation("I4", view.who, what)


def ghosts(seen: Evidence) -> Iterator[Violation]:
    """I5: whose connection ended and who did not come back, has left in time."""
    within = seen.history.gone_within
    if within is None or not seen.history.lines:
        return
    over = max(line.at for line in seen.history.lines)
    for view in seen.views.values():
        stays = seen.presence.get(view.participant)
        if view.cut_at is None or not stays or over - view.cut_at < within:
            continue
        if stays[-1][1] != LEFT:
            what = f"lost its connection {over - view.cut_at:.1f} s before the end and never left"
            yield Violation("I5", view.who, what)


def lobby(seen: Evidence) -> Iterator[Violation]:
    """I6: nothing but lobby frames before one is in; and nobody is in whom nobody let in."""
    for view in seen.views.values():
        stays = seen.presence.get(view.participant, [])
        joined = [place for place, kind in stays if kind == JOINED]
        for line in view.premature:
            frame = line.frame
            place = (frame.get("epoch", ""), frame.get("seq", 0))
            # An event may overtake the `room.joined` of somebody who is in already.
            if "seq" in frame and any(j[0] == place[0] and j < place for j in joined):
                continue
            if "seq" not in frame and (joined or frame["type"] in OUTSIDE):
                continue
            yield Violation("I6", view.who, f"was told {frame['type']} before it was in")
        for line, place in view.live:
            before = [kind for at, kind in stays if at[0] == place[0] and at < place]
            if before and before[-1] == LEFT and line.frame["type"] != "room.ended":
                what = f"was told {line.frame['type']} at {place[1]}, after it had left"
                yield Violation("I6", view.who, what)
    yield from _let_in(seen)


def _let_in(seen: Evidence) -> Iterator[Violation]:
    """By the journal: between a knock and a coming in there is a host's decision."""
    waiting: set[str] = set()
    for row in seen.history.journal:
        payload = row["payload"]
        who = payload.get("participantId") or payload.get("participant", {}).get("id")
        match row["type"]:
            case "lobby.knocked":
                waiting.add(who)
            case "lobby.admitted" | "lobby.left":
                waiting.discard(who)
            case "settings.changed":
                waiting.clear()
            case "participant.joined" if who in waiting:
                yield Violation("I6", who, f"came in at {row['seq']}, and nobody had let it in")


def moderation(seen: Evidence) -> Iterator[Violation]:
    """I7: after the ack of a removal, a lock or a demotion, the right is gone."""
    for view in seen.views.values():
        for asked, answer in view.requests("moderation.remove"):
            if answer.frame["type"] == "ack":
                yield from _outlived_removal(seen, asked.frame["payload"]["participantId"], answer)
        for asked, answer in view.requests("moderation.setRole"):
            payload = asked.frame["payload"]
            if answer.frame["type"] == "ack" and payload["role"] == "guest":
                yield from _outlived_demotion(seen, payload["participantId"], answer.at)
    yield from _acts_of_the_removed(seen)


def _acts_of_the_removed(seen: Evidence) -> Iterator[Violation]:
    for epoch in seen.epochs:
        removed: set[str] = set()
        for _, place, frame in folded(seen, epoch):
            who = frame["payload"].get("participantId", "")
            if frame["type"] == LEFT and frame["payload"]["reason"] == "removed":
                removed.add(who)
            elif frame["type"] == JOINED:
                removed.discard(who)
            elif who in removed:
                yield _at("I7", place, f"{frame['type']} of {who}, who was removed")


def _outlived_removal(seen: Evidence, target: str, removal: Line) -> Iterator[Violation]:
    """What it asks for after that is refused, until it has a new ticket and is let in again."""
    for view in seen.views.values():
        if view.participant != target:
            continue
        back = min(
            (a.at for _, a in view.requests("room.join") if a.at > removal.at),
            default=float("inf"),
        )
        for request, lines in view.asked.items():
            kind = lines[0].frame["type"]
            if kind in ("ping", "room.join", "auth.authenticate", "room.leave"):
                continue
            answers = view.answers.get(request, [])
            late = removal.at < lines[0].at < back
            if late and any(answer.frame["type"] != "error" for answer in answers):
                yield Violation("I7", view.who, f"{kind} was accepted after its removal")


def _outlived_demotion(seen: Evidence, target: str, at: float) -> Iterator[Violation]:
    """What only hosts may do is refused, unless it was raised again."""
    raised = [
        answer.at
        for view in seen.views.values()
        for kind in ("moderation.setRole", "host.transfer")
        for asked, answer in view.requests(kind)
        if asked.frame["payload"].get("role") != "guest"
    ]
    until = min((one for one in raised if one > at), default=float("inf"))
    for view in seen.views.values():
        if view.participant != target:
            continue
        for request, lines in view.asked.items():
            kind = lines[0].frame["type"]
            answers = view.answers.get(request, [])
            late = at < lines[0].at < until
            if (
                late
                and kind.startswith(OF_A_HOST)
                and any(a.frame["type"] == "ack" for a in answers)
            ):
                yield Violation("I7", view.who, f"{kind} was accepted after its demotion")


def replies(seen: Evidence) -> Iterator[Violation]:
    """REPLY: one answer to one request, the same however often it comes."""
    for view in seen.views.values():
        for request, answers in view.answers.items():
            asked = view.asked.get(request)
            if asked is None:
                yield Violation("REPLY", view.who, f"an answer to {request}, which it never asked")
                continue
            final = [a.frame for a in answers if not _may_be_retried(a.frame)]
            unlike = [frame for frame in final if frame != final[0]]
            if unlike and asked[0].frame["type"] != "ping":
                what = f"two answers to {asked[0].frame['type']} {request}: {final[0]['type']}"
                yield Violation("REPLY", view.who, f"{what}, {unlike[0]['type']}")


def _may_be_retried(answer: Frame) -> bool:
    """A refusal that is not kept; or that of a connection that is no longer the session's."""
    kind = answer["payload"].get("type") if answer["type"] == "error" else None
    return kind in RETRIED or kind == "room/not-joined"


PROMISES: Final = (
    noticed,
    lifecycle,
    order,
    agreement,
    convergence,
    durability,
    forks,
    ghosts,
    lobby,
    moderation,
    replies,
)


def _at(promise: str, place: Place, what: str) -> Violation:
    return Violation(promise, f"seq {place[1]}", what)


def _difference(truth: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    for who in {*truth, *other}:
        mine, theirs = truth.get(who), other.get(who)
        if mine is None or theirs is None:
            return f"{who} is {'too much' if mine is None else 'missing'}"
        for name in mine:
            if mine[name] != theirs.get(name):
                return f"{name} of {who} is {theirs.get(name)!r} instead of {mine[name]!r}"
    return "nothing"
