"""The documentation pages, as API Gateway gets them."""

import base64
import gzip
import re

import pytest

from tests.container import Container
from tests.gateway_events import http_event

PAGE = "handlers.docs.page"


def test_the_page_and_all_that_it_loads_come_from_here(container: Container) -> None:
    page = container.http(PAGE, http_event("GET", "/docs"))

    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assets = [one for one in loaded if one.startswith("/docs/assets/")]
    answers = {one: container.http(PAGE, http_event("GET", one)) for one in assets}

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert set(loaded) - set(assets) == {"/swagger/json"}
    assert {
        one: (answer.status, answer.headers["content-type"]) for one, answer in answers.items()
    } == {
        "/docs/assets/favicon.png": (200, "image/png"),
        "/docs/assets/swagger-ui.css": (200, "text/css; charset=utf-8"),
        "/docs/assets/swagger-ui-bundle.js": (200, "text/javascript; charset=utf-8"),
        "/docs/assets/swagger.js": (200, "text/javascript; charset=utf-8"),
    }


def test_the_page_may_neither_run_inline_scripts_nor_ask_anybody_else(container: Container) -> None:
    page = container.http(PAGE, http_event("GET", "/docs"))

    policy = dict(
        directive.split(" ", 1) for directive in page.headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert re.findall(r"<script(?! src=)|\son\w+=|javascript:", page.text) == []


def test_a_file_that_the_browser_has_is_not_sent_again(container: Container) -> None:
    first = container.http(PAGE, http_event("GET", "/docs/assets/swagger.js"))

    again = container.http(
        PAGE,
        http_event(
            "GET", "/docs/assets/swagger.js", headers={"if-none-match": first.headers["etag"]}
        ),
    )
    other = container.http(
        PAGE, http_event("GET", "/docs/assets/swagger.js", headers={"if-none-match": 'W/"other"'})
    )

    assert first.headers["cache-control"] == "public, max-age=3600"
    assert (again.status, again.text) == (304, "")
    assert (other.status, other.text) == (200, first.text)


def test_large_files_go_compressed_to_those_who_can_read_it(container: Container) -> None:
    event = http_event(
        "GET", "/docs/assets/swagger-ui-bundle.js", headers={"accept-encoding": "gzip"}
    )

    result = container.call(PAGE, event)

    assert result["isBase64Encoded"]
    assert result["headers"]["content-encoding"] == "gzip"
    packed = base64.b64decode(result["body"])
    assert len(packed) < 1_000_000 < len(gzip.decompress(packed))


@pytest.mark.parametrize("name", ["swagger.html", "..%2Fpage.py", "redoc.standalone.js"])
def test_nothing_else_is_to_be_had(container: Container, name: str) -> None:
    answer = container.http(PAGE, http_event("GET", f"/docs/assets/{name}"))

    assert (answer.status, answer.json["type"]) == (404, "route/not-found")
