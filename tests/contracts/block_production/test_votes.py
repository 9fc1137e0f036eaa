"""BlockProduction: two real votes. Models can stop the head, never steal it."""

from typing import Any

import pytest

from offchain.crypto.merkle import merkle_root
from offchain.protocol.words.transactions import Row
from scripts.support.chains.made_up import BASELINE, label, row
from scripts.support.chains.rounds import Rounds
from scripts.support.chains.stages import Stage


@pytest.fixture
def second(collecting: Stage) -> Rounds:
    """Round 2 collects: account 0 has made block 1."""
    return collecting.enter()


def finalized(rounds: Rounds, rows: list[Row]) -> dict[str, Any]:
    """Let these rows stand and make the block; returns it."""
    rounds.state(rows, rounds.accounts[:4])
    [event] = rounds.chain.events(rounds.finalize(rows), "ModelChain", "BlockAppended")
    return event["data"]


def ids(rounds: Rounds, *indices: int) -> list[bytes]:
    """Identifiers of revealed models of the round in competition."""
    return [
        rounds.chain.view("ModelTransactions", "revealAt", rounds.competing, index).id
        for index in indices
    ]


def assert_quiet(rounds: Rounds, block: dict[str, Any]) -> None:
    """Nobody's model is the best; the one before stays; nobody gained anything."""
    assert (block["bestModel"], block["bestReveal"], block["paidVoices"]) == (bytes(32), 0, 0)
    assert block["modelHash"] == rounds.chain.view("ModelChain", "blockAt", 1).modelHash
    assert rounds.chain.view("Attestations", "standingCount") == 1  # block 1's


VOTES = {
    "data": {"data_root": label("another data set")},
    "block": {"previous_block": label("another block")},
}


def competed(rounds: Rounds, votes: list[dict[str, bytes]]) -> list[str]:
    """Play until a round is in Attest in which models have these votes; returns its models."""
    models = rounds.accounts[: len(votes)]
    rounds.collect(rounds.accounts[:4])
    rounds.compete(models, dict(zip(models, votes, strict=True)))
    return list(models)


@pytest.mark.parametrize("kind", ["data", "block"])
def test_half_of_the_voices_that_name_otherwise_stop_the_head(second: Rounds, kind: str) -> None:
    competed(second, [{}, VOTES[kind], {}, VOTES[kind]])
    block = finalized(second, [BASELINE, row(9), row(8), row(7), row(6)])
    assert_quiet(second, block)
    assert block["voices"] == 4
    agreeing, otherwise = merkle_root(ids(second, 0, 2)), merkle_root(ids(second, 1, 3))
    split, united = (
        merkle_root([agreeing, otherwise]),
        merkle_root([merkle_root(ids(second, 0, 1, 2, 3))]),
    )
    if kind == "data":
        # Of the voices that named the data set, all named one block.
        assert block["dataVoteRoot"] == split
        assert block["blockVoteRoot"] == merkle_root([agreeing])
    else:
        assert (block["dataVoteRoot"], block["blockVoteRoot"]) == (united, split)


def test_fewer_than_half_stop_nothing_and_are_not_paid(second: Rounds) -> None:
    competed(second, [VOTES["data"], {}, VOTES["block"], {}])
    # With a variant that names another data set, five would name otherwise: it has no voice.
    block = finalized(second, [BASELINE, row(9), row(8), row(7, repeats=2), row(6)])
    assert (block["voices"], block["bestReveal"], block["paidVoices"]) == (3, 1, 0b1010)
    ends = second.chain.view("Attestations", "standingEnd", second.accounts[0])
    assert ends == 2 + second.chain.parameters.standing_rounds  # block 1's, not this one's


def test_models_that_all_name_another_data_set_make_a_quiet_block(second: Rounds) -> None:
    competed(second, [VOTES["data"], VOTES["data"]])
    block = finalized(second, [BASELINE, row(9), row(8)])
    assert_quiet(second, block)
    assert block["blockVoteRoot"] == merkle_root([])
