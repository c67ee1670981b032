"""One row of the table of mechanisms, and where their tests are."""

from typing import NamedTuple


class Mechanism(NamedTuple):
    """One way in which the house keeps a promise."""

    name: str
    path: str
    text: str
    instead: str
    test: str
    """As pytest is told."""


LIVE, ROOMS = "hub_core/live", "hub_core/rooms"
SWEEP = "tests/live/test_sweep.py::test_"
RACES = "tests/live/test_races.py::test_"
DOOR = "tests/live/test_door.py::test_"
RESUME = "tests/live/test_resume.py::test_"
SOCKET = "tests/live/test_socket.py::test_"
SINGLE = "tests/live/test_mechanisms.py::test_"
PRESENCE = "tests/rooms/test_presence.py::test_"
RULES = "tests/rooms/test_rules.py::test_"
REFRESH = "tests/handlers/accounts/test_refresh.py::test_"
TOKENS = "tests/adapters/test_tokens.py::test_"
MANY = "tests/live/test_fan_out.py::test_"
LOBBY = "tests/live/test_lobby.py::test_"
STORES = "tests/live/test_stores.py::test_"
OUTBOX = "tests/live/test_outbox.py::test_"
SETTINGS = "tests/live/test_settings.py::test_"
SIGNED_OUT = "tests/live/test_signing_out.py::test_"
SEATS = "tests/live/test_seats.py::test_"
UNWRITTEN = "tests/live/test_unwritten.py::test_"
LOG = "tests/live/test_log.py::test_"
POISON = "tests/live/test_poison.py::test_"
