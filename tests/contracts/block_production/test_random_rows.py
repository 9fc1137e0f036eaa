"""BlockProduction decides as the rules in Python do, whatever rows a majority states."""

import random
from collections.abc import Iterator

import pytest

from offchain.protocol.rules import judging, standing, voices, votes
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import EMPTY_ROW, Row
from scripts.support.chains.evm import Evm, restored
from scripts.support.chains.made_up import BASELINE, label, row
from scripts.support.chains.rounds import Rounds
from scripts.support.chains.stages import Stage

MODELS = 7
EXAMPLES = 8
FULL = 120
CHANGES = {"significance": 150, "hostile_allowance": 35, "tries_allowance": 139}


@pytest.fixture(scope="module")
def revealing(evm_session: Evm) -> Iterator[Stage]:
    """Round 2 is in Reveal: block 1 has a best model, seven accounts have committed."""
    with restored(evm_session):
        rounds = Rounds.deploy(evm_session, 8, 8, **CHANGES)
        accounts = rounds.accounts
        rounds.start()
        rounds.make_block({accounts[0]: row(50)}, accounts)
        rounds.collect(accounts)
        rounds.publish()
        rounds.chain.advance()
        for account in accounts[:MODELS]:
            rounds.commit(account)
        rounds.chain.advance()
        rounds.publish()
        rounds.advance_to(Phase.REVEAL)
        yield Stage(rounds)


def drawn_row(chance: random.Random, model: int) -> Row:
    """A row such as an honest or a strange majority may state."""
    kind = chance.random()
    if kind < 0.15:
        return EMPTY_ROW
    net = chance.choice([chance.randint(-60, 30), chance.randint(1, 40), 7])
    if kind < 0.2:
        net = chance.choice([2**63 - 1, -(2**63)])
    spread = chance.choice([0, abs(net), chance.randint(0, 400)])
    repeats = chance.choice([0, 0, 1 + chance.randrange(MODELS)])
    middle = chance.choice([max(0, 100 + net) % 2**64, chance.randint(45, 55)])
    return Row(label(model, chance.random()), middle, net, spread % 2**64, repeats)


@pytest.mark.parametrize(
    "seed",
    [
        *range(EXAMPLES),
        *(pytest.param(seed, marks=pytest.mark.full) for seed in range(EXAMPLES, FULL)),
    ],
)
def test_random_rows_come_out_as_the_rules_say(revealing: Stage, seed: int) -> None:
    rounds, chance = revealing.enter(), random.Random(seed)
    chain, parameters = rounds.chain, rounds.chain.parameters
    accounts = rounds.accounts[:MODELS]
    turn = chance.sample(accounts, chance.choice([MODELS, MODELS, chance.randint(4, MODELS)]))
    others = [
        {"data_root": label("other")},
        {"previous_block": label(seed)},
        {"data_root": label(2)},
    ]
    share = chance.random() * 0.8
    for account in turn:
        rounds.reveal(account, **(chance.choice(others) if chance.random() < share else {}))
    rounds.advance_to(Phase.ATTEST)
    burned = {account for account in accounts if account not in turn}

    rows = [BASELINE, *(drawn_row(chance, index) for index in range(len(turn)))]
    rounds.state(rows, [account for account in rounds.accounts if account not in burned])
    receipt = rounds.finalize(rows)
    [event] = chain.events(receipt, "ModelChain", "BlockAppended")
    [decided] = chain.events(receipt, "BlockProduction", "RoundDecided")
    block = event["data"]

    required = judging.required(
        parameters.significance,
        parameters.hostile_allowance,
        parameters.tries_allowance,
        *(8, judging.trimmed(8), MODELS),
    )
    orders = [accounts.index(account) + 1 for account in turn]
    ranking = judging.rank(
        [
            None if entry.hash == bytes(32) else judging.Judged(entry.net, entry.spread, order)
            for entry, order in zip(rows[1:], orders, strict=True)
        ],
        required,
    )
    voiced = voices.voices(ranking, [entry.repeats for entry in rows[1:]], has_best=True)
    assert decided["valid"] == sum(1 << index for index in ranking)
    assert tuple(decided["ranking"]) == voiced

    head = chain.view("ModelChain", "blockHashAt", 1)
    models = [rounds.models[2, account] for account in turn]
    outcome = votes.count_votes(
        [
            votes.Ballot(
                models[index].identifier(chain.domain, 2),
                models[index].data_root,
                models[index].previous_block,
            )
            for index in voiced
        ],
        rounds.data_root(2),
        head,
    )
    assert (block["voices"], block["bestModel"] == bytes(32)) == (len(voiced), outcome.is_quiet)
    assert block["dataVoteRoot"] == outcome.data_vote_root
    assert block["blockVoteRoot"] == outcome.block_vote_root
    paid = [] if outcome.is_quiet else [voiced[position] for position in outcome.agreeing]
    assert block["paidVoices"] == sum(1 << index for index in paid)
    if not outcome.is_quiet:
        assert block["bestReveal"] == paid[0]
        assert block["modelHash"] == models[paid[0]].model_hash

    burning = [
        index
        for index, entry in enumerate(rows[1:])
        if judging.burns(
            None if entry.hash == bytes(32) else entry.middle, 100, parameters.burn_basis_points
        )
    ]
    burned_now = chain.events(receipt, "BlockProduction", "ModelBurned")
    assert [entry["index"] for entry in burned_now] == burning
    # Block 1 gave account 0 standing, unless its stake is not full any more.
    entitled = [turn[index] for index in paid if index not in burning]
    with_standing = frozenset(accounts[:1]) - burned - {turn[index] for index in burning}
    gained = chain.events(receipt, "Attestations", "StandingGained")
    assert tuple(entry["account"] for entry in gained) == standing.granted(
        entitled, with_standing, 8, len(with_standing)
    )
