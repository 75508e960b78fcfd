"""What the node remembers: SQLAlchemy tables, their migrations, and what is asked of them.

Alembic is loaded by `ofsep_node.records.migration` alone, for whoever may have to upgrade.
"""

from ofsep_node.records.database import DatabaseUnavailable, Records
from ofsep_node.records.revision import check

__all__ = ["DatabaseUnavailable", "Records", "check"]
