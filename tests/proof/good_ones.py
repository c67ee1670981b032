"""Histories made by hand in which nothing is wrong, however odd they look."""

from collections.abc import Callable

from tests.proof.by_hand import (
    ADA,
    BEN,
    BEN_JOINS,
    LEAVES,
    ROWS,
    Story,
    chat,
    event,
    hidden,
    person,
    row,
    says,
    two,
)


def a_plain_meeting() -> Story:
    story = says(two(calm=True), "ben", "1", "M", 3)
    return (
        story.asks("ben", "room.leave", "2")
        .told("ben", "room.left", "2")
        .all(event(4, "participant.left", participantId="ben", reason="left"), "ada")
    )


def a_resume() -> Story:
    """Ben's connection drops; events overtake one another, the reply, and come twice."""
    lost, back = (
        event(seq, "participant.connection", participantId="ben", state=state)
        for seq, state in ((3, "lost"), (4, "restored"))
    )
    story = two(gone_within=1.0).add("ben", "cut", {}).got("ada", lost)
    story.asks("ben", "session.resume", "r", epoch="e", lastSeq=2).got("ben", back)
    story.told("ben", "session.resumed", "r", recovered=True, events=[lost, back])
    return story.got("ben", back).got("ada", back).got("ada", back)


def a_repeated_request() -> Story:
    story = says(two(), "ben", "1", "M", 3, clientMsgId="m")
    story.asks("ben", "chat.send", "1", text="hi", clientMsgId="m")
    return story.told("ben", "ack", "1", id="M", seq=3)


def a_refusal_that_is_tried_again() -> Story:
    story = two().asks("ben", "chat.send", "1", text="hi").refused("ben", "1", "server/unavailable")
    return says(story, "ben", "1", "M", 3)


def somebody_who_waits() -> Story:
    story = Story().joins(ADA, 1).got("eve", {"type": "lobby.waiting", "payload": {"position": 1}})
    eve = person("eve", 2)
    joined = event(2, "participant.joined", **eve)
    story.got("eve", {"type": "lobby.result", "payload": {"admitted": True}}).got("ada", joined)
    story.joins(eve, 2, ADA).journal(
        ROWS[0],
        hidden("lobby.knocked", participant={"id": "eve"}),
        hidden("lobby.admitted", participantId="eve"),
        row(joined),
    )
    return story


def an_event_that_overtakes_the_reply_to_a_join() -> Story:
    said = chat(3, "ada", "M")
    return (
        Story()
        .joins(ADA, 1)
        .got("ada", BEN_JOINS)
        .got("ben", said)
        .joins(BEN, 2, ADA)
        .got("ada", said)
    )


def somebody_who_comes_in_anew_though_it_is_full() -> Story:
    """A second host comes beyond the places; then Ben takes his own again."""
    story = two(places=2).joins(person("eve", 3, role="host"), 3, ADA, BEN, places=2)
    story.all(event(3, "participant.joined", **person("eve", 3, role="host")))
    story.all({**LEAVES, "seq": 4, "payload": {"participantId": "ben", "reason": "replaced"}})
    again = person("ben", 5, "another")
    return story.got("ada", event(5, "participant.joined", **again))


def an_end_where_all_see_the_same() -> Story:
    story = a_plain_meeting()
    return story.add("ada", "end", {"epoch": "e", "seq": 4, "people": {"ada": ADA}})


def a_tail_that_was_lost() -> Story:
    """Under the new epoch the message has another number, and everyone is shown the room anew."""
    story = two().asks("ben", "chat.send", "1", text="hi").told("ben", "ack", "1", id="M", seq=3)
    story.all(chat(5, "ben", "M", epoch="f"))
    for number, who in enumerate(("ada", "ben")):
        story.asks(who, "room.sync", f"s{number}", epoch="e", afterSeq=2)
        story.told(
            who,
            "room.snapshot",
            f"s{number}",
            epoch="f",
            seq=5,
            participants=[ADA, BEN],
            settings={},
        )
    return story.journal(*ROWS, row(chat(5, "ben", "M", epoch="f")))


GOOD: list[Callable[[], Story]] = [
    a_plain_meeting,
    a_resume,
    a_repeated_request,
    a_refusal_that_is_tried_again,
    somebody_who_waits,
    an_event_that_overtakes_the_reply_to_a_join,
    somebody_who_comes_in_anew_though_it_is_full,
    an_end_where_all_see_the_same,
    a_tail_that_was_lost,
]
