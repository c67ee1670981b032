"""Id tokens that are not to be believed."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Any

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.accounts.oidc import CLIENT_ID, OpenIdProvider, rsa_key
from tests.container import Container
from tests.forgeries import Genuine, forgeries
from tests.handlers.accounts.client import google, outcome

Forge = Callable[[OpenIdProvider], str]

NOW = int(time.time())

CLAIMS: dict[str, dict[str, Any]] = {
    "of another issuer": {"iss": "https://accounts.google.com.evil"},
    "of no issuer": {"iss": None},
    "of a list of issuers": {"iss": ["http://127.0.0.1"]},
    "for another client": {"aud": "evil.apps.example"},
    "for nobody": {"aud": None},
    "for us and others": {"aud": [CLIENT_ID, "evil.apps.example"]},
    "for us in a list": {"aud": [CLIENT_ID]},
    "asked for by another client": {"azp": "evil.apps.example"},
    "asked for by a list": {"azp": [CLIENT_ID]},
    "for an address that is not verified": {"email_verified": False},
    "for an address that may be verified": {"email_verified": "true"},
    "for an address of which nothing is said": {"email_verified": None},
    "without an address": {"email": None},
    "with an address that is none": {"email": "ada"},
    "with an address of look-alikes": {"email": "\u0430da@example.com"},
    "without a subject": {"sub": None},
    "with an empty subject": {"sub": ""},
    "with a number as its subject": {"sub": 7},
    "with a long subject": {"sub": "7" * 256},
    "with a subject of two lines": {"sub": "7\n7"},
    "without an end": {"exp": None},
    "whose end is text": {"exp": str(NOW + 3600)},
    "whose end is a fraction": {"exp": NOW + 0.5},
    "whose end is yes": {"exp": True},
    "without a beginning": {"iat": None},
    "from the future": {"iat": NOW + 3600, "exp": NOW + 7200},
    "with a nonce that nobody asked with": {"nonce": "n1"},
}


@pytest.mark.parametrize("what", CLAIMS)
def test_a_token_is_not_believed(provider: OpenIdProvider, container: Container, what: str) -> None:
    answer = google(container, provider.token(**CLAIMS[what]))

    assert outcome(answer) == (401, "auth/invalid-token")


def public_pem(provider: OpenIdProvider) -> bytes:
    key = provider.keys["k1"].public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def hs256_with_the_public_key(provider: OpenIdProvider) -> str:
    """CVE-2022-29217; made by hand, for the library refuses to."""
    header = b64({"alg": "HS256", "kid": "k1", "typ": "JWT"})
    body = b64(provider.claims())
    mac = hmac.digest(public_pem(provider), f"{header}.{body}".encode(), hashlib.sha256)
    return f"{header}.{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def b64(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


def with_another_key(provider: OpenIdProvider, algorithm: str = "RS256", **header: Any) -> str:
    key: Any = rsa_key("another")
    if algorithm == "ES256":
        key = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(provider.claims(), key, algorithm, headers={"kid": "k1", **header})


def with_its_own_key(provider: OpenIdProvider) -> str:
    key = rsa_key("another")
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return jwt.encode(provider.claims(), key, "RS256", headers={"kid": "k1", "jwk": jwk})


FORGERIES: dict[str, Forge] = {
    "signed by nobody": lambda p: f"{b64({'alg': 'none', 'kid': 'k1'})}.{b64(p.claims())}.",
    "signed with the public key": hs256_with_the_public_key,
    "signed by another": with_another_key,
    "signed by another curve": lambda p: with_another_key(p, "ES256"),
    "signed with RS512": lambda p: jwt.encode(
        p.claims(), p.keys["k1"], "RS512", headers={"kid": "k1"}
    ),
    "with its own key": with_its_own_key,
    "with the address of its key": lambda p: with_another_key(p, jku="https://evil.example/"),
    "with the address of another key beside": lambda p: p.sign(p.claims(), jku="https://e.example"),
    "with a critical extension": lambda p: p.sign(p.claims(), crit=["exp"]),
    "of another type": lambda p: p.sign(p.claims(), typ="at+jwt"),
    "of a key that there is not": lambda p: p.sign(p.claims(), kid="k9"),
    "of a key in another folder": lambda p: p.sign(p.claims(), kid="../../k1"),
    "of no key": lambda p: jwt.encode(p.claims(), p.keys["k1"], "RS256"),
    "of another body": lambda p: ".".join(
        [p.token().split(".")[0], b64(p.claims(sub="1")), p.token().split(".")[2]]
    ),
    "without a signature": lambda p: p.token().rpartition(".")[0] + ".",
    "with one letter more": lambda p: p.token() + "A",
    "too long": lambda p: p.token(extra="x" * 4000),
    "text": lambda p: "not a token",
    "dots": lambda p: "..",
    "not ASCII": lambda p: p.token() + "é",
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forgery_is_not_believed(
    provider: OpenIdProvider, container: Container, what: str
) -> None:
    answer = google(container, FORGERIES[what](provider))

    assert outcome(answer) in {(401, "auth/invalid-token"), (400, "validation/invalid")}
    assert answer.status == 401 or what == "too long"


def test_nothing_that_has_fooled_verifiers_is_believed(
    provider: OpenIdProvider, container: Container
) -> None:
    genuine = Genuine(
        {"alg": "RS256", "kid": "k1", "typ": "JWT"},
        provider.claims(),
        lambda body: provider.keys["k1"].sign(body, PKCS1v15(), SHA256()),
        "RS256",
    )
    corpus = forgeries(genuine, public_key=public_pem(provider))
    assert google(container, genuine.token).status == 200

    outcomes = {what: outcome(google(container, forged)) for what, forged in corpus.items()}

    assert len(outcomes) >= 60
    assert {what: got for what, got in outcomes.items() if got[0] != 401} == {
        "too long": (400, "validation/invalid"),
        "two megabytes": (413, "request/too-large"),
        "a lone surrogate": (400, "validation/invalid"),
    }
    assert {got for got in outcomes.values() if got[0] == 401} == {(401, "auth/invalid-token")}


def test_only_too_late_is_told_apart(provider: OpenIdProvider, container: Container) -> None:
    answer = google(container, provider.token(iat=NOW - 7200, exp=NOW - 3600))

    assert outcome(answer) == (401, "auth/token-expired")


def test_a_nonce_must_be_the_one_that_was_asked_with(
    provider: OpenIdProvider, container: Container
) -> None:
    asked = provider.token(nonce="n1")

    assert google(container, asked, nonce="n1").status == 200
    assert outcome(google(container, asked, nonce="n2")) == (401, "auth/invalid-token")
    assert outcome(google(container, provider.token(), nonce="n1")) == (401, "auth/invalid-token")


def test_google_leaves_out_its_scheme_at_times() -> None:
    from hub_core.accounts.id_tokens import _spelt_out  # noqa: PLC0415 (the one private rule)

    assert _spelt_out("accounts.google.com") == "https://accounts.google.com"
