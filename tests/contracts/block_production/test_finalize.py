"""BlockProduction: from the statement that stands to a block: best, voices, votes, quiet, burns."""

from typing import Any

import pytest

from offchain.crypto.merkle import merkle_root
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import EMPTY_ROW, Row
from scripts.support.chains.evm import Evm, reverts
from scripts.support.chains.made_up import BASELINE, label, row
from scripts.support.chains.rounds import Rounds
from scripts.support.chains.stages import Stage


@pytest.fixture
def rounds(attesting: Stage) -> Rounds:
    """Round 2 is in Attest: block 1 has a best model; accounts 0 to 2 have revealed another."""
    return attesting.enter()


def finalized(rounds: Rounds, rows: list[Row]) -> dict[str, Any]:
    """Let these rows stand and make the block; returns it."""
    rounds.state(rows, rounds.accounts[:4])
    receipt = rounds.finalize(rows)
    [event] = rounds.chain.events(receipt, "ModelChain", "BlockAppended")
    assert rounds.chain.phase is Phase.FINAL
    return event["data"]


def ids(rounds: Rounds, *indices: int) -> list[bytes]:
    """Identifiers of revealed models of the round in competition."""
    return [
        rounds.chain.view("ModelTransactions", "revealAt", rounds.competing, index).id
        for index in indices
    ]


