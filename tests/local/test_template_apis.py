"""What templates say of APIs beside their routes: authorizers, CORS, throttles, ports."""

from datetime import timedelta

import pytest

from local.model import Cors, JwtAuthorizer, LambdaAuthorizer, Throttle
from tests.local.templates import FUNCTION, Read, problems, with_property
from tests.local.templates import read as read


def test_authorizers_cors_and_throttles_are_read(read: Read) -> None:
    api = """      Events:
        A: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: GET, Path: /a}}
        B:
          Type: HttpApi
          Properties:
            TimeoutInMillis: 5000
            ApiId: !Ref Api
            Method: GET
            Path: /b
            Auth: {Authorizer: Asks}
            RouteSettings: {ThrottlingRateLimit: 1, ThrottlingBurstLimit: 2}
        C:
          Type: HttpApi
          Properties: {ApiId: !Ref Api, Method: GET, Path: /c, Auth: {Authorizer: NONE}}
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      StageVariables: {COLOUR: blue}
      DefaultRouteSettings: {ThrottlingRateLimit: 100}
      CorsConfiguration: {AllowOrigins: ["https://app.example"], MaxAge: 5, AllowCredentials: true}
      Auth:
        DefaultAuthorizer: Tokens
        Authorizers:
          Tokens:
            IdentitySource: $request.header.Authorization
            JwtConfiguration: {issuer: "https://issuer.example", audience: [hub]}
          Asks:
            FunctionArn: !GetAtt F.Arn
            AuthorizerPayloadFormatVersion: "2.0"
            EnableSimpleResponses: true
            Identity: {Headers: [X-Key], QueryStrings: [key], ReauthorizeEvery: 60}
"""

    (found,) = read(FUNCTION + api).http_apis

    a, b, c = found.routes
    assert a.authorizer == JwtAuthorizer("Tokens", "https://issuer.example", ("hub",))
    assert b.authorizer == LambdaAuthorizer(
        name="Asks",
        function="F",
        identity=("$request.header.X-Key", "$request.querystring.key"),
        simple=True,
        remembered=timedelta(seconds=60),
    )
    assert c.authorizer is None
    assert (a.integration_timeout, b.integration_timeout) == (
        timedelta(seconds=30),
        timedelta(seconds=5),
    )
    assert (a.throttle, b.throttle) == (Throttle(100, 5000), Throttle(1, 2))
    assert found.cors == Cors(origins=("https://app.example",), max_age=5, credentials=True)
    assert found.stage_variables == {"COLOUR": "blue"}


def test_the_authorizer_of_connect_is_read(read: Read) -> None:
    sam = """
  Sam:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.type
      Auth:
        AuthType: CUSTOM
        AuthArn: !GetAtt F.Arn
        IdentitySource: [route.request.querystring.token, route.request.header.X-Key]
      Routes: {$default: {FunctionArn: !GetAtt F.Arn}}
"""

    (api,) = read(FUNCTION + sam).websocket_apis

    assert api.authorizer == LambdaAuthorizer(
        "F", "F", ("$request.querystring.token", "$request.header.X-Key")
    )


def test_each_further_api_has_a_port_of_its_own(read: Read) -> None:
    apis = """      Events:
        A: {Type: HttpApi, Properties: {ApiId: !Ref One, Path: /a}}
        B: {Type: HttpApi, Properties: {ApiId: !Ref Two, Path: /b}}
  One: {Type: AWS::Serverless::HttpApi}
  Two: {Type: AWS::Serverless::HttpApi}
  Sockets:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.type
      Routes: {$default: {FunctionArn: !GetAtt F.Arn}}
"""

    first, second = read(FUNCTION + apis).ports

    assert (first.http and first.http.name, first.sockets and first.sockets.name) == (
        "One",
        "Sockets",
    )
    assert (second.http and second.http.name, second.sockets) == ("Two", None)


@pytest.mark.parametrize(
    ("api", "problem"),
    [
        ("CorsConfiguration: {AllowOrigins: ['*'], AllowCredentials: true}", "exclude each other"),
        ("CorsConfiguration: often", "neither true nor a map"),
        (
            "Auth: {DefaultAuthorizer: Nobody}",
            "Authorizer is 'Nobody', which its API does not have",
        ),
        ("Auth: {Authorizers: {A: {JwtConfiguration: {}}}}", "needs an issuer and an audience"),
        ("Auth: {Authorizers: {A: {Identity: {}}}}", "it has no FunctionArn"),
        ("DefaultRouteSettings: {ThrottlingRateLimit: fast}", "are numbers"),
    ],
)
def test_a_mistake_in_an_api_is_told(read: Read, api: str, problem: str) -> None:
    event = "      Events: {D: {Type: HttpApi, Properties: {ApiId: !Ref A, Path: /a}}}\n"
    resources = f"  A: {{Type: AWS::Serverless::HttpApi, Properties: {{{api}}}}}\n"

    told = problems(read, FUNCTION + event + resources)

    assert any(problem in each for each in told), told


PLAIN = """
  Plain:
    Type: AWS::ApiGatewayV2::Api
    Properties: {ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action}
"""


def test_a_stage_spelt_out_has_its_variables(read: Read) -> None:
    stage = """  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Plain, StageName: prod, StageVariables: {COLOUR: blue}}
"""

    (api,) = read(FUNCTION + PLAIN + stage).websocket_apis

    assert api.stage_variables == {"COLOUR": "blue"}


def test_a_reference_to_a_stage_is_its_name(read: Read) -> None:
    stage = """  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Plain, StageName: !Sub "${AWS::Region}-prod"}
"""
    asks = with_property('Environment: {Variables: {URL: !Sub "https://${Plain}/${Stage}"}}')

    template = read(asks + PLAIN + stage)

    assert template.functions["F"].environment == {"URL": "https://Plain/us-east-1-prod"}


def test_what_a_web_socket_api_spelt_out_asks_for_in_vain_is_named(read: Read) -> None:
    resources = """  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Plain, StageName: prod, RouteSettings: {a: {}}}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Plain, RouteKey: a, ApiKeyRequired: true, Target: !Ref Target}
  Target:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {ApiId: !Ref Plain, IntegrationType: MOCK}
"""

    assert read(FUNCTION + PLAIN + resources).unsupported == (
        "Stage: RouteSettings is not acted upon",
        "Route: ApiKeyRequired is not acted upon",
        "Target: only integrations of the type AWS_PROXY are made",
    )


def test_an_api_has_at_most_300_routes_and_10_authorizers(read: Read) -> None:
    routes = ", ".join(f"r{at}: {{FunctionArn: !GetAtt F.Arn}}" for at in range(301))
    names = ", ".join(f"A{at}: {{FunctionArn: !GetAtt F.Arn}}" for at in range(11))
    apis = f"""
  Sockets:
    Type: AWS::Serverless::WebSocketApi
    Properties: {{RouteSelectionExpression: $request.body.type, Routes: {{{routes}}}}}
  Web: {{Type: AWS::Serverless::HttpApi, Properties: {{Auth: {{Authorizers: {{{names}}}}}}}}}
"""

    assert set(problems(read, FUNCTION + apis)) == {
        "Sockets: it has 301 routes; AWS allows 300",
        "Web: it has 11 authorizers; AWS allows 10",
    }
