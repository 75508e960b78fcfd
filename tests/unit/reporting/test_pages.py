"""What people are shown: PDF, its first page as an image, HTML, JSON."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pypdfium2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydicom import dcmread

from ofsep_node.domain.typography import typeset
from ofsep_node.domain.verdict import Message
from ofsep_node.records.documents import from_json
from ofsep_node.reporting import ReportContext
from ofsep_node.reporting.encapsulated import pdf_in
from ofsep_node.reporting.making import report
from ofsep_node.reporting.page import page_of, person_name
from tests.unit.reporting.made import TOO_THICK, context, header, verdict


def pdf_pages(made_of: ReportContext, **changes: Any) -> list[str]:
    """The text of each page, on one line each."""
    pdf = pdf_in(report("pdf", verdict(**changes), made_of).content)
    document = pypdfium2.PdfDocument(pdf)
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]


class _Text(HTMLParser):
    """The text of a page, its elements, and what they point to."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.text, self.elements, self.pointed = "", list[str](), list[str]()
        self.feed(page.decode())

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.pointed += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_pdf_is_in_french_with_its_accents() -> None:
    (page,) = pdf_pages(context("fr"))
    for said in (
        "Conformité au protocole OFSEP 2020",
        "NON CONFORME",
        "LEFÈVRE Élodie",
        "16/05/2001",
        "Séquences requises",
        "trop épaisse",
        "Séquences 3D : résolution minimale = 1 mm³",
        "poussée",
        "selon Zoé",
        "Le site l'accepte à 1,5 T",
        "CHU de Besançon",
        "vu à l'écran",
        "09835c03" * 8,
    ):
        assert said in page, said


def test_the_pdf_is_in_english() -> None:
    (page,) = pdf_pages(context("en"))
    assert "NOT COMPLIANT" in page
    assert "Voxel 1 x 1 x 1.5 mm" in page
    assert "2026-11-27 16:05" in page


def test_a_provisional_verdict_says_so() -> None:
    (page,) = pdf_pages(context("fr"), state="receiving", verdict="undetermined")
    assert "Provisoire : l'examen est encore en cours de réception." in page
    assert "INDÉTERMINÉ" in page
    assert "Provisoire" not in pdf_pages(context("fr"))[0]


def test_series_with_findings_come_first_with_their_picture() -> None:
    page = page_of(verdict(), context("fr"))
    names = [typeset("5 « 3D FLAIR SAG »"), typeset("2 « {} »").format("3D T1 «é»"), "?"]
    assert [card.name for card in page.series] == names
    assert [card.picture is None for card in page.series] == [False, True, True]
    pdf = pdf_in(report("pdf", verdict(), context("fr")).content)
    (first,) = pypdfium2.PdfDocument(pdf)
    images = [o for o in first.get_objects() if isinstance(o, pypdfium2.PdfImage)]
    assert [image.get_px_size() for image in images] == [(100, 60)]


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
@example("W" * 20_000)
@example("mot " * 5_000)
def test_no_text_breaks_a_page(said: str) -> None:
    finding = replace(TOO_THICK, message=Message(said, said), quote=said)
    series = replace(verdict().series[1], description=said)
    judged = verdict(findings=(finding,), series=(series,))
    made_of = context(header=header(PatientName="A", StudyDescription=said))
    assert pdf_in(report("pdf", judged, made_of).content).startswith(b"%PDF")
    page = _Text(report("html", judged, made_of).content)
    assert "script" not in page.elements


@pytest.mark.parametrize("count", [1, 60])
def test_a_long_list_of_findings_goes_on_over_pages(count: int) -> None:
    many = tuple(
        replace(TOO_THICK, rule=f"rule-{i}", message=Message(f"constat {i}.", ""))
        for i in range(count)
    )
    pages = pdf_pages(context("fr"), findings=many)
    assert (len(pages) > 1) is (count > 1)
    assert all(f"constat {i}." in " ".join(pages) for i in range(count))
    assert f"Page {len(pages)} " in pages[-1]


def test_the_first_page_is_an_image() -> None:
    dataset = dcmread(io.BytesIO(report("sc", verdict(), context()).content))
    pixels = dataset.pixel_array
    assert pixels.shape == (dataset.Rows, dataset.Columns, 3)
    assert dataset.Rows > dataset.Columns > 900
    red = np.all(np.abs(pixels.astype(int) - (0xB4, 0x23, 0x18)) < 4, axis=2)
    assert 0.02 < red.mean() < 0.2, "the banner of a verdict that is not compliant"
    assert (pixels == 255).all(axis=2).mean() > 0.5


def test_the_html_page_needs_nothing_else() -> None:
    content = report("html", verdict(), context("fr")).content
    page = _Text(content)
    assert "non conforme" in page.text
    assert "Séquences 3D : résolution minimale = 1 mm³" in page.text
    assert "LEFÈVRE Élodie" in page.text
    assert {"script", "link", "iframe"}.isdisjoint(page.elements)
    assert [p[:22] for p in page.pointed] == ["data:image/png;base64,"]
    assert not re.search(rb"https?://|@import|url\(", content)
    assert b'<html lang="fr">' in content


def test_what_the_images_say_is_no_markup() -> None:
    told = "<img src=x onerror=alert(1)>"
    series = replace(verdict().series[1], description=told)
    page = _Text(report("html", verdict(series=(series,)), context()).content)
    assert told in page.text
    assert page.elements.count("img") == 1


def test_the_json_is_the_verdict() -> None:
    content = report("json", verdict(), context()).content
    assert from_json(json.loads(content)) == verdict()
    assert "Besançon" in content.decode()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("LEFÈVRE^Élodie", "LEFÈVRE Élodie"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada Tarou (山田 太郎, やまだ たろう)"),
        ("=山田^太郎", "山田 太郎"),
        ("^^^", "-"),
        ("", "-"),
    ],
)
def test_a_name_as_it_is_read(written: str, read: str) -> None:
    assert person_name(header(PatientName=written)) == read


def test_a_page_without_requirements_or_series() -> None:
    judged = verdict(requirements=(), series=(), findings=(), corrections=())
    pdf = pdf_in(report("pdf", judged, context("fr", series={})).content)
    document = pypdfium2.PdfDocument(pdf)
    assert "Aucune séquence n'est requise." in document[0].get_textpage().get_text_bounded()
