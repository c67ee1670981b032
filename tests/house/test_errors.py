"""The published catalogue of errors."""

import pytest

from hub_core.kernel.errors import CATALOGUE

PUBLISHED = {
    "auth/invalid-credentials": 401,
    "auth/unauthorized": 401,
    "auth/invalid-token": 401,
    "auth/token-expired": 401,
    "auth/forbidden": 403,
    "auth/user-exists": 409,
    "validation/invalid": 400,
    "request/too-large": 413,
    "request/rate-limited": 429,
    "route/not-found": 404,
    "server/internal-error": 500,
    "server/unavailable": 503,
    "message/unknown-type": 400,
    "message/malformed": 400,
    "room/already-joined": 409,
    "meeting/not-found": 404,
    "meeting/forbidden": 403,
    "meeting/ended": 410,
    "meeting/full": 409,
    "meeting/locked": 403,
    "invite/not-found": 404,
    "invite/already-processed": 409,
    "room/invalid-token": 401,
    "room/not-joined": 409,
    "room/peer-gone": 404,
    "room/session-expired": 410,
    "lobby/rejected": 403,
    "lobby/already-decided": 409,
    "settings/version-conflict": 412,
    "room/screen-busy": 409,
}
"""What clients were promised. It may grow; nothing in it may change."""


def test_the_promised_errors_are_there_with_their_status() -> None:
    statuses = {name: error.status for name, error in CATALOGUE.items()}

    assert statuses.items() >= PUBLISHED.items()


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_error_is_explained_to_people_and_to_developers(name: str) -> None:
    error = CATALOGUE[name]

    assert error.title.endswith(".")
    assert error.__doc__
    assert error().problem().model_dump(exclude_none=True).keys() >= {
        "type",
        "title",
        "detail",
        "status",
    }
