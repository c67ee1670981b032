"""What several stories about operations need."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url


@pytest.fixture
def empty(database_url: str) -> Iterator[str]:
    """A database of its own, with nothing in it."""
    unbounded = "-c statement_timeout=0"  # the role's bound is for the product's statements
    with psycopg.connect(database_url, autocommit=True, options=unbounded) as server:
        server.execute("CREATE DATABASE migrations")
    yield str(
        make_url(database_url).set(database="migrations").render_as_string(hide_password=False)
    )
    with psycopg.connect(database_url, autocommit=True, options=unbounded) as server:
        server.execute("DROP DATABASE migrations WITH (FORCE)")
