"""What it costs: `python -m infra.costs [infra/README.md]`.

Prices are list prices of us-east-1 in November 2026, in USD, before any free tier. `PRICES` says on
which page each stands: look there before you decide. A meeting is an assumption about people,
spelled out in `Meeting`: change it and look. What a message costs in posts, processor time and
Valkey's work is counted: by `make bench-room`, into benchmarks/room/counts.json. Media goes from
browser to browser, so nothing is paid for it here, unless TURN relays it.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from hub_core.live.sweep import LASTS

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
    "alarm": Price(0.10, "metric of an alarm and month", _WATCH),
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
WATCHED: Final = 14
"""Metrics of the alarms: two of them watch two each."""
LEAST_CACHE_GB: Final = 0.1
"""What a serverless Valkey is billed for at least."""
SWEEP_GB: Final = 0.25
SOCKET_GB: Final = 0.5
"""The memory of the functions."""
PROCESSORS: Final = 512 / 1769
"""What a function of 512 MB has of one: AWS gives a whole one at 1 769 MB."""
POST_SEC: Final = 0.01
POSTS_ABREAST: Final = 64
"""An assumption: how long API Gateway takes for a post; so many are under way at once."""

_COUNTED: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "benchmarks/room/counts.json").read_text("utf-8")
)
"""What one message costs in rooms of different sizes."""
_SIZES: Final = _COUNTED["messages"]
ECPUS: Final[float] = max(max(row["trips"], row["redis_bytes"] / 1024) for row in _SIZES)
"""Of a message: one for each command, or for each kilobyte where that is more."""


def seconds(recipients: int) -> float:
    """How long a function is at a message: computing, or waiting for the gateway if that is longer.

    Processor time between two sizes that were counted is on the line between them.
    """
    inside = min(max(recipients, _SIZES[0]["people"]), _SIZES[-1]["people"])
    low, high = next(pair for pair in pairwise(_SIZES) if inside <= pair[1]["people"])
    part = (inside - low["people"]) / (high["people"] - low["people"])
    cpu_ms = low["cpu_ms"] + part * (high["cpu_ms"] - low["cpu_ms"])
    return float(max(cpu_ms / 1000 / PROCESSORS, recipients * POST_SEC / POSTS_ABREAST))


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
        return self.people * self.pings_each + self.heard + self.pairs * self.signals_a_pair

    @property
    def pushed(self) -> int:
        """Frames to clients: a reply to each, every change to everyone, each signal to one.

        An upper bound: people come and go, and changes that pile up share frames.
        """
        return self.taken + self.heard * self.people + self.pairs * self.signals_a_pair

    @property
    def gb_seconds(self) -> float:
        """Of the functions that take frames."""
        quiet = self.taken - self.heard
        return SOCKET_GB * (quiet * seconds(1) + self.heard * seconds(self.people))

    def usd(self) -> float:
        """What the hour costs, beside what stands there anyway."""
        return (
            (self.taken + self.pushed) * PRICES["frame"].usd
            + self.people * 60 * PRICES["minute"].usd
            + self.people * self.requests_each * PRICES["request"].usd
            + (self.taken + self.people * self.requests_each) * PRICES["invocation"].usd
            + (self.gb_seconds + self.people * self.requests_each * 0.05) * PRICES["gb_second"].usd
            + self.taken * ECPUS * PRICES["ecpu"].usd
            + (self.taken * 700 + self.people * 2000) / 1e9 * PRICES["log_gb"].usd
        )


MEETINGS: Final = {
    "ten people, an hour": Meeting(people=10, chats=60, changes=80, mesh=True),
    "a thousand people, an hour": Meeting(people=1000, chats=600, changes=400, mesh=False),
}


def idle(*, production: bool, nat: bool = False) -> dict[str, float]:
    """A month in which nobody comes, by what it is paid for."""
    aurora = "Aurora Serverless v2, 0.5 ACU awake" if production else "Aurora Serverless v2, asleep"
    alarms = WATCHED * PRICES["alarm"].usd + PRICES["composite"].usd
    sweep = PRICES["invocation"].usd + LASTS.total_seconds() * SWEEP_GB * PRICES["gb_second"].usd
    parts = {
        aurora: 0.5 * HOURS * PRICES["acu_hour"].usd if production else 0.0,
        "ElastiCache Serverless, 100 MB": LEAST_CACHE_GB * HOURS * PRICES["cache_gb_hour"].usd,
        f"{SECRETS} secrets": SECRETS * PRICES["secret"].usd,
        f"{ALARMS} alarms and the canary": alarms,
        f"the sweep, {LASTS.seconds} seconds of every minute": 60 * HOURS * sweep,
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
    least, most = _SIZES[0], _SIZES[-1]
    yield f"A message was counted on {_COUNTED['measured']}: {ECPUS:.1f} ECPU of Valkey, a post for"
    yield f"each person and one for the reply, and {least['cpu_ms']:.0f} ms of a processor in"
    yield f"a room of {least['people']}, {most['cpu_ms']:.0f} ms in one of {most['people']:,}."
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
