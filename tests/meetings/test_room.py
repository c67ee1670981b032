"""What is changed over REST happens in the room, and what happens in the room is seen over REST."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.e2e.client import PATIENCE_SEC, Client, a_client
from tests.emulator import Emulator
from tests.meetings.people import Person, World

Json = dict[str, Any]


class Api:
    """REST, as a client of the emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self.socket_url = emulator.socket_url
        self._http = httpx.AsyncClient(base_url=emulator.url, timeout=PATIENCE_SEC)

    async def call(
        self, by: Person | None, method: str, path: str, body: Json | None = None
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {by.token}"} if by else {}
        return await self._http.request(method, path, json=body, headers=headers)

    async def ok(self, by: Person | None, method: str, path: str, body: Json | None = None) -> Any:
        """The body of an answer that is a success."""
        answer = await self.call(by, method, path, body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def meeting(self, host: Person, **draft: Any) -> Json:
        """A meeting of the host."""
        created: Json = await self.ok(host, "POST", "/v1/meetings", draft)
        return created

    @asynccontextmanager
    async def inside(self, meeting: Json, person: Person) -> AsyncIterator[Client]:
        """Somebody in the room of a meeting."""
        async with a_client(self.socket_url) as client:
            assert (await self.enter(client, meeting, person))["type"] == "room.joined"
            yield client

    async def enter(self, client: Client, meeting: Json, person: Person) -> Json:
        """Ask for a ticket and join; the reply."""
        ticket = await self.ok(person, "POST", f"/v1/meetings/{meeting['id']}/room-token", {})
        signed_in = await client.ask("auth.authenticate", {"accessToken": person.token})
        assert signed_in["type"] == "auth.ok"
        return await client.ask("room.join", {"roomToken": ticket["roomToken"], "device": {}})

    async def aclose(self) -> None:
        """Hang up."""
        await self._http.aclose()


@pytest.fixture
async def api(emulator: Emulator) -> AsyncIterator[Api]:
    """REST of a running emulator."""
    opened = Api(emulator)
    yield opened
    await opened.aclose()


async def test_new_settings_are_heard_by_everyone_and_count_at_once(api: Api, world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = await api.meeting(ada)
    path = f"/v1/meetings/{meeting['id']}/settings"

    async with api.inside(meeting, ada) as host, api.inside(meeting, bob) as guest:
        await api.ok(ada, "PATCH", path, {"chat": "hosts", "maxParticipants": 7})

        for client in (host, guest):
            heard = await client.event("settings.changed")
            assert heard["payload"] == {
                "version": 2,
                "patch": {"chat": "hosts", "maxParticipants": 7},
                "by": None,
            }
        refused = await guest.ask("chat.send", {"text": "hello"})
        assert refused["payload"]["type"] == "meeting/forbidden"


async def test_a_lock_in_the_room_is_a_new_version_over_rest(api: Api, world: World) -> None:
    ada = world.account("Ada")
    meeting = await api.meeting(ada)
    path = f"/v1/meetings/{meeting['id']}/settings"

    async with api.inside(meeting, ada) as host:
        await host.ask("room.lock")
        locked = await api.call(ada, "GET", path)
        await api.ok(ada, "PATCH", path, {"locked": False, "lobby": True})
        heard = await host.event("settings.changed", version=3)

    assert locked.headers["etag"] == '"2"'
    assert locked.json()["settings"]["locked"] is True
    assert heard["payload"]["patch"] == {"locked": False, "lobby": True}


async def test_an_ended_meeting_is_over_for_everyone(api: Api, world: World) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = await api.meeting(ada)

    async with api.inside(meeting, ada) as host, api.inside(meeting, bob) as guest:
        ended = await api.ok(ada, "POST", f"/v1/meetings/{meeting['id']}/end")
        again = await api.ok(ada, "POST", f"/v1/meetings/{meeting['id']}/end")

        for client in (host, guest):
            heard = await client.event("room.ended")
            assert heard["payload"]["by"] is None
            await client.event("session.closed")
            await client.closed.wait()

    assert ended["meeting"]["endedAt"]
    assert again == ended
    resolve = await api.call(None, "POST", "/v1/meetings/resolve-code", {"code": meeting["code"]})
    ticket = await api.call(bob, "POST", f"/v1/meetings/{meeting['id']}/room-token")
    assert (resolve.status_code, ticket.status_code) == (404, 410)


async def test_who_accepts_an_invite_as_cohost_acts_as_one_in_the_room(
    api: Api, world: World, emulator: Emulator
) -> None:
    """The mail goes through queue and worker, and is a link on the console in the end."""
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = await api.meeting(ada)

    async with api.inside(meeting, ada) as host, api.inside(meeting, bob) as guest:
        refused = await guest.ask("room.lock")
        draft = {"email": bob.email, "role": "cohost"}
        invite = await api.ok(ada, "POST", f"/v1/meetings/{meeting['id']}/invites", draft)
        answer = await api.ok(bob, "POST", f"/v1/invites/{invite['id']}/accept")
        link = await asyncio.to_thread(emulator.line, f"Mail for {bob.email}")
        heard = await host.event("role.changed")
        allowed = await guest.ask("room.lock")

    assert refused["payload"]["type"] == "meeting/forbidden"
    assert link.endswith(f"/invites/{invite['id']}")
    place = answer["participant"]["participantId"]
    assert heard["payload"] == {"participantId": place, "role": "cohost", "by": None}
    assert allowed["type"] == "ack"


async def test_who_was_banned_in_the_room_is_listed_and_knocks_once_it_is_lifted(
    api: Api, world: World
) -> None:
    ada, bob = world.account("Ada"), world.account("Bob")
    meeting = await api.meeting(ada)
    path = f"/v1/meetings/{meeting['id']}"

    async with api.inside(meeting, ada) as host, AsyncExitStack() as stack:
        guest = await stack.enter_async_context(api.inside(meeting, bob))
        joined = await host.event("participant.joined")
        place = joined["payload"]["participantId"]
        await host.ask("moderation.remove", {"participantId": place, "ban": True})
        await guest.closed.wait()
        banned = await api.ok(ada, "GET", f"{path}/bans")
        refused = await api.call(bob, "POST", f"{path}/room-token")
        hidden = await api.call(bob, "GET", path)
        await api.ok(ada, "DELETE", f"{path}/bans/{place}")
        knocking = await stack.enter_async_context(a_client(api.socket_url))
        reply = await api.enter(knocking, meeting, bob)

    (ban,) = banned["bans"]
    assert (ban["participantId"], ban["displayName"]) == (place, "Bob")
    assert refused.json()["type"] == "meeting/forbidden"
    assert hidden.json()["type"] == "meeting/not-found"
    assert reply["type"] == "lobby.waiting"


async def test_messages_are_read_as_they_were_sent_and_private_ones_by_the_two_alone(
    api: Api, world: World
) -> None:
    ada, bob, eve = world.account("Ada"), world.account("Bob"), world.account("Eve")
    meeting = await api.meeting(ada)
    path = f"/v1/meetings/{meeting['id']}/messages"

    async with (
        api.inside(meeting, ada) as host,
        api.inside(meeting, bob) as guest,
        api.inside(meeting, eve) as other,
    ):
        await guest.ask("chat.send", {"text": "one", "clientMsgId": "c1"})
        place = (await host.event("participant.joined"))["payload"]["participantId"]
        await host.ask("chat.send", {"text": "psst", "to": place})
        gone = await guest.ask("chat.send", {"text": "oops"})
        await guest.ask("chat.delete", {"id": gone["payload"]["id"]})
        await other.event("chat.deleted")
        said = [f["payload"] for f in host.frames if f["type"] == "chat.message"]

    by_ada = (await api.ok(ada, "GET", path))["messages"]
    by_eve = (await api.ok(eve, "GET", path))["messages"]
    assert [message["text"] for message in by_ada] == ["psst", "one"]
    assert [message["text"] for message in by_eve] == ["one"]
    assert list(reversed(by_ada)) == [message for message in said if message["text"] != "oops"]
