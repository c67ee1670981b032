"""Templates: what the emulator reads, what it refuses, and what it names as not done."""

from datetime import timedelta
from pathlib import Path

import pytest

from local.model import (
    HttpRoute,
    Schedule,
    SocketRoute,
)
from local.template import TemplateError, read_template
from tests.local.templates import FUNCTION, Read, problems, with_property
from tests.local.templates import read as read

# functions


def test_a_function_has_the_defaults_of_lambda(read: Read, tmp_path: Path) -> None:
    function = read().functions["F"]

    assert function.handler == "module.handler"
    assert function.code == tmp_path
    assert (function.timeout, function.memory_mb) == (timedelta(seconds=3), 128)
    assert function.reserved_concurrency is None
    assert function.arn == "arn:aws:lambda:us-east-1:123456789012:function:F"


def test_globals_lie_under_every_function(read: Read) -> None:
    head = """
Globals:
  Function:
    Timeout: 20
    Environment: {Variables: {SHARED: a, OWN: global}}
"""
    own = FUNCTION + "      MemorySize: 256\n      Environment: {Variables: {OWN: local}}\n"

    function = read(own, head).functions["F"]

    assert (function.timeout, function.memory_mb) == (timedelta(seconds=20), 256)
    assert function.environment == {"SHARED": "a", "OWN": "local"}


def test_a_declared_variable_takes_its_value_from_the_environment_and_no_other_does(
    read: Read,
) -> None:
    declares = FUNCTION + "      Environment: {Variables: {DECLARED: a}}\n"

    function = read(declares, DECLARED="b", UNDECLARED="c").functions["F"]

    assert function.environment == {"DECLARED": "b"}


def test_a_variable_that_only_aws_knows_is_empty_with_a_note(read: Read) -> None:
    resources = (
        FUNCTION
        + """      Environment: {Variables: {TABLE: !GetAtt Table.Arn}}
  Table: {Type: AWS::DynamoDB::Table}
"""
    )

    template = read(resources)

    assert template.functions["F"].environment == {"TABLE": ""}
    assert template.notes == ("F, Environment: TABLE is empty: only AWS knows Table.Arn",)


@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        ("Timeout: 901", "F: Timeout is 901; AWS takes 1 to 900"),
        ("MemorySize: much", "F: MemorySize is 'much', not a whole number"),
        ("CodeUri: nowhere", "F: CodeUri is 'nowhere', which is no folder beside the template"),
        ("CodeUri: s3://b/k", "F: CodeUri is in S3; here it must be a folder beside the template"),
        (
            "Environment: {Variables: {AWS_REGION: x}}",
            "F, Environment: AWS_REGION is reserved: AWS refuses a template that sets it",
        ),
        (
            "Environment: {Variables: {A-B: x}}",
            "F, Environment: 'A-B' is no name that AWS takes for a variable",
        ),
        (
            "Events: {D: {Type: HttpApi, Properties: {Path: x, Method: GET}}}",
            "F, D: Path is 'x' and does not begin with /",
        ),
        (
            "Events: {S: {Type: Schedule, Properties: {Schedule: rate(1 minutes)}}}",
            "F, S: 'rate(1 minutes)' is no schedule; an example of one is rate(5 minutes)",
        ),
        ("Handler: !Ref Nobody", "F: Handler: 'Nobody' is neither a parameter nor a resource"),
        ("Handler: !Nothing x", "F: Handler: Fn::Nothing is not understood"),
    ],
)
def test_a_mistake_is_told_with_its_place(read: Read, properties: str, problem: str) -> None:
    resources = with_property(properties)

    told = problems(read, resources)

    assert len(told) == 1
    assert told[0].startswith(problem)


def test_all_mistakes_are_told_at_once(read: Read) -> None:
    told = problems(read, FUNCTION + "      Timeout: 0\n      MemorySize: 1\n")

    assert len(told) == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Resources: {", "line 1"),
        ("Resources: {A: {Type: x}, A: {Type: y}}", "the key 'A' stands here a second time"),
        ("just text", "holds no template"),
        ("Resources: {}", "Resources: the template has none"),
        ("Resources: {A: {}}", "A: it has no Type"),
    ],
)
def test_what_is_no_template_is_said_to_be_none(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(text)

    with pytest.raises(TemplateError, match=problem):
        read_template(path, environment={})


def test_a_missing_template_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="There is no template at"):
        read_template(tmp_path / "nowhere.yaml", environment={})


# doors


