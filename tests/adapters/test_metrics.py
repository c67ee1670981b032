"""Numbers, as CloudWatch reads them from a log."""

import json
from datetime import UTC, datetime

from hub_core.adapters.metrics import Numbers, measure, unheard
from tests.adapters.listener import listening
from tests.adapters.posters import FRAME, GONE, OK, A, B, by_id, poster_to

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_numbers_are_one_line_of_the_embedded_metric_format() -> None:
    lines: list[str] = []
    tell = measure(
        {"METRICS_NAMESPACE": "hub-production", "AWS_LAMBDA_FUNCTION_NAME": "hub-SocketMessage"},
        clock=lambda: NOON,
        write=lines.append,
    )

    tell({"Posts": (3, "Count"), "FanOut": (12.5, "Milliseconds")})

    (line,) = lines
    assert line.endswith("}\n")
    assert json.loads(line) == {
        "_aws": {
            "Timestamp": 1795521600000,
            "CloudWatchMetrics": [
                {
                    "Namespace": "hub-production",
                    "Dimensions": [["Function"]],
                    "Metrics": [
                        {"Name": "Posts", "Unit": "Count"},
                        {"Name": "FanOut", "Unit": "Milliseconds"},
                    ],
                }
            ],
        },
        "Function": "hub-SocketMessage",
        "Posts": 3,
        "FanOut": 12.5,
    }


def test_where_nobody_wants_to_know_nothing_is_told() -> None:
    assert measure({"METRICS_NAMESPACE": ""}) is unheard


async def test_a_broadcast_is_told_with_what_became_of_it() -> None:
    told: list[Numbers] = []
    async with listening(by_id(a=[OK], b=[GONE])) as listener:
        poster = poster_to(listener, measure=told.append)

        await poster.broadcast([A, B], FRAME)
        await poster.aclose()

    (numbers,) = told
    assert {name: value for name, (value, _) in numbers.items() if name != "FanOut"} == {
        "Posts": 2,
        "PostsGone": 1,
        "PostsBehind": 0,
        "PostsFailed": 0,
    }
    assert numbers["FanOut"][1] == "Milliseconds"
