"""Who may do what to whom: three roles, and an order among them."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """`host` > `cohost` > `guest`. A guest may or may not have an account."""

    GUEST = "guest"
    COHOST = "cohost"
    HOST = "host"

    @property
    def rank(self) -> int:
        """The higher, the more may be done; an actor must outrank its target."""
        return _RANKS[self]

    def may_act_as(self, needed: "Role") -> bool:
        """Whether this role is enough where `needed` is asked for."""
        return self.rank >= needed.rank

    def outranks(self, other: "Role") -> bool:
        """Whether this role may act upon someone with the other one."""
        return self.rank > other.rank


_RANKS: Final = {Role.GUEST: 0, Role.COHOST: 1, Role.HOST: 2}
