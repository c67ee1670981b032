"""Reading HTTP/1.1 responses, however the bytes come and whatever they are."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub_core.adapters.http1 import (
    LARGEST_BODY,
    LARGEST_HEAD,
    BadResponse,
    Response,
    ResponseParser,
)

OK = b"HTTP/1.1 200 OK\r\n"


def _read(*pieces: bytes) -> Response | None:
    """The first response in the bytes, as a connection would read them."""
    parser = ResponseParser()
    for piece in pieces:
        if response := parser.feed(piece):
            return response
    return None


def _read_to_the_end(*pieces: bytes) -> Response | None:
    parser = ResponseParser()
    for piece in pieces:
        if response := parser.feed(piece):
            return response
    return parser.end()


def _outcome(*pieces: bytes) -> int | str | None:
    try:
        response = _read_to_the_end(*pieces)
    except BadResponse:
        return "bad"
    return response.status if response else None


def _chunked(body: bytes, sizes: list[int]) -> bytes:
    chunks = []
    while body:
        size = min(sizes.pop() if sizes else len(body), len(body))
        chunks.append(b"%x\r\n%b\r\n" % (size, body[:size]))
        body = body[size:]
    return b"".join(chunks) + b"0\r\n\r\n"


BODIES = st.binary(max_size=300)
STATUSES = st.sampled_from([200, 403, 410, 413, 429, 500, 503])
INTERIM = st.sampled_from(
    [b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Hints\r\nA: b\r\n\r\n"]
)


@st.composite
def responses(draw: st.DrawFn) -> tuple[int, bytes]:
    """A status and a whole response with it."""
    status, body = draw(STATUSES), draw(BODIES)
    head = b"HTTP/1.1 %d Reason\r\nDate: today\r\n" % status
    if draw(st.booleans()):
        framed = b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    else:
        sizes = draw(st.lists(st.integers(1, 50), max_size=5))
        framed = b"Transfer-Encoding: chunked\r\n\r\n" + _chunked(body, sizes)
    return status, draw(INTERIM) + head + framed


def _split(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
    return [data[a:b] for a, b in pairwise(places) if a < b]


CUTS = st.lists(st.integers(0, 10_000), max_size=12)


@given(responses(), CUTS)
def test_a_response_is_the_same_however_it_is_split(
    whole: tuple[int, bytes], cuts: list[int]
) -> None:
    status, data = whole

    response = _read(*_split(data, cuts))

    assert response == _read(data)
    assert response is not None
    assert (response.status, response.keep_alive) == (status, True)


@given(responses(), st.data())
def test_of_a_response_that_is_cut_off_nothing_is_believed(
    whole: tuple[int, bytes], data: st.DataObject
) -> None:
    _, octets = whole
    cut = data.draw(st.integers(0, len(octets) - 1))

    assert _read_to_the_end(octets[:cut]) is None


@given(responses(), st.data(), CUTS)
def test_damage_is_judged_the_same_however_it_is_split(
    whole: tuple[int, bytes], data: st.DataObject, cuts: list[int]
) -> None:
    octets = bytearray(whole[1])
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))

    assert _outcome(*_split(bytes(octets), cuts)) == _outcome(bytes(octets))


@given(st.binary(max_size=200), CUTS)
@example(b"HTTP/1.1 200 OK\r\n\r\n", [])
def test_no_bytes_at_all_raise_anything_but_a_bad_response(octets: bytes, cuts: list[int]) -> None:
    assert _outcome(*_split(octets, cuts)) == _outcome(octets)


@pytest.mark.parametrize(
    "octets",
    [
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        OK + b"Content-Length: 1, 2\r\n\r\nab",
        OK + b"Content-Length: +1\r\n\r\na",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length: 0x1\r\n\r\na",
        OK + b"Content-Length: 1 1\r\n\r\na",
        OK + b"Content-Length:\r\n\r\n",
        OK + b"Content-Length : 1\r\n\r\na",
        OK + b"Content-Length: 1\r\n folded\r\n\r\na",
        OK + b" Content-Length: 1\r\n\r\na",
        OK + b"no colon\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200\nContent-Length: 0\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 099 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"\r\n" + OK + b"\r\n",
    ],
)
def test_what_two_readers_could_read_in_two_ways_is_refused(octets: bytes) -> None:
    with pytest.raises(BadResponse):
        _read_to_the_end(octets)


def test_a_length_beside_chunks_is_ignored_and_the_connection_is_not_kept() -> None:
    octets = OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"

    response = _read(octets)

    assert response is not None
    assert not response.keep_alive


def test_bytes_after_the_end_answer_nothing_and_the_connection_is_not_kept() -> None:
    response = _read(OK + b"Content-Length: 0\r\n\r\n" + OK)

    assert response is not None
    assert not response.keep_alive


@pytest.mark.parametrize(
    ("octets", "keep_alive"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 204 No Content\r\nConnection: Close\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: x, close\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na", True),
    ],
)
def test_the_server_says_whether_the_connection_is_kept(octets: bytes, keep_alive: bool) -> None:  # noqa: FBT001 (a parameter of the story)
    response = _read(octets)

    assert response is not None
    assert response.keep_alive is keep_alive


def test_a_body_without_an_end_of_its_own_ends_with_the_connection() -> None:
    parser = ResponseParser()

    assert parser.feed(OK + b"\r\nanything") is None
    response = parser.end()

    assert response is not None
    assert (response.status, response.keep_alive) == (200, False)


def test_repeated_headers_are_joined_and_names_are_lower_case() -> None:
    response = _read(OK + b"X-One: a\r\nx-one:  b \r\nContent-Length: 0\r\n\r\n")

    assert response is not None
    assert response.headers[b"x-one"] == b"a,b"


@pytest.mark.parametrize(
    "pieces",
    [
        [OK + b"A: " + b"a" * LARGEST_HEAD],
        [OK, *([b"A: " + b"a" * 100 + b"\r\n"] * (LARGEST_HEAD // 100))],
        [OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 300],
        [OK + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 300],
        [
            OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n",
            *([b"A: b\r\n"] * (LARGEST_BODY // 4 + 1)),
        ],
        [OK + b"\r\n", *([b"a" * 65536] * (LARGEST_BODY // 65536 + 1))],
        [OK + b"Content-Length: 9999999\r\n\r\n", *([b"a" * 65536] * (LARGEST_BODY // 65536 + 1))],
        [
            OK + b"Transfer-Encoding: chunked\r\n\r\n",
            *([b"10000\r\n" + b"a" * 65536 + b"\r\n"] * (LARGEST_BODY // 65536 + 1)),
        ],
    ],
    ids=["line", "head", "chunk line", "extension", "trailers", "to the close", "length", "chunks"],
)
def test_a_response_without_measure_is_refused(pieces: list[bytes]) -> None:
    with pytest.raises(BadResponse):
        _read_to_the_end(*pieces)
