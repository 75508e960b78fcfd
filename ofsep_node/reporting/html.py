"""The report as one HTML page that needs nothing else: styles and pictures are in it."""

from __future__ import annotations

import base64
import io

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from numpy.typing import NDArray
from PIL import Image

from ofsep_node.domain.verdict import Verdict
from ofsep_node.reporting.context import Report, ReportContext
from ofsep_node.reporting.page import SIGNS, page_of
from ofsep_node.reporting.words import colon, word


def html_page(verdict: Verdict, context: ReportContext) -> Report:
    """The page, in UTF-8; everything that is not ours is escaped."""
    templates = Environment(
        loader=PackageLoader("ofsep_node.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    content = templates.get_template("report.html.j2").render(
        page=page_of(verdict, context),
        signs=SIGNS,
        word=lambda key: word(key, context.language),
        colon=colon(context.language),
        data_url=_data_url,
    )
    return Report("html", content.encode(), "text/html; charset=utf-8")


def _data_url(picture: NDArray[np.uint8]) -> str:
    written = io.BytesIO()
    Image.fromarray(picture).save(written, "PNG")
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"
