"""Mail: handed over quickly by whoever writes it, and sent by a worker with all its time.

    a route → `mailer().send(mail)` → the queue → handlers.jobs.mail → `carrier().carry(mail)` → SES

In production both ends are AWS's. Elsewhere the carrier is an outbox: a folder with the mails as
files, and a line on the console that shows what a person would click on.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from hub_core.adapters.queue import Queue
from hub_core.adapters.runtime import at_close, kept
from hub_core.adapters.settings import settings
from hub_core.kernel.ids import Mint, new_id
from hub_core.kernel.values import Value

_LINK: Final = re.compile(r"https?://\S+")


class Mail(Value):
    """One mail to one address, as plain text and as HTML."""

    to: str
    subject: str
    text: str
    html: str


class Mailer(Protocol):
    """Takes mail."""

    async def send(self, mail: Mail) -> None:
        """Take responsibility for the mail: it is sent sooner or later, perhaps twice.

        Raises:
            Unavailable: it was not taken.
        """
        ...


class Carrier(Protocol):
    """Takes mail to where people read it."""

    def carry(self, mail: Mail) -> None:
        """Deliver the mail, or raise what went wrong: the queue has it again after a while."""
        ...


@dataclass(frozen=True)
class QueueMailer:
    """Puts mail into a queue."""

    queue: Queue

    async def send(self, mail: Mail) -> None:
        """See `Mailer`."""
        await self.queue.send(mail.model_dump_json())


@dataclass(frozen=True)
class Outbox:
    """A folder of `.eml` files, which mail programs open, and a line on the console for each."""

    folder: Path
    sender: str
    mint: Mint = new_id

    def carry(self, mail: Mail) -> None:
        """See `Carrier`."""
        from email.message import EmailMessage  # noqa: PLC0415 (30 ms, and never in production)

        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, mail.to, mail.subject
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{self.mint()}.eml"
        path.write_bytes(message.as_bytes())
        link = _LINK.search(mail.text)
        shown = link.group() if link else path
        sys.stdout.write(f"Mail for {mail.to}: {mail.subject}: {shown}\n")
        sys.stdout.flush()

    async def send(self, mail: Mail) -> None:
        """See `Mailer`: where there is no queue, mail goes straight into the outbox."""
        self.carry(mail)


@dataclass(frozen=True)
class Ses:
    """Amazon SES (API v2)."""

    sender: str

    def carry(self, mail: Mail) -> None:
        """See `Carrier`."""
        import boto3  # noqa: PLC0415 (300 ms, and only here; Lambda's runtime has it)

        boto3.client("sesv2").send_email(
            FromEmailAddress=self.sender,
            Destination={"ToAddresses": [mail.to]},
            Content={
                "Simple": {
                    "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                    "Body": {
                        "Text": {"Data": mail.text, "Charset": "UTF-8"},
                        "Html": {"Data": mail.html, "Charset": "UTF-8"},
                    },
                }
            },
        )


@kept
def mailer() -> Mailer:
    """This container's way to hand over mail."""
    if not settings().mail_queue_url:
        return _outbox()
    queue = Queue(settings().mail_queue_url)
    at_close(queue.aclose)
    return QueueMailer(queue)


def carrier() -> Carrier:
    """This environment's way to deliver it."""
    production = settings().environment == "production"
    return Ses(settings().mail_from) if production else _outbox()


def _outbox() -> Outbox:
    return Outbox(Path(settings().mail_outbox), settings().mail_from)
