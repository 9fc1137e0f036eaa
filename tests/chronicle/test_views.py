"""Views of the small chain: what they say is what the contracts said, for each round and block."""

import dataclasses
import json

import pytest

from offchain.chronicle.forms import json_form, schema
from offchain.chronicle.models import net_needed
from offchain.chronicle.nodes import account_rounds, node_views
from offchain.chronicle.rounds import block_view, data_view, round_view
from offchain.chronicle.values import BlockView, ModelView, NodeView, RoundView
from offchain.protocol.history.entries import HistoryError
from offchain.protocol.rules.judging import is_valid
from offchain.protocol.words.disputes import FallReason
from offchain.protocol.words.status import Electorate, VoidReason
from tests.support.json_schema import check


def model_of(seen: RoundView, account: str) -> ModelView:
    return next(model for model in seen.models if model.account == account)


def test_attesters_of_every_round_are_as_many_as_the_contracts_froze(told):
    for number, entry in told.history.rounds.items():
        assert len(round_view(told, number).attesters) == entry.attesters


def test_whoever_opened_a_statement_was_an_attester(told):
    seen = [round_view(told, number) for number in told.history.rounds]
    for view in seen:
        opened = set(told.history.round(view.number).stated)
        assert opened <= set(view.attesters)
    assert {view.electorate for view in seen} >= {Electorate.GENESIS, None}


def test_a_round_tells_its_models_by_rank_with_what_was_needed(told):
    seen = round_view(told, 3)
    assert [model.rank for model in seen.models] == [1, 2, 3]
    first, second, third = seen.models
    assert first.best
    assert (first.voice, second.voice, third.voice) == (True, True, False)
    assert third.repeats == first.account
    assert all(model.net >= model.net_needed for model in seen.models)
    assert seen.block == 3
    assert seen.in_data_set == 3
    assert seen.published == 4


def test_models_that_are_missing_malformed_or_kept_back_are_told_apart(told, chain):
    first, second, third = chain.deployment.genesis_accounts
    seen = round_view(told, 2)
    states = {
        account: (model.revealed is not None, model.missing, model.malformed)
        for account in (first, second, third)
        for model in (model_of(seen, account),)
    }
    assert sorted(states.values()) == [
        (False, False, False),
        (True, False, True),
        (True, True, False),
    ]


@pytest.mark.parametrize("required", [0, 1, 25, 400, 12_345])
def test_net_needed_is_the_smallest_that_is_valid(required):
    for spread in (0, 1, 3, 53, 1_000, 99_991):
        needed = net_needed(spread, required)
        assert is_valid(needed, spread, required)
        assert not is_valid(needed - 1, spread, required)


def test_a_block_tells_what_the_chain_has_of_it(told, chain):
    state = chain.recording.state
    for number in range(1, state.head.number + 1):
        seen, block = block_view(told, number), state.blocks[number]
        assert seen.hash == state.block_hashes[number]
        assert (seen.round, seen.timestamp, seen.quiet) == (
            block.round,
            block.timestamp,
            block.quiet,
        )
        assert seen.model_hash == block.model_hash
        assert seen.attestations == block.attestations
    with pytest.raises(IndexError, match="the head is block 4"):
        block_view(told, 5)
    with pytest.raises(IndexError):
        block_view(told, 0)


def test_rewards_of_all_accounts_are_what_the_token_minted(told, chain):
    minted = sum(block_view(told, number).paid for number in range(1, 5))
    assert minted == chain.recording.state.total_supply


def test_void_rounds_say_why(told):
    assert round_view(told, 5).void is VoidReason.NO_STATEMENT
    assert round_view(told, 6).void is VoidReason.TOO_FEW_DATA
    with pytest.raises(HistoryError):
        round_view(told, 99)


def test_a_dispute_tells_questions_and_why_statements_fell(told):
    seen = round_view(told, 4)
    assert {statement.fell for statement in seen.statements} == {
        None,
        FallReason.POINTS,
        FallReason.FORM,
    }
    assert [question.number for question in seen.questions] == [1, 2, 3]
    assert all(question.settled for question in seen.questions)
    [standing] = [statement for statement in seen.statements if statement.stands]
    assert standing.statement == block_view(told, 4).statement


def test_data_transactions_say_why_they_are_not_in_the_data_set(told):
    seen = [data_view(told, 3, index) for index in range(5)]
    out = [data for data in seen if not data.in_data_set]
    assert sorted((data.test_keys, data.reported) for data in out) == [(False, 0), (True, 1)]
    assert all(data.earned == data.reward for data in seen if data.in_data_set)
    with pytest.raises(IndexError):
        data_view(told, 3, 5)


def test_nodes_have_the_heat_and_stake_that_the_views_say(told, chain):
    for view in node_views(told):
        state = chain.recording.state.accounts[view.account]
        assert view.heat == state.heat
        assert view.stake == state.stake.amount
        assert account_rounds(told, view.account)[-1].heat == view.heat
        assert account_rounds(told, view.account)[-1].earned == view.earned


@pytest.mark.parametrize("kind", [RoundView, BlockView, NodeView])
def test_json_form_has_what_the_schema_says(told, kind):
    views = {
        RoundView: [round_view(told, number) for number in told.history.rounds],
        BlockView: [block_view(told, number) for number in range(1, 5)],
        NodeView: list(node_views(told)),
    }[kind]
    definitions = schema([kind])["$defs"]
    for view in views:
        form = json.loads(json.dumps(json_form(view)))
        check(form, definitions[kind.__name__], definitions)


def test_no_view_has_a_float(told):
    with pytest.raises(TypeError, match="float has no JSON form"):
        json_form(dataclasses.replace(block_view(told, 1), paid=1.5))