def test_routes_come_from_events_of_their_own_or_the_implicit_api(read: Read) -> None:
    events = """      Events:
        One: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: get, Path: "/a/{id}"}}
        Any: {Type: HttpApi, Properties: {Path: "/b"}}
        All: {Type: HttpApi}
  Api: {Type: AWS::Serverless::HttpApi, Properties: {StageName: dev}}
"""

    own, implicit = read(FUNCTION + events).http_apis

    assert (own.name, own.stage) == ("Api", "dev")
    assert own.routes == (HttpRoute("GET", "/a/{id}", "F"),)
    assert implicit.stage == "$default"
    assert implicit.routes == (HttpRoute("ANY", "/b", "F"), HttpRoute("ANY", "$default", "F"))


def test_a_web_socket_api_is_read_as_sam_and_as_cloudformation_writes_it(read: Read) -> None:
    sam = """
  Sam:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: live
      RouteSelectionExpression: $request.body.type
      Routes:
        $connect: {FunctionArn: !GetAtt F.Arn}
        chat: {FunctionArn: !GetAtt F.Arn, IntegrationTimeout: 5000}
"""
    plain = """
  Plain:
    Type: AWS::ApiGatewayV2::Api
    Properties: {ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Plain, StageName: prod}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Plain
      RouteKey: ask
      RouteResponseSelectionExpression: $default
      Target: !Join ["/", ["integrations", !Ref Integration]]
  Response:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref Plain, RouteId: !Ref Route, RouteResponseKey: $default}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Plain
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub
        arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${F.Arn}/invocations
"""

    first, second = read(FUNCTION + sam + plain).websocket_apis

    assert (first.stage, first.route_selection) == ("live", "$request.body.type")
    assert first.routes == {
        "$connect": SocketRoute("$connect", "F"),
        "chat": SocketRoute("chat", "F", integration_timeout=timedelta(seconds=5)),
    }
    assert (second.stage, second.route_selection) == ("prod", "$request.body.action")
    assert second.routes == {"ask": SocketRoute("ask", "F", two_way=True)}


def test_an_expression_beyond_us_is_a_mistake(read: Read) -> None:
    sam = """
  Sam:
    Type: AWS::Serverless::WebSocketApi
    Properties: {RouteSelectionExpression: $request.header.x}
"""

    (told,) = problems(read, FUNCTION + sam)

    assert "is not supported" in told


def test_schedules_come_from_events_unless_disabled(read: Read) -> None:
    events = """      Events:
        Often: {Type: Schedule, Properties: {Schedule: rate(5 minutes), Input: '{"a":1}'}}
        Never: {Type: Schedule, Properties: {Schedule: rate(1 hour), Enabled: false}}
        Off: {Type: Schedule, Properties: {Schedule: rate(1 hour), State: DISABLED}}
        Two: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 day)}}
"""

    assert read(FUNCTION + events).schedules == (
        Schedule("FOften", "F", timedelta(minutes=5), {"a": 1}),
        Schedule("FTwo", "F", timedelta(days=1), source="aws.scheduler"),
    )


def test_two_functions_on_one_route_are_a_mistake(read: Read) -> None:
    event = "      Events: {D: {Type: HttpApi, Properties: {Path: /a, Method: GET}}}\n"

    told = problems(read, FUNCTION + event + (FUNCTION + event).replace("  F:", "  G:", 1))

    assert told == ("ServerlessHttpApi: GET /a leads to both F and G",)


def test_what_is_not_done_is_named(read: Read) -> None:
    resources = (
        FUNCTION
        + """      Events:
        Q: {Type: Kinesis, Properties: {}}
        S: {Type: Schedule, Properties: {Schedule: rate(1 day), RetryPolicy: {}}}
  Machine: {Type: AWS::Serverless::StateMachine}
  Node:
    Type: AWS::Serverless::Function
    Properties: {Runtime: nodejs22.x, CodeUri: ., Handler: index.handler}
  Table: {Type: AWS::DynamoDB::Table}
"""
    )

    template = read(resources)

    assert set(template.functions) == {"F"}
    assert template.unsupported == (
        "Machine: AWS::Serverless::StateMachine is not emulated",
        "F, Q: events of type Kinesis never come",
        "F, S: RetryPolicy is not acted upon",
        "Node: functions in nodejs22.x are not run, only those in Python",
    )


