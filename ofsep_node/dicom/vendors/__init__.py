"""One module per vendor: only what it writes in its own way."""

from __future__ import annotations

from ofsep_node.dicom.header import Header
from ofsep_node.dicom.vendors.canon import Canon
from ofsep_node.dicom.vendors.ge import GE
from ofsep_node.dicom.vendors.philips import Philips
from ofsep_node.dicom.vendors.siemens import Siemens
from ofsep_node.dicom.vendors.uih import UIH
from ofsep_node.dicom.vendors.vendor import Vendor

_BY_NAME: tuple[tuple[str, Vendor], ...] = (
    ("SIEMENS", Siemens()),
    ("GE ", GE()),
    ("PHILIPS", Philips()),
    ("CANON", Canon()),
    ("TOSHIBA", Canon()),
    ("UIH", UIH()),
)
_BY_CREATOR: tuple[tuple[str, Vendor], ...] = (
    ("SIEMENS", Siemens()),
    ("GEMS_", GE()),
    ("PHILIPS", Philips()),
    ("TOSHIBA", Canon()),
    ("CANON", Canon()),
    ("IMAGE PRIVATE HEADER", UIH()),
)
_STANDARD = Vendor()


def vendor_of(header: Header) -> Vendor:
    """By Manufacturer; by private creators where Manufacturer was removed."""
    manufacturer = (header.text("Manufacturer") or "").upper() + " "
    for name, vendor in _BY_NAME:
        if manufacturer.startswith(name):
            return vendor
    creators = list(header.creators())
    for name, vendor in _BY_CREATOR:
        if any(creator.startswith(name) for creator in creators):
            return vendor
    return _STANDARD
