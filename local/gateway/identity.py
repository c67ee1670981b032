"""Where a request says who sends it: the identity sources of authorizers."""

from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl

HEADER, QUERY = "$request.header.", "$request.querystring."


def identities(
    sources: Iterable[str], header: Callable[[str], str | None], query: str
) -> list[str] | None:
    """The values of all sources; None if one is missing or empty, which is a 401.

    Args:
        sources: `$request.header.Authorization`, `$request.querystring.token`.
        header: The value of a header, its name in lower case.
        query: As on the wire.
    """
    values = dict(parse_qsl(query, keep_blank_values=True))
    found = []
    for source in sources:
        if source.startswith(HEADER):
            value = header(source.removeprefix(HEADER).lower())
        else:
            value = values.get(source.removeprefix(QUERY))
        if not value:
            return None
        found.append(value)
    return found
