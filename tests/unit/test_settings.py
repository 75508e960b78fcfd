"""Settings: what beats what, what a wrong one is told, and that the shipped file is the defaults."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from ofsep_node.cli.options import settings_from
from ofsep_node.domain.routing import Sender
from ofsep_node.domain.verdict import Conclusion
from ofsep_node.errors import SettingsError
from ofsep_node.settings import RECEIVERS_AT_MOST, Settings, load_settings
from ofsep_node.settings.destinations import MODELS
from ofsep_node.toml_text import line_of

SHIPPED = Path(__file__).parents[2] / "config" / "node.toml"


def keys(model: type[Settings] = Settings) -> list[tuple[str, str]]:
    found = []
    for section, field in model.model_fields.items():
        assert field.annotation is not None
        found += [(section, key) for key in getattr(field.annotation, "model_fields", ())]
    return found


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "node.toml"
    path.write_text(text, encoding="utf-8")
    return path


def complaint(file: Path | None, environment: dict[str, str] | None = None, **flags: Any) -> str:
    with pytest.raises(SettingsError) as raised:
        load_settings(file, environment or {}, flags)
    return str(raised.value)


def test_the_shipped_file_is_the_defaults() -> None:
    assert load_settings(SHIPPED, {}) == load_settings(None, {})


def test_every_setting_stands_in_the_shipped_file_and_no_other() -> None:
    shipped = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    assert [(section, key) for section, table in shipped.items() for key in table] == keys()


@pytest.mark.parametrize(("section", "key"), keys())
def test_every_setting_of_the_shipped_file_has_a_comment_above_it(section: str, key: str) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    lines = text.splitlines()
    number = line_of(text, section, key) - 1
    assert lines[number].startswith(f"{key} =")
    above = number - 1
    while not lines[above].startswith(("#", "[")) and lines[above].strip():
        above -= 1  # neighbours that share one comment
    assert lines[above].startswith("# ")


def test_flags_beat_the_environment_beats_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, '[reception]\nport = 1\nhost = "a"\nae_title = "FILE"\n')
    environment = {"OFSEP_NODE_RECEPTION__PORT": "2", "OFSEP_NODE_RECEPTION__HOST": "b"}
    reception = load_settings(file, environment, {"reception": {"port": 3}}).reception
    assert (reception.port, reception.host, reception.ae_title) == (3, "b", "FILE")
    assert reception.receivers == 1


def test_flags_that_are_not_given_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFSEP_NODE_RECEPTION__PORT", "2")
    settings = settings_from(None, tmp_path, port=None, ae_title="FLAG")
    assert (settings.reception.port, settings.reception.ae_title) == (2, "FLAG")
    assert settings.data == tmp_path


def test_automatic_receivers_are_as_many_as_cores_up_to_a_maximum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for cores, receivers in ((1, 1), (2, 2), (16, RECEIVERS_AT_MOST)):
        monkeypatch.setattr("os.sched_getaffinity", lambda _, n=cores: set(range(n)))
        flags = {"reception": {"receivers": "auto"}}
        assert load_settings(None, {}, flags).reception.receivers == receivers
    assert "--receivers" in complaint(None, reception={"receivers": "many"})


def test_the_web_port_can_be_off_or_asked_for() -> None:
    name = "OFSEP_NODE_WEB__PORT"
    assert load_settings(None, {name: "off"}).web.port is None
    assert load_settings(None, {name: ""}).web.port is None
    assert load_settings(None, {name: "0"}).web.port == 0
    assert not load_settings(None, {}).web.port_was_asked_for
    assert not load_settings(None, {name: "0"}).web.port_was_asked_for
    assert load_settings(None, {name: "8112"}).web.port_was_asked_for
    assert complaint(None, {name: "x"}).startswith(f"{name}: ")
    assert complaint(None, web={"port": "x"}).startswith("--web-port: ")


def test_lists_from_the_environment() -> None:
    name = "OFSEP_NODE_RECEPTION__ADDITIONAL_SOP_CLASSES"
    for text, expected in (("1.2, 1.3 ,", ("1.2", "1.3")), ("", ()), ("1.2", ("1.2",))):
        assert load_settings(None, {name: text}).reception.additional_sop_classes == expected
    assert complaint(None, {name: "1.2,x"}).startswith(f"{name}: ")


def test_variables_of_others_are_left_alone() -> None:
    assert load_settings(None, {"OFSEP_REAL_DICOM": "x", "PATH": "y"}) == load_settings(None, {})


def test_empty_means_default_where_the_file_says_so(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, '[node]\nname = ""\n[protocol]\nsite = ""\n'), {})
    assert settings.node.name
    assert settings.protocol.site is None
    assert settings.records_url.startswith("sqlite:///")


def test_all_that_the_node_writes_lies_below_its_data(tmp_path: Path) -> None:
    settings = load_settings(None, {}, {"node": {"data": tmp_path}})
    paths = (settings.spool, settings.archive, settings.quarantine, settings.log_file)
    assert all(p.is_relative_to(tmp_path) for p in paths)
    assert str(tmp_path) in settings.records_url


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[reception]\nport = 70000\n", 2, "reception.port: Input should be less than"),
        ('[reception]\n\nport = "x"\n', 3, "reception.port: Input should be a valid integer"),
        ("[node]\nlanguage = 'de'\n", 2, "node.language: Input should be 'en' or 'fr'"),
        ("[reception]\nprot = 104\n", 2, "reception.prot: no such setting; known are ae_title,"),
        ("[nodes]\nname = 'a'\n", 1, "nodes: no such section; known are node, reception,"),
        ("# hello\n\nport = 104\n", 3, "port: no such section"),
        ("node = 3\n", 1, "node: Input should be a valid"),
        ("[[reception]]\nport = 1\n", 1, "reception: Input should be a valid"),
        ("[study]\nquiet_period_s = nan\n", 2, "study.quiet_period_s"),
        ("[reception]\nae_title = 'seventeen letters'\n", 2, "reception.ae_title"),
        ("[reception]\nae_title = 'A\\B'\n", 2, "reception.ae_title"),
        ("[reception]\nadditional_sop_classes = ['1.2', 'CT']\n", 2, "additional_sop_classes"),
        ("[log]\nfile_level = 'loud'\n", 2, "log.file_level"),
    ],
)
def test_a_fault_of_the_file_is_named_with_its_line(
    tmp_path: Path, text: str, line: int, says: str
) -> None:
    file = written(tmp_path, text)
    message = complaint(file)
    assert message.startswith(f"{file}:{line}: ")
    assert says in message


PEERS = '[reception]\npeers = "peers.toml"\n'


def examples() -> str:
    """The destinations that the shipped file shows, and what they need beside them."""
    shown = (
        SHIPPED.read_text(encoding="utf-8").split("\n[destinations]\n")[1].split("\n[retention]")[0]
    )
    tables = shown[shown.index("# [destinations.") :]
    return "\n".join(line.removeprefix("#").removeprefix(" ") for line in tables.splitlines())


def test_the_destinations_that_the_shipped_file_shows_can_be_used(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, PEERS + examples()), {})
    assert list(settings.destinations) == ["pacs", "back", "dashboard", "radiographers"]
    shown = {line.split(" = ")[0] for line in examples().splitlines() if " = " in line}
    known = {key for model in MODELS.values() for key in model.model_fields}
    assert known == shown


def test_each_sender_has_its_destinations(tmp_path: Path) -> None:
    told = '[delivery]\nsenders = {MR = ["radiographers"], "*" = ["dashboard"]}\n'
    routing = load_settings(written(tmp_path, PEERS + told + examples()), {}).routing
    cases: list[tuple[str, Conclusion, list[str]]] = [
        ("MR", "non_compliant", ["radiographers"]),
        ("MR", "compliant", []),
        ("CT", "compliant", ["dashboard"]),
    ]
    for title, conclusion, names in cases:
        due = routing.due([Sender(title, "192.0.2.7")], conclusion, "settled")
        assert [d.destination for d in due] == names


WEBHOOK = '[destinations.a]\ntype = "webhook"\n'
PACS = '[destinations.a]\ntype = "dicom"\nae_title = "A"\nhost = "h"\nport = 104\n'
MAIL = '[destinations.a]\ntype = "mail"\nhost = "h"\nsender = "a@b.c"\nrecipients = ["d@e.f"]\n'


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('[delivery]\nsenders = {"*" = ["pcas"]}\n', 2,
         "delivery.senders: *: no destination is called 'pcas'; write a table [destinations.NAME]"),
        ('[delivery]\nsenders = {"*" = ["b"]}\n' + MAIL, 2,
         "delivery.senders: *: no destination is called 'b'; known are a"),
        ('[delivery]\nsenders = {"*" = "a"}\n' + MAIL, 2, "must be a list, in brackets (it is 'a')"),
        ("[delivery]\nretry_first_s = 0\n", 2, "delivery.retry_first_s: Input should be greater"),
        ("[delivery]\nretry_last_s = 1e300\n", 2, "delivery.retry_last_s: Input should be less than"),
        ("[delivery]\ngive_up_after_h = 1e12\n", 2, "delivery.give_up_after_h: Input should be less"),
        ("[study]\nquiet_period_s = inf\n", 2, "study.quiet_period_s: Input should be less than"),
        ("[study]\nlongest_s = nan\n", 2, "study.longest_s: Input should be less than"),
        ("[retention]\ndays = 9999999\n", 2, "retention.days: Input should be less than or equal to"),
        ("[node]\naway_after_s = 99999999999999\n", 2, "node.away_after_s: Input should be less than"),
        ('[destinations.a]\ntype = "sender"\nreports = ["sr"]\n', 2,
         'destinations.a.type: type = "sender" needs [reception] peers'),
        (PACS + 'reports = ["srr"]\n', 6, "destinations.a.reports: Input should be 'sr', 'pdf'"),
        (PACS + "reports = []\n", 6, "destinations.a.reports: Tuple should have at least 1"),
        (PACS, 1, "destinations.a.reports: must be given"),
        ('[destinations.a]\n\ntype = "fax"\n', 3, "destinations.a.type: must be one of "),
        ('[destinations.a]\nurl = "https://x"\n', 1, "destinations.a.type: must be one of "),
        (MAIL + "port = 70000\n", 6, "destinations.a.port: Input should be less than or equal"),
        (MAIL + "port = 0\n", 6, "destinations.a.port: Input should be greater than or equal"),
        (MAIL + "prot = 25\n", 6, "destinations.a.prot: no such setting; known are when, concl"),
        (MAIL + 'when = "never"\n', 6, "destinations.a.when: Input should be 'settled' or 'prov"),
        (MAIL + 'conclusions = ["bad"]\n', 6, "destinations.a.conclusions: Input should be 'com"),
        (MAIL + "conclusions = []\n", 6, "destinations.a.conclusions: Tuple should have at least"),
        (MAIL + 'user = "x"\n', 1, "destinations.a: user and password_file belong together"),
        (MAIL.replace("d@e.f", "d"), 5, "destinations.a.recipients: no e-mail address, such as"),
        (WEBHOOK + 'secret_file = "s"\n', 1, "destinations.a.url: must be given"),
        (WEBHOOK + 'url = "https://h:99999/"\nsecret_file = "s"\n', 3, "destinations.a.url: no address: Port out of range"),
        (WEBHOOK + 'url = "https://h:0"\nsecret_file = "s"\n', 3, "destinations.a.url: port 0"),
        (WEBHOOK + 'url = "http://localhost:99999"\nsecret_file = "s"\n', 3, "destinations.a.url: no address"),
        (WEBHOOK + 'url = "http://x/"\nsecret_file = "s"\n', 3, "destinations.a.url: must begin with https://"),
        ("[destinations]\na = 3\n", 1, "destinations.a: Input should be a valid dict"),
        ('[destinations."a b"]\ntype = "mail"\n', 1, "destinations.a b: String should match"),
    ],
)  # fmt: skip
def test_a_fault_of_a_destination_is_named_with_its_line(
    tmp_path: Path, text: str, line: int, says: str
) -> None:
    file = written(tmp_path, text)
    first, *others = complaint(file).splitlines()
    assert first.startswith(f"{file}:{line}: ")
    assert says in first
    assert [o for o in others if o.split(": ")[1] == first.split(": ")[1]] == []


@pytest.mark.parametrize("name", ["Europe/Besancon", "", "../etc/passwd"])
def test_a_time_zone_that_nobody_knows_is_named(tmp_path: Path, name: str) -> None:
    file = written(tmp_path, f'[node]\ntime_zone = "{name}"\n')
    assert complaint(file).startswith(f"{file}:2: node.time_zone: no time zone of this machine")


def test_every_name_that_is_not_there_is_told(tmp_path: Path) -> None:
    file = written(tmp_path, '[delivery]\nsenders = {"A" = ["b"], "B" = ["c"]}\n' + MAIL)
    assert [line.split(": ")[2] for line in complaint(file).splitlines()] == ["A", "B"]


def test_every_fault_has_its_line(tmp_path: Path) -> None:
    file = written(tmp_path, "[reception]\nport = -1\nhots = 'x'\n[log]\npatient_id = 3\n")
    assert [line.split(": ")[0] for line in complaint(file).splitlines()] == [
        f"{file}:2", f"{file}:3", f"{file}:5",
    ]  # fmt: skip


@pytest.mark.parametrize("other", [{}, {"OFSEP_NODE_NODE__NAME": "x"}])
def test_a_section_that_is_no_table_is_told_whatever_else_is_set(
    tmp_path: Path, other: dict[str, str]
) -> None:
    file = written(tmp_path, "node = 3\n")
    message = complaint(file, other, node={"data": tmp_path}, reception={})
    assert message.startswith(f"{file}:1: node: ")


def test_a_fault_of_the_environment_is_named_with_its_variable(tmp_path: Path) -> None:
    file = written(tmp_path, "[reception]\nport = 104\n")
    for variable, value, says in (
        ("OFSEP_NODE_RECEPTION__PORT", "none", "valid integer"),
        ("OFSEP_NODE_RECEPTION__PROT", "1", "no such setting; known are"),
        ("OFSEP_NODE_RECEPTION", "1", "no such setting; write OFSEP_NODE_<SECTION>__<KEY>"),
        ("OFSEP_NODE_PORT__RECEPTION", "1", "SECTION is one of NODE, RECEPTION"),
        ("OFSEP_NODE_RECEPTION__", "1", "no such setting"),
    ):
        message = complaint(file, {variable: value})
        assert message.startswith(f"{variable}: ")
        assert says in message


def test_a_fault_of_a_flag_is_named_with_its_flag() -> None:
    assert complaint(None, reception={"port": -1}).startswith("--port: ")
    assert complaint(None, reception={"ae_title": ""}).startswith("--ae-title: ")


def test_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    missing, binary = tmp_path / "none.toml", tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    assert (
        complaint(missing) == f"{missing}: cannot read the configuration: No such file or directory"
    )
    assert complaint(binary).startswith(f"{binary}: not a text file in UTF-8")
    assert complaint(tmp_path).startswith(f"{tmp_path}: cannot read the configuration")
    assert complaint(written(tmp_path, "[node\n")).startswith(f"{tmp_path / 'node.toml'}: not TOML")


def test_what_kubernetes_adds_for_a_service_of_our_name_is_no_setting() -> None:
    added = {
        "OFSEP_NODE_SERVICE_HOST": "10.0.0.1",
        "OFSEP_NODE_SERVICE_PORT": "11112",
        "OFSEP_NODE_SERVICE_PORT_DICOM": "11112",
        "OFSEP_NODE_PORT": "tcp://10.0.0.1:11112",
        "OFSEP_NODE_PORT_11112_TCP_ADDR": "10.0.0.1",
    }
    assert load_settings(None, added) == load_settings(None, {})


@pytest.mark.parametrize("variable", ["OFSEP_NODE_RECEPTION_PORT", "OFSEP_NODE_PORT"])
def test_a_port_without_its_section_is_said(variable: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable}: no such setting"):
        load_settings(None, {variable: "104"})


def test_faults_are_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    file.write_text('[node]\nnam = "x"\n[reception]\nprot = 1\nport = "x"\n[recods]\na = 1\n')
    with pytest.raises(SettingsError) as caught:
        load_settings(file, {})
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == ["2", "4", "5", "6"]
