"""What invokes the functions of a template, as it is gathered."""

from dataclasses import dataclass, field

from local.cloudformation.resource import Resource
from local.model import HttpRoute, QueueSource, Schedule


@dataclass(frozen=True)
class RouteOf:
    """An HTTP route with the API to which it belongs."""

    api: str
    route: HttpRoute
    event: Resource
    """The function's event that declares it."""


@dataclass
class Doors:
    """What invokes functions, as their `Events` say."""

    routes: list[RouteOf] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)
    queue_sources: list[QueueSource] = field(default_factory=list)
