"""One container as an operating-system process under AWS's runtime client, `awslambdaric`."""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

from local.lambdas.environment import container_environment
from local.lambdas.failures import Failure, exited, not_started, out_of_memory, timed_out
from local.lambdas.invocation import FunctionError
from local.lambdas.keeper import Keeper
from local.lambdas.memory import peak_mb
from local.lambdas.runtime_api import Request, RuntimeApi
from local.lambdas.watchers import Watchers
from local.model import Function

_INIT_LIMIT = timedelta(seconds=10)
_LINE_ENDS = re.compile(rb"\r\n|\r|\n")
_BOILERPLATE = b"LAMBDA_WARNING: Unhandled exception. The most likely cause"
"""awslambdaric's preface, a paragraph long, to every error, which follows by itself."""
_LONGEST_LINE = 256 * 1024
_MEMORY_PERIOD = 0.25
"""Seconds between looks at a running function's memory."""


class ProcessContainer:
    """A process: fresh modules, its own environment, killed with all its children."""

    def __init__(
        self,
        function: Function,
        extra: Mapping[str, str],
        *,
        keeper: Keeper,
        watchers: Watchers,
        freeze: bool,
    ) -> None:
        self._function = function
        self._extra = extra
        self._keeper = keeper
        self._log = watchers.log
        self._meddle = watchers.meddle
        self._api = RuntimeApi(self._freeze if freeze else lambda: None)
        self._frozen = False
        self._output = _Output(self._line, self._spawned, self._on_exit)
        self._transport: asyncio.SubprocessTransport | None = None
        self._exited: asyncio.Future[Failure] = asyncio.get_running_loop().create_future()
        self._verdict: Failure | None = None

    @property
    def ended(self) -> asyncio.Future[None]:
        """Done once the process has exited."""
        return cast("asyncio.Future[None]", self._exited)

    @property
    def pid(self) -> int | None:
        """The process, while it lives."""
        alive = self._transport and not self._exited.done()
        return self._transport.get_pid() if alive and self._transport else None

    @property
    def usable(self) -> bool:
        """Whether the process lives and nobody has decided otherwise."""
        return self.pid is not None and self._verdict is None

    async def start(self) -> Failure | None:
        """Start the process and wait until it has imported the handler.

        Lambda allows 10 s for that and then begins anew within the invocation's own time; here it
        has both times in one go.
        """
        try:
            await self._spawn()
        except (OSError, ValueError) as error:  # no folder, no more descriptors; a NUL in a name
            failure = not_started(error)
            self._line(failure("-").message.partition("Error: ")[2])
            return failure
        limit = (_INIT_LIMIT + self._function.timeout).total_seconds()
        await _first(self._api.initialised, self._exited, seconds=limit)
        if self._api.initialised.done():
            return self._api.initialised.result()
        if self._exited.done():
            return self._exited.result()
        return timed_out(self._function.timeout)

    async def _spawn(self) -> None:
        function = self._function
        address = await self._api.open()
        environment = container_environment(function, self._extra, runtime_api=address)
        await asyncio.get_running_loop().subprocess_exec(
            lambda: self._output,
            *(sys.executable, "-m", "awslambdaric", function.handler),
            env=environment,
            cwd=function.code,
            stdin=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )

    async def run(self, request: Request) -> bytes | FunctionError:
        """Hand out one event; kill the process if it does not answer in time."""
        limit = self._function.timeout
        deadline_ms = int((time.time() + limit.total_seconds()) * 1000)
        self._thaw()
        answer = self._api.hand_out(request, deadline_ms=deadline_ms)
        watch = self._watch_memory()
        self._meddle(self._function.name, self)
        await _first(answer, self._exited, seconds=limit.total_seconds())
        watch.stop()
        self._check_memory()
        if answer.done() and self._verdict is None:
            return answer.result()
        self.kill(timed_out(limit))
        return (await self._exited)(request.id)

    async def settle(self) -> None:
        """Wait until the runtime asks for more or exits; kill it if it does neither in time."""
        limit = self._function.timeout
        await _first(self._api.asked, self._exited, seconds=limit.total_seconds())
        if not self._api.asked.done():
            self.kill(timed_out(limit))

    def kill(self, verdict: Failure) -> None:
        """End the process and its children at once; `verdict` is what its caller is told."""
        if self.pid:
            self._verdict = self._verdict or verdict
            _signal_group(self.pid, signal.SIGKILL)

    def pause(self, seconds: float) -> None:
        """Let the process and its children stand still for a while."""
        if pid := self.pid:
            _signal_group(pid, signal.SIGSTOP)
            asyncio.get_running_loop().call_later(seconds, self._go_on, pid)

    def _go_on(self, pid: int) -> None:
        if pid == self.pid and not self._frozen:
            _signal_group(pid, signal.SIGCONT)

    async def close(self) -> None:
        """End the process and hang up."""
        if self._transport:
            self.kill(exited(-signal.SIGKILL))
            await self._exited
        self._api.close()
        if self._transport:
            # Its last words are worth a wait; a child that left the group may hold the pipe.
            await asyncio.wait({self._output.drained}, timeout=1)
            self._transport.close()

    def _spawned(self, transport: asyncio.SubprocessTransport) -> None:
        self._transport = transport
        self._keeper.watch(transport.get_pid())

    def _on_exit(self) -> None:
        if self._transport and not self._exited.done():
            pid = self._transport.get_pid()
            _signal_group(pid, signal.SIGKILL)
            self._keeper.release(pid)
            returncode = self._transport.get_returncode() or 0
            self._exited.set_result(self._verdict or exited(returncode))

    def _freeze(self) -> None:
        """Between events Lambda freezes a container: no thread or task of it goes on."""
        if self.pid and not self._frozen:
            self._frozen = True
            _signal_group(self.pid, signal.SIGSTOP)

    def _thaw(self) -> None:
        if self.pid and self._frozen:
            self._frozen = False
            _signal_group(self.pid, signal.SIGCONT)

    def _watch_memory(self) -> "_Again":
        """Look at the memory now and then while the function runs."""
        return _Again(_MEMORY_PERIOD, self._check_memory)

    def _check_memory(self) -> bool:
        """Kill the process if it had more memory than its due; whether it goes on."""
        pid = self.pid
        peak = peak_mb(pid) if pid and self._verdict is None else None
        if peak and peak > self._function.memory_mb:
            self._line(f"used {peak} MB of its {self._function.memory_mb} MB and is killed")
            self.kill(out_of_memory())
        return self.usable

    def _line(self, line: str) -> None:
        self._log(self._function.name, line)


