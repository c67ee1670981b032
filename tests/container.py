"""A Lambda container for tests: one thread, one event loop, one set of warm clients."""

import importlib
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from hub_core.adapters import runtime

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What a REST handler returned."""

    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    text: str

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.text)


class Container:
    """Calls handlers by their names in template.yaml, as `handlers.accounts.me`."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)

    def do(self, work: Callable[[], T]) -> T:
        """Run `work` in the container's thread; there `runtime.run` and its clients are ours."""
        return self._thread.submit(work).result()

    def call(self, module: str, event: Mapping[str, Any]) -> Any:
        """What the handler returned for the event."""
        return self.do(lambda: importlib.import_module(module).handler(event, None))

    def http(self, module: str, event: Mapping[str, Any]) -> Answer:
        """The same for a REST handler, read as API Gateway reads it."""
        result = self.call(module, event)
        headers = {name.lower(): value for name, value in result["headers"].items()}
        return Answer(
            result["statusCode"], headers, tuple(result.get("cookies") or ()), result["body"]
        )

    def close(self) -> None:
        """Close the clients on their own loop, then end the thread."""
        self.do(runtime.close)
        self._thread.shutdown()
