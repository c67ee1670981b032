"""What a host may settle about a meeting; `Settings` of the wire contract."""

from typing import Literal

from pydantic import Field, StrictBool, StrictInt

from hub_core.kernel.values import Draft, Value

AccessType = Literal["open", "trusted", "restricted"]
Everyone = Literal["everyone", "hosts"]
Unmute = Literal["open", "by-request"]
DuplicateJoin = Literal["replace", "reject"]
OnHostLoss = Literal["continue", "lock", "end"]


class MeetingSettings(Value):
    """Who gets in, and what people may do inside. `version` rises by one with every change."""

    version: int = Field(1, ge=1)
    access_type: AccessType = Field("trusted", description="Who joins without knocking.")
    lobby: bool = Field(
        default=False, description="Everyone but hosts and accepted invitees knocks."
    )
    allow_guests: bool = Field(default=True, description="Whether one may come without an account.")
    locked: bool = Field(default=False, description="Nobody new gets in.")
    max_participants: int = Field(100, ge=2, le=1000)
    chat: Everyone = "everyone"
    reactions: Everyone = "everyone"
    screen_share: Everyone = "everyone"
    unmute: Unmute = "open"
    duplicate_join: DuplicateJoin = "replace"
    on_host_loss: OnHostLoss = "continue"


class SettingsPatch(Draft):
    """Only what changes."""

    access_type: AccessType | None = None
    lobby: StrictBool | None = None
    allow_guests: StrictBool | None = None
    locked: StrictBool | None = None
    max_participants: StrictInt | None = Field(None, ge=2, le=1000)
    chat: Everyone | None = None
    reactions: Everyone | None = None
    screen_share: Everyone | None = None
    unmute: Unmute | None = None
    duplicate_join: DuplicateJoin | None = None
    on_host_loss: OnHostLoss | None = None