def staked(rounds: Rounds) -> list[int]:
    """What accounts 0 to 3 have burned so far, in parts of `modelBurn`."""
    parameters = rounds.chain.parameters
    amounts = [
        rounds.chain.view("Membership", "stakeOf", account).amount
        for account in rounds.accounts[:4]
    ]
    return [(parameters.stake - amount) // parameters.model_burn for amount in amounts]


def test_the_best_of_the_voices_makes_the_block(rounds: Rounds) -> None:
    block = finalized(rounds, [BASELINE, row(5), row(9), row(3)])
    model = rounds.models[2, rounds.accounts[1]]
    assert (block["bestReveal"], block["bestModel"]) == (1, ids(rounds, 1)[0])
    assert block["modelHash"] == model.model_hash
    assert (block["voices"], block["attestations"], block["paidVoices"]) == (3, 4, 0b111)
    root = merkle_root([merkle_root(ids(rounds, 1, 0, 2))])
    assert (block["dataVoteRoot"], block["blockVoteRoot"]) == (root, root)
    assert rounds.chain.view("ModelChain", "head").modelHash == model.model_hash
    assert staked(rounds) == [0, 0, 0, 0]


def test_the_earlier_commitment_goes_first_where_nets_are_equal(rounds: Rounds) -> None:
    rows = [BASELINE, row(5), row(5), row(5)]
    rounds.state(rows, rounds.accounts[:4])
    [decided] = rounds.chain.events(rounds.finalize(rows), "BlockProduction", "RoundDecided")
    assert decided == {"round": 2, "valid": 0b111, "ranking": [0, 1, 2]}


def test_a_variant_of_a_better_model_is_valid_and_no_voice(rounds: Rounds) -> None:
    rows = [BASELINE, row(8, repeats=2), row(9), row(3)]
    rounds.state(rows, rounds.accounts[:4])
    receipt = rounds.finalize(rows)
    [decided] = rounds.chain.events(receipt, "BlockProduction", "RoundDecided")
    assert decided == {"round": 2, "valid": 0b111, "ranking": [1, 2]}
    block = rounds.chain.view("ModelChain", "blockAt", 2)
    assert (block.voices, block.paidVoices) == (2, 0b110)
    gained = rounds.chain.events(receipt, "Attestations", "StandingGained")
    # A quarter of the four attesters: one gains standing, the better one.
    assert [event["account"] for event in gained] == [rounds.accounts[1]]


def test_a_model_that_is_no_better_than_chance_is_not_valid(evm: Evm) -> None:
    # significance 100: 100 net^2 >= 100 spread.
    rounds = Rounds.deploy(evm, significance=100)
    genesis = rounds.accounts[:4]
    rounds.start()
    rounds.make_block({genesis[0]: row(5)}, genesis)
    rounds.collect(genesis)
    rounds.compete(genesis[:3])
    rows = [BASELINE, row(4, spread=16), row(4, spread=17), row(0, spread=0)]
    rounds.state(rows, genesis)
    [decided] = rounds.chain.events(rounds.finalize(rows), "BlockProduction", "RoundDecided")
    assert decided == {"round": 2, "valid": 0b001, "ranking": [0]}


# ---- quiet blocks --------------------------------------------------------------------------------


def assert_quiet(rounds: Rounds, block: dict[str, Any]) -> None:
    """Nobody's model is the best; the one before stays; nobody gained anything."""
    assert (block["bestModel"], block["bestReveal"], block["paidVoices"]) == (bytes(32), 0, 0)
    before = rounds.chain.view("ModelChain", "blockAt", block["number"] - 1)
    assert block["modelHash"] == before.modelHash
    assert block["dataRoot"] == rounds.data_root(block["round"])
    assert rounds.chain.view("Attestations", "standingCount") == 1  # block 1's


def test_a_round_without_a_valid_model_ends_in_a_quiet_block(rounds: Rounds) -> None:
    block = finalized(rounds, [BASELINE, row(0), row(-3), row(0)])
    assert_quiet(rounds, block)
    empty = merkle_root([])
    assert (block["voices"], block["dataVoteRoot"], block["blockVoteRoot"]) == (0, empty, empty)


def test_a_round_without_models_ends_in_a_quiet_block(attesting: Stage) -> None:
    rounds = attesting.enter()
    finalized(rounds, [BASELINE, row(0), row(0), row(0)])
    rounds.collect(rounds.accounts[:4])
    rounds.compete([])
    block = finalized(rounds, [BASELINE])
    assert_quiet(rounds, block)
    assert (block["number"], block["voices"]) == (3, 0)


def test_before_there_is_a_best_model_only_the_best_is_a_voice(evm: Evm) -> None:
    rounds = Rounds.deploy(evm)
    rounds.start()
    rounds.collect(rounds.accounts[:4])
    rounds.compete(rounds.accounts[:3])
    block = finalized(rounds, [EMPTY_ROW, row(5), row(9), row(3)])
    assert (block["voices"], block["bestReveal"], block["paidVoices"]) == (1, 1, 0b010)


def test_a_chain_without_a_best_model_has_quiet_blocks_without_one(evm: Evm) -> None:
    rounds = Rounds.deploy(evm)
    rounds.start()
    rounds.collect(rounds.accounts[:4])
    otherwise = {"data_root": label("another data set")}
    rounds.compete(rounds.accounts[:1], {rounds.accounts[0]: otherwise})
    block = finalized(rounds, [EMPTY_ROW, row(5)])
    assert (block["bestModel"], block["modelHash"]) == (bytes(32), bytes(32))


# ---- burns ---------------------------------------------------------------------------------------


def test_malformed_models_and_those_far_below_the_baseline_burn(rounds: Rounds) -> None:
    # burnBasisPoints 5,000 of the baseline's 100 points.
    rows = [BASELINE, EMPTY_ROW, row(-51), row(-50)]
    rounds.state(rows, rounds.accounts[:4])
    receipt = rounds.finalize(rows)
    burned = rounds.chain.events(receipt, "BlockProduction", "ModelBurned")
    assert [(event["account"], event["index"]) for event in burned] == [
        (rounds.accounts[0], 0),
        (rounds.accounts[1], 1),
    ]
    assert staked(rounds) == [1, 1, 0, 0]
    assert rounds.chain.view("ModelChain", "blockAt", 2).bestModel == bytes(32)


def test_an_empty_row_is_of_no_valid_model(rounds: Rounds) -> None:
    block = finalized(rounds, [BASELINE, EMPTY_ROW, row(9), row(3)])
    assert (block["voices"], block["bestReveal"]) == (2, 1)
    assert staked(rounds) == [1, 0, 0, 0]


def test_what_burned_is_filled_up_before_the_next_commitment(evm: Evm) -> None:
    rounds = Rounds.deploy(evm, model_burn=6 * 10**17)
    rounds.start()
    first = rounds.accounts[0]
    rounds.collect(rounds.accounts[:4])
    rounds.compete([first, rounds.accounts[1]])
    finalized(rounds, [EMPTY_ROW, EMPTY_ROW, row(5)])
    assert rounds.chain.view("Membership", "stakeOf", first).amount == 4 * 10**17
    rounds.chain.send("Membership", "addStake", sender=first, value=10**17)
    rounds.collect(rounds.accounts[:4])
    rounds.publish()
    rounds.chain.advance()
    with reverts("StakeNotFull", first, 5 * 10**17, 10**18):
        rounds.commit(first)
    rounds.chain.send("Membership", "addStake", sender=first, value=5 * 10**17)
    rounds.commit(first)


# ---- who finalizes what --------------------------------------------------------------------------


def test_only_the_rows_of_the_statement_that_stands_make_a_block(rounds: Rounds) -> None:
    rows = [BASELINE, row(5), row(9), row(3)]
    with reverts("WrongPhase", Phase.ATTEST, Phase.FINALIZE):
        rounds.finalize(rows)
    rounds.state(rows, rounds.accounts[:3])
    stands = rounds.statement(rows)
    for other in ([*rows[:3], row(4)], rows[:3], [*rows, row(1)], []):
        with reverts("NotTheStatement", rounds.statement(other), stands):
            rounds.finalize(other)
    rounds.chain.send("BlockProduction", "finalize", rows, sender=5)
    with reverts("WrongPhase", Phase.FINAL, Phase.FINALIZE):
        rounds.finalize(rows)


def test_a_block_names_its_statement_and_how_many_stand_behind_it(rounds: Rounds) -> None:
    rows = [BASELINE, row(5), row(9), row(3)]
    stated = rounds.statement(rows)
    rounds.state(rows, rounds.accounts[:3])
    rounds.finalize(rows)
    block = rounds.chain.view("ModelChain", "blockAt", 2)
    assert (block.statement, block.attestations) == (stated, 3)
