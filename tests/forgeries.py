"""Forged JSON Web Tokens: a corpus of what has fooled verifiers, made by hand.

No library signs most of these; so they are put together here from a genuine token's header and
claims, and signed with its own key wherever only something else shall be wrong.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

Sign = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Genuine:
    """A token that is accepted, and what it takes to make others like it."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    sign: Sign
    """With the genuine key."""
    algorithm: str
    text_ids: tuple[str, ...] = ("sub",)
    """Claims that must be text."""

    @property
    def token(self) -> str:
        """The genuine one."""
        return self.forge()

    def forge(
        self,
        header: Mapping[str, Any] | None = None,
        claims: Mapping[str, Any] | None = None,
        *,
        raw_header: bytes | None = None,
        raw_claims: bytes | None = None,
        sign: Sign | None = None,
    ) -> str:
        """Another one. A header or claim changed to `...` is left out."""
        return self.seal(
            raw_header or _json({**self.header, **(header or {})}),
            raw_claims or _json({**self.claims, **(claims or {})}),
            sign or self.sign,
        )

    def seal(self, header: bytes, claims: bytes, sign: Sign) -> str:
        """Any bytes at all, signed."""
        body = b".".join([b64(header), b64(claims)])
        return b".".join([body, b64(sign(body))]).decode()


def hs(key: bytes, bits: int = 256) -> Sign:
    """HMAC."""
    return lambda body: hmac.digest(key, body, f"sha{bits}")


def nothing(body: bytes) -> bytes:
    """`none`."""
    return b""


