"""Reference pages made from what the program does: no number stands in two places."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import typer
from pydantic import TypeAdapter
from typer.testing import CliRunner

from ofsep_node.domain.events import MEANINGS
from ofsep_node.domain.verdict import Verdict
from ofsep_node.protocol import Edition, load_edition
from ofsep_node.protocol.edition import Requirement, Rule, Sentence
from ofsep_node.protocol.examples import Example, ExampleSeries
from ofsep_node.protocol.loading import CONFIG
from ofsep_node.reception import policy
from ofsep_node.settings import ENVIRONMENT_PREFIX, Settings

GENERATED = "<!-- Written by `make docs` from the program itself. -->\n\n"
HELP_WIDTH = 92


def pages() -> dict[str, str]:
    """Every generated page: file name to content."""
    return {
        "command-line.md": GENERATED + _command_line(),
        "settings.md": GENERATED + _settings(),
        "rules.md": GENERATED + _rules(load_edition("ofsep-2020")),
        "sop-classes.md": GENERATED + _sop_classes(),
        "events.md": GENERATED + _events(),
        "verdict.schema.json": _verdict_schema(),
    }


# --- the command line


def _command_line() -> str:
    from ofsep_node.cli import app

    parts = [
        "# Command line\n",
        (
            "Results go to standard output, logs and complaints to standard error. Every command\n"
            "exits with 2 when it cannot do what was asked, after one message that says why.\n"
        ),
    ]
    for name in _commands(app):
        said = CliRunner().invoke(
            app, [*name, "--help"], prog_name="ofsep-node", terminal_width=HELP_WIDTH
        )
        title = " ".join(("ofsep-node", *name))
        parts.append(f"## {title}\n\n```text\n{_trimmed(said.output)}\n```\n")
    return "\n".join(parts)


def _commands(app: typer.Typer) -> Iterator[tuple[str, ...]]:
    for command in app.registered_commands:
        if not command.hidden and command.callback is not None:
            yield (command.name or command.callback.__name__,)
    for group in app.registered_groups:
        for command in group.typer_instance.registered_commands if group.typer_instance else ():
            if command.callback is not None:
                yield (str(group.name), command.name or command.callback.__name__)


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


# --- settings


def _settings() -> str:
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


# --- rules


def _rules(edition: Edition) -> str:
    parts = [
        "# Rules\n",
        (
            f"What **{edition.title.en}** asks and how it is checked. Severities and numbers can\n"
            "be adapted by a site file; quotes cannot. Outcomes are *pass*, *fail*,\n"
            "*undetermined* (the header does not say: never counted as a pass) and\n"
            "*not applicable*.\n"
        ),
    ]
    parts.extend(_sentence(sentence) for sentence in edition.sentences)
    return "\n".join(parts)


def _sentence(sentence: Sentence) -> str:
    own = "" if sentence.source == "ofsep" else " (a check of the node's own)"
    parts = [f"## {sentence.id}{own}\n", f"> {sentence.quote}\n"]
    if sentence.requirements:
        parts.append("| sequence | level | programmes | series it looks for |\n|---|---|---|---|")
        parts.append("\n".join(_requirement(r) for r in sentence.requirements) + "\n")
    parts.extend(_rule(rule) for rule in sentence.rules)
    return "\n".join(parts)


def _requirement(requirement: Requirement) -> str:
    programmes = ", ".join(requirement.programmes)
    looks_for = "; or ".join(
        _facts(selector.model_dump(exclude_defaults=True)) for selector in requirement.series
    )
    names = f"`{requirement.id}` {requirement.label.en} / {requirement.label.fr}"
    return f"| {names} | {requirement.level} | {programmes} | {looks_for} |"


def _rule(rule: Rule) -> str:
    applies = rule.applies_to.model_dump(exclude_defaults=True) if rule.applies_to else None
    rows = [
        f"| label | {rule.label.en} / {rule.label.fr} |",
        f"| severity | {rule.severity} |",
        f"| applies to | {_facts(applies) if applies else 'the examination'} |",
        f"| check | {_facts(rule.check.model_dump())} |",
    ]
    examples = [f"| {e.says} | {_example(e)} | {e.outcome}{_graded(e)} |" for e in rule.examples]
    return "\n".join(
        [
            f"### {rule.id}\n",
            f"{rule.why}\n",
            "| | |\n|---|---|\n" + "\n".join(rows) + "\n",
            "| example | facts | outcome |\n|---|---|---|\n" + "\n".join(examples) + "\n",
        ]
    )


def _graded(example: Example) -> str:
    return f" ({example.severity})" if example.severity else ""


def _example(example: Example) -> str:
    facts = example.model_dump(
        include={"patients", "conflicts", "unreadable", "requirements"}, exclude_defaults=True
    )
    every = [example.series, *example.others]
    described = [_facts(s.model_dump(exclude_defaults=True)) for s in every if s != ExampleSeries()]
    return "; ".join(filter(None, [*described, _facts(facts)])) or "a 1 mm 3D T1 of the brain"


def _facts(facts: dict[str, Any]) -> str:
    return ", ".join(f"{key} {_value(value)}" for key, value in facts.items() if value != ())


def _value(value: Any) -> str:
    if value is None:
        return "not in the header"
    if isinstance(value, dict):
        return f"({_facts(value)})"
    if isinstance(value, (list, tuple)):
        return " or ".join(str(v) for v in value)
    return str(value)


# --- what is accepted over the network


def _sop_classes() -> str:
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


# --- events and the verdict


def _events() -> str:
    rows = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in MEANINGS.items())
    return (
        "# Events of the log\n\nOne JSON line each in `<data>/log/ofsep-node.jsonl`, with `at`\n"
        "(UTC), `level`, `event`, `node`, `process`, and `association`, `peer` (calling AE title),\n"
        "`address`, `study`, `series`, `instance` as they apply. Patient names never appear;\n"
        "patient IDs only with `[log] patient_id = true`. After a crash the last lines may be\n"
        "written twice; none is left out.\n\n| event | meaning |\n|---|---|\n" + rows + "\n"
    )


def _verdict_schema() -> str:
    schema = TypeAdapter(Verdict).json_schema(mode="serialization")
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
