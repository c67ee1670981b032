"""Every container a thread of this process (`--in-process`), so that a debugger sees them all."""

import os
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from local.lambdas.fleet import Fleet
from local.lambdas.pool import Lifecycle
from local.lambdas.thread import ThreadContainer
from local.lambdas.watchers import Watchers
from local.model import Function


class Threads(Fleet):
    """`Lambdas` with one thread per container.

    Modules and `os.environ` are shared: where two functions declare different values for one
    variable, both see the later one, which is said in the log at the start. Memory has no limit.
    """

    def __init__(
        self,
        functions: Mapping[str, Function],
        *,
        environment: Mapping[str, str] | None = None,
        lifecycle: Lifecycle | None = None,
        watchers: Watchers | None = None,
    ) -> None:
        """Prepare; nothing runs before `start`.

        Args:
            functions: By logical id.
            environment: Variables for all of them beside their own: credentials, endpoints.
            lifecycle: How many containers a function may have, and how they live.
            watchers: Who hears of invocations and of what functions write.
        """
        super().__init__(functions, lifecycle=lifecycle, watchers=watchers)
        self._environment = dict(environment or {})
        self._before: dict[str, str | None] = {}
        self._paths: list[str] = []

    async def start(self) -> None:
        """Put the functions' variables and folders into this process."""
        variables = dict(self._environment)
        for function in self._functions.values():
            variables |= {"AWS_DEFAULT_REGION": function.region, "AWS_REGION": function.region}
            for name, value in function.environment.items():
                if variables.setdefault(name, value) != value:
                    self._watchers.log(
                        function.name, f"in one process, its {name} is that of all functions"
                    )
                variables[name] = value
            for folder in reversed(function.path):
                if folder not in sys.path:
                    sys.path.insert(0, folder)
                    self._paths.append(folder)
        self._before = {name: os.environ.get(name) for name in variables}
        os.environ.update(variables)
        await super().start()

    async def stop(self) -> None:
        """Let the threads end and take out again what `start` put in."""
        await super().stop()
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        for path in self._paths:
            sys.path.remove(path)
        self._before, self._paths = {}, []

    def renew(self, functions: Mapping[str, Collection[Path]]) -> None:
        """Forget the modules of these files, which all threads share, and begin anew."""
        files = {str(path) for paths in functions.values() for path in paths}
        for name, module in tuple(sys.modules.items()):
            if getattr(module, "__file__", None) in files:
                del sys.modules[name]
        super().renew(functions)

    def _launch(self, function: Function) -> ThreadContainer:
        return ThreadContainer(function, watchers=self._watchers)
