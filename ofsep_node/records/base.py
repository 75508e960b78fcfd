"""What all tables have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import MetaData, String
from sqlalchemy.orm import DeclarativeBase

from ofsep_node.domain.commitment import CommitmentState
from ofsep_node.domain.retention import Cause
from ofsep_node.domain.routing import DeliveryState
from ofsep_node.domain.verdict import State
from ofsep_node.records.columns import Document, HeaderText, Instant

ArrivalOutcome = Literal["stored", "duplicate", "conflict", "unreadable", "request"]
NodeState = Literal["running", "stopped", "away"]


class Base(DeclarativeBase):
    """Common to all tables: constraints have names, so that migrations can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as it stands
        str: HeaderText,
        datetime: Instant,
        dict[str, Any]: Document,
        list[str]: Document,
        list[dict[str, Any]]: Document,
        list[list[str]]: Document,
        ArrivalOutcome: String(16),
        NodeState: String(16),
        DeliveryState: String(16),
        CommitmentState: String(16),
        State: String(16),
        Cause: String(16),
    }
