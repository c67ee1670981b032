"""The environment of the product: read once, refused with every reason, and never repeated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_core.adapters.settings import SettingsError, read_settings

LONG = ["0123456789abcdef0123456789abcdef", "1123456789abcdef0123456789abcdef", "2" * 32]
FIT = {
    "ENVIRONMENT": "production",
    "DATABASE_URL": "postgresql://hub:pass@db/hub",
    "REDIS_URL": "rediss://cache:6379",
    "JWT_ACCESS_SECRET": LONG[0],
    "JWT_REFRESH_SECRET": LONG[1],
    "ROOM_TOKEN_SECRET": LONG[2],
    "CORS_ORIGIN": "https://app.example, https://other.example:8443",
    "MANAGEMENT_API_URL": "https://api.execute-api.us-east-1.amazonaws.com/live",
    "WEBSOCKET_URL": "wss://api.execute-api.us-east-1.amazonaws.com/live",
    "MAIL_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/mails",
    "MAIL_FROM": "Hub <hub@example.com>",
    "APP_URL": "https://app.example",
    "TURN_URLS": "turn:turn.example",
    "TURN_SECRET": "0123456789abcdef",
}
OPTIONAL = {
    "ENVIRONMENT",
    "CORS_ORIGIN",
    "MAIL_QUEUE_URL",
    "MAIL_FROM",
    "APP_URL",
    "TURN_URLS",
    "TURN_SECRET",
}
REQUIRED = sorted(FIT.keys() - OPTIONAL)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A fit production environment, to be spoilt."""
    for name in (
        *("ACCESS_TTL_SEC", "ARGON2_MEMORY_KIB", "ARGON2_TIME_COST", "PORT", "RATE_LIMIT_SCALE"),
        *("REFRESH_TTL_SEC", "ROOM_TOKEN_TTL_SEC", "STUN_URLS"),
    ):
        monkeypatch.delenv(name, raising=False)
    for name, value in FIT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def _problems() -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read_settings()
    first, *problems = str(caught.value).splitlines()
    assert first == "The settings are not fit to start with:"
    return [problem.strip() for problem in problems]


def test_a_fit_environment_is_read_with_the_documented_defaults() -> None:
    read = read_settings()

    assert read.environment == "production"
    assert read.cors_origin == ("https://app.example", "https://other.example:8443")
    assert (read.port, read.access_ttl_sec, read.refresh_ttl_sec) == (4000, 900, 2_592_000)
    assert (read.room_token_ttl_sec, read.rate_limit_scale) == (120, 1.0)
    assert (read.reconnect_grace_sec, read.presence_lease_sec, read.auth_timeout_sec) == (
        30,
        75,
        10,
    )


