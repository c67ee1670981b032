"""The whole emulator: from a template to open doors, and back."""

import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass

from local.addresses import Addresses
from local.banner import Running, banner
from local.cli import Options
from local.console import Console
from local.control.app import ControlApp, Reach
from local.doors import Door, taken
from local.folder_pages import FolderPages
from local.gateway.faults import Faults
from local.gateway.front import Front, listen
from local.gateway.gateway import Gateway
from local.gateway.limits import Limits
from local.gateway.observer import to_all
from local.gateway.setup import Setup
from local.gateway.sigv4 import Credentials
from local.inspect.pages import Pages
from local.inspect.recorder import Recorder
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
from local.reload.reloader import Reloader
from local.schedules import Schedules
from local.services.folder import data_folder
from local.services.keyring import Keyring
from local.services.prepare import prepare
from local.services.turn import turn_server
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


@dataclass(frozen=True)
class Desk:
    """What the emulator is started with."""

    options: Options
    environment: Mapping[str, str]
    console: Console


@dataclass(frozen=True)
class Site:
    """A template whose every variable is known, before its doors open."""

    template: Template
    doors: tuple[Door, ...]
    credentials: Credentials
    """Of the functions' role."""
    shared: Mapping[str, str]
    """Data stores, secrets and folders."""
    sdk: Mapping[str, str]
    """What AWS's SDKs look for in every function."""


async def emulate(desk: Desk) -> None:
    """Run until cancelled; then everything that was started ends.

    Raises:
        TemplateError: The template cannot be run.
        PortRefusedError: Somebody else has a port.
        ServiceError: A data store or the data folder cannot be used, or a store has died.
        PrepareError: A preparing step refused.
    """
    began = time.monotonic()
    options = desk.options
    template = read_template(
        options.template, environment=desk.environment, parameters=options.parameters
    )
    _tell(template, desk.console)
    async with AsyncExitStack() as stack:
        doors = stack.enter_context(taken(template, options.host, options.port))
        listener = listen("127.0.0.1", options.control_port, "--control-port")
        control = stack.enter_context(closing(listener))
        folder = stack.enter_context(data_folder(options.data))
        keyring = Keyring(folder)
        stores = Stores(template, desk.environment)
        embedded = await stack.enter_async_context(stores.running(folder, keyring))

        urls = stores.urls(embedded.endpoints)
        shared = shared_variables(template, desk.environment, urls, keyring, folder)
        if options.turn:
            shared |= await stack.enter_async_context(turn_server(folder, keyring))
        site = _site(template, doors, shared, local_credentials(keyring, template.region))
        prepared = await _prepare(site) if options.prepare else []
        app = await stack.enter_async_context(_open(site, desk))
        front = Front(app, control)
        await front.serve()
        stack.push_async_callback(front.stop)

        running = Running(
            template=template,
            doors=doors,
            inspected=options.inspect,
            control_url=f"http://localhost:{control.getsockname()[1]}",
            stores=stores.whereabouts(),
            data=options.data,
            seconds=time.monotonic() - began,
        )
        stack.enter_context(left_in(folder, {**shared, **site.sdk}, _about(running)))
        for line in banner(running, prepared, desk.console.paint):
            desk.console.line(line)
        await embedded.wake()
        raise await embedded.failed()


def _site(
    template: Template, doors: tuple[Door, ...], shared: Mapping[str, str], credentials: Credentials
) -> Site:
    apis = {name: address for door in doors for name, address in door.addresses()}
    management = next((door.management for door in doors if door.management), "")
    addresses = Addresses(apis, shared.get(AWS_ENDPOINT_URL, ""))
    return Site(
        template=with_variables(template, shared, addresses),
        doors=doors,
        credentials=credentials,
        shared=shared,
        sdk=sdk_variables(credentials, shared, management),
    )


async def _prepare(site: Site) -> list[str]:
    """Run the template's preparing steps; what they printed."""
    folder, environment = site.template.path.parent, step_environment(site.template, site.sdk)
    return [await prepare(module, folder, environment) for module in site.template.local.prepare]


@asynccontextmanager
async def _open(site: Site, desk: Desk) -> AsyncIterator[ControlApp]:
    """Start the functions, then whatever invokes them; ends in the opposite order."""
    options = desk.options
    recorder = Recorder() if options.inspect else None
    observer = to_all(desk.console.observe, *([recorder.observe] if recorder else []))
    faults = Faults(observer)
    faults.enforce(options.faults, options.seed)
    async with AsyncExitStack() as stack:
        fleet = _fleet(site, desk, _watchers(desk, faults, recorder))
        await fleet.start()
        stack.push_async_callback(fleet.stop)
        limits = Limits().scaled(options.time_scale).changed(options.limits)
        setup = Setup(fleet, limits, observer, faults, serial=options.per_connection_serial)
        gateways = await _gateways(site, setup, stack)
        if site.template.queues:
            sqs = Sqs(site.shared[AWS_ENDPOINT_URL], site.template.region)
            pollers = Pollers(site.template, setup, sqs)
            pollers.start()
            stack.push_async_callback(pollers.stop)
        schedules = Schedules(site.template, setup)
        schedules.start()
        stack.push_async_callback(schedules.stop)
        if options.reload:
            reloader = Reloader(site.template, fleet, desk.console)
            reloader.start()
            stack.push_async_callback(reloader.stop)
        app = ControlApp(Reach(faults, fleet, gateways))
        if recorder:
            Pages(recorder).add_to(app)
        yield app


async def _gateways(site: Site, setup: Setup, stack: AsyncExitStack) -> Sequence[Gateway]:
    gateways: list[Gateway] = []
    folder = site.template.local.pages
    pages = FolderPages(site.template.path.parent / folder) if folder else None
    for door in site.doors:
        gateway = Gateway(
            door.apis,
            setup,
            site.credentials,
            listener=door.listener,
            redis_url=site.shared.get(REDIS_URL),
            pages=None if gateways else pages,
        )
        await gateway.start()
        stack.push_async_callback(gateway.stop)
        gateways.append(gateway)
    return gateways


def _watchers(desk: Desk, faults: Faults, recorder: Recorder | None) -> Watchers:
    meddle = Mischief(faults)
    if recorder is None:
        return Watchers(log=desk.console.function, meddle=meddle)

    def log(function: str, line: str) -> None:
        desk.console.function(function, line)
        recorder.wrote(function, line)

    return Watchers(observer=recorder.invoked, log=log, meddle=meddle)


def _fleet(site: Site, desk: Desk, watchers: Watchers) -> Fleet:
    kind = Threads if desk.options.in_process else Processes
    return kind(
        site.template.functions,
        environment=site.sdk,
        lifecycle=Lifecycle(containers=desk.options.containers),
        watchers=watchers,
    )


def _tell(template: Template, console: Console) -> None:
    for sentence in template.unsupported:
        console.line(console.paint(f"Not done here: {sentence}", "yellow"))
    for sentence in template.notes:
        console.line(console.paint(f"Note: {sentence}", "dim"))


def _about(running: Running) -> Mapping[str, object]:
    """What programs want to know of a running emulator."""
    first = running.doors[0].address
    return {
        "pid": os.getpid(),
        "url": first.url,
        "socketUrl": first.socket_url,
        "controlUrl": running.control_url,
        "apis": {
            name: {"url": door.address.url, "socketUrl": door.address.socket_url}
            for door in running.doors
            for name, _ in door.addresses()
        },
    }
