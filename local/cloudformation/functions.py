"""`AWS::Serverless::Function` and what makes it run: its routes, schedules and queues."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from local.cloudformation.doors import Doors, RouteOf
from local.cloudformation.intrinsics import Node
from local.cloudformation.layers import read_layers
from local.cloudformation.queues import read_source
from local.cloudformation.resource import Resource
from local.cron import Cron, CronError, read_cron
from local.lambdas.environment import RESERVED
from local.model import Function, HttpRoute, Schedule

IMPLICIT_HTTP_API = "ServerlessHttpApi"
"""The API that SAM makes for events that name none."""

_NOT_DONE = ("FunctionUrlConfig", "FileSystemConfigs", "DeadLetterQueue", "EventInvokeConfig")
_SCHEDULE_NOT_DONE = ("DeadLetterConfig", "EndDate", "RetryPolicy", "StartDate")
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]+")
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_METHODS = {"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}


def read_function(
    resource: Resource,
    folder: Path,
    environment: Mapping[str, str],
    region: str,
    layers: Mapping[str, Path | None],
) -> Function | None:
    """The function; None if it cannot be run here, which is then said.

    `layers`: the template's, with the folder of each that has its modules ready.
    """
    if (resource.text("PackageType") or "Zip") != "Zip":
        resource.unsupported("functions in container images are not run")
        return None
    if "InlineCode" in resource.keys:
        resource.unsupported("functions with InlineCode are not run; put the code in a folder")
        return None
    runtime = resource.text("Runtime")
    if runtime and not runtime.startswith("python"):
        resource.unsupported(f"functions in {runtime} are not run, only those in Python")
        return None
    resource.refuse(_NOT_DONE)
    code, handler = _code(resource, folder), resource.text("Handler")
    for key in ("Runtime", "Handler"):
        if key not in resource.keys:
            resource.problem(f"it has no {key}")
    return Function(
        name=resource.name,
        handler=handler or "",
        code=code,
        timeout=timedelta(seconds=resource.number("Timeout", least=1, most=900) or 3),
        memory_mb=resource.number("MemorySize", least=128, most=10240) or 128,
        environment=_variables(resource, environment),
        reserved_concurrency=resource.number("ReservedConcurrentExecutions", least=0, most=10**6),
        runtime=runtime or "",
        region=region,
        layers=read_layers(resource, layers),
    )


def _code(resource: Resource, folder: Path) -> Path:
    uri = resource.value("CodeUri")
    if uri is None:
        resource.problem("it has no CodeUri")
        return folder
    if not isinstance(uri, str) or uri.startswith("s3://"):
        resource.problem("CodeUri is in S3; here it must be a folder beside the template")
        return folder
    code = (folder / uri).resolve()
    if not code.is_dir():
        resource.problem(f"CodeUri is {uri!r}, which is no folder beside the template")
    return code


def _variables(resource: Resource, environment: Mapping[str, str]) -> dict[str, str]:
    """What the template declares; a variable of the same name in `environment` goes before it."""
    section = resource.part("Environment", resource.mapping("Environment"))
    variables = section.mapping("Variables")
    declared = resource.part("Environment", variables)
    for name in variables:
        if name in RESERVED:
            declared.problem(f"{name} is reserved: AWS refuses a template that sets it")
        elif not _VARIABLE.fullmatch(str(name)):
            declared.problem(f"{name!r} is no name that AWS takes for a variable")
    return {
        name: environment[name] if name in environment else declared.variable(name)
        for name in variables
    }


def read_events(resource: Resource, doors: Doors) -> None:
    """Add a function's `Events` to the doors."""
    for name, declaration in resource.mapping("Events").items():
        if not isinstance(declaration, dict) or "Type" not in declaration:
            resource.problem(f"the event {name} is no map with a Type")
            continue
        event = resource.part(name, declaration.get("Properties") or {}, str(declaration["Type"]))
        if event.type == "HttpApi":
            doors.routes += _http_route(event, resource.name)
        elif event.type in {"Schedule", "ScheduleV2"}:
            doors.schedules += _schedule(event, resource.name, f"{resource.name}{name}")
        elif event.type == "SQS":
            doors.queue_sources += read_source(event, resource.name)
        else:
            event.unsupported(f"events of type {event.type} never come")


def _http_route(event: Resource, function: str) -> list[RouteOf]:
    if (event.text("PayloadFormatVersion") or "2.0") != "2.0":
        event.unsupported("payload 1.0 is not made; the event comes as 2.0")
    path, method = event.text("Path"), (event.text("Method") or "ANY").upper()
    if method == "X-AMAZON-APIGATEWAY-ANY-METHOD":
        method = "ANY"
    if method not in _METHODS:
        event.problem(f"Method is {method!r}")
    if path is None and "Method" in event.keys:
        event.problem("it has a Method but no Path")
    path = path or "$default"
    if path != "$default" and not path.startswith("/"):
        event.problem(f"Path is {path!r} and does not begin with /")
    api = event.text("ApiId") or IMPLICIT_HTTP_API
    milliseconds = event.number("TimeoutInMillis", least=50, most=30_000) or 30_000
    route = HttpRoute(
        method=method,
        path=path,
        function=function,
        integration_timeout=timedelta(milliseconds=milliseconds),
    )
    return [RouteOf(api, route, event)]


def _schedule(event: Resource, function: str, name: str) -> list[Schedule]:
    version_2 = event.type == "ScheduleV2"
    if (event.text("State") or "ENABLED") == "DISABLED":
        return []
    if not version_2 and not event.flag("Enabled", otherwise=True):
        return []
    event.refuse(_SCHEDULE_NOT_DONE)
    expression = event.text("ScheduleExpression" if version_2 else "Schedule")
    if expression is None:
        event.problem("it has no schedule")
        return []
    if expression.startswith("at("):
        event.unsupported(f"{expression} never fires; only rate(…) and cron(…) do")
        return []
    if event.text("ScheduleExpressionTimezone") not in (None, "UTC"):
        event.unsupported("ScheduleExpressionTimezone is not acted upon: the clock is UTC's")
    when = _when(event, expression)
    if when is None:
        return []
    return [
        Schedule(
            name=event.text("Name") or name,
            function=function,
            when=when,
            input=_input(event),
            source="aws.scheduler" if version_2 else "aws.events",
        )
    ]


def _when(event: Resource, expression: str) -> timedelta | Cron | None:
    if expression.startswith("cron("):
        try:
            return read_cron(expression)
        except CronError as wrong:
            event.problem(f"{expression!r}: {wrong}")
            return None
    every = _rate(expression)
    if every is None:
        event.problem(f"{expression!r} is no schedule; an example of one is rate(5 minutes)")
    return every


def _rate(expression: str) -> timedelta | None:
    """`rate(1 minute)`, `rate(5 minutes)`: AWS insists on the right number of the noun."""
    match = _RATE.fullmatch(expression)
    if not match or int(match[1]) < 1 or (int(match[1]) == 1) == bool(match[3]):
        return None
    return int(match[1]) * timedelta(**{f"{match[2]}s": 1})


def _input(event: Resource) -> Mapping[str, Any] | None:
    text = event.value("Input")
    if text is None:
        return None
    value: Node
    try:
        value = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        value = None
    if not isinstance(value, dict):
        event.problem("Input is no JSON object")
        return None
    return value
