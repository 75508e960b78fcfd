from __future__ import annotations

import io
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info

from ofsep_node.dicom.part10 import (
    IMPLEMENTATION_CLASS_UID,
    IMPLEMENTATION_VERSION_NAME,
    data_set_offset,
    file_head,
)
from ofsep_node.errors import UnreadableObject


def head(instance: str = "1.2.3", calling: str = "MR1") -> bytes:
    return file_head(
        sop_class_uid="1.2.840.10008.5.1.4.1.1.4",
        sop_instance_uid=instance,
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        calling_ae_title=calling,
        called_ae_title="NODE",
    )


def test_pydicom_reads_every_element() -> None:
    meta = pydicom.dcmread(io.BytesIO(head())).file_meta
    assert meta.FileMetaInformationGroupLength == len(head()) - 144
    assert meta.FileMetaInformationVersion == b"\x00\x01"
    assert meta.MediaStorageSOPClassUID == "1.2.840.10008.5.1.4.1.1.4"
    assert meta.MediaStorageSOPInstanceUID == "1.2.3"
    assert meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert meta.ImplementationVersionName == IMPLEMENTATION_VERSION_NAME
    assert meta.SourceApplicationEntityTitle == "MR1"
    assert meta.SendingApplicationEntityTitle == "MR1"
    assert meta.ReceivingApplicationEntityTitle == "NODE"


def test_our_own_identity_is_valid() -> None:
    assert pydicom.uid.UID(IMPLEMENTATION_CLASS_UID).is_valid
    assert len(IMPLEMENTATION_VERSION_NAME) <= 16


@pytest.mark.parametrize("instance", ["1.2.3", "1.2.34", "1." * 100 + "1"])
@pytest.mark.parametrize("calling", ["A", "AB", ""])
def test_the_data_set_follows_the_head(tmp_path: Path, instance: str, calling: str) -> None:
    path = tmp_path / "object.dcm"
    path.write_bytes(head(instance, calling) + b"\x08\x00rest")
    with path.open("rb") as file:
        assert data_set_offset(file) == len(head(instance, calling))


def test_a_head_without_group_length_and_with_private_information(tmp_path: Path) -> None:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = pydicom.uid.MRImageStorage
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    meta.PrivateInformationCreatorUID = pydicom.uid.UID("1.2.3")
    meta.PrivateInformation = b"\x01" * 70_000
    path = tmp_path / "object.dcm"
    written = DicomBytesIO(bytes(128) + b"DICM")
    written.seek(132)
    write_file_meta_info(written, meta, enforce_standard=False)
    end = written.tell()
    path.write_bytes(written.getvalue() + b"\x08\x00\x05\x00CS\x00\x00")
    with path.open("rb") as file:
        assert data_set_offset(file) == end


@pytest.mark.parametrize(
    "content", [b"", b"short", bytes(200), bytes(128) + b"DICM\x02\x00\x01\x00OB\x00\x00\xff\xff"]
)
def test_what_is_no_dicom_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(content)
    with path.open("rb") as file, pytest.raises(UnreadableObject, match=r"letter\.txt"):
        data_set_offset(file)
