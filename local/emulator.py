"""The whole emulator: from a template to open doors, and back."""

import os
import socket
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, replace

from local.addresses import Address, Addresses
from local.banner import Running, banner
from local.cli import Options
from local.console import Console
from local.control.app import ControlApp, Reach
from local.gateway.faults import Faults
from local.gateway.front import Front, listen
from local.gateway.gateway import Gateway
from local.gateway.limits import Limits
from local.gateway.setup import Setup
from local.lambdas.fleet import Fleet
from local.lambdas.pool import Lifecycle
from local.lambdas.processes import Processes
from local.lambdas.threads import Threads
from local.lambdas.watchers import Watchers
from local.mischief import Mischief
from local.model import Template
from local.notes import left_in
from local.queues.pollers import Pollers
from local.queues.sqs import Sqs
from local.schedules import Schedules
from local.services.folder import data_folder
from local.services.keyring import Keyring
from local.services.prepare import prepare
from local.stores import Stores
from local.template import read_template
from local.variables import (
    AWS_ENDPOINT_URL,
    REDIS_URL,
    local_credentials,
    sdk_variables,
    shared_variables,
    step_environment,
    with_variables,
)

_NEARBY = frozenset({"127.0.0.1", "0.0.0.0"})  # noqa: S104 - compared with, not bound to


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
        control_listener = stack.enter_context(closing(listen("127.0.0.1", options.control_port)))
        folder = stack.enter_context(data_folder(options.data))
        keyring = Keyring(folder)
        stores = Stores(template, environment)
        embedded = await stack.enter_async_context(stores.running(folder, keyring))

        urls = stores.urls(embedded.endpoints)
        shared = shared_variables(template, environment, urls, keyring)
        credentials = local_credentials(keyring, template.region)
        doors, management = _doors(template, listener)
        addresses = _addresses(template, doors, management, urls)
        template = with_variables(template, shared, addresses)
        extra = sdk_variables(credentials, urls, management)
        prepared = [
            await prepare(module, template.path.parent, step_environment(template, extra))
            for module in (template.local.prepare if options.prepare else ())
        ]

        limits = Limits().scaled(options.time_scale)
        observer = desk.console.observe
        faults = Faults(observer)
        faults.enforce(options.faults, options.seed)
        lambdas = _fleet(template, extra, desk, faults)
        await lambdas.start()
        stack.push_async_callback(lambdas.stop)
        setup = Setup(lambdas, limits, observer, faults, serial=options.per_connection_serial)
        gateway = Gateway(
            template, setup, credentials, listener=listener, redis_url=shared.get(REDIS_URL)
        )
        await gateway.start()
        stack.push_async_callback(gateway.stop)
        if template.queues:
            sqs = Sqs(urls[AWS_ENDPOINT_URL], template.region)
            pollers = Pollers(template, setup, sqs)
            await pollers.start()
            stack.push_async_callback(pollers.stop)
        schedules = Schedules(template, setup)
        schedules.start()
        stack.push_async_callback(schedules.stop)

        control = ControlApp(Reach(faults, lambdas, lambda: gateway.connections))
        control_front = Front(control, control_listener)
        await control_front.serve()
        stack.push_async_callback(control_front.stop)

        control_url = f"http://localhost:{control_listener.getsockname()[1]}"
        about = {
            "pid": os.getpid(),
            "url": doors.url,
            "socketUrl": doors.socket_url,
            "controlUrl": control_url,
        }
        region = {"AWS_REGION": template.region}
        stack.enter_context(left_in(folder, shared | extra | region, about))
        running = Running(
            template=template,
            url=doors.url,
            socket_url=doors.socket_url,
            control_url=control_url,
            stores=stores.whereabouts(),
            data=options.data,
            seconds=time.monotonic() - began,
        )
        for line in banner(running, prepared, desk.console.paint):
            desk.console.line(line)
        raise await embedded.failed()


def _tell(template: Template, console: Console) -> None:
    for sentence in template.unsupported:
        console.line(console.paint(f"Not done here: {sentence}", "yellow"))
    for sentence in template.notes:
        console.line(console.paint(f"Note: {sentence}", "dim"))


def _doors(template: Template, listener: socket.socket) -> tuple[Address, str]:
    """Where people find the APIs, and where functions find the management of connections."""
    host, port = listener.getsockname()[:2]
    name = "localhost" if host in _NEARBY else host
    sockets = next(iter(template.websocket_apis), None)
    doors = Address(f"http://{name}:{port}", f"ws://{name}:{port}/ws" if sockets else "")
    # Functions post often: spare them the name's way to ::1 first.
    return doors, f"http://127.0.0.1:{port}/{sockets.stage}" if sockets else ""


def _addresses(
    template: Template, doors: Address, management: str, urls: Mapping[str, str]
) -> Addresses:
    near = replace(doors, url=management.rpartition("/")[0])
    apis = {
        **{api.name: doors for api in template.http_apis[:1]},
        **{api.name: near for api in template.websocket_apis[:1]},
    }
    return Addresses(apis, urls.get(AWS_ENDPOINT_URL, ""))


def _fleet(template: Template, extra: Mapping[str, str], desk: Desk, faults: Faults) -> Fleet:
    kind = Threads if desk.options.in_process else Processes
    return kind(
        template.functions,
        environment=extra,
        lifecycle=Lifecycle(containers=desk.options.containers),
        watchers=Watchers(log=desk.console.function, meddle=Mischief(faults)),
    )
