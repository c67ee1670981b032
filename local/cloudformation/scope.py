"""What references mean on this machine: parameters, pseudo parameters, functions and APIs."""

from collections.abc import Mapping

from local.cloudformation.intrinsics import NO_VALUE, IntrinsicError, Node, Scope
from local.cloudformation.resource import Findings
from local.model import ACCOUNT_ID, DEFAULT_REGION

FUNCTION = "AWS::Serverless::Function"
LAYER = "AWS::Serverless::LayerVersion"
QUEUE = "AWS::SQS::Queue"
STAGE = "AWS::ApiGatewayV2::Stage"
_KNOWN_BY_NAME = (
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::Serverless::HttpApi",
    "AWS::Serverless::WebSocketApi",
)
"""Types whose `Ref` is an id that AWS makes up; here the logical id is that id."""


def region_of(environment: Mapping[str, str]) -> str:
    """The region that the SDKs would take from these variables."""
    return environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or DEFAULT_REGION


def make_scope(
    document: Mapping[str, Node], given: Mapping[str, str], region: str, findings: Findings
) -> tuple[Scope, dict[str, Mapping[str, Node]]]:
    """The scope of a template, and those of its resources whose condition holds."""
    parameters = document.get("Parameters") or {}
    for name in given.keys() - parameters.keys():
        findings.problems.append(f"Parameters: {name} is given, but the template has no such")
    declared = _declarations(document, findings)
    scope = Scope(
        references={**_pseudo_parameters(region), **_parameters(parameters, given, findings)},
        attributes={},
        declared=frozenset(declared) | parameters.keys(),
        mappings=document.get("Mappings") or {},
        conditions=document.get("Conditions") or {},
        region=region,
    )
    active = {name: each for name, each in declared.items() if _active(name, each, scope, findings)}
    references, attributes = _resources(active, region)
    scope.references = {**scope.references, **references}
    scope.attributes = attributes
    scope.declared = frozenset(active) | parameters.keys() | {"ServerlessHttpApi"}
    _aliases(active, scope, findings)
    _queues(active, scope, findings)
    _stages(active, scope, findings)
    return scope, active


def _declarations(
    document: Mapping[str, Node], findings: Findings
) -> dict[str, Mapping[str, Node]]:
    resources = document.get("Resources")
    if not isinstance(resources, dict) or not resources:
        findings.problems.append("Resources: the template has none")
        return {}
    declared: dict[str, Mapping[str, Node]] = {}
    for name, declaration in resources.items():
        if not isinstance(declaration, dict) or not isinstance(declaration.get("Type"), str):
            findings.problems.append(f"{name}: it has no Type")
        elif not isinstance(declaration.get("Properties") or {}, dict):
            findings.problems.append(f"{name}: its Properties are no map")
        else:
            declared[name] = declaration
    return declared


def _pseudo_parameters(region: str) -> dict[str, Node]:
    return {
        "AWS::AccountId": ACCOUNT_ID,
        "AWS::NoValue": NO_VALUE,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": region,
        "AWS::StackId": f"arn:aws:cloudformation:{region}:{ACCOUNT_ID}:stack/local/local",
        "AWS::StackName": "local",
        "AWS::URLSuffix": "amazonaws.com",
    }


def _parameters(
    declared: Mapping[str, Node], given: Mapping[str, str], findings: Findings
) -> dict[str, Node]:
    """Values of the parameters that have one; the rest is known only when the stack is made."""
    values: dict[str, Node] = {}
    for name, declaration in declared.items():
        if not isinstance(declaration, dict):
            findings.problems.append(f"Parameters: {name} is no map")
            continue
        kind = str(declaration.get("Type", "String"))
        if name not in given and ("Default" not in declaration or kind.startswith("AWS::SSM::")):
            continue
        value = given[name] if name in given else declaration["Default"]
        allowed = declaration.get("AllowedValues") or [value]
        allowed = [str(item) for item in (allowed if isinstance(allowed, list) else [allowed])]
        if str(value) not in allowed:
            findings.problems.append(f"Parameters: {name} is none of {', '.join(allowed)}")
        listed = kind == "CommaDelimitedList" or kind.startswith("List<")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        values[name] = [part.strip() for part in text.split(",")] if listed else text
    return values


