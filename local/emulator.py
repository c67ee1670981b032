"""The whole emulator: from a template to open doors, and back."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace

from local.addresses import Address
from local.banner import Running, banner
from local.cli import Options
from local.console import Console
from local.gateway.front import listen
from local.gateway.gateway import Gateway
from local.gateway.limits import Limits
from local.gateway.setup import Setup
from local.lambdas.fleet import Fleet, Watchers
from local.lambdas.pool import Lifecycle
from local.lambdas.processes import Processes
from local.lambdas.threads import Threads
from local.model import Service, Template
from local.notes import left_in
from local.schedules import Schedules
from local.services import Endpoints
from local.services.embedded import EmbeddedServices
from local.services.folder import data_folder
from local.services.keyring import Keyring
from local.services.prepare import prepare
from local.services.reach import reach_database, reach_redis
from local.template import read_template
from local.variables import (
    DATABASE_URL,
    REDIS_URL,
    credential_variables,
    local_credentials,
    shared_variables,
    step_environment,
    with_variables,
)

_STORES: Mapping[Service, str] = {"postgres": DATABASE_URL, "valkey": REDIS_URL}
_NEARBY = frozenset({"127.0.0.1", "0.0.0.0"})  # noqa: S104 - compared with, not bound to
_NAMES: Mapping[Service, str] = {"postgres": "PostgreSQL", "valkey": "Valkey"}


@dataclass(frozen=True)
class Desk:
    """What the emulator is started with."""

    options: Options
    environment: Mapping[str, str]
    console: Console


async def emulate(desk: Desk) -> None:
    """Run until cancelled; then everything that was started ends.

    Raises:
        TemplateError: The template cannot be run.
        PortTakenError: Somebody else has the port.
        ServiceError: A data store or the data folder cannot be used, or a store has died.
        PrepareError: A preparing step refused.
    """
    began = time.monotonic()
    options, environment = desk.options, desk.environment
    template = read_template(
        options.template, environment=environment, parameters=options.parameters
    )
    _tell(template, desk.console)
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(closing(listen(options.host, options.port)))
        folder = stack.enter_context(data_folder(options.data))
        keyring = Keyring(folder)
        embedded = EmbeddedServices(folder, keyring, wanted=_wanted(template, environment))
        endpoints = await stack.enter_async_context(_running(embedded))
        await _reach(template, environment)

        shared = shared_variables(template, environment, endpoints, keyring)
        credentials = local_credentials(keyring, template.region)
        doors = _doors(template, listener)
        addresses = _addresses(template, doors, listener.getsockname()[1])
        template = with_variables(template, shared, addresses)
        extra = credential_variables(credentials)
        prepared = [
            await prepare(module, template.path.parent, step_environment(template, extra))
            for module in (template.local.prepare if options.prepare else ())
        ]

        limits = Limits().scaled(options.time_scale)
        lambdas = _fleet(template, extra, desk)
        await lambdas.start()
        stack.push_async_callback(lambdas.stop)
        setup = Setup(lambdas, limits, desk.console.observe, serial=options.per_connection_serial)
        gateway = Gateway(
            template, setup, credentials, listener=listener, redis_url=shared.get(REDIS_URL)
        )
        await gateway.start()
        stack.push_async_callback(gateway.stop)
        schedules = Schedules(template, setup)
        schedules.start()
        stack.push_async_callback(schedules.stop)

        about = {"pid": os.getpid(), "url": doors.url, "socketUrl": doors.socket_url}
        region = {"AWS_REGION": template.region}
        stack.enter_context(left_in(folder, shared | extra | region, about))
        running = Running(
            template=template,
            url=doors.url,
            socket_url=doors.socket_url,
            stores=_whereabouts(template, environment),
            data=options.data,
            seconds=time.monotonic() - began,
        )
        for line in banner(running, prepared, desk.console.paint):
            desk.console.line(line)
        raise await embedded.failed()


@asynccontextmanager
async def _running(embedded: EmbeddedServices) -> AsyncIterator[Endpoints]:
    endpoints = await embedded.start()
    try:
        yield endpoints
    finally:
        await embedded.stop()


def _tell(template: Template, console: Console) -> None:
    for sentence in template.unsupported:
        console.line(console.paint(f"Not done here: {sentence}", "yellow"))
    for sentence in template.notes:
        console.line(console.paint(f"Note: {sentence}", "dim"))


def _wanted(template: Template, environment: Mapping[str, str]) -> list[Service]:
    return [name for name in template.local.services if not environment.get(_STORES[name])]


async def _reach(template: Template, environment: Mapping[str, str]) -> None:
    """See whether the data stores that were given answer."""
    reaching = {"postgres": reach_database, "valkey": reach_redis}
    given = ((name, environment.get(_STORES[name])) for name in template.local.services)
    await asyncio.gather(*(reaching[name](url) for name, url in given if url))


def _doors(template: Template, listener: socket.socket) -> Address:
    host, port = listener.getsockname()[:2]
    name = "localhost" if host in _NEARBY else host
    sockets = f"ws://{name}:{port}/ws" if template.websocket_apis else ""
    return Address(url=f"http://{name}:{port}", socket_url=sockets)


def _addresses(template: Template, doors: Address, port: int) -> dict[str, Address]:
    # Functions post to connections: spare them the name's way to ::1 first.
    management = replace(doors, url=f"http://127.0.0.1:{port}")
    return {
        **{api.name: doors for api in template.http_apis[:1]},
        **{api.name: management for api in template.websocket_apis[:1]},
    }


def _fleet(template: Template, extra: Mapping[str, str], desk: Desk) -> Fleet:
    kind = Threads if desk.options.in_process else Processes
    return kind(
        template.functions,
        environment=extra,
        lifecycle=Lifecycle(containers=desk.options.containers),
        watchers=Watchers(log=desk.console.function),
    )


def _whereabouts(template: Template, environment: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        (
            _NAMES[name],
            f"given by {_STORES[name]}" if environment.get(_STORES[name]) else "embedded",
        )
        for name in template.local.services
    ]
