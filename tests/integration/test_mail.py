"""Verdicts by e-mail, to a real SMTP server."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from ofsep_node.delivery.mail import Mail
from ofsep_node.domain.routing import EVERYBODY, Route, Routing
from tests.certificates import Certificates
from tests.destinations import delivered, entries, states, told
from tests.intake_node import IntakeNode, t1_slice, uid_of

STUDY = uid_of("study", 1)
MAIL = Routing({"mail": Route("mail", ("text",))}, {EVERYBODY: ("mail",)})


class Mailbox:
    """An SMTP server's handler: keeps what comes, and answers as it is told."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.users: list[str] = []
        self.unknown: set[str] = set()
        self.answer = "250 taken"

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.unknown:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, _server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("2"):
            content = cast("bytes", envelope.content)
            self.messages.append(email.message_from_bytes(content, policy=email.policy.default))
        return self.answer

    def authenticated(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any
    ) -> AuthResult:
        login = cast("LoginPassword", given)
        self.users.append(login.login.decode())
        return AuthResult(success=login.password == b"hush", handled=False)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


class MailServer:
    """An SMTP server on a free port, in a thread of its own."""

    def __init__(
        self, mailbox: Mailbox, tls: ssl.SSLContext | None, settings: dict[str, Any]
    ) -> None:
        self._loop = asyncio.new_event_loop()
        begin = self._loop.create_server(
            lambda: SMTP(mailbox, loop=self._loop, **settings), "127.0.0.1", 0, ssl=tls
        )
        self._server = self._loop.run_until_complete(begin)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def serving(mailbox: Mailbox) -> Iterator[Callable[..., int]]:
    """Starts the server of the mailbox, over TLS with `tls`; returns its port."""
    running: list[MailServer] = []

    def start(tls: ssl.SSLContext | None = None, **settings: Any) -> int:
        running.append(MailServer(mailbox, tls, settings))
        return running[-1].port

    yield start
    for server in running:
        server.stop()


def mail(port: int, **settings: Any) -> Mail:
    given = {
        "host": "localhost",
        "security": "none",
        "sender": "node@hospital.example",
        "recipients": ("mri@hospital.example", "pacs@hospital.example"),
    }
    return Mail(port=port, **(given | settings))


def settled(node: IntakeNode) -> None:
    told(node, MAIL)
    node.send(t1_slice(1, SliceThickness=1.5))
    node.wait(61)


def test_what_was_taken_is_not_sent_again_whatever_is_said_to_our_leaving(
    node: IntakeNode, mailbox: Mailbox, serving: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def smtp_quit(server: SMTP, _argument: str) -> None:
        await server.push("451 not now")

    monkeypatch.setattr(SMTP, "smtp_QUIT", smtp_quit)
    settled(node)
    delivered(node, {"mail": mail(serving())})

    assert states(node) == [("mail", "sent")]
    assert len(mailbox.messages) == 1


def text_of(message: EmailMessage) -> str:
    return str(message.get_content())


def test_a_verdict_is_told_in_a_few_lines(
    node: IntakeNode, mailbox: Mailbox, serving: Callable[..., int]
) -> None:
    settled(node)
    delivered(node, {"mail": mail(serving())})

    (message,) = mailbox.messages
    assert message["Subject"] == "Not compliant (OFSEP 2020)"
    assert message["To"] == "mri@hospital.example, pacs@hospital.example"
    text = text_of(message)
    assert "Missing: " in text
    assert "- series 1 “3D T1 SAG”: " in text
    assert f"Study: {STUDY}, version 1" in text
    for private in ("Secret", "TEST-1"):
        assert private not in message.as_string()
    assert states(node) == [("mail", "sent")]


def test_a_verdict_is_told_in_french_and_with_the_patient_id_where_it_is_wanted(
    node: IntakeNode, mailbox: Mailbox, serving: Callable[..., int]
) -> None:
    settled(node)
    delivered(node, {"mail": mail(serving(), language="fr", patient_id=True)})

    (message,) = mailbox.messages
    assert message["Subject"] == "Non conforme (OFSEP 2020)"
    assert "Manque : " in text_of(message)
    assert "Identifiant du patient : TEST-1" in text_of(message)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_over_tls_with_a_password(
    node: IntakeNode,
    mailbox: Mailbox,
    serving: Callable[..., int],
    tmp_path: Path,
    security: str,
) -> None:
    certificates = Certificates(tmp_path / "certificates")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificates.issue("smtp"))
    tls = {"starttls": {"tls_context": context, "require_starttls": True},
           "tls": {"tls": context, "auth_require_tls": False}}  # fmt: skip
    port = serving(authenticator=mailbox.authenticated, auth_required=True, **tls[security])
    settled(node)
    given = {"security": security, "tls": certificates.client(), "user": "node"}
    delivered(node, {"mail": mail(port, **given | {"password": "wrong"})})
    assert (mailbox.messages, states(node)) == ([], [("mail", "waiting")])
    assert "535" in (entries(node)[0].reason or "")
    node.now += timedelta(seconds=8)
    delivered(node, {"mail": mail(port, **given | {"password": "hush"})})

    assert len(mailbox.messages) == 1
    assert set(mailbox.users) == {"node"}


def test_a_certificate_of_another_authority_is_not_trusted(
    node: IntakeNode, mailbox: Mailbox, serving: Callable[..., int], tmp_path: Path
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*Certificates(tmp_path / "theirs").issue("smtp"))
    port = serving(tls_context=context)
    settled(node)
    ours = Certificates(tmp_path / "ours").client()
    delivered(node, {"mail": mail(port, security="starttls", tls=ours)})

    assert mailbox.messages == []
    assert "CERTIFICATE_VERIFY_FAILED" in (entries(node)[0].reason or "")


def test_a_server_that_will_take_it_later_gets_the_same_message_again(
    node: IntakeNode, mailbox: Mailbox, serving: Callable[..., int]
) -> None:
    settled(node)
    port = serving()
    mailbox.answer = "451 try later"
    delivered(node, {"mail": mail(port)})
    assert states(node) == [("mail", "waiting")]
    mailbox.answer = "250 taken"
    node.now += timedelta(seconds=8)
    delivered(node, {"mail": mail(port)})

    (message,) = mailbox.messages
    assert message["Message-ID"] == f"<report-1.{STUDY}@hospital.example>"
    assert states(node) == [("mail", "sent")]


def test_recipients_that_are_refused_are_told_of_and_the_others_have_it_once(
    node: IntakeNode, mailbox: Mailbox, serving: Callable[..., int]
) -> None:
    settled(node)
    mailbox.unknown = {"pacs@hospital.example"}
    delivered(node, {"mail": mail(serving())})

    assert len(mailbox.messages) == 1
    (entry,) = entries(node)
    assert (entry.state, entry.reason) == ("sent", "refused: pacs@hospital.example")


def test_a_server_that_refuses_all_recipients_has_not_taken_it(
    node: IntakeNode, mailbox: Mailbox, serving: Callable[..., int]
) -> None:
    settled(node)
    mailbox.unknown = {"pacs@hospital.example", "mri@hospital.example"}
    delivered(node, {"mail": mail(serving())})

    (entry,) = entries(node)
    assert entry.state == "waiting"
    assert "no such mailbox" in (entry.reason or "")
