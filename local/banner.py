"""What a person reads when everything runs: where things are, and what to do next."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

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
    url: str
    """`http://localhost:4000`."""
    socket_url: str
    """`ws://localhost:4000/ws`; empty without a WebSocket API."""
    control_url: str
    """`http://localhost:51234`: faults and connections, for this machine alone."""
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
    if running.template.http_apis:
        yield "HTTP", running.url
    if running.socket_url:
        yield "WebSocket", running.socket_url
    if ("GET", "/docs") in _routes(running.template):
        yield "Docs", f"{running.url}/docs"
    yield from running.stores
    yield "Control", f"{running.control_url}/faults"
    yield "Data folder", f"{running.data}  (to share it: services.env)"


def _next_steps(running: Running) -> Iterator[str]:
    routes = _routes(running.template)
    for method, path, step in _NEXT:
        if (method, path) in routes:
            yield step.format(url=running.url)
    if (running.template.path.parent / "README.md").exists():
        yield "read README.md: a whole meeting, step by step"
    yield "press Ctrl-C to stop everything"


def _routes(template: Template) -> set[tuple[str, str]]:
    return {(route.method, route.path) for api in template.http_apis for route in api.routes}
