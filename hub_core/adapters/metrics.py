"""Numbers about what happens, as lines of log that CloudWatch reads as metrics.

The Embedded Metric Format: one line of JSON on standard output costs no call and no time.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Final, Literal

import orjson

from hub_core.kernel.clock import Clock, utc_now
from hub_core.kernel.values import epoch_ms

Unit = Literal["Count", "Milliseconds"]
Name = Literal[
    "Posts",
    "PostsGone",
    "PostsBehind",
    "PostsFailed",
    "FanOut",
    "CommitRetries",
    "CommitsGivenUp",
    "Resumes",
    "ResumesRecovered",
    "ResumesRefused",
    "LobbyWait",
]
"""All there are: each is shown on the dashboard (infra/stacks/watch.yaml)."""
Numbers = Mapping[Name, tuple[float, Unit]]
Measure = Callable[[Numbers], None]
"""Takes numbers that belong together: `{"Posts": (3, "Count")}`."""

NAMESPACE: Final = "METRICS_NAMESPACE"
"""The variable that says under what name; without it nothing is told."""


def unheard(_numbers: Numbers) -> None:
    """Nobody wants to know."""


def measure(
    environment: Mapping[str, str] = os.environ,
    clock: Clock = utc_now,
    write: Callable[[str], object] = sys.stdout.write,
) -> Measure:
    """What tells CloudWatch, if somebody wants to know."""
    namespace = environment.get(NAMESPACE)
    if not namespace:
        return unheard
    function = environment.get("AWS_LAMBDA_FUNCTION_NAME", "")

    def tell(numbers: Numbers) -> None:
        if not numbers:
            return
        directive = {
            "Namespace": namespace,
            "Dimensions": [["Function"]],
            "Metrics": [{"Name": name, "Unit": unit} for name, (_, unit) in numbers.items()],
        }
        values: dict[str, float] = {name: value for name, (value, _) in numbers.items()}
        line = {
            "_aws": {"Timestamp": epoch_ms(clock()), "CloudWatchMetrics": [directive]},
            "Function": function,
            **values,
        }
        write(orjson.dumps(line).decode() + "\n")

    return tell
