"""How important an event is."""

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
"""Names by which a line says it, and their order."""
