"""Reading template.yaml."""

from pathlib import Path

import pytest

from infra.template import (
    HttpDoor,
    JobDoor,
    QueueDoor,
    SocketDoor,
    StackDoor,
    TemplateError,
    doors,
    load,
)

TEMPLATE = """
Resources:
  Login:
    Type: AWS::Serverless::Function
    Properties:
      Handler: handlers.accounts.login.handler
      Events:
        Door: {Type: HttpApi, Properties: {ApiId: !Ref HttpApi, Method: post, Path: /v1/login}}
        Often: {Type: Schedule, Properties: {Schedule: rate(1 minute)}}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: handlers.jobs.work.handler
      Events:
        Work: {Type: SQS, Properties: {Queue: !GetAtt Mail.Arn}}
  Migrate:
    Type: AWS::Serverless::Function
    Properties: {Handler: infra.migration.handler}
  Migrated:
    Type: Custom::Migration
    Properties: {ServiceToken: !GetAtt Migrate.Arn}
  Talk:
    Type: AWS::Serverless::Function
    Properties: {Handler: handlers.socket.message.handler}
  SocketApi:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      Routes:
        $default: {FunctionArn: !Ref Talk.Alias}
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "template.yaml"
    path.write_text(text)
    return path


def test_every_way_in_is_a_door_of_its_kind(tmp_path: Path) -> None:
    template = load(_write(tmp_path, TEMPLATE))

    login, talk = "handlers.accounts.login.handler", "handlers.socket.message.handler"
    assert doors(template) == (
        HttpDoor(function="Login", handler=login, method="POST", path="/v1/login"),
        JobDoor(function="Login", handler=login, schedule="rate(1 minute)"),
        QueueDoor(function="Worker", handler="handlers.jobs.work.handler", queue="Mail"),
        StackDoor(function="Migrate", handler="infra.migration.handler", resource="Migrated"),
        SocketDoor(function="Talk", handler=talk, key="$default"),
    )
    assert doors(template)[0].module == "handlers.accounts.login"


def test_a_function_that_nothing_leads_to_is_a_mistake(tmp_path: Path) -> None:
    template = load(
        _write(tmp_path, TEMPLATE.replace("$default: {FunctionArn: !Ref Talk.Alias}", "{}"))
    )

    with pytest.raises(TemplateError, match="nothing leads to Talk"):
        doors(template)


def test_a_door_that_we_do_not_know_is_a_mistake(tmp_path: Path) -> None:
    template = load(_write(tmp_path, TEMPLATE.replace("Type: Schedule", "Type: Kinesis")))

    with pytest.raises(TemplateError, match="Login, Often: Kinesis is no door"):
        doors(template)


def test_a_key_that_comes_twice_is_a_mistake(tmp_path: Path) -> None:
    twice = _write(tmp_path, TEMPLATE.replace("  Worker:", "  Login:"))

    with pytest.raises(TemplateError, match="Login comes twice"):
        load(twice)


def test_intrinsic_functions_come_in_their_long_form(tmp_path: Path) -> None:
    path = _write(tmp_path, "A: !GetAtt One.Two.Three\nB: !Sub '${X}'\nC: !If [Yes, 1, !Ref N]\n")

    assert load(path) == {
        "A": {"Fn::GetAtt": ["One", "Two.Three"]},
        "B": {"Fn::Sub": "${X}"},
        "C": {"Fn::If": [True, 1, {"Ref": "N"}]},
    }
