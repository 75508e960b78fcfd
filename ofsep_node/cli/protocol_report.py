"""The protocol as people read it: its page, its coverage, and what two editions differ in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ofsep_node.cli.words import colon
from ofsep_node.domain.verdict import Level, Part
from ofsep_node.protocol.comparison import Difference
from ofsep_node.protocol.coverage import CheckedBy, Coverage, Covered
from ofsep_node.protocol.sheet import Alternative, Asked, Sheet, SheetSequence, Topic
from ofsep_node.protocol.wording import written_number

MARK = "*"
"""Stands behind what the site asks instead of the edition."""

_WORDS: dict[str, tuple[str, str]] = {
    "standard": ("standard programme", "protocole standard"),
    "reduced": ("reduced programme", "protocole réduit"),
    "brain required": ("Brain: required", "Encéphale : séquences requises"),
    "brain conditional": ("Brain: under a condition", "Encéphale : selon l'indication"),
    "brain optional": ("Brain: optional", "Encéphale : séquences optionnelles"),
    "cord required": (
        "Cord, if imaged: required",
        "Moelle, si explorée : requise",
    ),
    "cord conditional": ("Cord: under a condition", "Moelle : selon l'indication"),
    "cord optional": ("Cord: optional", "Moelle : séquences optionnelles"),
    "order": ("In which order", "Dans quel ordre"),
    "gadolinium": ("Gadolinium", "Gadolinium"),
    "acquisition": ("Acquisition", "Acquisition"),
    "follow-up": ("Follow-up", "Suivi"),
    "dummy-run": ("Dummy run", "Dummy run"),
    "node also": ("The node also checks", "Le nœud vérifie aussi"),
    "legend": (
        " Not marked: required, else not compliant · recommended: else a remark · informative: told",
        " Sans mention : exigé, sinon non conforme · recommandé : sinon remarque · indicatif : signalé",
    ),
    "sequence": ("Sequence", "Séquence"),
    "plane": ("Plane", "Plan"),
    "asked": ("Asked", "Attendu"),
    "or": ("or", "ou"),
    "for": ("for", "si"),
    "axial": ("axial", "axial"),
    "sagittal": ("sagittal", "sagittal"),
    "coronal": ("coronal", "coronal"),
    "oblique": ("oblique", "oblique"),
    "warning": ("recommended", "recommandé"),
    "info": ("informative", "indicatif"),
    "severity": ("severity", "gravité"),
    "severity_undetermined": ("severity when undetermined", "gravité si indéterminé"),
    "instead": ("instead of", "au lieu de"),
    "checked": ("checked", "vérifiées"),
    "manual": ("for a person to check", "à vérifier par une personne"),
    "not_in_dicom": ("nothing a header shows", "invisibles dans les en-têtes"),
    "sentence": ("Sentence", "Phrase"),
    "how": ("How it is checked", "Comment elle est vérifiée"),
    "under": ("under", "sous"),
    "sequences": ("sequences", "séquences"),
    "ofsep": ("Sentences of the observatory", "Phrases de l'observatoire"),
    "node": ("The node's own", "Vérifications propres au nœud"),
    "rules": ("Rules", "Règles"),
    "error": ("error", "erreur"),
    "of edition": ("edition", "édition"),
    "of indication": ("indication", "indication"),
    "of sentence": ("sentence", "phrase"),
    "of requirement": ("sequence", "séquence"),
    "of rule": ("rule", "règle"),
    "of series pattern": ("series pattern", "motif de série"),
    "of indication pattern": ("indication pattern", "motif d'indication"),
    "before": ("A", "A"),
    "after": ("B", "B"),
    "equal": (
        "Nothing differs that could change a verdict.",
        "Aucune différence qui puisse changer un verdict.",
    ),
    "absent": ("–", "–"),
}
_SEVERITY_STYLE = {"error": "red", "warning": "yellow", "info": "cyan"}
_KIND_STYLE = {"added": "green", "removed": "red", "changed": "yellow"}
_PARTS: tuple[Part, ...] = ("brain", "cord")
_LEVELS: tuple[Level, ...] = ("required", "conditional", "optional")
_TOPICS: tuple[Topic, ...] = ("order", "gadolinium", "acquisition", "follow-up", "dummy-run")


def word(key: str, language: str) -> str:
    """A word of these pages in a language; a key that is no word of ours stands for itself."""
    english, french = _WORDS.get(key, (key, key))
    return french if language == "fr" else english


# --- the protocol's page


def sheet_report(sheet: Sheet, language: str) -> RenderableType:
    """The page that may hang beside the console."""
    heading = [sheet.title.in_language(language), word(sheet.programme, language)]
    table = _table("")
    table.add_column(word("sequence", language), max_width=37)
    table.add_column("2D/3D", no_wrap=True)
    table.add_column(word("plane", language), no_wrap=True, min_width=8)
    table.add_column(word("asked", language), ratio=1)
    for part in _PARTS:
        for level in _LEVELS:
            _add_sequences(table, f"{part} {level}", sheet.of(part, level), language)
    return Group(
        Text(" · ".join([*heading, *filter(None, [sheet.site])]), style="bold"),
        table,
        _of_the_examination(sheet, language),
        _own_checks(sheet, language),
        *(_instead(difference, language) for difference in sheet.adapted),
        Text(word("legend", language), style="dim"),
    )


def _add_sequences(
    table: Table, title: str, sequences: Sequence[SheetSequence], language: str
) -> None:
    if sequences:
        table.add_row(Text(word(title, language), style="bold"))
    for sequence in sequences:
        name = Padding(_name(sequence, language), (0, 0, 0, 2))
        for alternative in sequence.alternatives:
            table.add_row(name, *_alternative(alternative, language))
            name = Padding(word("or", language), (0, 0, 0, 4))


def _name(sequence: SheetSequence, language: str) -> str:
    label = sequence.label.in_language(language)
    if not sequence.indications:
        return label
    when = ", ".join(i.in_language(language) for i in sequence.indications)
    return f"{label} ({word('for', language)} {when})"


def _alternative(alternative: Alternative, language: str) -> Iterator[RenderableType]:
    either = f" {word('or', language)} "
    yield either.join(alternative.dimension)
    yield either.join(word(plane, language) for plane in alternative.plane)
    asked = Text()
    for one in alternative.asked:
        asked.append(" · " if asked else "")
        asked.append_text(_asked(one, language))
    yield asked


def _asked(asked: Asked, language: str) -> Text:
    weight = _weight(asked, language)
    said = Text.assemble(
        asked.words.in_language(language), (f" ({weight})" if weight else "", "dim")
    )
    return _marked(said, asked)


def _words(asked: Asked, language: str) -> Text:
    return _marked(Text(asked.words.in_language(language)), asked)


def _marked(text: Text, asked: Asked) -> Text:
    return text.append(f" {MARK}", style="bold yellow") if asked.adapted else text


def _weight(asked: Asked, language: str) -> str:
    """How much it weighs; nothing for what is required."""
    return "" if asked.severity == "error" else word(asked.severity, language)


def _of_the_examination(sheet: Sheet, language: str) -> Table:
    """What is asked beside the sequences, topic by topic, with the sentences that ask it."""
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(ratio=1)
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(style="dim", max_width=12)
    for topic in _TOPICS:
        title = word(topic, language)
        for asked in sheet.about(topic):
            words, weight = _words(asked, language), _weight(asked, language)
            grid.add_row(f" {title}", words, weight, ", ".join(asked.sentences))
            title = ""
    return grid


def _own_checks(sheet: Sheet, language: str) -> RenderableType:
    """What the node looks at beside the protocol."""
    labels = " · ".join(_lower(label.in_language(language)) for label in sheet.node)
    title = f"{word('node also', language)}{colon(language)}"
    return Padding(Text.assemble((title, "bold"), labels), (0, 0, 0, 1))


def _lower(label: str) -> str:
    """A label inside a line: names such as SOP keep their capitals."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


