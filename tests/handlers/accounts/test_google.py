"""Signing in with Google, in front of a provider of our own."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import orjson
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hub_core.adapters.settings import SettingsError, read_settings
from tests.accounts.oidc import CLIENT_ID, OpenIdProvider, open_id_provider, rsa_key
from tests.container import Answer, Container
from tests.forgeries import Genuine, forgeries
from tests.handlers.accounts.client import (
    ADA,
    call,
    change_password,
    log_in,
    me,
    refresh,
    register,
)

Forge = Callable[[OpenIdProvider], str]


@pytest.fixture
def provider(environment: pytest.MonkeyPatch) -> Iterator[OpenIdProvider]:
    """Google, for this test."""
    with open_id_provider() as started:
        environment.setenv("GOOGLE_ISSUER", started.issuer)
        environment.setenv("GOOGLE_JWKS_URL", started.jwks_url)
        environment.setenv("GOOGLE_CLIENT_IDS", f"ios.apps.example,{CLIENT_ID}")
        environment.setenv("RATE_LIMIT_SCALE", "100")
        yield started


def sign_in(container: Container, token: str, **body: Any) -> Answer:
    return call(
        container,
        "google",
        "POST",
        "/v1/auth/oauth/google",
        body={"idToken": token, **body},
    )


def outcome(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.json.get("type") if answer.text else None


def test_the_first_time_opens_an_account_and_the_next_time_finds_it(
    provider: OpenIdProvider, container: Container
) -> None:
    first, second = (sign_in(container, provider.token()) for _ in range(2))

    assert (first.status, second.status) == (200, 200)
    user = first.json["user"]
    assert user["email"] == "ada@example.com"
    assert user["displayName"] == "Ada Lovelace"
    assert user["avatarUrl"] == "https://pictures.example/ada.jpg"
    assert second.json["user"] == user
    assert me(container, second.json["accessToken"]).json["user"] == user
    assert refresh(container, first.json["refreshToken"]).status == 200


def test_the_same_person_with_another_address_has_the_same_account(
    provider: OpenIdProvider, container: Container
) -> None:
    first = sign_in(container, provider.token())

    moved = sign_in(container, provider.token(email="lovelace@example.com", name="A. L."))

    assert moved.json["user"] == first.json["user"]


def test_another_person_with_the_same_address_has_none(
    provider: OpenIdProvider, container: Container
) -> None:
    """A company gives the address of one who left to one who came."""
    sign_in(container, provider.token())

    other = sign_in(container, provider.token(sub="20000000000000000000"))

    assert outcome(other) == (409, "auth/user-exists")


def test_two_tabs_at_once_open_one_account(
    provider: OpenIdProvider, containers: Callable[[int], list[Container]]
) -> None:
    crowd = containers(6)
    token = provider.token()

    with ThreadPoolExecutor(len(crowd)) as pool:
        answers = list(pool.map(lambda i: sign_in(crowd[i % 6], token), range(24)))

    assert {answer.status for answer in answers} == {200}
    assert len({answer.json["user"]["id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("claims", "name", "picture"),
    [
        ({"name": None, "picture": None}, "ada", None),
        ({"name": "\u202eevil", "picture": "http://pictures.example/ada.jpg"}, "ada", None),
        ({"name": "x" * 61, "picture": "javascript:alert(1)"}, "ada", None),
        ({"name": 7, "picture": ["https://a.example"]}, "ada", None),
    ],
)
def test_what_cannot_be_shown_is_left_out(
    provider: OpenIdProvider,
    container: Container,
    claims: dict[str, Any],
    name: str,
    picture: str | None,
) -> None:
    user = sign_in(container, provider.token(**claims)).json["user"]

    assert (user["displayName"], user["avatarUrl"]) == (name, picture)


# --- an address that has an account already


def test_who_lay_in_wait_is_out_and_gets_nothing(
    provider: OpenIdProvider, container: Container
) -> None:
    """Eve registers Ada's address, and waits for Ada to come with Google."""
    eve = register(container, displayName="Eve").json

    ada = sign_in(container, provider.token()).json

    assert ada["user"]["id"] != eve["user"]["id"]
    assert ada["user"]["displayName"] == "Ada Lovelace"
    assert outcome(log_in(container)) == (401, "auth/invalid-credentials")
    assert outcome(refresh(container, eve["refreshToken"])) == (401, "auth/invalid-token")
    assert outcome(me(container, eve["accessToken"])) == (401, "auth/invalid-token")
    assert outcome(
        change_password(container, eve["accessToken"], ADA["password"], "staple battery")
    ) == (401, "auth/invalid-token")
    assert outcome(register(container)) == (409, "auth/user-exists")
    assert me(container, ada["accessToken"]).json["user"]["email"] == "ada@example.com"


