"""Attestations: who attests. Accounts with standing; beside few of them genesis accounts; else all
members of the round."""

import pytest

from offchain.protocol.words.status import Electorate, Phase
from offchain.protocol.words.transactions import EMPTY_ROW
from scripts.support.chains.evm import Evm
from scripts.support.chains.made_up import BASELINE, row
from scripts.support.chains.rounds import Rounds

K = 2


@pytest.fixture
def rounds(evm: Evm) -> Rounds:
    """Round 1 collects; two accounts with standing attest alone; standing lasts two rounds."""
    rounds = Rounds.deploy(evm, minimum_standing=2, standing_rounds=K, epoch_rounds=16)
    rounds.start()
    return rounds


def view(rounds: Rounds, function: str, *arguments: object) -> object:
    return rounds.chain.view("Attestations", function, *arguments)


def acting(rounds: Rounds) -> tuple[list[int], Electorate]:
    """Which accounts attest in the round in competition, and by what right."""
    current = rounds.chain.view("ModelChain", "competition")
    numbers = [
        number
        for number, account in enumerate(rounds.accounts)
        if view(rounds, "isAttester", current.round, account)
    ]
    assert len(numbers) == current.attesters
    return numbers, Electorate(current.electorate)


def collect(rounds: Rounds) -> None:
    """All members share, and the round closes."""
    epoch = rounds.chain.view("ModelChain", "collection").epoch
    rounds.collect(rounds.members(epoch))


def finish(rounds: Rounds, nets: dict[int, int], attesters: list[int]) -> list[str]:
    """The round's block, with models of these accounts and nets; returns who gained standing."""
    accounts = rounds.accounts
    rounds.compete([accounts[number] for number in nets])
    rows = [rounds.baseline(), *map(row, nets.values())]
    rounds.state(rows, [accounts[number] for number in attesters])
    gained = rounds.chain.events(rounds.finalize(rows), "Attestations", "StandingGained")
    tick, _ = view(rounds, "ticks")
    lasting = rounds.chain.parameters.standing_rounds
    assert all(event["endTick"] == tick + lasting for event in gained)
    return [event["account"] for event in gained]


def fail(rounds: Rounds) -> None:
    """A round with enough data whose attesters are silent: void, and counted."""
    rounds.compete([])
    rounds.advance_to(Phase.ATTEST_REVEAL)
    rounds.chain.advance()
    assert rounds.chain.phase is Phase.VOID


def test_a_quarter_of_the_attesters_number_gains_standing_anew_best_first(evm: Evm) -> None:
    rounds = Rounds.deploy(evm, 8, 8, minimum_standing=2, standing_rounds=K, epoch_rounds=16)
    rounds.start()
    everybody, accounts = list(range(8)), rounds.accounts
    collect(rounds)
    assert acting(rounds) == (everybody, Electorate.GENESIS)
    # Without a best model before, only the best is a voice.
    assert finish(rounds, {0: 5, 1: 4}, everybody) == [accounts[0]]
    collect(rounds)
    # 0 renews its own; of the others two gain it.
    gained = finish(rounds, {1: 2, 2: 5, 3: 1, 4: 6, 0: 3}, everybody)
    assert gained == [accounts[4], accounts[2], accounts[0]]
    collect(rounds)
    assert acting(rounds) == ([0, 2, 4], Electorate.STANDING)
    # A quarter of three is less than one: one gains it all the same.
    assert finish(rounds, {5: 4, 6: 5}, [0, 2, 4]) == [accounts[6]]
    assert view(rounds, "standingCount") == 4


def test_standing_lasts_k_rounds_in_which_there_are_enough_data(rounds: Rounds) -> None:
    collect(rounds)
    assert finish(rounds, {0: 5}, [0, 1, 2, 3]) == [rounds.accounts[0]]
    seen = []
    for number in range(4):
        if number == 1:
            rounds.close()  # a round without data: it does not count
            seen.append("void")
            continue
        collect(rounds)
        standing = view(rounds, "standingCount")
        seen.append(standing)
        fail(rounds)
    assert seen == [1, "void", 1, 0]
    assert view(rounds, "standingEnd", rounds.accounts[0]) == 4
    assert tuple(view(rounds, "ticks")) == (5, 4)