class _Again:
    """Does something every so often until stopped, or until that says no."""

    def __init__(self, seconds: float, work: Callable[[], bool]) -> None:
        self._seconds = seconds
        self._work = work
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(seconds, self._do)

    def stop(self) -> None:
        """No more."""
        self._timer.cancel()

    def _do(self) -> None:
        if self._work():
            self._timer = self._loop.call_later(self._seconds, self._do)


class _Output(asyncio.SubprocessProtocol):
    """Cuts what a process writes into lines."""

    def __init__(
        self,
        line: Callable[[str], None],
        spawned: Callable[[asyncio.SubprocessTransport], None],
        exited: Callable[[], None],
    ) -> None:
        self._line = line
        self._spawned = spawned
        self._exited = exited
        self._rest = b""
        self.drained: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once there is nothing more to read."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._spawned(cast("asyncio.SubprocessTransport", transport))

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 - asyncio's signature
        *lines, self._rest = _LINE_ENDS.split(self._rest + data)
        if len(self._rest) > _LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            self._tell(line)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 - as above
        self._tell(self._rest)
        self._rest = b""
        if not self.drained.done():
            self.drained.set_result(None)

    def process_exited(self) -> None:
        self._exited()

    def _tell(self, line: bytes) -> None:
        if line and _BOILERPLATE not in line:
            # awslambdaric indents tracebacks with no-break spaces, for CloudWatch.
            self._line(line.decode(errors="replace").replace("\u00a0", " "))


async def _first(*futures: asyncio.Future[Any], seconds: float) -> None:
    await asyncio.wait(futures, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
