"""What it costs: `python -m infra.costs [infra/README.md]`.

Prices are list prices of us-east-1 in November 2026, in USD, before any free tier. `PRICES` says on
which page each stands: look there before you decide. A meeting is an assumption about people,
spelled out in `Meeting`: change it and look. Media goes from browser to browser, so nothing is paid
for it here, unless TURN relays it.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOURS: Final = 730
"""In a month."""
BEGIN: Final = "<!-- costs -->"
END: Final = "<!-- / -->"


@dataclass(frozen=True)
class Price:
    """One price, and the page that says so."""

    usd: float
    per: str
    source: str


_GATEWAY: Final = "aws.amazon.com/api-gateway/pricing"
_LAMBDA: Final = "aws.amazon.com/lambda/pricing"
_CACHE: Final = "aws.amazon.com/elasticache/pricing"
_WATCH: Final = "aws.amazon.com/cloudwatch/pricing"
PRICES: Final = {
    "frame": Price(1.00e-6, "WebSocket message of 32 KB, either way", _GATEWAY),
    "minute": Price(0.25e-6, "minute of a connection", _GATEWAY),
    "request": Price(1.00e-6, "REST request", _GATEWAY),
    "invocation": Price(0.20e-6, "invocation", _LAMBDA),
    "gb_second": Price(13.3334e-6, "GB-second on arm64", _LAMBDA),
    "acu_hour": Price(0.12, "Aurora capacity unit and hour", "aws.amazon.com/rds/aurora/pricing"),
    "cache_gb_hour": Price(0.084, "GB of Valkey and hour", _CACHE),
    "ecpu": Price(0.0023e-6, "ElastiCache processing unit", _CACHE),
    "secret": Price(0.40, "secret and month", "aws.amazon.com/secrets-manager/pricing"),
    "alarm": Price(0.10, "alarm and month", _WATCH),
    "composite": Price(0.50, "composite alarm and month", _WATCH),
    "log_gb": Price(0.50, "GB of logs", _WATCH),
    "nat_hour": Price(0.045, "hour of a NAT gateway", "aws.amazon.com/vpc/pricing"),
}
OTHERS: Final = {
    "LiveKit Cloud": Price(0.0005, "participant-minute, and bandwidth", "livekit.io/pricing"),
    "Amazon Chime SDK": Price(0.0017, "attendee-minute", "aws.amazon.com/chime/chime-sdk/pricing"),
    "Daily": Price(0.0040, "participant-minute", "daily.co/pricing"),
}
"""Public list prices of those who carry the media, too."""

SECRETS: Final = 6
ALARMS: Final = 12
LEAST_CACHE_GB: Final = 0.1
"""What a serverless Valkey is billed for at least."""


@dataclass(frozen=True)
class Meeting:
    """An hour together, as people behave."""

    people: int
    chats: int
    """Messages in the hour, of all together."""
    changes: int
    """Microphones, cameras, hands, screens."""
    mesh: bool
    """Whether everyone is connected with everyone, browser to browser."""

    pings_each: int = 144
    """Every 25 seconds."""
    requests_each: int = 5
    """REST: sign in, look up, ticket, twice something else."""
    signals_a_pair: int = 14
    """Offer, answer, and six candidates each way."""

    @property
    def pairs(self) -> int:
        """Of people who are connected."""
        return self.people * (self.people - 1) // 2 if self.mesh else 0

    @property
    def heard(self) -> int:
        """Changes that everyone gets: a joined and a left of each, too."""
        return self.chats + self.changes + 2 * self.people

    @property
    def taken(self) -> int:
        """Frames from clients."""
        said = self.chats + self.changes + 2 * self.people
        return self.people * self.pings_each + said + self.pairs * self.signals_a_pair

    @property
    def pushed(self) -> int:
        """Frames to clients: a reply to each, every change to everyone, each signal to one.

        An upper bound: people come and go, and changes that pile up share frames.
        """
        return self.taken + self.heard * self.people + self.pairs * self.signals_a_pair

    @property
    def gb_seconds(self) -> float:
        """Of functions of 512 MB: 15 ms for a frame, and 0.25 ms more for each recipient.

        64 posts are under way at once, each answered after some 10 ms.
        """
        return 0.5 * (0.015 * self.taken + 0.00025 * (self.pushed - self.taken))

    def usd(self) -> float:
        """What the hour costs, beside what stands there anyway."""
        return (
            (self.taken + self.pushed) * PRICES["frame"].usd
            + self.people * 60 * PRICES["minute"].usd
            + self.people * self.requests_each * PRICES["request"].usd
            + (self.taken + self.people * self.requests_each) * PRICES["invocation"].usd
            + (self.gb_seconds + self.people * self.requests_each * 0.05) * PRICES["gb_second"].usd
            + self.taken * 4 * PRICES["ecpu"].usd
            + (self.taken * 700 + self.people * 2000) / 1e9 * PRICES["log_gb"].usd
        )


MEETINGS: Final = {
    "ten people, an hour": Meeting(people=10, chats=60, changes=80, mesh=True),
    "a thousand people, an hour": Meeting(people=1000, chats=600, changes=400, mesh=False),
}


def idle(*, production: bool, nat: bool = False) -> dict[str, float]:
    """A month in which nobody comes, by what it is paid for."""
    aurora = "Aurora Serverless v2, 0.5 ACU awake" if production else "Aurora Serverless v2, asleep"
    alarms = ALARMS * PRICES["alarm"].usd + PRICES["composite"].usd
    sweep = PRICES["invocation"].usd + 0.05 * 0.5 * PRICES["gb_second"].usd
    parts = {
        aurora: 0.5 * HOURS * PRICES["acu_hour"].usd if production else 0.0,
        "ElastiCache Serverless, 100 MB": LEAST_CACHE_GB * HOURS * PRICES["cache_gb_hour"].usd,
        f"{SECRETS} secrets": SECRETS * PRICES["secret"].usd,
        f"{ALARMS} alarms and the canary": alarms,
        "the sweep, every minute": 60 * HOURS * sweep,
        "API Gateway, the network, everything else": 0.0,
    }
    if nat:
        parts["a NAT gateway (`Nat=yes`)"] = HOURS * PRICES["nat_hour"].usd
    return parts


def report() -> str:
    """Both tables, in Markdown."""
    return "\n".join([*_idle(), "", *_meetings()]) + "\n"


def _idle() -> Iterator[str]:
    staging, production = idle(production=False), idle(production=True)
    names = list(dict.fromkeys([*staging, *production]))
    yield "| Idle, a month | staging | production |"
    yield "|---|---:|---:|"
    for name in names:
        yield f"| {name} | {_usd(staging.get(name))} | {_usd(production.get(name))} |"
    sums = " | ".join(f"**{_usd(sum(parts.values()))}**" for parts in (staging, production))
    yield f"| **in all** | {sums} |"


def _meetings() -> Iterator[str]:
    others = " | ".join(OTHERS)
    yield f"| On top | frames in | frames out | here | {others} |"
    yield f"|---|---:|---:|---:|{'---:|' * len(OTHERS)}"
    for name, meeting in MEETINGS.items():
        here = f"{meeting.taken:,} | {meeting.pushed:,} | {_usd(meeting.usd())}"
        theirs = " | ".join(_usd(meeting.people * 60 * price.usd) for price in OTHERS.values())
        yield f"| {name} | {here} | {theirs} |"
    yield ""
    yield "The others carry the media as well, and some bill bandwidth beside it. Here it goes from"
    yield "browser to browser, which is fine for a handful of people and not for a thousand: those"
    yield "need an SFU, which is not in these figures."


def _usd(amount: float | None) -> str:
    if amount is None:
        return ""
    return f"{amount:.2f}"


def framed(text: str) -> str:
    """A text with the tables between its markers."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{report()}{END}{rest.partition(END)[2]}"


def main(path: str | None = None) -> None:
    """The command: onto standard output, or into a file."""
    if path is None:
        sys.stdout.write(report())
    else:
        file = Path(path)
        file.write_text(framed(file.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
