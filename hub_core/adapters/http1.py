"""Reading one HTTP/1.1 response from bytes as they come (RFC 9112), with no socket anywhere.

Bodies are read to their end and dropped: what the management API has to say is in the status line
and in one header.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

LARGEST_HEAD: Final = 16_384
"""Bytes of a status line and headers, or of trailers. API Gateway itself stops at 10,240."""
LARGEST_BODY: Final = 1_048_576
"""Bytes of a body; the management API's are empty or a line of JSON."""
LARGEST_CHUNK_LINE: Final = 256

_SWITCHING_PROTOCOLS: Final = 101
_FINAL: Final = 200
_BODILESS: Final = frozenset({204, 304})

_BEGINNING: Final = b"HTTP/1."
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [^\r\n]*)?")
_NAME: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH: Final = re.compile(rb"[0-9]{1,10}")
_CHUNK_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?")


class BadResponse(Exception):
    """The peer does not speak HTTP/1.1, or too much of it; the connection is of no more use."""


@dataclass(frozen=True, slots=True)
class Response:
    """The end of one exchange."""

    status: int
    headers: dict[bytes, bytes]
    """Names in lower case; the values of a repeated name are joined with commas."""
    keep_alive: bool
    """Whether the connection may carry another request."""


class ResponseParser:
    """Takes the bytes of a connection; make one for each response.

    `feed` and `end` answer with the response once it is whole.
    """

    def __init__(self) -> None:
        self._bytes = b""
        # A plain function: a bound one would tie the parser into a cycle for the collector.
        self._step: Callable[[ResponseParser], bool] = ResponseParser._read_head
        self._status = 0
        self._headers: dict[bytes, bytes] = {}
        self._keep_alive = False
        self._body = 0
        self._wanted = 0
        self._response: Response | None = None

    @property
    def begun(self) -> bool:
        """Whether a byte of the response has come in."""
        return bool(self._bytes or self._status)

    def feed(self, data: bytes) -> Response | None:
        """Take the next bytes.

        Raises:
            BadResponse: they are no HTTP/1.1 response, or a limit is exceeded.
        """
        self._bytes += data
        while self._step(self):
            pass
        return self._response

    def end(self) -> Response | None:
        """Take note that the peer has closed: the end of a body that has no other end.

        Returns:
            The response, or nothing if it was cut off.
        """
        if self._response is None and self._step is ResponseParser._read_until_close:
            self._finish(keep_alive=False)
        return self._response

    # Each step takes from `_bytes` what it can, and answers whether the next one may go on.

    def _read_head(self) -> bool:
        if not self._bytes.startswith(_BEGINNING[: len(self._bytes)]):
            raise BadResponse("not an HTTP/1.1 response")
        end = self._bytes.find(b"\r\n\r\n", 0, LARGEST_HEAD)
        if end < 0:
            if len(self._bytes) >= LARGEST_HEAD:
                raise BadResponse("the header section is too large")
            return False
        status_line, *fields = self._bytes[:end].split(b"\r\n")
        self._bytes = self._bytes[end + 4 :]
        match = _STATUS_LINE.fullmatch(status_line)
        if match is None:
            raise BadResponse("a malformed status line")
        status = int(match[2])
        if status == _SWITCHING_PROTOCOLS:
            raise BadResponse("the protocol was switched unasked")
        self._status = status
        self._headers = _fields(fields)
        if status >= _FINAL:
            self._choose_framing(minor_version=match[1])
        # Else an interim response (100, 103): the real one follows.
        return True

    def _choose_framing(self, minor_version: bytes) -> None:
        """Find out where the body ends: RFC 9112 §6.3, with its remarks on smuggling."""
        headers = self._headers
        options = _tokens(headers.get(b"connection", b""))
        self._keep_alive = (
            b"close" not in options if minor_version == b"1" else b"keep-alive" in options
        )
        codings = _tokens(headers.get(b"transfer-encoding", b""))
        length = headers.get(b"content-length")
        if self._status in _BODILESS:
            self._finish(keep_alive=self._keep_alive)
        elif codings:
            self._keep_alive = self._keep_alive and length is None
            chunked = codings[-1] == b"chunked"
            self._step = (
                ResponseParser._read_chunk_line if chunked else ResponseParser._read_until_close
            )
        elif length is None:
            self._step = ResponseParser._read_until_close
        else:
            self._wanted = _length(length)
            self._step = ResponseParser._read_body

    def _read_body(self) -> bool:
        self._drop()
        if self._wanted:
            return False
        self._finish(keep_alive=self._keep_alive)
        return False

    def _read_until_close(self) -> bool:
        self._wanted = len(self._bytes)
        self._drop()
        return False

    def _read_chunk_line(self) -> bool:
        line = self._line(LARGEST_CHUNK_LINE)
        if line is None:
            return False
        match = _CHUNK_LINE.fullmatch(line)
        if match is None:
            raise BadResponse("a malformed chunk")
        self._wanted = int(match[1], 16)
        self._step = ResponseParser._read_chunk if self._wanted else ResponseParser._read_trailer
        return True

    def _read_chunk(self) -> bool:
        self._drop()
        if self._wanted or len(self._bytes) < len(b"\r\n"):
            return False
        if not self._bytes.startswith(b"\r\n"):
            raise BadResponse("a chunk of another length than it said")
        self._bytes = self._bytes[2:]
        self._step = ResponseParser._read_chunk_line
        return True

    def _read_trailer(self) -> bool:
        line = self._line(LARGEST_HEAD)
        if line is None:
            return False
        if line:
            self._body += len(line)
            self._check_size()
            return True
        self._finish(keep_alive=self._keep_alive)
        return False

    def _line(self, largest: int) -> bytes | None:
        """Take a line, without its end, if it is there."""
        end = self._bytes.find(b"\r\n", 0, largest)
        if end < 0:
            if len(self._bytes) >= largest:
                raise BadResponse("a line is too long")
            return None
        line, self._bytes = self._bytes[:end], self._bytes[end + 2 :]
        return line

    def _drop(self) -> None:
        """Drop the next bytes of the body, at most as many as are wanted."""
        dropped = min(self._wanted, len(self._bytes))
        self._bytes = self._bytes[dropped:]
        self._wanted -= dropped
        self._body += dropped
        self._check_size()

    def _check_size(self) -> None:
        if self._body > LARGEST_BODY:
            raise BadResponse("the body is too large")

    def _finish(self, *, keep_alive: bool) -> None:
        # Bytes after the end answer nothing that was asked: such a connection is not kept.
        self._response = Response(self._status, self._headers, keep_alive and not self._bytes)
        self._step = _rest


def _rest(_parser: ResponseParser) -> bool:
    return False


def _fields(lines: list[bytes]) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for line in lines:
        name, _, value = line.partition(b":")
        # Without a colon, with a space before it, or folded (RFC 9112 §5.1–5.2): no name.
        if len(name) == len(line) or not _NAME.fullmatch(name):
            raise BadResponse("a malformed header")
        name, value = name.lower(), value.strip(b" \t")
        headers[name] = headers[name] + b"," + value if name in headers else value
    return headers


def _tokens(value: bytes) -> list[bytes]:
    return [token.strip(b" \t") for token in value.lower().split(b",")] if value else []


def _length(value: bytes) -> int:
    lengths = set(_tokens(value))  # RFC 9112 §6.3: the same length said twice is still one length
    length = lengths.pop() if len(lengths) == 1 else b""
    if not _LENGTH.fullmatch(length):
        raise BadResponse("a malformed Content-Length")
    return int(length)
