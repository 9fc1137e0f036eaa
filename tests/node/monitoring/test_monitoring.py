"""Health and metrics of a program: what its loop told, answered whatever the loop does."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from offchain.chain.rpc.counts import RpcCounts
from offchain.errors import PortInUse, RpcError, StoreError, WrongChainError
from offchain.node.monitoring.collector import Program, ProgramCollector
from offchain.node.monitoring.health import SILENT_SECONDS, STALE_SECONDS, ProgramHealth, Report
from offchain.node.monitoring.server import monitored
from offchain.node.monitoring.watch import Watch
from offchain.ports import TrainingProgress
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.status import Phase
from tests.support.worlds.snapshots import END_HEIGHT, NOW, PHASE_START, STATUS

KEY = "http://user:SECRET@node/key"


class Told:
    """A program's watch, with its clocks."""

    def __init__(self, *, is_development: bool = False) -> None:
        self.seconds = 1_000.0
        self.now = NOW + 10.0
        self.watch = Watch(lambda: self.seconds)
        self.counts = RpcCounts()
        self.health = ProgramHealth(
            self.watch, self.counts, DEMO, lambda: self.now, is_development=is_development
        )

    def report(self) -> Report:
        return self.health.report()

    def collector(self) -> ProgramCollector:
        return ProgramCollector(
            Program("worker", "1", 31_337, "0x11", "0x22"),
            self.watch,
            self.counts,
            DEMO,
            self.report,
            lambda: {"keys": (2, 4_096)},
            lambda: {"keys": {"too-late": 3}},
            lambda: self.now,
        )


@contextlib.contextmanager
def served(told: Told) -> Iterator[httpx.Client]:
    with monitored(0, told.collector(), told.report) as port:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=url, trust_env=False, timeout=60.0) as client:
            yield client


