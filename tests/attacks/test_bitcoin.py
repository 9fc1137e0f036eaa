"""Attacks with Bitcoin's blocks fail; where their defence is broken, they do not."""

from dataclasses import replace

import pytest

from offchain.attacks.bitcoin import ATTACKS
from offchain.attacks.known import FAMILIES
from offchain.bitcoin import header_chain
from offchain.bitcoin.header_chain import HeaderChain
from offchain.protocol.reference.data_registry import ReferenceDataRegistry, RoundData
from offchain.protocol.rules import clock
from offchain.protocol.words.transactions import partition_seed


def quiet(line: str) -> None:
    """Nobody listens."""


@pytest.mark.parametrize("name", ATTACKS)
def test_the_promise_holds_and_the_plain_rule_falls(name: str) -> None:
    outcome = ATTACKS[name].run(quiet)
    assert outcome.defended, outcome
    assert outcome.plain_rule_fell, outcome


def test_all_are_known_by_name() -> None:
    assert {name for name, family in FAMILIES.items() if family == "bitcoin"} == set(ATTACKS)


def test_seeds_are_known_where_a_header_s_own_time_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    def own_time(chain: HeaderChain, height: int) -> int:
        # It has to stay ascending.
        times = [chain.header(each).time for each in range(chain.lowest_height, height + 1)]
        return max(times)

    monkeypatch.setattr(HeaderChain, "decision_time", own_time)
    assert not ATTACKS["grind-the-seed"].run(quiet).defended


def test_keepers_choose_where_any_passed_height_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def any_height(registry: ReferenceDataRegistry, height: int, data: RoundData) -> int:
        return registry.environment.relay.decision_time(height)

    monkeypatch.setattr(ReferenceDataRegistry, "_forced_decision", any_height)
    assert not ATTACKS["keeper-chooses"].run(quiet).defended


def test_a_burst_ends_a_round_where_heights_alone_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        clock, "phase_may_end", lambda end_height, _start, _seconds, tip, _now: tip >= end_height
    )
    assert not ATTACKS["header-burst"].run(quiet).defended


def test_a_fork_splits_data_anew_where_seeds_are_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    test_parts = ReferenceDataRegistry.test_parts

    def looked_up(registry: ReferenceDataRegistry, round_number: int, index: int) -> int:
        partitions = registry.data[round_number].partitions
        seed = partition_seed(
            registry.environment.domain,
            registry.environment.relay.block_hash(registry.last_height),
        )
        partitions[:] = [replace(each, seed=seed) for each in partitions]
        return test_parts(registry, round_number, index)

    monkeypatch.setattr(ReferenceDataRegistry, "test_parts", looked_up)
    assert not ATTACKS["deep-fork"].run(quiet).defended


def test_cheap_headers_are_taken_where_work_is_not_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(header_chain, "hash_number", lambda _: 0)
    assert not ATTACKS["regtest-header"].run(quiet).defended
