"""The cost model: its sums, and that the README repeats them."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from infra.costs import (
    ALARMS,
    ECPUS,
    MEETINGS,
    PRICES,
    PROCESSORS,
    SECRETS,
    SOCKET_GB,
    SWEEP_GB,
    WATCHED,
    Meeting,
    framed,
    idle,
    seconds,
)
from infra.template import PATH, functions, load

README = Path(__file__).parents[2] / "infra" / "README.md"
TEN = MEETINGS["ten people, an hour"]


def test_the_readme_says_what_the_model_says() -> None:
    text = README.read_text("utf-8")

    assert framed(text) == text, "make docs"


def test_a_quiet_hour_is_counted_by_hand() -> None:
    pair = Meeting(people=2, chats=1, changes=0, mesh=True, pings_each=10)

    # Ten pings each, two joins, two leaves, one chat; 14 signals between the two of them.
    assert pair.taken == 2 * 10 + 1 + 4 + 14
    # A reply to each; chat, joined and left to both; the signals to the other.
    assert pair.pushed == pair.taken + 5 * 2 + 14


def test_what_everyone_hears_costs_by_the_square() -> None:
    once = replace(TEN, people=100, mesh=False)
    twice = replace(once, people=200, chats=2 * once.chats, changes=2 * once.changes)

    ratio = (twice.pushed - twice.taken) / (once.pushed - once.taken)

    assert ratio == pytest.approx(4)


def test_staging_sleeps_cheaply_and_production_stays_awake() -> None:
    staging, production = idle(production=False), idle(production=True)

    assert sum(staging.values()) < 20
    assert sum(production.values()) - sum(staging.values()) == pytest.approx(
        0.5 * 730 * PRICES["acu_hour"].usd
    )
    assert sum(idle(production=False, nat=True).values()) > sum(staging.values()) + 30


def test_the_parameter_that_decides_says_what_the_model_says() -> None:
    said = load()["Parameters"]["Scale"]["Description"]

    sums = [round(sum(idle(production=chosen).values())) for chosen in (False, True)]
    assert re.findall(r"about (\d+) USD", said) == [str(one) for one in sums]


def test_what_is_counted_is_what_is_deployed() -> None:
    watched = load(PATH.parent / "infra/stacks/watch.yaml")["Resources"].values()
    kept = load(PATH.parent / "infra/stacks/stores.yaml")["Resources"].values()

    alarms = [one["Properties"] for one in watched if one["Type"] == "AWS::CloudWatch::Alarm"]
    assert len(alarms) == ALARMS
    metrics = [one for alarm in alarms for one in alarm.get("Metrics", [{"MetricStat": alarm}])]
    assert sum("MetricStat" in one for one in metrics) == WATCHED
    assert [one["Type"] for one in kept].count("AWS::SecretsManager::Secret") == SECRETS


def test_functions_have_the_memory_that_is_paid_for() -> None:
    template = load()
    of_all = template["Globals"]["Function"]["MemorySize"]

    def memory(name: str) -> int:
        properties = functions(template)[name]
        return int(properties.get("MemorySize", of_all))

    assert memory("Sweep") == SWEEP_GB * 1024
    assert memory("SocketMessage") == SOCKET_GB * 1024
    assert pytest.approx(memory("SocketMessage")) == PROCESSORS * 1769


def test_what_was_counted_bears_the_model_out() -> None:
    counted = json.loads((README.parents[1] / "benchmarks/room/counts.json").read_text("utf-8"))

    for row in counted["messages"]:
        assert row["posts"] == row["people"] + 1, "each hears of it, and the speaker has a reply"
        assert seconds(row["people"]) >= row["cpu_ms"] / 1000 / PROCESSORS
    assert seconds(600) > seconds(200)
    assert max(row["trips"] for row in counted["messages"]) <= ECPUS


def test_every_price_says_where_it_is_from() -> None:
    for price in PRICES.values():
        assert price.source.startswith("aws.amazon.com/")
