"""Every container a process under AWS's own runtime client: Lambda as it is."""

from collections.abc import Mapping

from local.lambdas.fleet import Fleet
from local.lambdas.keeper import Keeper
from local.lambdas.pool import Lifecycle
from local.lambdas.process import ProcessContainer
from local.lambdas.watchers import Watchers
from local.model import Function


class Processes(Fleet):
    """`Lambdas` with one process per container."""

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
        self._environment = environment or {}
        self._keeper = Keeper()

    async def start(self) -> None:
        """Get ready to be invoked, and start what is wanted warm."""
        await self._keeper.start()
        await super().start()

    async def stop(self) -> None:
        """End every process."""
        await super().stop()
        await self._keeper.stop()

    def _launch(self, function: Function) -> ProcessContainer:
        return ProcessContainer(
            function,
            self._environment,
            keeper=self._keeper,
            watchers=self._watchers,
            freeze=self._lifecycle.freeze,
        )
