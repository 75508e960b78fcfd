"""The table of reports that are due."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from ofsep_node.domain.routing import DeliveryState
from ofsep_node.records.base import Base
from ofsep_node.records.columns import Identifier

_WAITING = text("state = 'waiting'")


class OutboxRow(Base):
    """One report to one destination, from its being due to its being delivered.

    `version` is the verdict's that it tells; a provisional report tells the newest there is when
    it is first taken. `peer` and `address` are the sender's, whose images the report is about, and
    to whom it goes `back`. What waits is tried again at `due_at`; while a node delivers it, which
    `taken_by` names, that is when the node is given up. `uid` is that of the object that was sent.
    """

    __tablename__ = "outbox"

    entry_id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    study_instance_uid: Mapped[str] = mapped_column(
        ForeignKey("study.study_instance_uid"), index=True
    )
    version: Mapped[int]
    provisional: Mapped[bool]
    destination: Mapped[str]
    kind: Mapped[str] = mapped_column(String(16))
    peer: Mapped[str]
    address: Mapped[str]
    back: Mapped[bool]
    state: Mapped[DeliveryState] = mapped_column(default="waiting")
    queued_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    taken_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    uid: Mapped[str | None]
    reason: Mapped[str | None]

    __table_args__ = (
        Index(None, "destination", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )
