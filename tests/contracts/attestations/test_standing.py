"""Attestations: who attests. Voices have standing for K rounds; else the genesis members attest."""

import pytest

from scripts.support.chains.evm import Evm
from scripts.support.chains.rounds import BASELINE, Rounds, row

K = 2


@pytest.fixture
def rounds(evm: Evm) -> Rounds:
    """Round 1 collects; two voices are enough to attest; standing lasts two rounds."""
    rounds = Rounds.deploy(evm, minimum_standing=2, standing_rounds=K, epoch_rounds=16)
    rounds.start()
    return rounds


def view(rounds: Rounds, function: str, *arguments: object) -> object:
    return rounds.chain.view("Attestations", function, *arguments)


def acting(rounds: Rounds) -> tuple[list[int], bool]:
    """Which accounts attest in the round in competition, and whether as genesis members."""
    current = rounds.chain.view("ModelChain", "competition")
    numbers = [
        number
        for number, account in enumerate(rounds.accounts)
        if view(rounds, "isAttester", current.round, account)
    ]
    assert len(numbers) == current.attesters
    return numbers, current.genesisActs


def block(rounds: Rounds, models: dict[int, int], attesters: list[int]) -> None:
    """A block in which models of these accounts have these nets."""
    accounts = rounds.accounts
    rounds.make_block(
        {accounts[number]: row(net) for number, net in models.items()},
        [accounts[number] for number in attesters],
        accounts[:4],
        BASELINE,
    )


def test_voices_attest_in_the_next_k_rounds_once_they_are_enough(rounds: Rounds) -> None:
    block(rounds, {0: 5, 1: 4}, [0, 1, 2, 3])  # without a best model before, only the best is one
    assert [view(rounds, "standingUntil", account) for account in rounds.accounts] == [3] + [0] * 5
    rounds.collect(rounds.accounts[:4])
    assert acting(rounds) == ([0, 1, 2, 3], True)

    rounds.compete(rounds.accounts[1:3])
    rows = [BASELINE, row(5), row(4)]
    rounds.state(rows, rounds.accounts[:3])
    receipt = rounds.finalize(rows)
    gained = rounds.chain.events(receipt, "Attestations", "StandingGained")
    assert [(event["account"], event["untilRound"]) for event in gained] == [
        (rounds.accounts[1], 2 + K),
        (rounds.accounts[2], 2 + K),
    ]
    assert view(rounds, "standingCount") == 3
    # Round 3: accounts 0 to 2 have standing, the first for the last time.
    rounds.collect(rounds.accounts[:4])
    assert acting(rounds) == ([0, 1, 2], False)
    rounds.compete([])
    rounds.state([BASELINE], rounds.accounts[1:3])
    rounds.finalize([BASELINE])
    rounds.collect(rounds.accounts[:4])
    assert acting(rounds) == ([1, 2], False)
    rounds.compete([])
    rounds.state([BASELINE], rounds.accounts[1:3])
    rounds.finalize([BASELINE])
    # Quiet blocks give none: nobody has standing, and the genesis members attest again.
    rounds.collect(rounds.accounts[:4])
    assert acting(rounds) == ([0, 1, 2, 3], True)
    assert view(rounds, "standingCount") == 0


def test_an_attester_is_one_only_while_its_round_competes(rounds: Rounds) -> None:
    account, winner = rounds.accounts[3], rounds.accounts[0]
    assert not view(rounds, "isAttester", 0, account)
    rounds.collect(rounds.accounts[:4])
    assert view(rounds, "isAttester", 1, account)
    assert not view(rounds, "isAttester", 2, account)
    assert not view(rounds, "isAttester", 1, rounds.accounts[4])
    rounds.compete([winner])
    rows = [BASELINE, row(5)]
    rounds.state(rows, rounds.accounts[:4])
    rounds.finalize(rows)
    assert not view(rounds, "isAttester", 1, winner)


def test_members_of_a_later_epoch_attest_by_their_voices_and_genesis_members_do_not(
    evm: Evm,
) -> None:
    rounds = Rounds.deploy(evm, minimum_standing=1, standing_rounds=2, epoch_rounds=2)
    rounds.start()
    accounts = rounds.accounts
    rounds.apply_for_next(accounts)
    rounds.make_block({accounts[0]: row(5)}, accounts[:4], accounts[:4])
    rounds.write_members()
    rounds.make_block({accounts[1]: row(5)}, accounts[:1], accounts[:4])
    # Epoch 2: accounts 4 and 5 are members now.
    rounds.make_block({accounts[5]: row(5)}, accounts[:2], accounts)
    rounds.collect(accounts)
    assert acting(rounds) == ([1, 5], False)


def test_whoever_has_standing_attests_without_being_a_member(evm: Evm) -> None:
    rounds = Rounds.deploy(evm, minimum_standing=1, standing_rounds=4, epoch_rounds=2)
    rounds.start()
    accounts = rounds.accounts
    rounds.apply_for_next(accounts[1:])
    rounds.make_block({accounts[0]: row(5)}, accounts[:4], accounts[:4])
    rounds.write_members()
    rounds.make_block({accounts[0]: row(5)}, accounts[:1], accounts[:4])
    rounds.collect(accounts[1:])
    assert not rounds.chain.view("Membership", "isMember", 2, accounts[0])
    assert acting(rounds) == ([0], False)
    rounds.compete([])
    rounds.state([BASELINE], accounts[:1])
    rounds.finalize([BASELINE])
