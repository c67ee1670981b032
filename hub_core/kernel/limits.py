"""Every rate limit of the product, in one table.

The numbers are for people: whoever uses the product as it is meant to be used never meets one, and
a whole office behind one address does not either. `RATE_LIMIT_SCALE` multiplies them all.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub_core.kernel.errors import HubError, InvalidCredentials, MeetingNotFound, UserExists

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


class Per(StrEnum):
    """Who shares one allowance."""

    NETWORK = "network"
    """Everyone behind one IPv4 address, or in one IPv6 /64."""
    CALLER = "caller"
    """An account; a guest that shows its room token; else the network."""
    CALLER_AND_PATH = "caller and path"
    """A known caller, for each path by itself: one meeting, say. Does not limit strangers, of whom
    a whole school may come from one address."""
    PATH = "path"
    """Everyone at one path."""
    EVERYBODY = "everybody"
    """All callers together."""
    GIVEN = "given"
    """What the code names: an e-mail address, mostly. Redis has a hash of it."""


@dataclass(frozen=True)
class Policy:
    """So many in so long; the whole quota may come at once, then it grows back evenly (GCRA)."""

    name: str
    """As `RateLimit-Policy` has it."""
    quota: int
    window_sec: int
    per: Per
    what: str
    """What is counted, for people."""
    counts: tuple[type[HubError], ...] = ()
    """If given, only calls that end in one of these are counted: wrong guesses."""
    refuses_uncounted: bool = False
    """Without Redis nothing can be counted. Then such calls are refused (503), others pass: guesses
    are, since they are after secrets, and what leads into a room: without Redis there is none."""


REGISTER: Final = Policy("register", 100, _HOUR, Per.NETWORK, "registrations")
REGISTER_TAKEN: Final = Policy(
    "register-taken",
    10,
    _HOUR,
    Per.NETWORK,
    "registrations of an address that has an account",
    counts=(UserExists,),
    refuses_uncounted=True,
)
SIGN_IN: Final = Policy("sign-in", 60, _MINUTE, Per.NETWORK, "attempts to sign in")
GUESSES_HERE: Final = Policy(
    "sign-in-failed-here",
    10,
    15 * _MINUTE,
    Per.GIVEN,
    "wrong passwords for one address, from one network or one known device",
    counts=(InvalidCredentials,),
    refuses_uncounted=True,
)
GUESSES_OF_STRANGERS: Final = Policy(
    "sign-in-failed",
    30,
    _HOUR,
    Per.GIVEN,
    "wrong passwords for one address, from devices that never signed in to it",
    counts=(InvalidCredentials,),
    refuses_uncounted=True,
)
PASSWORD_GUESSES: Final = Policy(
    "password-failed",
    10,
    15 * _MINUTE,
    Per.CALLER,
    "wrong current passwords, when changing it",
    counts=(InvalidCredentials,),
    refuses_uncounted=True,
)
REFRESH: Final = Policy("refresh", 300, _MINUTE, Per.NETWORK, "refreshes of an access token")
CHANGE_PROFILE: Final = Policy("profile", 30, _MINUTE, Per.CALLER, "changes of a profile")

CREATE_MEETING: Final = Policy(
    "meetings", 60, _HOUR, Per.CALLER, "meetings created", refuses_uncounted=True
)
CODE_MISSES: Final = Policy(
    "code-misses",
    20,
    10 * _MINUTE,
    Per.CALLER,
    "codes that lead nowhere",
    counts=(MeetingNotFound,),
    refuses_uncounted=True,
)
CODE_MISSES_OF_A_NETWORK: Final = Policy(
    "code-misses-network",
    60,
    10 * _MINUTE,
    Per.NETWORK,
    "codes that lead nowhere, by all behind one address",
    counts=(MeetingNotFound,),
    refuses_uncounted=True,
)
CODE_MISSES_OF_ALL: Final = Policy(
    "code-misses-all",
    3000,
    _MINUTE,
    Per.EVERYBODY,
    "codes that lead nowhere, by anybody",
    counts=(MeetingNotFound,),
    refuses_uncounted=True,
)
ROOM_TOKENS: Final = Policy(
    "room-tokens",
    30,
    _MINUTE,
    Per.CALLER_AND_PATH,
    "room tokens for one meeting",
    refuses_uncounted=True,
)
ROOM_TOKENS_OF_A_NETWORK: Final = Policy(
    "room-tokens-network",
    600,
    _MINUTE,
    Per.NETWORK,
    "room tokens, by all behind one address",
    refuses_uncounted=True,
)
INVITES: Final = Policy("invites", 100, _HOUR, Per.CALLER, "invites sent")
INVITES_TO_ADDRESS: Final = Policy(
    "invites-address", 10, _DAY, Per.GIVEN, "invites to one e-mail address"
)
SOCKET_ASKS: Final = Policy(
    "socket-asks",
    120,
    _MINUTE,
    Per.GIVEN,
    "tries to authenticate, join, resume or sync on one connection",
    refuses_uncounted=True,
)

POLICIES: Final[tuple[Policy, ...]] = tuple(
    value for value in list(globals().values()) if isinstance(value, Policy)
)
"""All of them, in the order of this file."""
