"""Pages of what the node accepts, what its log names, and the schema of a verdict."""

from __future__ import annotations

import json

from pydantic import TypeAdapter

from ofsep_node.domain.events import MEANINGS
from ofsep_node.domain.verdict import Verdict
from ofsep_node.reception import policy


def sop_classes() -> str:
    """What the negotiation policy accepts."""
    tables = (
        ("SOP classes", policy.STORAGE_SOP_CLASSES),
        ("Transfer syntaxes", policy.TRANSFER_SYNTAXES),
        (
            "Transfer syntaxes taken as a last resort (pixels stay elsewhere)",
            policy.REFERENCED_TRANSFER_SYNTAXES,
        ),
    )
    parts = [
        "# What is accepted\n",
        (
            f"Verification ({policy.VERIFICATION}) and Storage, as SCP. A site can add SOP classes\n"
            "by UID, or accept every one (`[reception]` in the settings). Of the transfer syntaxes\n"
            "that a sender proposes, its first standard one is accepted; private ones are passed\n"
            "over.\n"
        ),
    ]
    for title, table in tables:
        rows = "\n".join(f"| {name} | {uid} |" for uid, name in table.items())
        parts.append(f"## {title}\n\n| name | UID |\n|---|---|\n{rows}\n")
    return "\n".join(parts)


def events() -> str:
    """Every event of the log with its meaning."""
    rows = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in MEANINGS.items())
    return (
        "# Events of the log\n\nOne JSON line each in `<data>/log/ofsep-node.jsonl`, with `at`\n"
        "(UTC), `level`, `event`, `node`, `process`, and `association`, `peer` (calling AE title),\n"
        "`address`, `study`, `series`, `instance` as they apply. Patient names never appear;\n"
        "patient IDs only with `[log] patient_id = true`. After a crash the last lines may be\n"
        "written twice; none is left out. What is told in words is in the node's language, and\n"
        "under `fr` or `en` in the other.\n\n| event | meaning |\n|---|---|\n" + rows + "\n"
    )


def verdict_schema() -> str:
    """The JSON schema of a verdict."""
    schema = TypeAdapter(Verdict).json_schema(mode="serialization")
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
