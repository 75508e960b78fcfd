"""The card as a page of the documentation, made from the figures alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ofsep_node.simulate import FAULTS
from tests.scorecard.scores import Scores
from tests.scorecard.scoring import ATTRIBUTES, MARKS, NOT_SHOWN

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "scorecard.md"

GOOD = ("caught", "not misled")
"""What may become of a fault where the headers can show it."""

HEAD = """\
<!-- Made by `make scorecard`: not edited by hand. -->

# Scorecard

What the program makes of examinations whose truth is known: simulated ones, as eight kinds of scanner
write them, and published headers of real scanners. `make scorecard` makes this page again; a test
fails when it no longer says what the program does.

A series is asked six questions: organ, weighting, dimension, plane, gadolinium and role.

- **right**: the answer is the truth. **wrong**: it is not. **unknown**: none is given, though the header
  could have told.
- **not in the header**: none is given, and the header does not settle the question. It never says of
  most series whether they were made before gadolinium; an agent that is named without the time of its
  injection does not say so either; a screenshot says nothing of how its images were made.
"""

BLIND = """\
SeriesDescription, ProtocolName, StudyDescription, the name and the private name of the sequence,
BodyPartExamined, ScanOptions and AcquisitionContrast are taken out of the header before it is
read: what remains is physics, geometry and the codes of ImageType. The program answers *unknown* rather
than guess: thin or partial slabs do not say what they show, and some maps and susceptibility images
are told by their names alone.
"""

FAULT_WORDS = """\
A fault is **caught** when every rule that it names fails, or is undetermined, as it should; **missed**
otherwise. **not misled**: nothing that the protocol asks for is wrong, and no rule speaks up.
**undetermined**: the vendor's headers do not carry what the rule needs, and the rule says so (GE and
Philips write no time of the injection, Canon's classic objects no number of planes in 3D). An empty
cell: objects of this vendor cannot have the fault. A false alarm is any other rule that fails or is
undetermined, beyond information.
"""


def page(scores: Scores) -> str:
    """The whole page, in Markdown."""
    return "\n".join((HEAD, *_sections(scores["simulated"], scores["real"]))).rstrip() + "\n"


def _sections(simulated: Scores, real: Scores) -> Iterator[str]:
    yield "## In short\n"
    yield _table(_summary(simulated, real))
    yield "\n## Examinations without a fault\n"
    yield _table(_clean(simulated))
    yield "\nWhat some headers cannot show, so that the verdict stays open:\n"
    yield from _silences()
    yield "\n## Recognition, by question\n"
    yield "Right / wrong / unknown / not in the header, of all series of the vendor.\n"
    yield _table(_by_attribute(simulated, "told"))
    yield "\n## Recognition, by sequence\n"
    yield "An empty cell: the vendor has no such sequence. What is not in the header is left out.\n"
    yield _table(_by_sequence(simulated, "told"))
    yield f"\n## Recognition without words\n\n{BLIND}"
    yield _table(_by_attribute(simulated, "blind"))
    yield "\nWeighting and organ, by sequence:\n"
    yield _table(_by_sequence(simulated, "blind", ("organ", "weighting")))
    yield f"\n## Faults\n\n{FAULT_WORDS}"
    yield _table(_faults(simulated))
    yield "\n## Real headers\n"
    yield "Held against what a careful reader of each header says, question by question.\n"
    yield _table(_published(real))


def _table(rows: Iterable[Iterable[str]]) -> str:
    header, *body = [[*row] for row in rows]
    lines = [header, ["---"] * len(header), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def count(parts: Iterable[Mapping[str, Any]], attributes: Iterable[str] = ATTRIBUTES) -> list[int]:
    """Answers of each mark, in the order of `MARKS`."""
    wanted, listed = {*attributes}, [*parts]
    return [sum(len(wanted & {*marks.get(m, ())}) for marks in listed) for m in MARKS]


def _summary(simulated: Scores, real: Scores) -> Iterator[list[str]]:
    yield ["", *(f"{m}" for m in MARKS), "right of what the header tells", "without words: right",
           "wrong", "unknown", "faults caught", "undetermined", "missed", "false alarms"]  # fmt: skip
    for vendor, scores in simulated.items():
        faults, told = scores["faults"].values(), count(scores["recognition"]["told"].values())
        blind = count(scores["recognition"]["blind"].values())
        outcomes = [f["outcome"] for f in faults]
        alarms = sum(len(f.get("false alarms", ())) for f in (*faults, *scores["clean"].values()))
        good = sum(map(outcomes.count, GOOD))
        ends = [good, outcomes.count("undetermined"), outcomes.count("missed"), alarms]
        yield [vendor, *map(str, told), share(told), *map(str, blind[:3]), *map(str, ends)]
    told, blind = (count(s[k] for s in real.values()) for k in ("told", "blind"))
    ends = [sum(len(s[k]) for s in real.values()) for k in ("caught", "missed", "false alarms")]
    ends.insert(1, 0)
    yield ["real headers", *map(str, told), share(told), *map(str, blind[:3]), *map(str, ends)]


def share(marks: list[int]) -> str:
    """Right answers of those that the header settles, in per cent, rounded down."""
    settled = sum(marks[:3])
    return f"{int(1000 * marks[0] / settled) / 10:g} %" if settled else ""


def _clean(simulated: Scores) -> Iterator[list[str]]:
    names = dict.fromkeys(n for s in simulated.values() for n in s["clean"])
    yield ["examination", *simulated]
    for name in names:
        yield [name, *(_clean_cell(s["clean"].get(name)) for s in simulated.values())]


def _clean_cell(score: Scores | None) -> str:
    if score is None:
        return ""
    alarms = "".join(f", false alarm {a}" for a in score["false alarms"])
    return f"{score['verdict']}{alarms}".replace("_", " ")


def _silences() -> Iterator[str]:
    for vendor, rules in NOT_SHOWN.items():
        for rule, why in rules.items():
            yield f"- {vendor}: `{rule}` is undetermined, as {why}"


def _by_attribute(simulated: Scores, how: str) -> Iterator[list[str]]:
    yield ["vendor", *ATTRIBUTES]
    for vendor, scores in simulated.items():
        parts = [*scores["recognition"][how].values()]
        yield [vendor, *(" / ".join(map(str, count(parts, [a]))) for a in ATTRIBUTES)]


def _by_sequence(
    simulated: Scores, how: str, attributes: Iterable[str] = ATTRIBUTES
) -> Iterator[list[str]]:
    parts = {v: s["recognition"][how] for v, s in simulated.items()}
    keys = dict.fromkeys(key for part in parts.values() for key in part)
    yield ["sequence", *simulated]
    for key in keys:
        yield [key, *(_marks_cell(part.get(key), attributes) for part in parts.values())]


def _marks_cell(marks: Scores | None, attributes: Iterable[str] = ATTRIBUTES) -> str:
    if marks is None:
        return ""
    said = {m: [a for a in attributes if a in marks.get(m, ())] for m in ("wrong", "unknown")}
    return "; ".join(f"{m}: {', '.join(of)}" for m, of in said.items() if of) or "right"


def _faults(simulated: Scores) -> Iterator[list[str]]:
    yield ["fault", "rules that it names", *simulated]
    for name, fault in FAULTS.items():
        named = ", ".join((*fault.fails, *fault.undetermined))
        cells = (_fault_cell(s["faults"].get(name)) for s in simulated.values())
        yield [f"{name}: {fault.label.en}", named, *cells]


def _fault_cell(score: Scores | None) -> str:
    if score is None or score["outcome"] == "cannot be made":
        return ""
    said = [score["outcome"], *(f"missed {rule}" for rule in score["missed"])]
    return ", ".join((*said, *(f"false alarm {rule}" for rule in score["false alarms"])))


def _published(real: Scores) -> Iterator[list[str]]:
    yield ["series", "recognised", "without words", "not in the header", "departures caught",
           "missed", "false alarms"]  # fmt: skip
    for folder, scores in real.items():
        told, blind = (_marks_cell(scores[k]) for k in ("told", "blind"))
        silent = ", ".join(scores["told"].get("not in the header", ()))
        ends = (", ".join(scores[k]) for k in ("caught", "missed", "false alarms"))
        yield [folder, told, blind, silent, *ends]
