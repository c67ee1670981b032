"""What a benchmark stands in: real data stores, a sink with TLS, and the product's environment."""

import datetime as dt
import http.client
import ipaddress
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from infra.migrate import migrate
from local.services import Endpoints

ROOT: Final = Path(__file__).parents[2]


@dataclass
class Sink:
    """The other end of the management API, in a process of its own."""

    port: int
    certificate: Path

    @property
    def url(self) -> str:
        """`MANAGEMENT_API_URL`."""
        return f"https://127.0.0.1:{self.port}/live"

    def told(self) -> Mapping[str, Any]:
        """How many posts came, and when the last one did."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context)
        connection.request("GET", "/")
        told: Mapping[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return told


@contextmanager
def surroundings(folder: Path) -> Iterator[tuple[Endpoints, Sink]]:
    """Start everything, set the environment, and end everything."""
    key, certificate = _certificate(folder)
    stores = [sys.executable, "-m", "local.services", "--data", str(folder), "--forgetful"]
    sink = [sys.executable, "-m", "benchmarks.room.sink", str(certificate), str(key)]
    with _running(stores) as services, _running(sink) as port:
        endpoints = Endpoints(**json.loads(services))
        migrate(endpoints.database_url)
        listening = Sink(int(port), certificate)
        os.environ.update(_environment(endpoints, listening))
        yield endpoints, listening


@contextmanager
def _running(command: list[str]) -> Iterator[str]:
    """A process that says one line when it is ready, and ends with its standard input."""
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        yield process.stdout.readline()
        process.stdin.close()
        process.wait()


def _environment(endpoints: Endpoints, sink: Sink) -> Mapping[str, str]:
    return {
        "ENVIRONMENT": "test",
        "DATABASE_URL": endpoints.database_url,
        "REDIS_URL": endpoints.redis_url,
        "JWT_ACCESS_SECRET": "a1:access-secret-access-secret-access",
        "JWT_REFRESH_SECRET": "r1:refresh-secret-refresh-secret-refresh",
        "ROOM_TOKEN_SECRET": "t1:room-secret-room-secret-room-secret",
        "MANAGEMENT_API_URL": sink.url,
        "WEBSOCKET_URL": "ws://127.0.0.1:9/ws",
        "RATE_LIMIT_SCALE": "100000",
        "SSL_CERT_FILE": str(sink.certificate),
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
    }


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate for 127.0.0.1 that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "key.pem", folder / "certificate.pem"
    paths[0].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    paths[1].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return paths