def test_nor_does_the_one_who_proves_the_address_get_what_never_was_theirs(
    provider: OpenIdProvider, container: Container, migrated: str
) -> None:
    """Bob mistyped his address as Ada's; his account is not hers."""
    bob = register(container, displayName="Bob").json["user"]

    ada = sign_in(container, provider.token()).json["user"]

    with psycopg.connect(migrated) as connection:
        rows = connection.execute(
            "SELECT id, email_canonical, password_hash FROM users ORDER BY id"
        ).fetchall()
    assert rows == [
        (bob["id"], f"{bob['id'].lower()}@retired.invalid", None),
        (ada["id"], "ada@example.com", None),
    ]


def test_nobody_can_register_or_sign_in_as_a_retired_account(
    provider: OpenIdProvider, container: Container
) -> None:
    bob = register(container, displayName="Bob").json["user"]
    sign_in(container, provider.token())
    retired = f"{bob['id'].lower()}@retired.invalid"

    for answer in (register(container, email=retired), log_in(container, email=retired)):
        assert outcome(answer) == (400, "validation/invalid")


def test_an_account_by_google_cannot_be_signed_in_to_with_any_password(
    provider: OpenIdProvider, container: Container
) -> None:
    sign_in(container, provider.token())

    for password in ("", "\x00" * 8, "correct horse", "None" * 2):
        assert log_in(container, password=password).status in {400, 401}


# --- tokens that are not to be believed

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
    answer = sign_in(container, provider.token(**CLAIMS[what]))

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
    answer = sign_in(container, FORGERIES[what](provider))

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
    assert sign_in(container, genuine.token).status == 200

    outcomes = {what: outcome(sign_in(container, forged)) for what, forged in corpus.items()}

    assert len(outcomes) >= 60
    assert {what: got for what, got in outcomes.items() if got[0] != 401} == {
        "too long": (400, "validation/invalid"),
        "two megabytes": (413, "request/too-large"),
        "a lone surrogate": (400, "validation/invalid"),
    }
    assert {got for got in outcomes.values() if got[0] == 401} == {(401, "auth/invalid-token")}


def test_only_too_late_is_told_apart(provider: OpenIdProvider, container: Container) -> None:
    answer = sign_in(container, provider.token(iat=NOW - 7200, exp=NOW - 3600))

    assert outcome(answer) == (401, "auth/token-expired")


def test_a_nonce_must_be_the_one_that_was_asked_with(
    provider: OpenIdProvider, container: Container
) -> None:
    asked = provider.token(nonce="n1")

    assert sign_in(container, asked, nonce="n1").status == 200
    assert outcome(sign_in(container, asked, nonce="n2")) == (401, "auth/invalid-token")
    assert outcome(sign_in(container, provider.token(), nonce="n1")) == (401, "auth/invalid-token")


def test_google_leaves_out_its_scheme_at_times() -> None:
    from hub_core.accounts.id_tokens import _spelt_out  # noqa: PLC0415 (the one private rule)

    assert _spelt_out("accounts.google.com") == "https://accounts.google.com"


# --- keys


def test_keys_are_fetched_once_for_many_sign_ins(
    provider: OpenIdProvider, container: Container
) -> None:
    answers = [sign_in(container, provider.token()) for _ in range(5)]

    assert {answer.status for answer in answers} == {200}
    assert provider.fetches == 1


def test_made_up_key_ids_do_not_make_us_ask_again_and_again(
    provider: OpenIdProvider, container: Container
) -> None:
    sign_in(container, provider.token())

    for i in range(10):
        forged = provider.sign(provider.claims(), kid=f"k{i + 7}")
        assert outcome(sign_in(container, forged)) == (401, "auth/invalid-token")

    assert provider.fetches == 1
    assert sign_in(container, provider.token()).status == 200


@pytest.mark.parametrize(
    ("status", "body"),
    [(503, None), (200, b""), (200, b"{}"), (200, b'{"keys": []}'), (200, b"x" * 100_000)],
)
def test_without_any_keys_nobody_can_be_believed(
    provider: OpenIdProvider, container: Container, status: int, body: bytes | None
) -> None:
    provider.status, provider.body = status, body

    answer = sign_in(container, provider.token())

    assert outcome(answer) == (503, "server/unavailable")
    provider.status, provider.body = 200, None
    assert sign_in(container, provider.token()).status == 200


def test_where_google_is_not_set_up_nobody_is_believed(
    environment: pytest.MonkeyPatch, provider: OpenIdProvider, container: Container
) -> None:
    environment.setenv("GOOGLE_CLIENT_IDS", "")

    assert outcome(sign_in(container, provider.token())) == (401, "auth/invalid-token")
    assert provider.fetches == 0


def test_production_believes_google_alone(
    environment: pytest.MonkeyPatch, provider: OpenIdProvider
) -> None:
    for name, value in {
        "ENVIRONMENT": "production",
        "ARGON2_MEMORY_KIB": "19456",
        "ARGON2_TIME_COST": "2",
        "RATE_LIMIT_SCALE": "1",
    }.items():
        environment.setenv(name, value)

    with pytest.raises(SettingsError, match="only Google's in production"):
        read_settings()

    environment.delenv("GOOGLE_ISSUER")
    environment.delenv("GOOGLE_JWKS_URL")
    read_settings()
