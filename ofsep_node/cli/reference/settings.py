"""The page of the settings: the shipped file, and the variables named after it."""

from __future__ import annotations

from ofsep_node.protocol.loading import CONFIG
from ofsep_node.settings import ENVIRONMENT_PREFIX, Settings


def settings() -> str:
    """`config/node.toml` as it ships, then the environment variables."""
    written = (CONFIG / "node.toml").read_text(encoding="utf-8")
    variables = [
        f"| `[{section}] {key}` | `{ENVIRONMENT_PREFIX}{section.upper()}__{key.upper()}` |"
        for section, info in Settings.model_fields.items()
        for key in getattr(info.annotation, "model_fields", {})
    ]
    return (
        "# Settings\n\nEvery setting with its default, as in `config/node.toml`:\n\n"
        f"```toml\n{written}```\n\n## Environment variables\n\n"
        "A variable beats the file; a command-line flag beats both. Lists are written `a,b`.\n\n"
        "| setting | variable |\n|---|---|\n" + "\n".join(variables) + "\n"
    )
