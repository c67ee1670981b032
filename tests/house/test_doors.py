"""template.yaml is the single list of doors, and behind every door is a handler."""

from importlib import import_module
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from infra.asyncapi import written as written_asyncapi
from infra.openapi import written as written_openapi
from infra.template import HttpDoor, doors, http_doors, load

ROOT = Path(__file__).parents[2]
TEMPLATE = load()
MODULES = sorted({door.module for door in doors(TEMPLATE)})


def test_the_routes_of_the_template_are_the_routes_of_the_apps() -> None:
    listed = {(door.module, door.method, door.path) for door in http_doors(TEMPLATE)}

    served = {
        (module, method, route.path.replace(":path}", "+}"))  # Starlette's greedy variable
        for module in {door.module for door in http_doors(TEMPLATE)}
        for route in import_module(module).app.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }

    assert served == listed


def test_every_handler_is_named_by_the_template() -> None:
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "handlers").rglob("*.py")
        if path.name != "__init__.py"
    }

    assert modules == {module for module in MODULES if module.startswith("handlers.")}


@pytest.mark.parametrize("module", MODULES)
def test_every_handler_is_a_function_of_an_event_and_a_context(module: str) -> None:
    named = {door.handler for door in doors(TEMPLATE) if door.module == module}

    assert named == {f"{module}.handler"}
    assert callable(import_module(module).handler)


@pytest.mark.parametrize("module", MODULES)
def test_a_handler_is_short_enough_to_decide_nothing(module: str) -> None:
    path = ROOT / Path(*module.split(".")).with_suffix(".py")

    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]

    assert len(lines) <= 60


def test_one_function_has_one_way_in_but_for_the_pages() -> None:
    ways = [door.function for door in doors(TEMPLATE) if isinstance(door, HttpDoor)]

    assert {name for name in ways if ways.count(name) > 1} <= {"DocsPage"}


def test_the_documents_are_what_the_code_says() -> None:
    docs = ROOT / "docs"

    assert (docs / "openapi.json").read_bytes() == written_openapi(), "make docs"
    assert (docs / "asyncapi.json").read_bytes() == written_asyncapi(), "make docs"
