"""What a SAM template says, as far as the emulator acts on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from local.cron import Cron

ACCOUNT_ID = "123456789012"
"""The account that everything here belongs to: the number of AWS's own examples."""
DEFAULT_REGION = "us-east-1"
"""The region, unless `AWS_REGION` or `AWS_DEFAULT_REGION` names another."""


@dataclass(frozen=True)
class Function:
    """One `AWS::Serverless::Function`."""

    name: str
    """Logical id in the template; AWS would add the stack's name."""
    handler: str
    """`package.module.attribute`, relative to `code`."""
    code: Path
    timeout: timedelta = timedelta(seconds=3)
    memory_mb: int = 128
    environment: Mapping[str, str] = field(default_factory=dict)
    """The variables that the template declares, resolved; a function sees no others of ours."""
    reserved_concurrency: int | None = None
    runtime: str = "python3.13"
    """As the template names it; what runs is the interpreter of the emulator."""
    region: str = DEFAULT_REGION
    layers: tuple[Path, ...] = ()
    """Folders whose `python/` comes after `code` where modules are looked for."""

    @property
    def path(self) -> tuple[str, ...]:
        """Where modules are looked for before the packages of the interpreter."""
        return (str(self.code), *(str(layer / "python") for layer in self.layers))

    @property
    def arn(self) -> str:
        """What `!GetAtt Name.Arn` gives, and what the context calls `invoked_function_arn`."""
        return f"arn:aws:lambda:{self.region}:{ACCOUNT_ID}:function:{self.name}"


@dataclass(frozen=True)
class LambdaAuthorizer:
    """A function that is asked before a route's own (an authorizer of the type REQUEST)."""

    name: str
    function: str
    identity: tuple[str, ...] = ()
    """Where the caller's identity is: `$request.header.Authorization`, `$request.querystring.t`."""
    simple: bool = False
    """Whether it answers `{"isAuthorized"}` and not with a policy."""
    remembered: timedelta = timedelta()
    """For how long its answer holds for the same identity."""


@dataclass(frozen=True)
class JwtAuthorizer:
    """A check of the caller's token against an issuer's keys."""

    name: str
    issuer: str
    audience: tuple[str, ...]
    identity: str = "$request.header.Authorization"


@dataclass(frozen=True)
class Cors:
    """What browsers are told about other origins."""

    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    max_age: int | None = None
    """Seconds."""
    credentials: bool = False


@dataclass(frozen=True)
class Throttle:
    """How often a route may be called."""

    rate: float
    """Times a second."""
    burst: int


@dataclass(frozen=True)
class HttpRoute:
    """One method and path of an HTTP API."""

    method: str
    """`GET`, …, or `ANY`."""
    path: str
    """`/v1/meetings/{id}`, `/{proxy+}` or `$default`."""
    function: str
    authorizer: LambdaAuthorizer | JwtAuthorizer | None = None
    scopes: tuple[str, ...] = ()
    """Of which a JWT must have one, if there are any."""
    throttle: Throttle | None = None
    integration_timeout: timedelta = timedelta(seconds=30)


@dataclass(frozen=True)
class HttpApi:
    """An `AWS::Serverless::HttpApi`, or the implicit one."""

    name: str
    routes: tuple[HttpRoute, ...]
    stage: str = "$default"
    cors: Cors | None = None
    stage_variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SocketRoute:
    """One route key of a WebSocket API."""

    key: str
    """`$connect`, `$disconnect`, `$default` or a custom key."""
    function: str
    integration_timeout: timedelta = timedelta(seconds=29)
    two_way: bool = False
    """Whether the function's `body` is sent back as a frame."""


@dataclass(frozen=True)
class WebSocketApi:
    """An `AWS::Serverless::WebSocketApi`."""

    name: str
    routes: Mapping[str, SocketRoute]
    stage: str = "default"
    route_selection: str = "$request.body.type"
    authorizer: LambdaAuthorizer | None = None
    """Asked before `$connect`."""
    stage_variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Apis:
    """What one port serves."""

    http: HttpApi | None = None
    sockets: WebSocketApi | None = None


@dataclass(frozen=True)
class Schedule:
    """A `Schedule` or `ScheduleV2` event of a function."""

    name: str
    function: str
    when: timedelta | Cron
    """`rate(…)` or `cron(…)`."""
    input: Mapping[str, Any] | None = None
    """The whole event, where one is declared; else EventBridge's own."""
    source: Literal["aws.events", "aws.scheduler"] = "aws.events"
    """Who fires: a rule of EventBridge (`Schedule`) or its Scheduler (`ScheduleV2`)."""


@dataclass(frozen=True)
class Queue:
    """An `AWS::SQS::Queue`."""

    name: str
    """`QueueName`, else the logical id."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """As `CreateQueue` takes them: `VisibilityTimeout`, `RedrivePolicy`, …"""


@dataclass(frozen=True)
class QueueSource:
    """A queue whose messages a function is given (an event source mapping)."""

    function: str
    queue: str
    """The queue's name."""
    batch_size: int = 10
    window: timedelta = timedelta()
    """How long to wait for a batch to fill."""
    partial_failures: bool = False
    """Whether the function names those of a batch that failed (`ReportBatchItemFailures`)."""
    concurrency: int = 5
    """Batches at a time (`MaximumConcurrency`); AWS begins with five."""


Service = Literal["postgres", "valkey", "aws"]


@dataclass(frozen=True)
class Local:
    """`Metadata.Local` of a template: what the emulator prepares before it opens the doors."""

    services: tuple[Service, ...] = ()
    """What to start unless `DATABASE_URL`, `REDIS_URL` or `AWS_ENDPOINT_URL` are given."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Values of the template's parameters on this machine, where they are not the defaults."""
    secrets: tuple[str, ...] = ()
    """Variables for which a random value is made once and kept in the data folder."""
    prepare: tuple[str, ...] = ()
    """Python modules run in order (`python -m …`) before the first request, with the functions'
    environment."""
    folders: Mapping[str, str] = field(default_factory=dict)
    """Variables that name a folder of the data folder, and which."""
    pages: str | None = None
    """A folder with static pages, from the template's."""


@dataclass(frozen=True)
class Template:
    """Everything that the emulator reads from one template."""

    path: Path
    functions: Mapping[str, Function]
    http_apis: tuple[HttpApi, ...]
    websocket_apis: tuple[WebSocketApi, ...]
    schedules: tuple[Schedule, ...]
    queues: tuple[Queue, ...] = ()
    """Those that others redrive to come first."""
    queue_sources: tuple[QueueSource, ...] = ()
    local: Local = Local()
    region: str = DEFAULT_REGION
    unsupported: tuple[str, ...] = ()
    """One sentence for each thing that the template asks for and the emulator does not do."""
    notes: tuple[str, ...] = ()
    """One sentence for each variable that is empty because only AWS knows its value."""

    @property
    def ports(self) -> tuple[Apis, ...]:
        """The first HTTP API and the first WebSocket API share a port; each other has its own."""
        first = Apis(
            http=next(iter(self.http_apis), None),
            sockets=next(iter(self.websocket_apis), None),
        )
        return (
            first,
            *(Apis(http=api) for api in self.http_apis[1:]),
            *(Apis(sockets=api) for api in self.websocket_apis[1:]),
        )
