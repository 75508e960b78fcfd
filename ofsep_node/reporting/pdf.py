"""The report as a PDF of one or two pages, as it is filed.

DejaVu Sans is embedded: it has Latin, Greek and Cyrillic letters, and a box for what it has not.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    Image,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)
from reportlab.platypus.flowables import ImageAndFlowables

from ofsep_node.reporting.page import SIGNS, FindingLine, Page, SeriesCard, Tone
from ofsep_node.reporting.words import colon, word

_REGULAR, _BOLD = "DejaVuSans", "DejaVuSans-Bold"
_FONTS = Path(__file__).parent / "fonts"
_GREY = "#666677"
_COLOURS: dict[Tone, str] = {
    "good": "#1a7f37",
    "error": "#b42318",
    "warning": "#9a6700",
    "info": "#0b6e99",
    "undetermined": "#7b3fa0",
    "quiet": _GREY,
}
_MARGIN = 14 * mm
_WIDTH = A4[0] - 2 * _MARGIN
_PICTURE = 26 * mm
_CARDS_A_ROW = 5
_PLAIN = TableStyle([
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ("TOPPADDING", (0, 0), (-1, -1), 1.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
])  # fmt: skip


def pdf_of(page: Page) -> bytes:
    """The page as a PDF; the same page gives the same bytes."""
    _embed_fonts()
    written = io.BytesIO()
    document = BaseDocTemplate(
        written,
        pagesize=A4,
        title=f"{page.title}{colon(page.language)}{page.conclusion}",
        author="ofsep-node",
        lang=page.language,
        invariant=1,
    )
    frame = Frame(_MARGIN, 16 * mm, _WIDTH, A4[1] - 28 * mm, 0, 0, 0, 0)
    document.addPageTemplates(
        PageTemplate(frames=[frame], onPage=lambda canvas, _: _draw_foot(canvas, page))
    )
    document.build(list(_story(page)))
    return written.getvalue()


@cache
def _embed_fonts() -> None:
    """Once a process: parsing them takes a while."""
    for name in (_REGULAR, _BOLD):
        pdfmetrics.registerFont(TTFont(name, _FONTS / f"{name}.ttf"))
    pdfmetrics.registerFontFamily(_REGULAR, normal=_REGULAR, bold=_BOLD)


def _draw_foot(canvas: Any, page: Page) -> None:
    canvas.saveState()
    canvas.setFont(_REGULAR, 6)
    canvas.setFillColor(colors.HexColor(_GREY))
    canvas.drawString(_MARGIN, 9 * mm, word("disclaimer", page.language))
    shown = word("page", page.language).format(canvas.getPageNumber())
    canvas.drawRightString(A4[0] - _MARGIN, 9 * mm, shown)
    canvas.restoreState()


def _story(page: Page) -> Iterator[Flowable]:
    yield _banner(page)
    if page.provisional:
        yield _text(f"<b>{escape(page.provisional)}</b>", space=4)
    yield Spacer(0, 4)
    yield _facts(page.facts, 2)
    yield _heading(word("required sequences", page.language))
    yield _requirements(page) if page.requirements else _text(word("no requirement", page.language))
    yield from (_text(escape(said), size=7, colour=_GREY) for said in page.offered)
    if page.study_findings:
        yield _heading(word("findings", page.language))
        yield from (_finding(finding) for finding in page.study_findings)
    yield _heading(word("all series", page.language))
    yield from _series(page)
    if page.corrections:
        yield _heading(word("corrections", page.language))
        yield from (_text(escape(said), size=7) for said in page.corrections)
    yield _heading(word("protocol", page.language))
    yield _facts(page.origin, 1)


def _text(markup: str, *, size: float = 8, colour: str = "#1c1e21", space: float = 1) -> Paragraph:
    style = ParagraphStyle(
        "text",
        fontName=_REGULAR,
        fontSize=size,
        leading=size * 1.3,
        textColor=colors.HexColor(colour),
        spaceBefore=space,
        splitLongWords=1,
    )
    return Paragraph(markup, style)


def _heading(said: str) -> Paragraph:
    return _text(f"<b>{escape(said)}</b>", size=9, space=7)


def _banner(page: Page) -> Table:
    said = [
        [_text(escape(page.title), size=9, colour="#ffffff")],
        [_text(f"<b>{escape(page.conclusion.upper())}</b>", size=15, colour="#ffffff")],
    ]
    style = TableStyle([
        ("BACKGROUND", (0, 0), (-1, -1), colors.HexColor(_COLOURS[page.tone])),
        ("LEFTPADDING", (0, 0), (-1, -1), 8),
        ("BOTTOMPADDING", (0, 1), (-1, 1), 8),
    ])  # fmt: skip
    return Table(said, colWidths=[_WIDTH], style=style)


def _facts(facts: Sequence[tuple[str, str]], columns: int) -> Table:
    """Labels with their values, in columns."""
    cells = [
        _text(f'<font color="{_GREY}">{escape(label)}</font>  {escape(value)}')
        for label, value in facts
    ]
    return Table(_rows(cells, columns), colWidths=[_WIDTH / columns] * columns, style=_PLAIN)


def _rows(cells: Sequence[Any], columns: int) -> list[list[Any]]:
    """Cells in rows of as many columns, the last one filled up."""
    rows = [list(cells[i : i + columns]) for i in range(0, len(cells), columns)]
    rows[-1] += [""] * (columns - len(rows[-1]))
    return rows


def _requirements(page: Page) -> Table:
    rows = [
        [
            _signed(line.tone, line.label),
            _text(_coloured(line.tone, line.status)),
            _text(escape(line.series)),
            _text(escape(line.reason), size=7),
        ]
        for line in page.requirements
    ]
    widths = [_WIDTH * part for part in (0.32, 0.16, 0.1, 0.42)]
    ruled = TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.HexColor("#ddddee"))], _PLAIN)
    return Table(rows, colWidths=widths, style=ruled)


def _coloured(tone: Tone, said: str) -> str:
    return f'<font color="{_COLOURS[tone]}">{escape(said)}</font>'


def _signed(tone: Tone, said: str) -> Paragraph:
    return _text(f"<b>{_coloured(tone, SIGNS[tone])}</b> {escape(said)}")


def _finding(finding: FindingLine) -> Paragraph:
    severity = f"<b>{_coloured(finding.tone, f'{SIGNS[finding.tone]} {finding.severity}')}</b>"
    small = "".join(
        f'<br/><font size="6.5" color="{_GREY}">{escape(said)}</font>'
        for said in (f"« {finding.quote} »", finding.adapted)
        if said
    )
    source = f'<font size="6.5" color="{_GREY}">[{escape(finding.source)}]</font>'
    return _text(f"{severity} {escape(finding.message)} {source}{small}", space=2)


def _series(page: Page) -> Iterator[Flowable]:
    """Series with findings beside what is said of them, then the others in rows of pictures."""
    for card in page.series:
        if card.findings:
            yield Spacer(0, 4)
            yield from _beside(card)
    good = [card for card in page.series if not card.findings]
    cells = [[*_pictured(card), *_caption(card)] for card in good]
    for row in _rows(cells, _CARDS_A_ROW) if cells else ():
        widths = [_WIDTH / _CARDS_A_ROW] * _CARDS_A_ROW
        yield KeepTogether([Table([row], colWidths=widths, style=_PLAIN)])


def _beside(card: SeriesCard) -> Iterator[Flowable]:
    """What is told of a series around its picture; a long list goes on over the page."""
    said = [*_caption(card), *(_finding(finding) for finding in card.findings)]
    if card.picture is None:
        yield from [*_pictured(card), *said]
    else:
        picture = _picture(card.picture)
        yield ImageAndFlowables(picture, said, imageSide="left", imageRightPadding=8)


def _pictured(card: SeriesCard) -> list[Flowable]:
    if card.picture is None:
        return [_text(f"[{escape(card.no_picture)}]", size=6.5, colour=_GREY)]
    return [_picture(card.picture)]


def _caption(card: SeriesCard) -> list[Flowable]:
    return [
        _signed(card.tone, card.name),
        _text(escape(card.identity), size=7),
        _text(escape(card.details), size=6.5, colour=_GREY),
    ]


def _picture(shown: NDArray[np.uint8]) -> Image:
    """A picture as large as fits a square."""
    written = io.BytesIO()
    Picture.fromarray(shown).save(written, "PNG")
    rows, columns = shown.shape
    scale = _PICTURE / max(rows, columns)
    image = Image(written, columns * scale, rows * scale)
    image.hAlign = "LEFT"
    return image
