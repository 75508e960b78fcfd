"""What is kept of a study's images beside their facts, once they are dropped."""

from __future__ import annotations

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from ofsep_node.records.base import Base


class KeptHeaderRow(Base):
    """What reports say of patient and study, as the images had it: a file of PS3.10, no pixels."""

    __tablename__ = "kept_header"

    study_instance_uid: Mapped[str] = mapped_column(
        ForeignKey("study.study_instance_uid"), primary_key=True
    )
    content: Mapped[bytes] = mapped_column(LargeBinary)
