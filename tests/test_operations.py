"""What an operator is given hangs together: units, images, compose file, alerts, dashboard, table.

Images and Grafana are not run: the files are read, and held against the programs. Prometheus is, in
`test_prometheus`.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from offchain.chain.rpc.counts import RpcCounts
from offchain.config import ENVIRONMENT
from offchain.errors import RpcError
from offchain.feeder import feeder
from offchain.node.monitoring.collector import Program, ProgramCollector
from offchain.node.monitoring.watch import Watch
from offchain.ports import TrainingProgress
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.status import Phase
from offchain.relayer import relayer
from offchain.worker import worker
from scripts.round_cost import DOCUMENT, GAS, cost_table, replaced, round_shares
from tests.support.worlds.snapshots import STATUS

ROOT = Path(__file__).parents[1]
OPERATIONS = ROOT / "operations"
PROGRAMS: Mapping[str, click.Command] = {
    "offchain/worker.py": worker,
    "offchain/relayer.py": relayer,
    "offchain/feeder.py": feeder,
}
UNITS = sorted((OPERATIONS / "systemd").glob("*.service"))
OWN = ("worker", "relayer", "feeder")
FUNCTIONS = {
    "and", "by", "changes", "group_left", "increase", "label_values", "max", "on", "rate", "sum",
}  # fmt: skip
PROCESS = {"process_resident_memory_bytes", "up"}
"""Metrics of Prometheus and of its library, not of this project."""


def loaded(name: str) -> Any:
    return yaml.safe_load((OPERATIONS / name).read_text())


def options_of(command: list[str]) -> None:
    """Parse a program's command line as it would be; raises if an option is none."""
    program = next(part for part in command if part in PROGRAMS)
    arguments = command[command.index(program) + 1 :]
    PROGRAMS[program].make_context(program, arguments, resilient_parsing=False)


