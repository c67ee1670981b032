"""What would be deployed, for every choice of parameters: held to what AWS does not tell before."""

import itertools
import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from hub_core.adapters.metrics import Name
from infra.migrate import CONNECT_SEC, PATIENCE_SEC
from infra.template import PATH, SocketDoor, doors, functions, load
from tests.infra.resolver import Stack, Unresolvable

ROOT = PATH.parent
TEMPLATE = load()
DOORS = doors(TEMPLATE)
FUNCTIONS = functions(TEMPLATE)
CHOICES = {
    "Environment": ["production", "development"],
    "Scale": ["staging", "production"],
    "Nat": ["yes", "no"],
    "AlarmEmail": ["", "ops@example.com"],
    "Tracing": ["Active", "PassThrough"],
}
NAMED = {"Domain": "example.com", "HostedZone": "Z1", "Certificate": "arn:aws:acm:x"}
COMBINATIONS = [
    dict(zip(CHOICES, chosen, strict=True)) | named
    for chosen in itertools.product(*CHOICES.values())
    for named in ({}, NAMED)
]
LAMBDA_ENVIRONMENT_BYTES = 4096
MIGRATION_SEC = 300
CANARIES = ["Login", "RoomToken", "SocketMessage"]
NEEDS = {
    "JWT_ACCESS_SECRET": "ReadAccessKey",
    "JWT_REFRESH_SECRET": "ReadRefreshKey",
    "ROOM_TOKEN_SECRET": "ReadRoomKey",
    "TURN_SECRET": "ReadTurnKey",
}
SECRETS = {"database", "redis", "access", "refresh", "room", "turn"}
GLOBALS = TEMPLATE["Globals"]["Function"]


@cache
def _inner(url: str) -> dict[str, Any]:
    return load(ROOT / url)


def _nested(root: Stack) -> Iterator[tuple[str, Stack]]:
    """The stacks inside, with the parameters that the root gives them."""
    for name, resource in root.resources.items():
        if resource["Type"] == "AWS::CloudFormation::Stack":
            properties = resource["Properties"]
            yield name, Stack(_inner(properties["TemplateURL"]), properties["Parameters"])


def _all_resources(choice: dict[str, str]) -> dict[str, Any]:
    root = Stack(TEMPLATE, choice)
    inner = {
        f"{name}.{key}": one
        for name, stack in _nested(root)
        for key, one in stack.resources.items()
    }
    return {**root.resources, **inner}


EVERYTHING = _all_resources({"Scale": "production", "Nat": "yes", "AlarmEmail": "a@b.c", **NAMED})


@pytest.mark.parametrize("choice", COMBINATIONS, ids=lambda choice: ",".join(choice.values()))
def test_every_reference_leads_somewhere_under_every_choice(choice: dict[str, str]) -> None:
    root = Stack(TEMPLATE, choice)
    inner = dict(_nested(root))

    said = json.dumps([root.resources, root.outputs], default=str)
    for name, output in re.findall(r"<(\w+)\.Outputs\.(\w+)>", said):
        assert output in inner[name].outputs, f"{name}.{output}"


def test_a_reference_to_what_is_not_there_is_noticed() -> None:
    broken = {**TEMPLATE, "Outputs": {"Api": {"Value": {"Ref": "Nobody"}}}}

    with pytest.raises(Unresolvable, match="Nobody is not there"):
        Stack(broken, {})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_waits_for_the_schema_and_is_what_its_door_names(name: str) -> None:
    resource = TEMPLATE["Resources"][name]

    assert name == "Migrate" or resource["DependsOn"] == "Migrated"
    module = resource["Properties"]["Handler"].rpartition(".")[0]
    assert (ROOT / Path(*module.split("."))).with_suffix(".py").is_file()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_may_read_the_secrets_that_it_is_given_and_no_others(name: str) -> None:
    properties = FUNCTIONS[name]
    given = {
        variable
        for variable, value in properties.get("Environment", {}).get("Variables", {}).items()
        if str(value).startswith("secret://")
    }
    allowed = {policy["Ref"] for policy in properties.get("Policies", [])}

    assert {NEEDS[variable] for variable in given} == allowed & set(NEEDS.values())
    assert given == set() or "ReadStores" in allowed