def _active(name: str, declaration: Mapping[str, Node], scope: Scope, findings: Findings) -> bool:
    condition = declaration.get("Condition")
    if condition is None:
        return True
    try:
        return scope.holds(str(condition))
    except IntrinsicError as error:
        findings.problems.append(f"{name}: Condition: {error}")
        return False


def _resources(
    active: Mapping[str, Mapping[str, Node]], region: str
) -> tuple[dict[str, Node], dict[str, str]]:
    """What `Ref` and `GetAtt` give for functions and APIs."""
    references: dict[str, Node] = {"ServerlessHttpApi": "ServerlessHttpApi"}
    attributes: dict[str, str] = {}
    for name, declaration in active.items():
        if declaration["Type"] in _KNOWN_BY_NAME:
            references[name] = attributes[f"{name}.ApiId"] = name
        elif declaration["Type"] in (LAYER, "AWS::Lambda::LayerVersion"):
            references[name] = f"arn:aws:lambda:{region}:{ACCOUNT_ID}:layer:{name}:1"
        elif declaration["Type"] == FUNCTION:
            arn = f"arn:aws:lambda:{region}:{ACCOUNT_ID}:function:{name}"
            alias = (declaration.get("Properties") or {}).get("AutoPublishAlias")
            references |= {name: name, f"{name}.Version": f"{arn}:1", f"{name}.Alias": arn}
            attributes[f"{name}.Arn"] = arn
            if isinstance(alias, str):
                references |= {f"{name}.Alias": f"{arn}:{alias}", f"{name}Alias{alias}": arn}
    return references, attributes


def _aliases(active: Mapping[str, Mapping[str, Node]], scope: Scope, findings: Findings) -> None:
    """An explicit alias or version of a function refers to that function."""
    for name, declaration in active.items():
        if declaration["Type"] not in {"AWS::Lambda::Alias", "AWS::Lambda::Version"}:
            continue
        try:
            function = scope.resolve((declaration.get("Properties") or {}).get("FunctionName"))
        except IntrinsicError as error:
            findings.problems.append(f"{name}: FunctionName: {error}")
            continue
        arn = scope.attributes.get(f"{function}.Arn", str(function))
        scope.references = {**scope.references, name: arn}


def _stages(active: Mapping[str, Mapping[str, Node]], scope: Scope, findings: Findings) -> None:
    """A stage's `Ref` is its name, which ends the URL of its API."""
    for name, declaration in active.items():
        if declaration["Type"] != STAGE:
            continue
        try:
            stage = scope.resolve((declaration.get("Properties") or {}).get("StageName"))
        except IntrinsicError as error:
            findings.problems.append(f"{name}: StageName: {error}")
            continue
        scope.references = {**scope.references, name: str(stage)}


def _queues(active: Mapping[str, Mapping[str, Node]], scope: Scope, findings: Findings) -> None:
    """A queue's `Ref` is its URL, as on AWS; the emulator leads it to this machine."""
    for name, declaration in active.items():
        if declaration["Type"] != QUEUE:
            continue
        properties = declaration.get("Properties") or {}
        try:
            named = {key: scope.resolve(properties.get(key)) for key in ("QueueName", "FifoQueue")}
        except IntrinsicError as error:
            findings.problems.append(f"{name}: {error}")
            continue
        queue = queue_name(name, named)
        url = f"https://sqs.{scope.region}.amazonaws.com/{ACCOUNT_ID}/{queue}"
        arn = f"arn:aws:sqs:{scope.region}:{ACCOUNT_ID}:{queue}"
        scope.references = {**scope.references, name: url}
        scope.attributes = {
            **scope.attributes,
            f"{name}.Arn": arn,
            f"{name}.QueueName": queue,
            f"{name}.QueueUrl": url,
        }


def queue_name(logical_id: str, properties: Mapping[str, Node]) -> str:
    """A queue's name; where the template gives none, AWS makes one up of the logical id."""
    fifo = str(properties.get("FifoQueue")).lower() == "true"
    return str(properties.get("QueueName") or logical_id + (".fifo" if fifo else ""))