@pytest.fixture(scope="module")
def metrics() -> dict[str, set[str]]:
    """Every metric that programs tell, with the names of its labels."""
    watch, counts = Watch(lambda: 0.0), RpcCounts()
    progress = TrainingProgress(1, 2, 0.1, 1.0)
    competing = replace(STATUS.competition, phase=Phase.COMMIT)
    watch.looked(replace(STATUS, competition=competing), ("x",), "training", progress)
    watch.could_not("Advance", RpcError("x"))
    counts.asked("http://node", 1)
    counts.failed("http://node", RpcError("x"))
    registry = CollectorRegistry()
    registry.register(
        ProgramCollector(
            Program("worker", "1", 1, "0x", "0x"),
            watch,
            counts,
            DEMO,
            lambda: (True, {}),
            lambda: {"keys": (1, 2)},
            lambda: {"keys": {"late": 1}},
        )
    )
    text = generate_latest(registry).decode()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def expressions() -> Iterator[str]:
    """All that Prometheus is asked for: by the alerts, by the dashboard."""
    for group in loaded("prometheus/alerts.yml")["groups"]:
        for rule in group["rules"]:
            yield rule["expr"]
    dashboard = json.loads((OPERATIONS / "grafana" / "dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield target["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]["query"]


def test_alerts_and_dashboard_ask_for_metrics_and_labels_that_programs_tell(
    metrics: dict[str, set[str]],
):
    labels = {"instance", "job"} | {label for found in metrics.values() for label in found}
    asked: set[str] = set()
    for expression in expressions():
        plain = re.sub(r'"[^"]*"', "", expression)
        plain = re.sub(r"\[[0-9a-z]+\]|offset [0-9a-z]+", "", plain)
        words = set(re.findall(r"[a-z_][a-z0-9_]*", plain))
        used = {word for word in words if word in metrics or word in PROCESS}
        assert used, expression
        unknown = words - used - labels - FUNCTIONS
        assert not unknown, f"{expression} names {unknown}"
        # A selector's labels are labels of its metric.
        for metric, selector in re.findall(r"([a-z_]+)\{([^}]*)\}", expression):
            selected = set(re.findall(r"([a-z_]+)\s*=?[=!~]", selector)) - {"instance", "job"}
            assert selected <= metrics.get(metric, set()), expression
        for value in re.findall(r'phase="([A-Z_]+)"', expression):
            assert value in Phase.__members__
        asked |= used
    assert len(asked) > 20


def test_every_alert_says_how_bad_it_is_and_what_to_do():
    names = []
    for group in loaded("prometheus/alerts.yml")["groups"]:
        for rule in group["rules"]:
            assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
            assert re.fullmatch(r"ModelChain[A-Z]\w+", rule["alert"])
            assert re.fullmatch(r"[0-9]+m|[0-9]+h", rule.get("for", "1m"))
            assert rule["labels"]["severity"] in ("warning", "critical")
            assert rule["annotations"]["summary"]
            assert rule["annotations"]["description"]
            assert rule["expr"].count("(") == rule["expr"].count(")")
            names.append(rule["alert"])
    assert len(names) == len(set(names)) > 10


def test_panels_have_names_of_their_own_and_do_not_overlap():
    panels = json.loads((OPERATIONS / "grafana" / "dashboard.json").read_text())["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells
    for key in ("id", "title"):
        assert len({panel[key] for panel in panels}) == len(panels)


def test_the_compose_file_starts_a_chain_a_relayer_a_feeder_and_four_nodes():
    compose = loaded("compose.yaml")
    services = compose["services"]
    keys = {
        "build", "cap_drop", "command", "depends_on", "deploy", "environment", "healthcheck",
        "image", "network_mode", "ports", "profiles", "restart", "security_opt",
        "stop_grace_period", "volumes",
    }  # fmt: skip
    ports: list[str] = []
    for name, service in services.items():
        assert set(service) <= keys, name
        for needed in service.get("depends_on", {}):
            assert needed in services
        mode = service.get("network_mode", "service:chain")
        assert mode == "service:chain"
        for volume in service["volumes"]:
            source = volume.partition(":")[0]
            assert source in compose["volumes"] or (OPERATIONS / source).exists(), volume
        for variable in service.get("environment", {}):
            assert variable in {*ENVIRONMENT.values(), "MODELCHAIN_REDEPLOY"}
        command = service.get("command", [])
        if any(part in PROGRAMS for part in command):
            options_of(command)
            ports.append(command[command.index("--metrics-port") + 1])
        if "build" in service:
            build = service["build"]
            assert (OPERATIONS / build["context"] / build["dockerfile"]).is_file()
            assert f" AS {build['target']}\n" in (OPERATIONS / "Dockerfile").read_text()
    assert {"chain", "deploy", "relayer", "feeder", "node0", "node1", "node2", "node3"} <= set(
        services
    )
    assert len(ports) == len(set(ports)) == 6
    targets = loaded("prometheus/prometheus.yml")["scrape_configs"][0]["static_configs"][0]
    assert sorted(targets["targets"]) == sorted(f"127.0.0.1:{port}" for port in ports)


def test_what_prometheus_and_grafana_are_given_is_there():
    [rules] = loaded("prometheus/prometheus.yml")["rule_files"]
    assert (OPERATIONS / "prometheus" / rules).is_file()
    for name in ("datasource.yml", "dashboards.yml"):
        assert loaded(f"grafana/{name}")["apiVersion"] == 1


def test_the_image_copies_and_installs_what_is_there_with_the_pinned_pytorch():
    text = (OPERATIONS / "Dockerfile").read_text().replace("\\\n", " ")
    stages = re.findall(r"^FROM (\S+) AS (\S+)$", text, re.MULTILINE)
    known: set[str] = set()
    for source, name in stages:
        assert source in known or source.startswith("python:3.12")
        known.add(name)
    assert {"cpu", "cuda"} <= known
    for line in re.findall(r"^COPY (.*)$", text, re.MULTILINE):
        for path in [part for part in line.split()[:-1] if not part.startswith("--")]:
            assert (ROOT / path).exists(), path
    pins = (ROOT / "constraints.txt").read_text()
    [torch] = re.findall(r"torch==([0-9.]+)\+cpu", text)
    assert f"torch=={torch}\n" in pins
    # The working tree's own environment and build must not come into the image.
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".venv", "build", "node_modules"} <= set(ignored)


@pytest.mark.parametrize("unit", UNITS, ids=lambda file: file.name)
def test_a_unit_starts_a_program_with_options_that_exist(unit: Path):
    text = unit.read_text()
    assert {"[Unit]", "[Service]", "[Install]"} <= set(text.splitlines())
    if not any(name in unit.name for name in OWN):
        return
    [line] = re.findall(r"^ExecStart=/bin/sh -c '(.*)'$", text, re.MULTILINE)
    environment = (OPERATIONS / "systemd" / "environment.example").read_text()
    given = dict(re.findall(r'^([A-Z_]+)="?([^"\n]*)"?$', environment, re.MULTILINE))
    for name, value in given.items():
        line = line.replace(f"${name}", value)
    options_of(shlex.split(line.replace("%i", "0")))
    for variable in re.findall(r"\b(MODELCHAIN_[A-Z_]+)", text + environment):
        assert variable in ENVIRONMENT.values()
    # Whatever hangs, the program has ended by then.
    assert "TimeoutStopSec=20" in text


def test_each_unit_runs_as_a_user_of_its_own_that_the_document_makes():
    users = re.findall(r"^User=(.*)$", "".join(map(Path.read_text, UNITS)), re.MULTILINE)
    assert len(users) == len(set(users)) == len(UNITS)
    [made] = re.findall(r"for user in (.*); do", DOCUMENT.read_text())
    assert set(users) == set(made.split())


@pytest.mark.parametrize("unit", UNITS, ids=lambda file: file.name)
def test_systemd_takes_a_unit(unit: Path):
    analyse = shutil.which("systemd-analyze")
    if analyse is None:
        pytest.skip("there is no systemd-analyze here")
    done = subprocess.run(
        [analyse, "verify", str(unit)], capture_output=True, text=True, check=False
    )
    said = [line for line in done.stderr.splitlines() if "is not executable" not in line]
    assert said == []


def test_the_costs_of_a_round_in_the_document_are_those_of_the_measured_gas():
    text = DOCUMENT.read_text()
    assert replaced(text) == text, "run `python -m scripts.round_cost --write`"


def test_a_rounds_parts_are_together_the_whole():
    gas = json.loads(GAS.read_text())
    for nodes, parameters in ((10, DEMO), (32, DEMO), (64, replace(DEMO, maximum_members=64))):
        node, common, sharing, feeding, together = round_shares(gas, nodes, parameters)
        whole = nodes * (node.gas + common.gas + sharing.gas) + feeding.gas
        assert whole <= together.gas < whole + nodes
    [_, _, line, *_] = cost_table([node], [("here", 10**9)], 2_000)
    assert f"{node.gas * 10**9 / 10**18:.6f} ether" in line