def test_secrets_are_pointed_to_and_nowhere_written_down() -> None:
    variables = [
        (variable, value)
        for properties in [GLOBALS, *FUNCTIONS.values()]
        for variable, value in properties.get("Environment", {}).get("Variables", {}).items()
    ]

    for variable, value in variables:
        if re.search(r"SECRET$|_KEY$|PASSWORD|DATABASE_URL|REDIS_URL", variable):
            assert value == "withheld" or str(value).removeprefix("secret://") in SECRETS, variable
    kept = {
        resource["Properties"]["Name"].rpartition("/")[2]
        for resource in EVERYTHING.values()
        if resource["Type"] == "AWS::SecretsManager::Secret"
    }
    assert kept >= SECRETS


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_environment_of_a_function_fits(name: str) -> None:
    variables = {
        **GLOBALS["Environment"]["Variables"],
        **FUNCTIONS[name].get("Environment", {}).get("Variables", {}),
    }
    worked_out = Stack(TEMPLATE, NAMED).resolve(variables)

    assert len(json.dumps(worked_out)) < LAMBDA_ENVIRONMENT_BYTES


def test_sockets_lead_to_the_live_version_and_answer_before_the_gateway_gives_up() -> None:
    routes = TEMPLATE["Resources"]["SocketApi"]["Properties"]["Routes"]

    assert set(routes) == {"$connect", "$default", "$disconnect"}
    for door in (door for door in DOORS if isinstance(door, SocketDoor)):
        assert routes[door.key]["FunctionArn"] == {"Ref": f"{door.function}.Alias"}
        assert FUNCTIONS[door.function].get("Timeout", GLOBALS["Timeout"]) <= 29
    assert GLOBALS["AutoPublishAlias"] == "live"


def test_frames_are_posted_to_the_stage_that_they_come_from() -> None:
    api = TEMPLATE["Resources"]["SocketApi"]["Properties"]
    url = Stack(TEMPLATE, {}).resolve(GLOBALS["Environment"]["Variables"]["MANAGEMENT_API_URL"])

    assert url == f"https://<SocketApi>.execute-api.eu-central-1.amazonaws.com/{api['StageName']}"
    assert api["IpAddressType"] == "dualstack"
    assert GLOBALS["VpcConfig"]["Ipv6AllowedForDualStack"] is True


def test_no_policy_allows_everything() -> None:
    statements = [
        statement
        for resource in EVERYTHING.values()
        if resource["Type"] in {"AWS::IAM::ManagedPolicy", "AWS::IAM::Role"}
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]
    ]

    assert statements
    for statement in statements:
        actions, targets = statement["Action"], statement["Resource"]
        assert "*" not in str(actions)
        assert "*" not in (targets if isinstance(targets, list) else [targets])


def test_nobody_comes_in_from_outside() -> None:
    groups = [one for one in EVERYTHING.values() if one["Type"] == "AWS::EC2::SecurityGroup"]

    rules = [
        rule for group in groups for rule in group["Properties"].get("SecurityGroupIngress", [])
    ]
    assert len(groups) == 2
    assert rules
    for rule in rules:
        assert not {"CidrIp", "CidrIpv6"} & rule.keys()
    endpoints = [
        one["Properties"]["ServiceName"]
        for one in EVERYTHING.values()
        if one["Type"] == "AWS::EC2::VPCEndpoint"
    ]
    # One for execute-api would answer 403 for every public API, ours included.
    assert not any("execute-api" in name for name in endpoints)


