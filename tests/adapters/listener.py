"""A real HTTP server on loopback that answers as it is told, and remembers what it was asked."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HANG_UP = b""
"""In place of an answer: close the connection."""


@dataclass(frozen=True)
class Asked:
    """One request, and which connection it came on, counted from 0."""

    connection: int
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The last part of the target."""
        return self.target.rpartition("/")[2]


Answer = Callable[[Asked], bytes | None]
"""The octets of the response; `HANG_UP`; None: never answer."""


def response(status: int, headers: str = "", body: str = "") -> bytes:
    """A response that keeps the connection open."""
    return f"HTTP/1.1 {status} x\r\ncontent-length: {len(body)}\r\n{headers}\r\n{body}".encode()


@dataclass
class Listener:
    """Answers with `answer`, which a test may change at any time."""

    answer: Answer
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def ids(self) -> list[str]:
        """Of what was asked for, in order."""
        return [one.id for one in self.asked]

    def drop_all(self) -> None:
        """Close every connection, as a peer does that has waited long enough."""
        for writer in tuple(self._open):
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle one connection to its end."""
        number, self.connections = self.connections, self.connections + 1
        self._open.add(writer)
        try:
            while asked := await self._read(number, reader):
                self.asked.append(asked)
                self.was_asked.set()
                answer = self.answer(asked)
                if answer == HANG_UP:
                    return
                if answer is not None:
                    writer.write(answer)
        except ConnectionError:
            return
        finally:
            self._open.discard(writer)
            writer.close()

    async def _read(self, number: int, reader: asyncio.StreamReader) -> Asked | None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        line, *lines = head.decode().rstrip().split("\r\n")
        method, target, _ = line.split(" ")
        headers = {name.lower(): value for name, value in (one.split(": ", 1) for one in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Asked(number, method, target, headers, body)


@asynccontextmanager
async def listening(
    answer: Answer = lambda _: response(200), tls: ssl.SSLContext | None = None
) -> AsyncIterator[Listener]:
    """A listener on a port of its own."""
    listener = Listener(answer)
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0, ssl=tls)
    host, port = server.sockets[0].getsockname()
    listener.url = f"{'https' if tls else 'http'}://{host}:{port}/live"
    try:
        yield listener
    finally:
        server.close()
        listener.drop_all()
        await server.wait_closed()


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS for a server on 127.0.0.1 with a certificate of its own, and for who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a gateway for tests")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))