_SEVERITIES = ("severity", "severity_undetermined")


def _instead(difference: Difference, language: str) -> Text:
    """What the site asks instead, and why."""
    name = difference.field or ""
    before, after = _sides(difference, language)
    what = word(name, language) if name in _SEVERITIES else name.removeprefix("check.")
    said = f"{MARK} {difference.id}{colon(language)}{what} {after} {word('instead', language)} {before}"
    return Text.assemble((said, "yellow"), f" ({difference.reason})" if difference.reason else "")


# --- coverage


def coverage_report(coverage: Coverage, language: str) -> RenderableType:
    """Every sentence with what checks it, and the counts."""
    table = _table("")
    table.add_column(word("sentence", language), no_wrap=True)
    table.add_column("", ratio=5)
    table.add_column(word("how", language), ratio=4)
    for covered in coverage.sentences:
        quote = _quoted(covered.quote.in_language(language))
        table.add_row(covered.sentence, quote, _how(covered, language))
    return Padding(Group(table, *_counts(coverage, language)), (1, 1))


def _quoted(quote: str) -> Text:
    """A quote with the words that the source has in bold in bold."""
    plain_and_bold = enumerate(quote.split("**"))
    return Text.assemble(*((part, "bold" if n % 2 else "") for n, part in plain_and_bold))


