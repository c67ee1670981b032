"""The documentation pages, as API Gateway gets them."""

import base64
import gzip
import re

import pytest

from tests.container import Container
from tests.gateway_events import http_event

PAGE = "handlers.docs.page"


KINDS = {"css": "text/css", "js": "text/javascript"}


@pytest.mark.parametrize(
    ("path", "document"), [("/docs", "/swagger/json"), ("/docs/ws", "/asyncapi.json")]
)
def test_a_page_and_all_that_it_loads_come_from_here(
    container: Container, path: str, document: str
) -> None:
    page = container.http(PAGE, http_event("GET", path))

    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assets = {one for one in loaded if one.startswith("/docs/assets/")}

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert set(loaded) - assets == {document}
    for asset in assets:
        answer = container.http(PAGE, http_event("GET", asset))
        kind = KINDS.get(asset.rpartition(".")[2])
        assert answer.status == 200
        assert answer.headers["content-type"] == (f"{kind}; charset=utf-8" if kind else "image/png")


@pytest.mark.parametrize("path", ["/docs", "/docs/ws"])
def test_a_page_may_neither_run_inline_scripts_nor_ask_anybody_else(
    container: Container, path: str
) -> None:
    page = container.http(PAGE, http_event("GET", path))

    policy = dict(
        directive.split(" ", 1) for directive in page.headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert re.findall(r"<script(?! src=)|\son\w+=|javascript:|style=", page.text) == []


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
