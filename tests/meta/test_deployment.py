"""What ships for running and watching nodes agrees with the program, and with those who read it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes_validate.utils import validate

from ofsep_node.metrics.declarations import METRICS
from ofsep_node.settings import ReceptionSection, Settings, WebSection, load_settings
from tests.meta.dockerfile import stages
from tests.meta.project import ROOT

Document = Mapping[str, Any]
Program = Callable[[str], str]

CONFIG = ROOT / "config"
COMPOSE = CONFIG / "compose" / "compose.yaml"
DASHBOARD: Document = json.loads((CONFIG / "grafana" / "ofsep-node.json").read_text())
ALERTS = CONFIG / "prometheus" / "alerts.yml"
MANIFESTS: list[Document] = list(
    yaml.safe_load_all((CONFIG / "kubernetes" / "ofsep-node.yaml").read_text())
)
RECEPTION, WEB = ReceptionSection(), WebSection()
WHAT_A_SENDER_NEEDS = "/readyz?exclude=database&exclude=intake"
DRAINS_WITHIN_S = 2 * (RECEPTION.drain_timeout_s + 10)
"""Receivers first, then the intake: each may take so long before it is killed."""

NAME = re.compile(r"\bofsep_node_\w+")
GIVEN_BY_PROMETHEUS = {"instance", "job", "le"}


# --- metrics that are asked for ---


def dashboard_queries() -> list[str]:
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def alert_queries() -> list[str]:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule["expr"] for rule in group["rules"]]


def unknown(query: str) -> set[str]:
    """Metrics that no part counts, and labels that none of the query's metrics has."""
    by_sample = {sample: metric for metric in METRICS for sample in metric.samples}
    asked = set(NAME.findall(query))
    found = [by_sample[name] for name in asked if name in by_sample]
    known = {label for metric in found for label in metric.labels} | GIVEN_BY_PROMETHEUS
    matchers = re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", query)
    grouped = re.findall(r"\b(?:by|without)\s*\(([^)]*)\)", query)
    labels = {*matchers, *(part.strip() for group in grouped for part in group.split(","))}
    return (asked - set(by_sample)) | (labels - known)


@pytest.mark.parametrize("query", [*dashboard_queries(), *alert_queries()])
def test_a_query_asks_for_what_is_counted(query: str) -> None:
    assert NAME.search(query) or query.startswith("up{")
    assert not unknown(query)


def test_a_query_for_what_is_not_counted_is_seen() -> None:
    assert unknown("sum by (peer) (ofsep_node_object_total)") == {"ofsep_node_object_total", "peer"}
    assert unknown('ofsep_node_ready{chek="disk"}') == {"chek"}
    assert unknown("ofsep_node_verdict_seconds") == {"ofsep_node_verdict_seconds"}