def _how(covered: Covered, language: str) -> Text:
    if covered.status != "checked":
        why = covered.why.in_language(language) if covered.why else ""
        return Text(f"{word(covered.status, language)}{colon(language)}{why}", style="dim")
    lines = [_rule(rule, covered, language) for rule in covered.rules]
    if covered.requirements and not covered.rules:
        lines.append(
            Text(f"{word('sequences', language)}{colon(language)}{', '.join(covered.requirements)}")
        )
    return Text("\n").join(lines)


def _rule(rule: CheckedBy, covered: Covered, language: str) -> Text:
    text = Text.assemble(
        f"{rule.rule} ", (word_of_severity(rule.severity, language), _SEVERITY_STYLE[rule.severity])
    )
    if rule.under != covered.sentence:
        text.append(f" ({word('under', language)} {rule.under})", style="dim")
    if rule.adapted:
        text.append(f" {MARK}", style="bold yellow")
    return text


def word_of_severity(severity: str | None, language: str) -> str:
    """A severity as the node's reports name it; one left to the rule's own is a dash."""
    french = {"error": "erreur", "warning": "remarque", "info": "info"}
    if severity is None:
        return "–"
    return french[severity] if language == "fr" else severity


def _counts(coverage: Coverage, language: str) -> Iterator[Text]:
    for source in ("ofsep", "node"):
        counts = coverage.statuses("ofsep" if source == "ofsep" else "node")
        said = ", ".join(f"{n} {word(status, language)}" for status, n in counts.items() if n)
        yield Text(f"{word(source, language)}{colon(language)}{sum(counts.values())} ({said})")
    severities = coverage.severities()
    said = ", ".join(f"{n} {word_of_severity(s, language)}" for s, n in severities.items())
    yield Text(f"{word('rules', language)}{colon(language)}{sum(severities.values())} ({said})")


# --- what differs


def comparison_report(differences: Sequence[Difference], language: str) -> RenderableType:
    """A row for each difference, gathered by what they are about."""
    if not differences:
        return Text(word("equal", language))
    parts: list[RenderableType] = []
    for what, some in groupby(differences, key=lambda d: d.what):
        table = _table(word(f"of {what}", language))
        table.add_column("", ratio=4)
        table.add_column(word("before", language), ratio=4)
        table.add_column(word("after", language), ratio=4)
        for difference in some:
            table.add_row(*_difference(difference, language))
        parts.append(table)
    return Padding(Group(*parts), (1, 1))


def _difference(difference: Difference, language: str) -> tuple[Text, str, str]:
    sign = {"added": "+", "removed": "-", "changed": "~"}[difference.kind]
    name = Text(f"{sign} {difference.id}", style=_KIND_STYLE[difference.kind])
    if difference.field:
        name.append(f" {difference.field}")
    if difference.reason:
        name.append(f"\n{difference.reason}", style="dim")
    return name, *_sides(difference, language)


def _sides(difference: Difference, language: str) -> tuple[str, str]:
    """What stood before, and what stands there now."""
    field = difference.field or ""
    before, after = (
        word_of_severity(value, language)
        if field in _SEVERITIES
        else written_number(field, value, language)
        for value in (difference.before, difference.after)
    )
    return before, after


def _table(title: str) -> Table:
    return Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        expand=True,
    )
