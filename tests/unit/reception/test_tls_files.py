"""What the files of [tls] must be, and what is said of those that are not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from structlog.testing import capture_logs

from ofsep_node.errors import SettingsError
from ofsep_node.reception import tls
from ofsep_node.reception.tls import Secured, is_certificate_name, server_context
from ofsep_node.reloading import Current, Reloadable, warn_of_expiry
from ofsep_node.settings import Settings, TLSSection, load_settings
from tests.certificates import Certificates


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("ours"))


def section(**keys: object) -> TLSSection:
    return TLSSection.model_validate(keys)


def settings(**keys: object) -> Settings:
    return load_settings(None, {}, {"tls": keys})


def refusal(**keys: object) -> str:
    with pytest.raises(SettingsError) as caught:
        server_context(section(**keys))
    return str(caught.value)


def test_without_a_certificate_there_is_no_tls() -> None:
    assert server_context(section()) is None


def test_a_key_may_be_in_the_file_of_its_certificate(tmp_path: Path, ours: Certificates) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join(path.read_bytes() for path in ours.issue("both")))
    assert server_context(section(certificate=both)) is not None


def test_files_that_cannot_be_used(tmp_path: Path, ours: Certificates) -> None:
    certificate, key = ours.issue("node")
    _, other = ours.issue("other")
    none, rubbish = tmp_path / "none.pem", tmp_path / "rubbish.pem"
    rubbish.write_text("rubbish")
    encrypted = tmp_path / "encrypted.key"
    subprocess.run(
        ["openssl", "pkey", "-in", key, "-aes256", "-passout", "pass:x", "-out", encrypted],
        check=True,
    )
    assert refusal(certificate=none, key=key) == (
        f"[tls] certificate: {none}: cannot be read: No such file or directory"
    )
    assert refusal(certificate=rubbish, key=key).startswith(
        f"[tls] certificate: {rubbish}: no certificate in PEM"
    )
    assert refusal(certificate=certificate, key=none) == (
        f"[tls] key: {none}: cannot be read: No such file or directory"
    )
    assert refusal(certificate=certificate, key=rubbish).startswith(
        f"[tls] key: {rubbish}: no private key in PEM"
    )
    assert refusal(certificate=certificate).startswith(
        f"[tls] key: {certificate}: no private key in PEM"
    )
    assert (
        refusal(certificate=certificate, key=other)
        == f"[tls] key: {other}: is not the key of {certificate}"
    )
    assert refusal(certificate=certificate, key=encrypted).startswith(
        f"[tls] key: {encrypted}: is encrypted"
    )
    for trusted, says in ((none, "cannot be read"), (rubbish, "no certificates in PEM")):
        said = refusal(certificate=certificate, key=key, trusted=trusted)
        assert said.startswith(f"[tls] trusted: {trusted}: {says}")


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"key": "a"}, "have no meaning without a certificate"),
        ({"only": True}, "have no meaning without a certificate"),
        ({"certificate": "a", "client_certificate": "required"}, "needs trusted"),
        ({"certificate": "a", "minimum_version": "1.1"}, "should be '1.2' or '1.3'"),
    ],
)
def test_settings_that_contradict_each_other(keys: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        settings(**keys)


@pytest.mark.parametrize(
    ("days", "event", "level"),
    [(90.0, None, ""), (29.5, "tls.expires", "warning"), (-1.0, "tls.expired", "error")],
)
def test_a_certificate_that_ends_is_told_in_time(
    ours: Certificates, days: float, event: str | None, level: str
) -> None:
    certificate, key = ours.issue(f"node-{days}", days=days)
    with capture_logs() as log:
        warn_of_expiry(settings(certificate=certificate, key=key))
    assert [(line["event"], line["log_level"]) for line in log] == (
        [] if event is None else [(event, level)]
    )
    if event == "tls.expires":
        assert log[0]["days"] == 29


def test_an_expired_certificate_starts_a_node_but_replaces_none(ours: Certificates) -> None:
    old = settings(**dict(zip(("certificate", "key"), ours.issue("old", days=-1), strict=True)))
    current = Current(Reloadable.read(old))
    before = current.content
    with capture_logs() as log:
        assert current.renew(old) == f"[tls] certificate: {old.tls.certificate}: has expired"
    assert current.content is before
    assert log[0]["event"] == "node.reload_refused"


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("CN=mr1", True),
        ("CN=mr1,OU=MRI,O=Hospital", True),
        ("sha256:" + "ab" * 32, True),
        ("SHA256:" + ":".join(["AB"] * 32), True),
        ("sha256:abcd", False),
        ("mr1", False),
        ("", False),
    ],
)
def test_names_of_certificates(name: str, good: bool) -> None:
    assert is_certificate_name(name) == good


def test_a_subject_is_told_from_another(ours: Certificates) -> None:
    certificate, _ = ours.issue("mr1")
    found = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    secured = Secured("TLSv1.3", "", found.public_bytes(Encoding.DER))
    assert secured.subject.startswith("CN=mr1")
    assert secured.is_of(secured.subject)
    assert not secured.is_of("CN=mr1")
    assert not Secured("TLSv1.3", "", b"").is_of(secured.subject)
    assert Secured("TLSv1.3", "", b"damaged").subject == ""


@pytest.mark.parametrize("gone", ["key", "trusted"])
def test_a_file_that_goes_while_it_is_read_is_a_refusal(
    ours: Certificates, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, gone: str
) -> None:
    read = tls._bytes
    certificate, key = ours.issue("exchanged")
    files = {"certificate": certificate, "key": key, "trusted": ours.authority}
    files[gone] = tmp_path / gone
    files[gone].write_bytes({"key": key, "trusted": ours.authority}[gone].read_bytes())

    def read_as_it_goes(setting: str, file: Path) -> bytes:
        content = read(setting, file)
        if setting == gone:
            file.unlink()
        return content

    monkeypatch.setattr(tls, "_bytes", read_as_it_goes)
    said = refusal(**files)
    assert said.startswith(f"[tls] {gone}: {files[gone]}: ")
    assert said.endswith("No such file or directory")


def test_a_reload_that_fails_as_nobody_thought_of_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    current = Current(Reloadable.read(settings()))
    before = current.content

    def surprise(_settings: Settings) -> Reloadable:
        raise ArithmeticError("surprise")

    monkeypatch.setattr(Reloadable, "read_anew", surprise)
    with capture_logs() as log:
        assert current.renew(settings()) == "ArithmeticError: surprise"
    assert [line["event"] for line in log] == ["node.reload_refused"]
    assert current.content is before
