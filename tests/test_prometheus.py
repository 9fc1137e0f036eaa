"""A real Prometheus takes what operations/prometheus gives it, and the programs' metrics."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from offchain.errors import BinaryMissing
from offchain.node.demo.local_network import free_port
from scripts.install_prometheus import Prometheus, find_prometheus
from tests.support.waiting import PATIENCE_SECONDS, wait_until
from tests.test_operations import OPERATIONS, expressions, loaded

pytestmark = pytest.mark.full

FOLDER = OPERATIONS / "prometheus"
BAD, FIRING = "bad", 'sum by (alertname, instance) (ALERTS{alertstate="firing"})'


@pytest.fixture(scope="module")
def prometheus() -> Prometheus:
    try:
        return find_prometheus()
    except BinaryMissing as error:
        pytest.skip(str(error))


def checked(prometheus: Prometheus, *command: str) -> str:
    done = subprocess.run(
        [prometheus.tool, *command], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_configuration_and_rules_are_ones(prometheus: Prometheus):
    assert "12 rules found" in checked(prometheus, "check", "config", "prometheus.yml")


def test_alerts_tell_of_what_is_bad_and_of_nothing_else(prometheus: Prometheus):
    assert "SUCCESS" in checked(prometheus, "test", "rules", "alerts_test.yml")


def test_every_alert_is_tried_with_an_instance_that_is_bad_and_one_that_is_well():
    names = [
        rule["alert"]
        for group in loaded("prometheus/alerts.yml")["groups"]
        for rule in group["rules"]
    ]
    tried = {case["name"]: case for case in loaded("prometheus/alerts_test.yml")["tests"]}
    for name in names:
        [asked] = tried[name]["promql_expr_test"]
        assert asked["expr"] == FIRING
        [told] = asked["exp_samples"]
        assert told == {"labels": f'{{alertname="{name}", instance="{BAD}"}}', "value": 1}
        series = [one["series"] for one in tried[name]["input_series"]]
        assert len([one for one in series if 'instance="well"' in one]) == len(series) // 2


@pytest.fixture
def server(prometheus: Prometheus, tmp_path: Path) -> Iterator[httpx.Client]:
    """A Prometheus with the rules that looks at itself alone."""
    port = free_port()
    configuration = loaded("prometheus/prometheus.yml")
    configuration["rule_files"] = [str(FOLDER / "alerts.yml")]
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    configuration["scrape_configs"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{port}"]
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump(configuration))
    process = subprocess.Popen(
        [
            prometheus.server,
            f"--config.file={file}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}/api/v1", trust_env=False, timeout=PATIENCE_SECONDS
    ) as client:
        try:
            yield client
        finally:
            process.kill()
            process.wait()


def test_every_question_of_alerts_and_dashboard_is_understood(server: httpx.Client):
    def answer(question: str) -> Any:
        try:
            return server.get("query", params={"query": question}).json()
        except httpx.TransportError:
            return {}

    wait_until(lambda: bool(answer("up").get("data", {}).get("result")), "nothing is scraped")
    for expression in expressions():
        if expression.startswith("label_values("):  # Grafana's own
            continue
        question = expression.replace("$instance", "one")
        assert answer(question)["status"] == "success", question
