"""Column types that hold the same values on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

Identifier = BigInteger().with_variant(Integer, "sqlite")
"""A surrogate key. SQLite numbers rows by itself only when the column is INTEGER."""

Document = JSON(none_as_null=True)
"""A JSON document, kept as text: PostgreSQL's jsonb would refuse an escaped NUL."""


class HeaderText(TypeDecorator[str]):
    """Text out of a DICOM header, with what PostgreSQL cannot store replaced by U+FFFD.

    Headers hold NUL padding and broken character sets; neither may cost an object its record.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _: Dialect) -> str | None:
        if value is None or (value.isascii() and "\0" not in value):
            return value
        encodable = value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        return encodable.replace("\0", "\ufffd")

    def process_result_value(self, value: str | None, _: Dialect) -> str | None:
        return value


class Instant(TypeDecorator[datetime]):
    """A moment, timezone-aware in UTC. SQLite, which knows no zones, keeps it naive in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
