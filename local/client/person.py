"""Somebody with an account, or a guest: signs in, creates meetings, gets tickets to their rooms."""

from typing import Any

from local.client.frames import Json
from local.client.rest import Rest


class Person:
    """What one person does over REST."""

    def __init__(self, url: str) -> None:
        self.rest = Rest(url)
        self.user: Json | None = None
        """The `User` who is signed in; None for a guest."""
        self.ticket: Json | None = None
        """The newest `RoomTicket`, with its `meetingId`."""

    async def register(self, email: str, password: str, display_name: str) -> Json:
        """Sign up; the answer is the `User`."""
        body = {"email": email, "password": password, "displayName": display_name}
        return await self._sign_in("/v1/auth/register", body)

    async def login(self, email: str, password: str) -> Json:
        """Sign in; the answer is the `User`."""
        return await self._sign_in("/v1/auth/login", {"email": email, "password": password})

    async def create(self, **draft: Any) -> Json:
        """Create a meeting: `title`, `scheduledAt`, `settings`; the answer is the `Meeting`."""
        meeting: Json = await self.rest.call("POST", "/v1/meetings", draft)
        return meeting

    async def resolve(self, code: str) -> str:
        """The id of the meeting with this code."""
        answer = await self.rest.call("POST", "/v1/meetings/resolve-code", {"code": code})
        return str(answer["meetingId"])

    async def take_ticket(self, meeting_id: str, display_name: str | None = None) -> Json:
        """A `RoomTicket`; a guest who has one for this meeting stays the same participant."""
        body = {} if display_name is None else {"displayName": display_name}
        mine = self.ticket if self.ticket and self.ticket["meetingId"] == meeting_id else None
        guest = mine["roomToken"] if mine and not self.rest.tokens else None
        answer = await self.rest.call(
            "POST", f"/v1/meetings/{meeting_id}/room-token", body, bearer=guest
        )
        self.ticket = {**answer, "meetingId": meeting_id}
        return self.ticket

    async def _sign_in(self, path: str, body: Json) -> Json:
        self.rest.tokens = await self.rest.call("POST", path, body)
        user: Json = self.rest.tokens["user"]
        self.user = user
        return user
