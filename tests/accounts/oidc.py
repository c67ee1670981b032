"""An OpenID provider on this machine: it publishes keys and signs id tokens, good and bad."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID: Final = "web.apps.example"


class OpenIdProvider:
    """Its address is its `iss`."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.jwks_url = f"{self.issuer}/jwks.json"
        self.cache_control = "public, max-age=3600"
        self.keys = {"k1": rsa_key("k1")}
        self.status = 200
        self.fetches = 0
        self.body: bytes | None = None
        """Served instead of the keys."""

    def rotate(self, kid: str) -> None:
        """Sign with another key from now on; the old ones are not published any more."""
        self.keys = {kid: rsa_key(kid)}

    def jwks(self) -> bytes:
        """What `jwks_uri` answers."""
        if self.body is not None:
            return self.body
        keys = [
            jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
            | {"kid": kid, "use": "sig", "alg": "RS256"}
            for kid, key in self.keys.items()
        ]
        return orjson.dumps({"keys": keys})

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Those of a good token about Ada; a claim changed to None is left out."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "10769150350006150715113082367",
            "aud": CLIENT_ID,
            "azp": CLIENT_ID,
            "iat": now,
            "exp": now + 3600,
            "email": "ada@example.com",
            "email_verified": True,
            "name": "Ada Lovelace",
            "picture": "https://pictures.example/ada.jpg",
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, **changes: Any) -> str:
        """A token that it has signed, with other claims if so wished."""
        return self.sign(self.claims(**changes))

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """Any claims at all, with its newest key."""
        kid, key = next(reversed(self.keys.items()))
        headers = {"kid": kid, **header}
        # `jwt.encode` would refuse to sign some of the wrong ones.
        return jwt.PyJWS().encode(orjson.dumps(claims), key, "RS256", headers)


@cache
def rsa_key(kid: str) -> rsa.RSAPrivateKey:
    """The private key of that name; making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@contextmanager
def open_id_provider() -> Iterator[OpenIdProvider]:
    """One that answers on a free port."""
    provider: OpenIdProvider

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.fetches += 1
            body = provider.jwks()
            self.send_response(provider.status)
            self.send_header("Cache-Control", provider.cache_control)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = OpenIdProvider(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