# intrinsic functions


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("!Ref Name", "given"),
        ("!Sub '${Name}-${AWS::Region}-${!literal}'", "given-us-east-1-${literal}"),
        ("!Sub ['${A}${Name}', {A: b}]", "bgiven"),
        ("!Join ['-', [a, !Ref Name]]", "a-given"),
        ("!Select [1, !Split [',', 'a,b']]", "b"),
        ("!FindInMap [Map, one, two]", "mapped"),
        ("!If [IsGiven, yes, no]", "true"),
        ("!GetAtt F.Arn", "arn:aws:lambda:us-east-1:123456789012:function:F"),
        ("!Base64 a", "YQ=="),
        ("!ImportValue x", ""),
        ("'{{resolve:ssm:x}}'", ""),
    ],
)
def test_functions_are_evaluated(read: Read, expression: str, value: str) -> None:
    head = """
Parameters: {Name: {Type: String, Default: given}}
Mappings: {Map: {one: {two: mapped}}}
Conditions: {IsGiven: !And [!Equals [!Ref Name, given], !Not [!Equals [a, b]]]}
"""
    declares = FUNCTION + f"      Environment: {{Variables: {{V1: {expression}}}}}\n"
    if "Split" in expression or "Sub [" in expression or "Join" in expression or "," in expression:
        declares = (
            FUNCTION + f"      Environment:\n        Variables:\n          V1: {expression}\n"
        )

    assert read(declares, head).functions["F"].environment == {"V1": value}


def test_a_resource_whose_condition_is_false_is_not_there(read: Read) -> None:
    head = "Conditions: {Never: !Equals [a, b]}"
    guarded = FUNCTION.replace("Properties:", "Condition: Never\n    Properties:")

    template = read(FUNCTION + guarded.replace("  F:", "  G:"), head)

    assert set(template.functions) == {"F"}


# Metadata.Local


CHOICE = "Conditions: {Taken: !Equals [a, a], Left: !Equals [a, b]}"


@pytest.mark.parametrize(
    "environment",
    [
        "{Variables: {KEPT: here, GONE: !If [Left, there, !Ref AWS::NoValue]}}",
        "{Variables: {KEPT: here, GONE: !Ref AWS::NoValue}}",
        "{Variables: !If [Taken, {KEPT: here}, {GONE: there}]}",
        "!If [Left, !Ref AWS::NoValue, {Variables: {KEPT: !If [Taken, here, there]}}]",
    ],
)
def test_a_map_and_what_it_holds_may_depend_on_conditions(read: Read, environment: str) -> None:
    template = read(with_property(f"Environment: {environment}"), CHOICE)

    assert template.functions["F"].environment == {"KEPT": "here"}


def test_an_event_may_depend_on_a_condition(read: Read) -> None:
    events = """      Events:
        A: !If [Taken, {Type: Schedule, Properties: {Schedule: rate(1 day)}}, !Ref AWS::NoValue]
        B: !If [Left, {Type: Schedule, Properties: {Schedule: rate(1 day)}}, !Ref AWS::NoValue]
"""

    assert [each.name for each in read(FUNCTION + events, CHOICE).schedules] == ["FA"]


def test_metadata_says_what_to_prepare(read: Read) -> None:
    head = """
Metadata:
  Local:
    Parameters: {Name: local}
    Services: [valkey]
    Secrets: [KEY]
    Prepare: [steps.one]
    Folders: {OUTBOX: mails}
Parameters: {Name: {Type: String, Default: global}}
"""
    declares = FUNCTION + "      Environment: {Variables: {NAME: !Ref Name}}\n"

    template = read(declares, head)

    assert template.local.services == ("valkey",)
    assert template.local.secrets == ("KEY",)
    assert template.local.prepare == ("steps.one",)
    assert template.local.folders == {"OUTBOX": "mails"}
    assert template.functions["F"].environment == {"NAME": "local"}


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("{Services: [oracle]}", "there is no service oracle"),
        ("{Servces: [valkey]}", "Servces is not known"),
        ("{Prepare: one}", "Prepare is no list of names"),
        ("{Parameters: {Nobody: x}}", "Nobody is given, but the template has no such"),
        ("{Parameters: [a]}", "Parameters is no map of names to values"),
        ("{Folders: mails}", "Folders is no map of names to values"),
    ],
)
def test_metadata_with_a_mistake_is_refused(read: Read, section: str, problem: str) -> None:
    (told,) = problems(read, FUNCTION, f"Metadata: {{Local: {section}}}")

    assert problem in told


def test_the_product_asks_for_nothing_that_is_not_done() -> None:
    root = Path(__file__).parents[2]

    template = read_template(root / "template.yaml", environment={})

    assert template.unsupported == ()
    assert template.notes == ()