def figures(client: httpx.Client, accept: str = "") -> Mapping[str, float]:
    """Values by name and labels."""
    found = client.get("/metrics", headers={"Accept": accept})
    assert found.status_code == 200
    return {
        sample.name + "".join(f"/{value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(found.text)
        for sample in family.samples
    }


def test_a_program_that_has_just_started_is_well_and_has_seen_nothing():
    healthy, report = Told().report()
    assert healthy
    assert report["problems"] == []
    assert report["chain"] is report["round"] is report["account"] is None


def test_health_tells_round_phase_deadline_balance_training_and_what_is_waited_for():
    told = Told()
    progress = TrainingProgress(30, 120, 0.25, 5_000.0)
    told.watch.looked(STATUS, ("the training",), "training of round 5", progress)
    told.seconds += 2
    healthy, report = told.report()
    assert healthy
    assert report["secondsSinceLook"] == 2.0
    assert report["chain"] == {
        "id": 31_337,
        "block": 1_000,
        "blockHash": None,
        "blockTime": NOW,
        "blockAgeSeconds": 10.0,
        "bitcoinBest": STATUS.best_height,
        "bitcoinTip": STATUS.tip,
    }
    assert report["round"] == {
        "collecting": 6,
        "competing": 5,
        "phase": STATUS.competition.phase.name,
        "deadline": {
            "bitcoinHeight": END_HEIGHT,
            "blocksLeft": max(0, END_HEIGHT - STATUS.tip),
            "notBefore": PHASE_START + DEMO.minimum_phase_seconds,
        },
        "head": STATUS.head.number,
    }
    assert report["account"]["balance"] == str(STATUS.own.balance)
    assert report["waitingFor"] == ["the training"]
    assert report["computing"] == "training of round 5"
    assert report["training"] == {"step": 30, "of": 120, "loss": 0.25, "imagesPerSecond": 5_000}
    json.dumps(report)


def test_a_round_that_does_not_compete_has_no_deadline():
    told = Told()
    over = replace(STATUS.competition, phase=Phase.FINAL)
    told.watch.looked(replace(STATUS, competition=over))
    _, report = told.report()
    assert report["round"]["deadline"] is None


def test_a_chain_that_cannot_be_used_is_a_problem_until_it_can():
    told = Told()
    told.watch.looked(STATUS)
    told.watch.failed(RpcError(f"no answer from {KEY}"))
    told.seconds += 7
    healthy, report = told.report()
    assert not healthy
    assert report["problems"] == ["the chain cannot be used"]
    # An address may hold a key.
    assert report["lastError"] == {"reason": "RpcError", "secondsAgo": 7.0, "over": False}
    told.watch.looked(STATUS)
    healthy, report = told.report()
    assert healthy
    assert report["lastError"]["over"] is True


def test_an_action_that_failed_is_told_and_is_no_problem():
    told = Told()
    told.watch.looked(STATUS)
    told.watch.could_not("Advance", StoreError("/home/somebody"))
    told.watch.could_not("Advance", WrongChainError("x", 1, 2))
    healthy, report = told.report()
    assert healthy
    assert report["lastError"]["reason"].startswith("WrongChainError: ")
    assert told.watch.seen().failed_actions == {"Advance": 2}


def test_a_loop_that_hangs_is_a_problem_before_and_after_its_first_look():
    told = Told()
    told.seconds += SILENT_SECONDS + 1
    assert not told.report()[0]
    told.watch.looked(STATUS)
    assert told.report()[0]
    told.seconds += SILENT_SECONDS + 1
    _, report = told.report()
    assert report["problems"] == ["the program has not looked at the chain for too long"]


@pytest.mark.parametrize("is_development", [False, True])
def test_a_chain_that_stands_still_is_a_problem_but_not_where_its_clock_is_set(
    is_development: bool,
):
    told = Told(is_development=is_development)
    told.watch.looked(STATUS)
    told.now = NOW + STALE_SECONDS + 1
    healthy, _ = told.report()
    assert healthy is is_development


def test_metrics_are_what_prometheus_reads_and_have_the_figures():
    told = Told()
    told.watch.looked(STATUS, ("a", "b"), "training", TrainingProgress(1, 4, 0.5, 100.0))
    told.watch.failed(RpcError("x"))
    told.watch.could_not("Advance", RpcError("x"))
    told.counts.asked("http://node", 3)
    told.counts.failed("http://node", RpcError("x"))
    told.counts.pushed()
    with served(told) as client:
        found = figures(client)
        opened = client.get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert opened.text.endswith("# EOF\n")
    assert found["modelchain_healthy"] == 0
    assert found["modelchain_round/competing"] == 5
    assert found[f"modelchain_phase/{STATUS.competition.phase.name}"] == 1
    assert sum(value for name, value in found.items() if name.startswith("modelchain_phase/")) == 1
    assert found["modelchain_block_age_seconds"] == 10
    assert found["modelchain_account_balance_ether"] == STATUS.own.balance / 10**18
    assert found["modelchain_waiting_for"] == 2
    assert found["modelchain_training_done_ratio"] == 0.25
    assert found["modelchain_looks_total"] == found["modelchain_failed_looks_total"] == 1
    assert found["modelchain_failed_actions_total/Advance"] == 1
    assert found["modelchain_rpc_requests_total/http://node"] == 1
    assert found["modelchain_rpc_calls_total"] == 3
    assert found["modelchain_rpc_failures_total/http://node/RpcError"] == 1
    assert found["modelchain_pushed_heads_total"] == 1
    assert found["modelchain_queue_waiting/keys"] == 2
    assert found["modelchain_queue_dropped_total/keys/too-late"] == 3
    assert found["process_resident_memory_bytes"] > 0


def test_health_is_served_with_its_status_and_nothing_else_is():
    told = Told()
    with served(told) as client:
        assert client.get("/healthz").status_code == 200
        told.watch.failed(RpcError("x"))
        unwell = client.get("/healthz?verbose")
        assert (unwell.status_code, unwell.json()["healthy"]) == (503, False)
        assert client.get("/").status_code == client.get("/healthz/..").status_code == 404
        assert client.post("/healthz").status_code == 501


def test_strange_requests_are_survived_without_a_word(capfd: pytest.CaptureFixture[str]):
    told = Told()
    with served(told) as client:
        port = client.base_url.port
        for sent in (b"\xff\x00\r\n\r\n", b"GET /metrics HTTP/1.1\r\nAccept: text/plain;version=x"):
            with socket.create_connection(("127.0.0.1", port)) as raw:
                raw.sendall(sent + b"\r\n\r\n")
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(65_536):
                    pass
        assert client.get("/healthz").status_code == 200
    assert "Traceback" not in capfd.readouterr().err


def test_it_listens_on_loopback_alone_and_says_where_the_port_is_taken():
    told = Told()
    with monitored(0, told.collector(), told.report) as port:
        with pytest.raises(PortInUse) as refused, monitored(port, told.collector(), told.report):
            pass
        assert refused.value.port == port
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
        listening = [line.split()[1] for line in lines]
        assert f"0100007F:{port:04X}" in listening
        assert f"00000000:{port:04X}" not in listening


def test_nothing_is_served_without_a_port():
    told = Told()
    with monitored(None, told.collector(), told.report) as port:
        assert port == 0