def b64(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def _json(value: Mapping[str, Any]) -> bytes:
    return orjson.dumps({name: one for name, one in value.items() if one is not ...})


def forgeries(genuine: Genuine, *, public_key: bytes = b"public") -> dict[str, str]:
    """By what is wrong with it."""
    return dict(
        [
            *_of_algorithm(genuine, public_key),
            *_of_header(genuine),
            *_of_claims(genuine),
            *_of_shape(genuine),
        ]
    )


def _of_algorithm(genuine: Genuine, public_key: bytes) -> Iterator[tuple[str, str]]:
    for none in ("none", "None", "NONE", "nOnE", ""):
        yield f"alg {none!r}, unsigned", genuine.forge({"alg": none}, sign=nothing)
        yield f"alg {none!r}, signed", genuine.forge({"alg": none})
    yield "alg left out", genuine.forge({"alg": ...})
    yield "alg null", genuine.forge({"alg": None})
    yield "alg a list", genuine.forge({"alg": [genuine.algorithm]})
    yield "alg lower case", genuine.forge({"alg": genuine.algorithm.lower()})
    for key in (b"", b"secret", public_key, b"\x00" * 32):
        yield f"HS256 with {key[:8]!r}", genuine.forge({"alg": "HS256"}, sign=hs(key))
        yield f"HS512 with {key[:8]!r}", genuine.forge({"alg": "HS512"}, sign=hs(key, 512))
    for other in ("RS256", "ES256", "PS256", "EdDSA", "HS384"):
        if other != genuine.algorithm:
            yield f"alg {other}, signed with our own", genuine.forge({"alg": other})
    yield (
        "a digest for a signature",
        genuine.forge(sign=lambda body: hashlib.sha256(body).digest()),
    )


def _of_header(genuine: Genuine) -> Iterator[tuple[str, str]]:
    kids: list[Any] = ["k9", "", "../../dev/null", "' OR '1'='1", "x" * 1000, 0, None, [], {}, ...]
    for kid in kids:
        yield f"kid {str(kid)[:20]!r}", genuine.forge({"kid": kid})
    for name, value in {
        "jwk": {"kty": "oct", "k": "AAAA"},
        "jku": "https://evil.example/keys",
        "x5u": "https://evil.example/cert",
        "x5c": ["MIIB"],
        "crit": ["exp"],
        "b64": False,
        "zip": "DEF",
        "cty": "JWT",
    }.items():
        yield f"header with {name}", genuine.forge({name: value})
    for typ in ("at+JWT+x", "room", "id+jwt", 7, ["JWT"]):
        yield f"typ {typ!r}", genuine.forge({"typ": typ})


def _of_claims(genuine: Genuine) -> Iterator[tuple[str, str]]:
    issued, expires = genuine.claims["iat"], genuine.claims["exp"]
    audience = genuine.claims["aud"]
    wrong: dict[str, list[Any]] = {
        "iss": ["evil", "", None, 7, [genuine.claims["iss"]], ...],
        "aud": ["evil", "", None, 7, [audience], [audience, "evil"], {"0": audience}, ...],
        "exp": [str(expires), expires + 0.5, True, None, [expires], 10**400, -1.5, ...],
        "iat": [str(issued), issued + 0.5, True, None, issued + 3600, ...],
    }
    for name, values in wrong.items():
        for number, value in enumerate(values, 1):
            yield (
                f"{name} wrong ({number}: {type(value).__name__})",
                _with_claim(genuine, name, value),
            )
    for name in genuine.text_ids:
        for value in [None, 7, ["x"], {"x": 1}, ...]:
            yield f"{name} {str(value)[:24]!r}", genuine.forge(claims={name: value})


def _with_claim(genuine: Genuine, name: str, value: Any) -> str:
    if value == 10**400:  # no number to orjson
        raw = _json({**genuine.claims, name: 0}).replace(f'"{name}":0'.encode(), b'"exp":1e400')
        return genuine.forge(raw_claims=raw)
    return genuine.forge(claims={name: value})


def _of_shape(genuine: Genuine) -> Iterator[tuple[str, str]]:
    token = genuine.token
    header, claims, signature = token.split(".")
    yield from {
        "empty": "",
        "a word": "token",
        "dots": "..",
        "two parts": f"{header}.{claims}",
        "no signature": f"{header}.{claims}.",
        "four parts": f"{token}.{signature}",
        "five parts": f"{header}.{claims}.{signature}.{claims}.{signature}",
        "a letter more": f"{token}A",
        "a letter less": token[:-4],
        "a space within": f"{token[:9]} {token[9:]}",
        "a line within": f"{token[:9]}\n{token[9:]}",
        "padded": f"{token}=",
        "padded twice": f"{token}==",
        "another signature": f"{header}.{claims}.{signature[::-1]}",
        "signature not base64": f"{header}.{claims}.{signature[:-4]}+/+/",
        "header not base64": f"!{header[1:]}.{claims}.{signature}",
        "not ASCII": f"{token[:-1]}é",
        "a lone surrogate": f"{token[:-1]}\ud800",
        "a NUL": f"{token[:-1]}\x00",
        "too long": genuine.forge(claims={"x": "x" * 5000}),
        "two megabytes": f"{header}.{'A' * 2_000_000}.{signature}",
        "claims a list": genuine.forge(raw_claims=b"[]"),
        "claims a number": genuine.forge(raw_claims=b"7"),
        "claims null": genuine.forge(raw_claims=b"null"),
        "claims empty": genuine.forge(raw_claims=b"{}"),
        "claims no JSON": genuine.forge(raw_claims=b"{"),
        "claims not UTF-8": genuine.forge(raw_claims=b'{"sub":"\xff"}'),
        "claims nested": genuine.forge(raw_claims=b"[" * 2500),
        "claims NaN": genuine.forge(raw_claims=b'{"exp":NaN}'),
        "header a list": genuine.forge(raw_header=b"[]"),
        "header null": genuine.forge(raw_header=b"null"),
        "header no JSON": genuine.forge(raw_header=b"{"),
        "header nested": genuine.forge(raw_header=b'{"alg":' + b"[" * 2500),
        "claims of another": f"{header}.{_moved(claims)}.{signature}",
    }.items()


def _moved(claims: str) -> str:
    return b64(base64.urlsafe_b64decode(claims + "==").replace(b"1", b"2")).decode()
