"""A series as a part of the structured report: what it is, by what evidence, what was measured."""

from __future__ import annotations

from collections.abc import Iterator

from highdicom.sr import ContentItem

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Measured, SeriesVerdict
from ofsep_node.reporting import coding
from ofsep_node.reporting.evidence import Reported
from ofsep_node.reporting.tree import Tree


def series(tree: Tree, one: SeriesVerdict, reported: Reported) -> ContentItem:
    """One series, with the image from its middle."""
    return tree.container(
        coding.SERIES,
        [
            *_naming(tree, one),
            tree.number(coding.OBJECTS, one.instances, "{objects}"),
            tree.truth(coding.COMPLETE, value=one.complete),
            *_identity(tree, one.identity),
            *_measured(tree, one.measured),
            *_image(tree, one, reported),
        ],
    )


def _naming(tree: Tree, one: SeriesVerdict) -> Iterator[ContentItem]:
    if one.number is not None:
        yield tree.number(coding.SERIES_NUMBER, one.number, None)
    if one.description:
        yield tree.text(coding.DESCRIPTION, one.description)
    yield tree.uid(coding.SERIES_INSTANCE_UID, one.series_instance_uid)


def _identity(tree: Tree, identity: SeriesIdentity) -> Iterator[ContentItem]:
    for attribute, name in coding.IDENTITY.items():
        yield tree.code(name, getattr(identity, attribute))
    yield tree.number(coding.CONFIDENCE, identity.confidence, None)
    yield from (tree.text(coding.EVIDENCE, line) for line in identity.evidence_in(tree.language))


def _measured(tree: Tree, measured: Measured) -> Iterator[ContentItem]:
    """Each quantity that the header tells, in the order of the table."""
    for field, (name, unit) in coding.QUANTITIES.items():
        for value in quantities(measured)[field]:
            yield tree.number(name, value, unit)


def quantities(measured: Measured) -> dict[str, tuple[float, ...]]:
    """The values of each quantity of the table; lengths in mm, times in ms, b-values in s/mm2."""
    rows, columns = measured.pixel_mm or (None, None)
    acquired_rows, acquired_columns = measured.acquired_pixel_mm or (None, None)
    single = {
        "pixel_rows_mm": rows,
        "pixel_columns_mm": columns,
        "acquired_rows_mm": acquired_rows,
        "acquired_columns_mm": acquired_columns,
    }
    plain = coding.QUANTITIES.keys() - single.keys() - {"b_values"}
    single |= {field: getattr(measured, field) for field in plain}
    found = {field: () if value is None else (value,) for field, value in single.items()}
    return {**found, "b_values": measured.b_values}


def _image(tree: Tree, one: SeriesVerdict, reported: Reported) -> Iterator[ContentItem]:
    if one.series_instance_uid in reported:
        yield tree.reference(coding.MIDDLE, reported[one.series_instance_uid].middle)