def test_who_says_nothing_about_the_environment_is_in_production(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.delenv("ENVIRONMENT")

    assert read_settings().environment == "production"


@pytest.mark.parametrize("name", REQUIRED)
def test_what_is_missing_is_named(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)

    assert f"{name}: is missing" in _problems()


def test_all_problems_are_told_at_once_and_no_value_with_them(
    environment: pytest.MonkeyPatch,
) -> None:
    for name in REQUIRED:
        environment.delenv(name)
    environment.setenv("PORT", "hunter2")
    environment.setenv("DATABASE_URL", "mysql://root:hunter2@db")
    environment.setenv("CORS_ORIGIN", "hunter2")
    environment.setenv("JWT_ACCESS_SECRET", "bad kid!:hunter2")

    problems = _problems()

    named = {problem.partition(":")[0] for problem in problems}
    assert named == {"PORT", "CORS_ORIGIN", *REQUIRED}
    assert "hunter2" not in "\n".join(problems)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("DATABASE_URL", "mysql://db", "DATABASE_URL: is not a URL that begins with postgresql://"),
        ("REDIS_URL", "http://cache", "REDIS_URL: is not a URL that begins with redis://"),
        ("PORT", "0", "PORT: "),
        ("PORT", "65536", "PORT: "),
        ("ACCESS_TTL_SEC", "0", "ACCESS_TTL_SEC: "),
        ("ENVIRONMENT", "staging", "ENVIRONMENT: "),
        ("CORS_ORIGIN", "https://app.example/path", "CORS_ORIGIN: is not a list of origins"),
        ("CORS_ORIGIN", "*", "CORS_ORIGIN: is not a list of origins"),
        ("CORS_ORIGIN", "https://App.example", "CORS_ORIGIN: is not a list of origins"),
        ("CORS_ORIGIN", "https://me@app.example", "CORS_ORIGIN: is not a list of origins"),
        ("CORS_ORIGIN", "https://app.example:443", "CORS_ORIGIN: names a port that browsers"),
        ("STUN_URLS", "turn:turn.example", "STUN_URLS: is not a list of URLs"),
        ("JWT_ACCESS_SECRET", "", "JWT_ACCESS_SECRET: is empty"),
        ("JWT_ACCESS_SECRET", "k1:", "JWT_ACCESS_SECRET: a secret is empty"),
        (
            "JWT_ACCESS_SECRET",
            f"k:{LONG[0]},k:{LONG[1]}",
            "JWT_ACCESS_SECRET: two keys have the same kid",
        ),
        ("RECONNECT_GRACE_SEC", "-1", "RECONNECT_GRACE_SEC: "),
        ("RECONNECT_GRACE_SEC", "inf", "RECONNECT_GRACE_SEC: Input should be a finite number"),
        ("RATE_LIMIT_SCALE", "inf", "RATE_LIMIT_SCALE: Input should be a finite number"),
    ],
)
def test_what_is_wrong_is_named(
    environment: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    environment.setenv(name, value)

    assert any(told.startswith(problem) for told in _problems())


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        (
            "JWT_ACCESS_SECRET",
            "k:" + "x" * 31,
            "JWT_ACCESS_SECRET: a secret has less than 32 bytes",
        ),
        ("ROOM_TOKEN_SECRET", LONG[0], "two of the JWT and room token secrets are the same"),
        ("CORS_ORIGIN", "http://app.example", "CORS_ORIGIN: http:// is refused in production"),
        ("RATE_LIMIT_SCALE", "2", "RATE_LIMIT_SCALE: only 1 is allowed in production"),
        ("ARGON2_TIME_COST", "1", "ARGON2_*: weaker than 19456 KiB and 2 passes"),
        ("ARGON2_MEMORY_KIB", "8", "ARGON2_*: weaker than 19456 KiB and 2 passes"),
        ("TURN_SECRET", "short", "TURN_SECRET: a secret has less than 16 bytes"),
        ("MAIL_FROM", "", "MAIL_FROM: is not an address that mails can come from"),
        ("MAIL_FROM", "hub@localhost", "MAIL_FROM: is not an address that mails can come from"),
        ("APP_URL", "http://app.example", "APP_URL: links in mails are https:// in production"),
    ],
)
def test_production_refuses_what_development_may_do(
    environment: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    environment.setenv(name, value)

    assert problem in _problems()
    environment.setenv("ENVIRONMENT", "development")
    read_settings()


def test_keys_come_newest_first_and_a_bare_secret_has_the_kid_0(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("JWT_ACCESS_SECRET", f"new:{LONG[0]}, old:a:b:{LONG[1]}")
    environment.setenv("JWT_REFRESH_SECRET", "x" * 40)

    read = read_settings()

    assert [key.kid for key in read.jwt_access_secret] == ["new", "old"]
    assert read.jwt_access_secret[1].secret.get_secret_value() == f"a:b:{LONG[1]}".encode()
    assert [key.kid for key in read.jwt_refresh_secret] == ["0"]


def test_the_settings_can_be_shown_without_telling_a_secret() -> None:
    read = read_settings()

    shown = repr(read) + str(read) + repr(read.model_dump()) + read.model_dump_json()

    for secret in (*LONG, "pass@db", FIT["TURN_SECRET"]):
        assert secret not in shown
    assert [key["kid"] for key in read.model_dump()["jwt_access_secret"]] == ["0"]


def test_a_url_that_cannot_be_taken_apart_is_not_repeated(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("DATABASE_URL", "postgresql://hub:hunter2\u2100@db/hub")

    assert _problems() == ["DATABASE_URL: is not a URL that begins with postgresql://"]


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1))
def test_a_wrong_secret_is_never_repeated(value: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        marked = f"hunter2{value}"
        patched.setenv("DATABASE_URL", marked)
        patched.setenv("JWT_ACCESS_SECRET", f"{marked} kid:{marked}")

        assert "hunter2" not in "\n".join(_problems())
