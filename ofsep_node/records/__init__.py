"""What the node remembers: SQLAlchemy tables, their migrations, and what is asked of them."""

from ofsep_node.records.database import DatabaseUnavailable, Records
from ofsep_node.records.migration import check, upgrade

__all__ = ["DatabaseUnavailable", "Records", "check", "upgrade"]
