"""Static pages beside an API."""

from pathlib import Path

import pytest

from local.folder_pages import FolderPages
from local.gateway.exchange import Request, Response


@pytest.fixture
def pages(tmp_path: Path) -> FolderPages:
    """A page, a module, and things that are nobody's business."""
    (tmp_path / "index.html").write_text("<p>Hello")
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "main.js").write_text("export {};")
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "tool.js").write_text("")
    (tmp_path.parent / "secret.js").write_text("")
    return FolderPages(tmp_path)


def ask(pages: FolderPages, path: str, method: str = "GET", **headers: str) -> Response | None:
    """Ask for a path."""
    named = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    return pages.answer(Request(method, path, "", named, b"", "127.0.0.1"))


@pytest.mark.parametrize("path", ["/", "/abc-defg-hij", "/nonsense"])
def test_the_page_is_shown_wherever_it_may_make_sense_of_the_address(
    pages: FolderPages, path: str
) -> None:
    answer = ask(pages, path)

    assert answer
    assert (answer.status, answer.body) == (200, b"<p>Hello")
    assert dict(answer.headers)[b"content-type"] == b"text/html; charset=utf-8"


def test_scripts_are_scripts_and_none_may_stand_in_a_page(pages: FolderPages) -> None:
    answer = ask(pages, "/page/main.js")

    assert answer
    headers = dict(answer.headers)
    assert headers[b"content-type"] == b"text/javascript; charset=utf-8"
    assert b"script-src 'self';" in headers[b"content-security-policy"]
    assert headers[b"x-content-type-options"] == b"nosniff"


def test_what_a_browser_has_is_not_sent_again(pages: FolderPages, tmp_path: Path) -> None:
    first = ask(pages, "/page/main.js")
    assert first
    etag = dict(first.headers)[b"etag"].decode()

    second = ask(pages, "/page/main.js", if_none_match=etag)
    (tmp_path / "page" / "main.js").write_text("export { more };")
    third = ask(pages, "/page/main.js", if_none_match=etag)

    assert second
    assert third
    assert (second.status, second.body) == (304, b"")
    assert (third.status, third.body) == (200, b"export { more };")


@pytest.mark.parametrize(
    "path",
    [
        "/package.json",
        "/node_modules/tool.js",
        "/../secret.js",
        "/page/../index.html",
        "/%2e%2e/secret.js",
        "/page/missing.js",
        "/v1/meetings",
    ],
)
def test_nothing_else_is_there(pages: FolderPages, path: str) -> None:
    assert ask(pages, path) is None


def test_pages_are_only_read(pages: FolderPages) -> None:
    assert ask(pages, "/", method="POST") is None
    head = ask(pages, "/", method="HEAD")
    assert head
    assert (head.status, head.body) == (200, b"")