def test_the_database_is_private_encrypted_and_leaves_a_snapshot() -> None:
    cluster = EVERYTHING["Stores.Database"]
    instance = EVERYTHING["Stores.DatabaseInstance"]
    staging = _all_resources({"Scale": "staging"})["Stores.Database"]["Properties"]

    assert cluster["DeletionPolicy"] == cluster["UpdateReplacePolicy"] == "Snapshot"
    assert cluster["Properties"]["StorageEncrypted"] is True
    assert cluster["Properties"]["DeletionProtection"] is True
    assert instance["Properties"]["PubliclyAccessible"] is False
    assert staging["ServerlessV2ScalingConfiguration"]["MinCapacity"] == "0"
    assert staging["DeletionProtection"] is False


def test_every_alarm_acts_and_names_a_runbook_that_exists() -> None:
    alarms = {
        name: one["Properties"]
        for name, one in EVERYTHING.items()
        if one["Type"] in {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"}
    }

    assert len(alarms) >= 13
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"], name
        runbook = re.search(r"infra/runbooks/[\w-]+\.md", alarm["AlarmDescription"])
        assert runbook, name
        assert (ROOT / runbook[0]).is_file(), runbook[0]


def test_every_queue_has_somewhere_to_put_what_fails_and_time_to_try() -> None:
    queues = {name: one for name, one in EVERYTHING.items() if one["Type"] == "AWS::SQS::Queue"}
    letters = {
        queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]
        for queue in queues.values()
        if "RedrivePolicy" in queue["Properties"]
    }

    for name, queue in queues.items():
        if f"<{name}.Arn>" in letters:
            continue
        assert "RedrivePolicy" in queue["Properties"], name
        takers = [door.function for door in DOORS if getattr(door, "queue", None) == name]
        slowest = max(FUNCTIONS[taker].get("Timeout", GLOBALS["Timeout"]) for taker in takers)
        assert queue["Properties"]["VisibilityTimeout"] >= 6 * slowest, name


def test_cloudformation_waits_for_a_migration_of_a_database_that_sleeps() -> None:
    patience = FUNCTIONS["Migrate"]["Timeout"]

    assert patience >= PATIENCE_SEC + CONNECT_SEC + MIGRATION_SEC
    assert TEMPLATE["Resources"]["Migrated"]["Properties"]["ServiceTimeout"] > patience


