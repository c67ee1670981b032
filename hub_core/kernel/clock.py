"""The time, as something that can be handed in."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Answers with the present time, aware and in UTC."""


def utc_now() -> datetime:
    """The machine's clock, in whole milliseconds.

    Finer than the wire shows them, two machines would disagree about the same moment.
    """
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