def test_prometheus_understands_every_query(tmp_path: Path, peer: Program) -> None:
    """Those of the dashboard too, written as rules with what Grafana puts in."""
    promtool = peer("promtool")
    filled = [
        query.replace("$__rate_interval", "1m").replace("$instance", ".*")
        for query in dashboard_queries()
    ]
    rules = [{"record": f"panel:{n}", "expr": query} for n, query in enumerate(filled)]
    asked = tmp_path / "dashboard.yml"
    asked.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    checked = subprocess.run(
        [promtool, "check", "rules", asked, ALERTS], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_alerts_are_raised_when_they_should_and_only_then(tmp_path: Path, peer: Program) -> None:
    scenario = tmp_path / "scenario.yml"
    scenario.write_text(
        (ROOT / "tests" / "meta" / "alerts.yml")
        .read_text(encoding="utf-8")
        .replace("ALERTS", str(ALERTS))
    )
    tested = subprocess.run(
        [peer("promtool"), "test", "rules", scenario], capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_dashboard_has_no_panel_over_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


# --- settings, ports, probes, time to drain ---


def settings_named(text: str) -> Iterator[tuple[str, str]]:
    for section, key in re.findall(r"OFSEP_NODE_([A-Z]+)__([A-Z_]+)", text):
        yield section.lower(), key.lower()


@pytest.mark.parametrize(
    "path",
    [p for p in sorted(CONFIG.rglob("*")) if p.suffix in {".yaml", ".service", ".conf", ".cfg"}]
    + [ROOT / "Dockerfile"],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_settings_that_are_named_exist(path: Path) -> None:
    for section, key in settings_named(path.read_text(encoding="utf-8")):
        annotation = Settings.model_fields[section].annotation
        assert annotation is not None
        assert key in annotation.model_fields, f"[{section}] {key}"


class TestKubernetes:
    def of_kind(self, kind: str) -> list[Document]:
        return [m for m in MANIFESTS if m["kind"] == kind]

    def pod(self) -> Document:
        (stateful_set,) = self.of_kind("StatefulSet")
        spec: Document = stateful_set["spec"]["template"]["spec"]
        return spec

    def container(self) -> Document:
        (container,) = self.pod()["containers"]
        found: Document = container
        return found

    def environment(self) -> dict[str, str]:
        """What is given as it stands; pods' names and secrets are not."""
        return {e["name"]: e["value"] for e in self.container()["env"] if "value" in e}

    @pytest.mark.parametrize(
        "manifest", MANIFESTS, ids=lambda m: f"{m['kind']}-{m['metadata']['name']}"
    )
    def test_a_manifest_is_what_kubernetes_reads(self, manifest: Document) -> None:
        validate(dict(manifest), "1.33", strict=True)

    def test_the_settings_are_the_nodes(self, tmp_path: Path) -> None:
        (config,) = self.of_kind("ConfigMap")
        file = tmp_path / "node.toml"
        file.write_text(config["data"]["node.toml"])
        settings = load_settings(file, self.environment())
        mounts = {m["name"]: m["mountPath"] for m in self.container()["volumeMounts"]}
        ports = {p["name"]: p["containerPort"] for p in self.container()["ports"]}
        assert ports == {"dicom": settings.reception.port, "web": settings.web.port}
        assert settings.web.host == "0.0.0.0"
        assert (mounts["data"], mounts["archive"]) == (str(settings.data), str(settings.archive))
        assert not settings.archive.is_relative_to(settings.data)
        assert self.container()["args"][-1].startswith(mounts["settings"])
        drains = 2 * (settings.reception.drain_timeout_s + 10)
        assert self.pod()["terminationGracePeriodSeconds"] > drains

    def test_probes_ask_what_is_answered(self) -> None:
        asked = {
            kind: self.container()[kind]["httpGet"]
            for kind in ("livenessProbe", "readinessProbe", "startupProbe")
        }
        assert {probe["port"] for probe in asked.values()} == {"web"}
        assert asked["livenessProbe"]["path"] == asked["startupProbe"]["path"] == "/healthz"
        assert asked["readinessProbe"]["path"] == WHAT_A_SENDER_NEEDS

    def test_services_and_budget_are_about_the_pods(self) -> None:
        (stateful_set,) = self.of_kind("StatefulSet")
        labels = stateful_set["spec"]["template"]["metadata"]["labels"]
        (budget,) = self.of_kind("PodDisruptionBudget")
        assert budget["spec"]["selector"]["matchLabels"].items() <= labels.items()
        services = {s["metadata"]["name"]: s["spec"] for s in self.of_kind("Service")}
        assert stateful_set["spec"]["serviceName"] in services
        for service in services.values():
            assert service["selector"].items() <= labels.items()
        balancer = services["ofsep-node"]
        assert (balancer["type"], balancer["externalTrafficPolicy"]) == ("LoadBalancer", "Local")

    def test_each_node_has_a_spool_and_all_have_one_archive(self) -> None:
        (stateful_set,) = self.of_kind("StatefulSet")
        (claim,) = stateful_set["spec"]["volumeClaimTemplates"]
        assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
        (archive,) = self.of_kind("PersistentVolumeClaim")
        assert archive["spec"]["accessModes"] == ["ReadWriteMany"]
        claims = [
            v.get("persistentVolumeClaim", {}).get("claimName") for v in self.pod()["volumes"]
        ]
        assert archive["metadata"]["name"] in claims

    def test_it_runs_as_the_images_user(self) -> None:
        _, final = stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))
        (user,) = (s.argument for s in final if s.instruction == "USER")
        context = self.pod()["securityContext"]
        assert user == f"{context['runAsUser']}:{context['runAsGroup']}"


class TestCompose:
    composed: Document = yaml.safe_load(COMPOSE.read_text())

    def nodes(self) -> Document:
        return {n: s for n, s in self.composed["services"].items() if n.startswith("node-")}

    def image(self) -> dict[str, str]:
        """The environment that the image gives its nodes."""
        _, final = stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))
        given = " ".join(s.argument for s in final if s.instruction == "ENV")
        return dict(re.findall(r"(OFSEP_NODE_\w+)=(\S+)", given))

    def folders_of_the_user(self) -> list[str]:
        """A volume that is mounted on one of them belongs to the image's user."""
        _, final = stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))
        (made,) = (s.argument for s in final if s.instruction == "RUN")
        return made.partition("install --directory --owner=ofsep")[2].split()

    def of_each_node(self, name: str) -> dict[str, str]:
        """A variable that all nodes are given alike."""
        (value,) = {node["environment"][name] for node in self.nodes().values()}
        return {name: value}

    def test_compose_reads_it(self, peer: Program) -> None:
        read = subprocess.run(
            [peer("docker-compose"), "--file", COMPOSE, "config", "--quiet"],
            env={**os.environ, "POSTGRES_PASSWORD": "secret"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert read.returncode == 0, read.stdout + read.stderr

    def test_without_a_password_nothing_starts(self) -> None:
        asked = re.findall(r"\$\{(\w+)(:\?)", COMPOSE.read_text())
        assert asked
        assert {name for name, _ in asked} == {"POSTGRES_PASSWORD"}

    def test_each_node_has_a_data_folder_and_all_have_one_archive(self) -> None:
        data, archives = zip(*(node["volumes"] for node in self.nodes().values()), strict=True)
        assert len(set(data)) == len(data) > 1
        assert len(set(archives)) == 1
        settings = load_settings(None, self.image() | self.of_each_node("OFSEP_NODE_NODE__ARCHIVE"))
        assert archives[0] == f"archive:{settings.archive}"
        assert all(volume.endswith(f":{settings.data}") for volume in data)
        assert not settings.archive.is_relative_to(settings.data)
        assert str(settings.archive) in self.folders_of_the_user()
        names = {node["environment"]["OFSEP_NODE_NODE__NAME"] for node in self.nodes().values()}
        assert names == set(self.nodes())

    def test_the_balancer_knows_every_node_and_asks_what_a_sender_needs(self) -> None:
        balancer = (COMPOSE.parent / "haproxy.cfg").read_text()
        (node, *_) = self.nodes().values()
        dicom = node["environment"]["OFSEP_NODE_RECEPTION__PORT"]
        web = node["environment"]["OFSEP_NODE_WEB__PORT"]
        servers = re.findall(r"^\s*server (\S+) (\S+)$", balancer, re.MULTILINE)
        assert servers == [(name, f"{name}:{dicom}") for name in self.nodes()]
        assert f"check port {web}" in balancer
        assert f"uri {WHAT_A_SENDER_NEEDS}" in balancer
        assert re.search(r"^\s*timeout check \d+s$", balancer, re.MULTILINE), "or `inter` limits it"
        assert f"{dicom}:{dicom}" in self.composed["services"]["balancer"]["ports"]

    def test_it_waits_for_a_node_that_drains(self) -> None:
        for node in self.nodes().values():
            assert int(node["stop_grace_period"].removesuffix("s")) > DRAINS_WITHIN_S


# --- systemd and the image ---


UNIT = CONFIG / "systemd" / "ofsep-node.service"


def unit(key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", UNIT.read_text(), re.MULTILINE)


def test_systemd_understands_the_unit(tmp_path: Path, peer: Program) -> None:
    program = "/opt/ofsep-node/.venv/bin/ofsep-node"
    there = UNIT.read_text().replace(program, "/bin/true")
    (tmp_path / UNIT.name).write_text(there)
    checked = subprocess.run(
        [peer("systemd-analyze"), "verify", tmp_path / UNIT.name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert not checked.stderr


def test_the_unit_leaves_little_to_attack(peer: Program) -> None:
    """Of the ten points systemd gives, two and less are `OK`; what is missing is the network."""
    judged = subprocess.run(
        [peer("systemd-analyze"), "security", "--offline=true", "--threshold=20", UNIT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout[-300:]


def test_the_unit_waits_for_a_node_that_drains_and_reloads_it() -> None:
    assert unit("Type") == ["notify"]
    assert int(unit("TimeoutStopSec")[0]) > DRAINS_WITHIN_S
    assert unit("ExecReload") == ["/bin/kill -HUP $MAINPID"]
    assert unit("KillMode") == ["mixed"]
    assert unit("AmbientCapabilities") == [""]
    at_104 = tomllib.loads(
        "\n".join(
            f'{line.partition("=")[0]} = "{line.partition("=")[2]}"'
            for line in (UNIT.parent / "port-104.conf").read_text().splitlines()
            if "=" in line
        )
    )
    assert at_104["AmbientCapabilities"] == "CAP_NET_BIND_SERVICE"
    assert at_104["Environment"] == "OFSEP_NODE_RECEPTION__PORT=104"


def test_the_image_shows_the_ports_the_node_listens_on() -> None:
    _, final = stages((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    (exposed,) = (s.argument.split() for s in final if s.instruction == "EXPOSE")
    tls = Settings().tls.port
    assert list(map(int, exposed)) == [RECEPTION.port, tls, WEB.port]
    (healthy,) = (s.argument for s in final if s.instruction == "HEALTHCHECK")
    assert f"http://127.0.0.1:{WEB.port}/healthz" in healthy
