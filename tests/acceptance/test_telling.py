"""A whole node that tells its verdicts: from images over the network to whoever listens."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pydicom import dcmread

from ofsep_node.delivery import Peer, send_files, syntax_of
from tests.destinations import SECRET, HttpDestination
from tests.intake_node import t1_slice, uid_of
from tests.node import RunningNode, run
from tests.reception_node import wait_until
from tests.scrape import Scrape
from tests.storescp import StoreScp, storescp

STUDY = uid_of("study", 1)


def images(folder: Path, numbers: range) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number}.dcm" for number in numbers]
    for number, path in zip(numbers, paths, strict=True):
        path.write_bytes(t1_slice(number))
    return paths


def send(node: RunningNode, files: list[Path]) -> None:
    peer = Peer("127.0.0.1", node.port, "OFSEP_NODE", "SIEMENS_MR")
    assert all(a.stored for a in send_files(peer, {f: syntax_of(f) for f in files}))


def configured(tmp_path: Path, dashboard: HttpDestination) -> Path:
    secret, config = tmp_path / "secret", tmp_path / "node.toml"
    secret.write_bytes(SECRET + b"\n")
    config.write_text(
        f"""\
[delivery]
senders = {{ "*" = ["dashboard"] }}
retry_first_s = 0.5
retry_last_s = 1

[destinations.dashboard]
type = "webhook"
url = "{dashboard.url}"
secret_file = "{secret}"
""",
        encoding="utf-8",
    )
    return config


def test_a_verdict_reaches_a_program_that_was_down_for_a_while(tmp_path: Path) -> None:
    with HttpDestination(status=503) as dashboard:
        config = configured(tmp_path, dashboard)
        with RunningNode(tmp_path / "data", "--config", str(config)) as node:
            send(node, images(tmp_path / "images", range(1, 4)))
            failed = node.wait_for(lambda e: e["event"] == "report.failed")
            assert "answered 503" in failed["reason"]
            listed = run("outbox", "list", "--data", node.data, "--config", config)
            assert "waiting" in listed.stdout
            wait_until(lambda: Scrape(node)("reports_oldest_waiting_age_seconds") != 0)
            assert Scrape(node)("reports", destination="dashboard", state="waiting") == 1
            assert not Scrape(node)("reports_sent_total", destination="dashboard")
            dashboard.status = 200
            sent = node.wait_for(lambda e: e["event"] == "report.sent")
            assert (sent["study"], sent["destination"], sent["kind"]) == (
                STUDY, "dashboard", "json",
            )  # fmt: skip
            document = json.loads(dashboard.posted[-1].body)
            assert document["study"]["study_instance_uid"] == STUDY
            shown = run("show", STUDY, "--data", node.data)
            assert "reported, version 1" in shown.stdout
            assert "json → dashboard" in shown.stdout
            assert run("outbox", "list", "--data", node.data).stdout.startswith("No report")
            assert len({p.headers["X-Ofsep-Node-Delivery"] for p in dashboard.posted}) == 1
            wait_until(lambda: Scrape(node)("reports_sent_total", destination="dashboard") == 1)
            scrape = Scrape(node)
            refused = scrape("report_attempts_failed_total", destination="dashboard")
            assert refused == len(dashboard.posted) - 1
            waited_s = datetime.fromisoformat(sent["at"]) - datetime.fromisoformat(failed["at"])
            assert scrape("report_seconds_count") == 1
            assert (scrape("report_seconds_sum") or 0) >= waited_s.total_seconds()
            assert scrape("reports", destination="dashboard", state="sent") == 1
            assert scrape("reports_oldest_waiting_age_seconds") == 0


def test_a_killed_node_tells_what_was_due_when_it_is_started_again(tmp_path: Path) -> None:
    with HttpDestination(status=503) as dashboard:
        config = configured(tmp_path, dashboard)
        with RunningNode(tmp_path / "data", "--config", str(config)) as node:
            send(node, images(tmp_path / "images", range(1, 4)))
            node.wait_for(lambda e: e["event"] == "report.failed")
            node.kill()
        dashboard.status = 200
        with RunningNode(tmp_path / "data", "--config", str(config)) as node:
            node.wait_for(lambda e: e["event"] == "report.sent")


def told_over_dicom(tmp_path: Path, pacs: StoreScp) -> Path:
    """The PACS has the documents, and whoever sent the picture."""
    peers, config = tmp_path / "peers.toml", tmp_path / "node.toml"
    peers.write_text(
        f'[[peer]]\nae_title = "SIEMENS_MR"\naddresses = ["127.0.0.1"]\nport = {pacs.port}\n'
    )
    config.write_text(
        f"""\
[reception]
peers = "{peers}"

[delivery]
senders = {{ SIEMENS_MR = ["pacs", "back"] }}

[destinations.pacs]
type = "dicom"
ae_title = "PACS"
host = "localhost"
port = {pacs.port}
reports = ["sr", "pdf"]

[destinations.back]
type = "sender"
reports = ["sc"]
""",
        encoding="utf-8",
    )
    return config


def test_a_verdict_comes_to_the_pacs_and_back_to_whoever_sent_the_images(
    tmp_path: Path, peer: Callable[[str], str]
) -> None:
    with storescp(peer("storescp"), tmp_path / "pacs") as pacs:
        config = told_over_dicom(tmp_path, pacs)
        assert run("config", "check", config).returncode == 0
        with RunningNode(tmp_path / "data", "--config", str(config)) as node:
            send(node, images(tmp_path / "images", range(1, 4)))
            wait_until(lambda: len(node.events("report.sent")) == 3, timeout_s=90)
            sent = {e["kind"]: e for e in node.events("report.sent")}
            assert {k: e["destination"] for k, e in sent.items()} == {
                "sr": "pacs", "pdf": "pacs", "sc": "back",
            }  # fmt: skip
            shown = run("show", STUDY, "--data", node.data).stdout
            assert "reported, version 1" in shown
            assert "sc → back (SIEMENS_MR)" in shown
    taken = {str(d.SOPInstanceUID): d for d in map(dcmread, pacs.folder.iterdir())}
    assert set(taken) == {e["uid"] for e in sent.values()}
    assert {d.StudyInstanceUID for d in taken.values()} == {STUDY}
    assert {d.PatientID for d in taken.values()} == {"TEST-1"}


def test_a_sender_that_says_no_port_is_told_of_in_the_outbox(
    tmp_path: Path, peer: Callable[[str], str]
) -> None:
    with storescp(peer("storescp"), tmp_path / "pacs") as pacs:
        config = told_over_dicom(tmp_path, pacs)
        peers = tmp_path / "peers.toml"
        peers.write_text('[[peer]]\nae_title = "SIEMENS_MR"\naddresses = ["127.0.0.1"]\n')
        with RunningNode(tmp_path / "data", "--config", str(config)) as node:
            send(node, images(tmp_path / "images", range(1, 3)))
            failed = node.wait_for(lambda e: e["event"] == "report.failed")
            assert failed["reason"] == (
                f"{peers}: says of SIEMENS_MR no port on which it could be told"
            )
