"""`Metadata.Local`: what a template asks of the emulator alone."""

from collections.abc import Mapping
from typing import get_args

from local.cloudformation.intrinsics import Node
from local.cloudformation.resource import Findings
from local.model import Local, Service

_KEYS = ("Parameters", "Services", "Secrets", "Prepare", "Folders", "Pages")


def read_local(metadata: Mapping[str, Node], findings: Findings) -> Local:
    """What to start, to make up and to run before the first request."""
    section = metadata.get("Local") or {}
    if not isinstance(section, dict):
        findings.problems.append("Metadata.Local: it is no map")
        return Local()
    for key in section.keys() - set(_KEYS):
        findings.problems.append(
            f"Metadata.Local: {key} is not known; there are {', '.join(_KEYS)}"
        )
    services, secrets, prepare = (_names(section, key, findings) for key in _KEYS[1:4])
    known: tuple[Service, ...] = get_args(Service)
    for name in set(services) - set(known):
        findings.problems.append(
            f"Metadata.Local: there is no service {name}; there are {', '.join(known)}"
        )
    return Local(
        parameters=_map(section, "Parameters", findings),
        services=tuple(service for service in known if service in services),
        secrets=secrets,
        prepare=prepare,
        folders=_map(section, "Folders", findings),
        pages=_pages(section, findings),
    )


def _pages(section: Mapping[str, Node], findings: Findings) -> str | None:
    folder = section.get("Pages")
    if folder is None or isinstance(folder, str):
        return folder
    findings.problems.append("Metadata.Local: Pages is no name of a folder")
    return None


def _names(section: Mapping[str, Node], key: str, findings: Findings) -> tuple[str, ...]:
    names = section.get(key) or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        findings.problems.append(f"Metadata.Local: {key} is no list of names")
        return ()
    return tuple(names)


def _map(section: Mapping[str, Node], key: str, findings: Findings) -> dict[str, str]:
    given = section.get(key) or {}
    if not isinstance(given, dict) or any(isinstance(each, dict | list) for each in given.values()):
        findings.problems.append(f"Metadata.Local: {key} is no map of names to values")
        return {}
    return {name: str(value) for name, value in given.items()}
