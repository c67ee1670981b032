"""What happened in meetings, as clients read it."""

from hub_core.kernel.values import Value
from hub_core.rooms.rules.chat import ChatMessage


class Messages(Value):
    """What was said, newest first; each as the payload of `chat.message`."""

    messages: list[ChatMessage]
    next_cursor: str | None
