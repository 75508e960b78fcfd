"""Whom the nodes of these tests tell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.destinations import HttpDestination


@pytest.fixture
def dashboard() -> Iterator[HttpDestination]:
    """A destination of verdicts that are posted."""
    with HttpDestination() as destination:
        yield destination
