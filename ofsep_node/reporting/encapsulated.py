"""The PDF as a DICOM object, and its first page as an image for viewers that show nothing else."""

from __future__ import annotations

import io

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset

from ofsep_node.domain.verdict import Verdict
from ofsep_node.reporting.composite import as_report, composite
from ofsep_node.reporting.context import Report, ReportContext
from ofsep_node.reporting.page import page_of
from ofsep_node.reporting.pdf import pdf_of

DOTS_PER_INCH = 120
"""At which the smallest print of the page can be read."""


def encapsulated_pdf(verdict: Verdict, context: ReportContext) -> Report:
    """The PDF in an Encapsulated PDF (PS3.3 A.45.1)."""
    page = page_of(verdict, context)
    pdf = pdf_of(page)
    dataset = composite("pdf", verdict, context, pdf)
    dataset.ConversionType = "WSD"
    dataset.BurnedInAnnotation = "YES"
    dataset.AcquisitionDateTime = ""
    dataset.DocumentTitle = page.title
    dataset.ConceptNameCodeSequence = []
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.EncapsulatedDocumentLength = len(pdf)
    dataset.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    sources = [one.middle for one in context.series.values() if one.picture is not None]
    if sources:
        dataset.SourceInstanceSequence = [
            _reference(to.sop_class_uid, to.sop_instance_uid) for to in sources
        ]
    return as_report("pdf", dataset)


def pdf_in(encapsulated: bytes) -> bytes:
    """The PDF of a file that holds an Encapsulated PDF."""
    dataset = dcmread(io.BytesIO(encapsulated))
    document: bytes = dataset.EncapsulatedDocument
    return document[: dataset.EncapsulatedDocumentLength]


def secondary_capture(verdict: Verdict, context: ReportContext) -> Report:
    """The PDF's first page as a Secondary Capture (PS3.3 A.8.1), uncompressed, in colour."""
    pixels = first_page(pdf_of(page_of(verdict, context)))
    dataset = composite("sc", verdict, context, pixels.tobytes())
    dataset.ConversionType = "WSD"
    dataset.BurnedInAnnotation = "YES"
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    dataset.PatientOrientation = dataset.Laterality = ""
    dataset.SamplesPerPixel = 3
    dataset.PhotometricInterpretation = "RGB"
    dataset.PlanarConfiguration = 0
    dataset.Rows, dataset.Columns, _ = pixels.shape
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelRepresentation = 0
    dataset.add_new("PixelData", "OB", pixels.tobytes() + b"\0" * (pixels.size % 2))
    return as_report("sc", dataset)


def first_page(pdf: bytes) -> NDArray[np.uint8]:
    """The first page as pixels: rows x columns x (red, green, blue)."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        bitmap = document[0].render(scale=DOTS_PER_INCH / 72, rev_byteorder=True)
        return np.ascontiguousarray(bitmap.to_numpy()[:, :, :3], dtype=np.uint8)
    finally:
        document.close()


def _reference(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class_uid, sop_instance_uid
    return item