def test_genesis_accounts_attest_beside_too_few_with_standing(rounds: Rounds) -> None:
    collect(rounds)
    finish(rounds, {0: 5}, [0, 1, 2, 3])
    collect(rounds)
    assert acting(rounds) == ([0, 1, 2, 3], Electorate.GENESIS)
    finish(rounds, {1: 5}, [0, 1, 2])
    collect(rounds)
    assert acting(rounds) == ([0, 1], Electorate.STANDING)


def test_a_genesis_account_without_a_full_stake_is_not_counted(evm: Evm) -> None:
    rounds = Rounds.deploy(evm, minimum_standing=2, standing_rounds=4, epoch_rounds=16)
    rounds.start()
    accounts, parameters = rounds.accounts, rounds.chain.parameters
    collect(rounds)
    rounds.publish()
    rounds.chain.advance()
    rounds.commit(accounts[3])  # and never reveals
    rounds.chain.advance()
    rounds.publish()
    rounds.advance_to(Phase.ATTEST)
    rounds.state([EMPTY_ROW], accounts[:3])
    rounds.finalize([EMPTY_ROW])
    collect(rounds)
    assert acting(rounds) == ([0, 1, 2], Electorate.GENESIS)
    finish(rounds, {}, [0, 1])
    rounds.chain.send("Membership", "addStake", sender=accounts[3], value=parameters.model_burn)
    collect(rounds)
    assert acting(rounds) == ([0, 1, 2, 3], Electorate.GENESIS)


def test_genesis_accounts_that_open_nothing_lapse_and_at_last_all_members_attest(
    rounds: Rounds,
) -> None:
    collect(rounds)
    finish(rounds, {}, [0, 1, 2])
    collect(rounds)
    assert acting(rounds) == ([0, 1, 2, 3], Electorate.GENESIS)
    finish(rounds, {}, [0, 1, 2])
    collect(rounds)
    assert acting(rounds) == ([0, 1, 2], Electorate.GENESIS)  # 3 has opened nothing in two rounds
    fail(rounds)
    collect(rounds)
    assert acting(rounds) == ([0, 1, 2], Electorate.GENESIS)
    fail(rounds)
    collect(rounds)
    assert acting(rounds) == ([0, 1, 2, 3], Electorate.MEMBERS)
    assert finish(rounds, {3: 5}, [1, 2, 3]) == [rounds.accounts[3]]


def test_a_genesis_account_with_standing_does_not_lapse_while_it_opens(rounds: Rounds) -> None:
    collect(rounds)
    finish(rounds, {0: 5}, [0, 1, 2, 3])
    for _ in range(2):
        collect(rounds)
        finish(rounds, {0: 5}, [0, 1, 2])
    # 0 has had standing all the time. It burns, and attests as a genesis account.
    collect(rounds)
    rounds.publish()
    rounds.chain.advance()
    rounds.commit(rounds.accounts[0])
    rounds.chain.advance()
    rounds.publish()
    rounds.advance_to(Phase.ATTEST)
    assert view(rounds, "standingCount") == 0
    burn = rounds.chain.parameters.model_burn
    rounds.chain.send("Membership", "addStake", sender=rounds.accounts[0], value=burn)
    rounds.state([BASELINE], rounds.accounts[:3])
    rounds.finalize([BASELINE])
    collect(rounds)
    assert acting(rounds) == ([0, 1, 2], Electorate.GENESIS)


def test_in_quiet_blocks_those_who_opened_the_statement_keep_their_standing(evm: Evm) -> None:
    rounds = Rounds.deploy(evm, minimum_standing=1, standing_rounds=K, epoch_rounds=16)
    rounds.start()
    accounts = rounds.accounts
    collect(rounds)
    finish(rounds, {0: 5}, [0, 1, 2, 3])
    collect(rounds)
    assert finish(rounds, {1: 5, 0: 4}, [0]) == [accounts[1], accounts[0]]
    # 1 is silent from now on, and there is no majority without it; then its standing ends.
    ends = [view(rounds, "standingEnd", account) for account in accounts[:2]]
    assert ends == [5, 5]
    collect(rounds)
    assert acting(rounds) == ([0, 1], Electorate.STANDING)
    rounds.compete([])
    rounds.state([BASELINE], accounts[:2])
    kept = rounds.chain.events(rounds.finalize([BASELINE]), "Attestations", "StandingKept")
    assert kept == [{"round": 3, "statement": rounds.statement([BASELINE])}]
    assert [view(rounds, "standingEnd", account) for account in accounts[:2]] == [6, 6]
    for _ in range(3):
        collect(rounds)
        assert acting(rounds) == ([0, 1], Electorate.STANDING)
        finish(rounds, {}, [0, 1])
    assert view(rounds, "standingCount") == 2


