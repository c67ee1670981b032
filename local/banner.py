"""What a person reads when everything runs: where things are, and what to do next."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.doors import Door
from local.model import Template

Paint = Callable[[str, str], str]
"""Puts a text in a style, or leaves it."""

_REGISTER = (
    "curl {url}/v1/auth/register -H 'content-type: application/json' "
    '-d \'{{"email":"ada@example.com","password":"correct horse battery","displayName":"Ada"}}\''
)
_NEXT = (
    ("GET", "/docs", "open {url}/docs"),
    ("POST", "/v1/auth/register", _REGISTER),
)
"""Offered if the template has the route."""


@dataclass(frozen=True)
class Running:
    """What runs where."""

    template: Template
    doors: tuple[Door, ...]
    """The first has the port that was asked for."""
    control_url: str
    """`http://localhost:51234`: faults and connections, for this machine alone."""
    inspected: bool
    """Whether the control port shows what happens."""
    stores: Sequence[tuple[str, str]]
    """Name and whereabouts of each data store; no URL, which carries a password."""
    data: Path
    seconds: float
    """From the command to this moment."""


def banner(running: Running, prepared: Sequence[str], paint: Paint) -> Iterator[str]:
    """Yield the lines; `prepared` is what the preparing steps printed."""
    yield ""
    yield paint(f"Ready after {running.seconds:.1f} s.", "bold green")
    yield ""
    for name, place in _places(running):
        yield f"  {paint(f'{name:<11}', 'bold')} {place}"
    for text in filter(None, (text.strip("\n") for text in prepared)):
        yield ""
        yield from (f"  {line}" for line in text.split("\n"))
    yield ""
    yield paint("  Next", "bold")
    yield from (f"    {step}" for step in _next_steps(running))
    yield ""


def _places(running: Running) -> Iterator[tuple[str, str]]:
    for door in running.doors:
        if door.apis.http:
            stage = door.apis.http.stage
            prefix = "" if stage == "$default" else f"/{stage}"
            yield "HTTP", f"{door.address.url}{prefix}{_named(door.apis.http.name, running)}"
        if door.apis.sockets:
            yield "WebSocket", door.address.socket_url + _named(door.apis.sockets.name, running)
    if running.template.local.pages:
        yield "Page", running.doors[0].address.url
    if ("GET", "/docs") in _routes(running.template):
        yield "Docs", f"{running.doors[0].address.url}/docs"
    yield from running.stores
    if running.inspected:
        yield "Inspector", running.control_url
    yield "Control", f"{running.control_url}/faults"
    yield "Data folder", f"{running.data}  (to share it: services.env)"


def _named(api: str, running: Running) -> str:
    """An API's name, where there are several ports."""
    return f"  ({api})" if len(running.doors) > 1 else ""


def _next_steps(running: Running) -> Iterator[str]:
    routes = _routes(running.template)
    if running.template.local.pages:
        yield f"open {running.doors[0].address.url} in two browser windows"
    for method, path, step in _NEXT:
        if (method, path) in routes:
            yield step.format(url=running.doors[0].address.url)
    if (running.template.path.parent / "README.md").exists():
        yield "read README.md: a whole meeting, step by step"
    yield "press Ctrl-C to stop everything"


def _routes(template: Template) -> set[tuple[str, str]]:
    return {(route.method, route.path) for api in template.http_apis for route in api.routes}