def test_what_codedeploy_asks_are_alarms_of_metrics_that_ring_within_a_canary() -> None:
    root = Stack(TEMPLATE, {"Scale": "production"})
    alarms = {
        one["Properties"]["AlarmName"]: one["Properties"]
        for one in dict(_nested(root))["Watch"].resources.values()
        if one["Type"] == "AWS::CloudWatch::Alarm"
    }

    asked = [
        one["Properties"]["DeploymentPreference"]["Alarms"]
        for one in root.resources.values()
        if "DeploymentPreference" in one["Properties"]
    ]

    assert asked == [asked[0]] * len(CANARIES)
    for name in asked[0]:
        alarm = alarms[name]
        points = int(alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"]))
        (period,) = set(re.findall(r"'Period': '?(\d+)", str(alarm)))
        # The first of its five minutes is not a whole one, and metrics come a minute or two late.
        assert (points - 1) * int(period) <= 60, name


def test_whatever_ends_up_in_a_dead_letter_queue_rings() -> None:
    watched = TEMPLATE["Resources"]["Watch"]["Properties"]["Parameters"]
    told = {
        one["Properties"]["Dimensions"][0]["Value"]["Ref"]
        for one in load(ROOT / "infra/stacks/watch.yaml")["Resources"].values()
        if one["Properties"].get("Namespace") == "AWS/SQS"
    }

    dead = {
        resource["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for resource in TEMPLATE["Resources"].values()
        if "RedrivePolicy" in resource["Properties"]
    }
    assert dead
    assert {watched[name]["Fn::GetAtt"][0] for name in told} == dead
    assert all(watched[name]["Fn::GetAtt"][1] == "QueueName" for name in told)


def test_the_numbers_that_the_code_tells_are_those_that_the_dashboard_shows() -> None:
    board = json.loads(EVERYTHING["Watch.Board"]["Properties"]["DashboardBody"])

    shown, namespace, name = set(), "", ""
    for widget in board["widgets"]:
        for line in widget["properties"].get("metrics", ()):
            namespace = namespace if line[0] == "." else line[0]
            name = name if line[1] == "." else line[1]
            if not namespace.startswith("AWS/"):
                shown.add(name)
    of_logs = {
        one["MetricName"]
        for one in EVERYTHING["Watch.DefectsInLogs"]["Properties"]["MetricTransformations"]
    }
    assert shown == set(get_args(Name)) | of_logs


@pytest.mark.parametrize("name", get_args(Name))
def test_a_number_that_is_shown_is_told_somewhere(name: str) -> None:
    code = [path.read_text("utf-8") for path in (ROOT / "hub_core").rglob("*.py")]

    # As a key, beside its unit; the list of names has none.
    assert any(re.search(rf'"{name}": \(.*"(Count|Milliseconds)"\)', text) for text in code)


def test_who_drains_rooms_may_hand_shares_on_and_who_takes_them_does_not() -> None:
    def holders(policy: str) -> set[str]:
        return {n for n, one in FUNCTIONS.items() if {"Ref": policy} in one.get("Policies", [])}

    assert holders("QueueShares") == holders("PostToConnections") - {"FanOut"}
    assert "SocketMessage" in holders("QueueShares")


def test_access_logs_hold_no_query_no_header_and_no_address() -> None:
    formats = [
        one["Properties"]["AccessLogSettings"]["Format"]
        for one in EVERYTHING.values()
        if "AccessLogSettings" in one["Properties"]
    ]

    assert len(formats) == 2
    for line in formats:
        assert not re.search(r"path|query|header|ip\b|identity|userAgent|authorizer", line)
        json.loads(re.sub(r"\$context\.\w+", "x", line))


@pytest.mark.parametrize("stage", ["staging", "production"])
def test_what_samconfig_gives_is_what_the_template_takes(stage: str) -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8"))
    given = config[stage]["deploy"]["parameters"]["parameter_overrides"]

    # SAM reads no empty value, and ends one at a space, unless it stands in quotes.
    assert all(re.fullmatch(r'\w+=([^\s"]+|"[^"]*")', one) for one in given)
    choice = {name: value.strip('"') for name, value in (one.split("=", 1) for one in given)}
    Stack(TEMPLATE, choice)
    assert choice["Scale"] == stage
    for rule in TEMPLATE["Rules"].values():
        if Stack(TEMPLATE, choice).resolve(rule["RuleCondition"]):
            for assertion in rule["Assertions"]:
                assert Stack(TEMPLATE, choice).resolve(assertion["Assert"])


def test_everything_that_costs_money_says_so() -> None:
    parameters = {
        **TEMPLATE["Parameters"],
        **load(ROOT / "infra/stacks/stores.yaml")["Parameters"],
        **load(ROOT / "infra/stacks/network.yaml")["Parameters"],
    }

    for name in ("Scale", "Nat", "DatabaseMinimum", "DatabaseMaximum", "CacheMaximum", "Tracing"):
        assert "USD" in parameters[name]["Description"], name
    for name, parameter in TEMPLATE["Parameters"].items():
        assert parameter.get("Description"), name


def test_the_templates_use_no_yaml_that_cloudformation_does_not_read() -> None:
    for path in [PATH, *(ROOT / "infra" / "stacks").glob("*.yaml")]:
        text = path.read_text("utf-8")
        assert not re.search(r"(?m)^\s*<<:|[:\-\[,]\s+[&*]\w+\b(?!/)", text), path.name


def test_the_stack_stays_far_from_cloudformation_s_limit() -> None:
    # SAM makes about six resources of a function with a door.
    assert len(TEMPLATE["Resources"]) + 6 * len(FUNCTIONS) < 450
