"""Mail on its way: into the queue, out of it, to SES or into the outbox."""

import json
from collections.abc import Iterator
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from handlers.jobs.mail import handler
from hub_core.adapters import runtime
from hub_core.adapters.mail import Mail, mailer
from hub_core.adapters.settings import settings
from tests.queues import TestQueue, signed_for

MAIL = Mail(
    to="bob@example.com",
    subject="Ada invites you to “Retro”",
    text="Come: http://localhost:3000/invites/1\n",
    html="<p>Come: <a href='http://localhost:3000/invites/1'>here</a></p>",
)


@pytest.fixture(autouse=True)
def clients(environment: pytest.MonkeyPatch) -> Iterator[None]:
    """Fresh ones for each test, on a loop of this thread."""
    yield
    runtime.close()


def batch(*mails: str) -> dict[str, Any]:
    """An event of the mail queue; the messages are called m0, m1 and so on."""
    records = [{"messageId": f"m{number}", "body": body} for number, body in enumerate(mails)]
    return {"Records": records}


def test_a_mail_is_in_the_queue_as_it_was_written(mail_queue: TestQueue) -> None:
    runtime.run(mailer().send(MAIL))

    (body,) = mail_queue.messages()
    assert Mail.model_validate(body) == MAIL


def test_ten_mails_go_over_one_connection(mail_queue: TestQueue) -> None:
    for _ in range(10):
        runtime.run(mailer().send(MAIL))

    assert len(mail_queue.messages()) == 10


def test_outside_production_a_mail_is_a_file_and_a_link_on_the_console(
    environment: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("MAIL_OUTBOX", str(tmp_path / "new" / "outbox"))

    answer = handler(batch(MAIL.model_dump_json()), None)

    assert answer == {"batchItemFailures": []}
    assert "bob@example.com" in (said := capsys.readouterr().out)
    assert "http://localhost:3000/invites/1" in said
    (path,) = (tmp_path / "new" / "outbox").glob("*.eml")
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    assert (message["To"], message["Subject"]) == (MAIL.to, MAIL.subject)
    plain = message.get_body(("plain",))
    assert plain is not None
    assert plain.get_content() == MAIL.text


def test_what_cannot_be_delivered_comes_again_and_holds_up_nobody(
    environment: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("MAIL_OUTBOX", str(tmp_path))
    good = MAIL.model_dump_json()

    answer = handler(batch(good, "{}", good), None)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert len(list(tmp_path.glob("*.eml"))) == 2
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[0] == "{"]
    assert [(line["level"], line["requestId"]) for line in logged] == [("ERROR", "m1")]


def test_in_production_ses_gets_it(environment: pytest.MonkeyPatch, aws_url: str) -> None:
    """SES is moto's; what it was sent, it shows."""
    for name, value in {
        "ENVIRONMENT": "production",
        "AWS_ENDPOINT_URL": aws_url,
        "APP_URL": "https://app.example",
        "MAIL_FROM": "Hub <hub@example.org>",
        "MAIL_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/1/mails",
        "ARGON2_MEMORY_KIB": "19456",
        "ARGON2_TIME_COST": "2",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        environment.setenv(name, value)
    settings.cache_clear()
    httpx.post(
        f"{aws_url}/v2/email/identities",
        json={"EmailIdentity": "hub@example.org"},
        headers={"authorization": signed_for("ses")},
    ).raise_for_status()

    answer = handler(batch(MAIL.model_dump_json()), None)

    assert answer == {"batchItemFailures": []}
    (sent,) = httpx.get(f"{aws_url}/moto-api/data.json").json()["ses"]["Message"]
    assert sent["source"] == "Hub <hub@example.org>"
    assert sent["destinations"] == {"ToAddresses": ["bob@example.com"]}
    assert sent["subject"] == MAIL.subject
    assert sent["body"] in {MAIL.text, MAIL.html}  # moto keeps the one that it reads last