def test_the_silent_fall_out_while_quiet_blocks_go_on(evm: Evm) -> None:
    rounds = Rounds.deploy(evm, minimum_standing=2, standing_rounds=K, epoch_rounds=16)
    rounds.start()
    everybody = [0, 1, 2, 3]
    collect(rounds)
    finish(rounds, {0: 5}, everybody)
    collect(rounds)
    finish(rounds, {1: 5, 0: 4}, everybody)
    collect(rounds)
    finish(rounds, {2: 5, 1: 4, 0: 3}, [0, 1])
    seen = []
    for _ in range(3):
        collect(rounds)
        seen.append(acting(rounds)[0])
        finish(rounds, {}, [0, 1])
    assert seen == [[0, 1, 2], [0, 1, 2], [0, 1]]


def test_a_burned_stake_takes_standing_with_it(evm: Evm) -> None:
    rounds = Rounds.deploy(evm, minimum_standing=1, standing_rounds=4, epoch_rounds=16)
    rounds.start()
    account = rounds.accounts[0]
    collect(rounds)
    finish(rounds, {0: 5}, [0, 1, 2, 3])
    collect(rounds)
    assert acting(rounds) == ([0], Electorate.STANDING)
    rounds.publish()
    rounds.chain.advance()
    rounds.commit(account)
    rounds.chain.advance()
    rounds.publish()
    rounds.advance_to(Phase.REVEAL)
    receipt = rounds.chain.advance()
    lost = rounds.chain.events(receipt, "Attestations", "StandingLost")
    assert lost == [{"account": account}]
    assert not view(rounds, "isAttester", 2, account)
    # Filling up brings it back into no round: standing is earned again.
    burn = rounds.chain.parameters.model_burn
    rounds.chain.send("Membership", "addStake", sender=account, value=burn)
    assert not view(rounds, "isAttester", 2, account)
    rounds.advance_to(Phase.VOID)
    collect(rounds)
    assert acting(rounds) == ([0, 1, 2, 3], Electorate.GENESIS)


def test_an_attester_is_one_only_while_its_round_competes(rounds: Rounds) -> None:
    account, winner = rounds.accounts[3], rounds.accounts[0]
    assert not view(rounds, "isAttester", 0, account)
    collect(rounds)
    assert view(rounds, "isAttester", 1, account)
    assert not view(rounds, "isAttester", 2, account)
    assert not view(rounds, "isAttester", 1, rounds.accounts[4])
    finish(rounds, {0: 5}, [0, 1, 2, 3])
    assert not view(rounds, "isAttester", 1, winner)


def test_members_of_a_later_epoch_attest_by_their_voices(evm: Evm) -> None:
    rounds = Rounds.deploy(evm, minimum_standing=1, standing_rounds=3, epoch_rounds=2)
    rounds.start()
    accounts = rounds.accounts
    rounds.apply_for_next(accounts)
    rounds.make_block({accounts[0]: row(5)}, accounts[:4])
    rounds.write_members()
    rounds.make_block({accounts[1]: row(5)}, accounts[:1])
    # Epoch 2: accounts 4 and 5 are members now.
    rounds.make_block({accounts[5]: row(5)}, accounts[:2])
    rounds.collect(accounts)
    assert acting(rounds) == ([0, 1, 5], Electorate.STANDING)


def test_whoever_has_standing_attests_without_being_a_member(evm: Evm) -> None:
    rounds = Rounds.deploy(evm, minimum_standing=1, standing_rounds=4, epoch_rounds=2)
    rounds.start()
    accounts = rounds.accounts
    rounds.apply_for_next(accounts[1:])
    rounds.make_block({accounts[0]: row(5)}, accounts[:4])
    rounds.write_members()
    rounds.make_block({accounts[0]: row(5)}, accounts[:1])
    rounds.collect(accounts[1:])
    assert not rounds.chain.view("Membership", "isMember", 2, accounts[0])
    assert acting(rounds) == ([0], Electorate.STANDING)
    rounds.compete([])
    rounds.state([BASELINE], accounts[:1])
    rounds.finalize([BASELINE])
