"""A rate limit."""

from collections.abc import Callable


class TokenBucket:
    """Lets `per_second` things pass each second, and `burst` at once after a pause."""

    def __init__(
        self, per_second: float, clock: Callable[[], float], burst: float | None = None
    ) -> None:
        """`clock` tells seconds, monotonic; without `burst`, a second's worth may come at once."""
        self._rate = per_second
        self._clock = clock
        self._burst = per_second if burst is None else burst
        self._tokens = self._burst
        self._at = clock()

    def take(self) -> bool:
        """Whether one more may pass now."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
