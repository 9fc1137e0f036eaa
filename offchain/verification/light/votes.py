"""Light verification of models, votes, blocks and claims."""

from __future__ import annotations

from offchain.crypto.merkle import verify_merkle_proof
from offchain.protocol.rules import clock, commitments, standing, tally
from offchain.protocol.rules.tally import RevealedModel
from offchain.protocol.words import actions
from offchain.protocol.words import records as events
from offchain.protocol.words.status import ZERO_HASH, VoidReason
from offchain.protocol.words.transactions import attestation_commitment, item_leaf
from offchain.verification.light.state import (
    LightRound,
    LightState,
    call_behind,
    competing,
    raise_difference,
    require,
)
from offchain.verification.recording.differences import first_unequal
from offchain.verification.recording.values import Transaction


def committed(state: LightState, record: events.ModelCommitted, transaction: Transaction) -> None:
    """Commitments are ordered."""
    call = call_behind(state, record, transaction, actions.CommitModel, record.account)
    entry = competing(state, record, record.round)
    entry.orders += 1
    known = record.account in entry.commitments
    bond = commitments.bond_due(state.parameters, has_committed=known)
    if call.value != bond:
        raise_difference(record, "the bond", bond, call.value)
    require(
        record,
        order=entry.orders,
        commitment=call.commitment,
        encrypted_model=call.encrypted_model,
    )
    entry.commitments[record.account] = record


def revealed(state: LightState, record: events.ModelRevealed, transaction: Transaction) -> None:
    """A revealed model opens its account's commitment."""
    call = call_behind(state, record, transaction, actions.RevealModel, record.account)
    entry = competing(state, record, record.round)
    committed = entry.commitments.pop(record.account, None)
    if committed is None:
        raise_difference(record, "the account", "one that committed", record.account)
    opened = call.transaction.commitment(state.domain, record.round, call.salt)
    if opened != committed.commitment:
        raise_difference(record, "the commitment", committed.commitment, opened)
    require(
        record,
        index=len(entry.reveals),
        order=committed.order,
        transaction=call.transaction,
        account=call.transaction.account,
    )
    entry.reveals.append(RevealedModel(record.transaction, record.order))


def attested(
    state: LightState, record: events.AttestationCommitted, transaction: Transaction
) -> None:
    """Who commits to a statement is an attester."""
    call = call_behind(state, record, transaction, actions.CommitAttestation, record.account)
    entry = competing(state, record, record.round)
    if not state.is_attester(entry, record.round, record.account):
        expected = f"an attester of round {record.round}"
        raise_difference(record, "the account", expected, record.account)
    require(record, commitment=call.commitment)
    entry.attestations[record.account] = record.commitment


def opened(state: LightState, record: events.AttestationRevealed, transaction: Transaction) -> None:
    """A statement opens its account's commitment."""
    call = call_behind(state, record, transaction, actions.RevealAttestation, record.account)
    entry = competing(state, record, record.round)
    require(record, statement=call.statement)
    commitment = attestation_commitment(
        state.domain, record.round, record.account, call.statement, call.salt
    )
    known = entry.attestations.pop(record.account, None)
    if known != commitment:
        raise_difference(record, "the commitment", known, commitment)
    entry.support[record.statement] += 1
    state.attestations += 1


def majority_reached(
    state: LightState, record: events.MajorityReached, transaction: Transaction
) -> None:
    """More than half of the attesters stand behind the statement."""
    call = call_behind(state, record, transaction, actions.RevealAttestation)
    entry = competing(state, record, record.round)
    attestations = entry.support[record.statement]
    require(record, statement=call.statement, attestations=attestations)
    decides = standing.is_majority(attestations, entry.attesters)
    if not decides or entry.majority != ZERO_HASH:
        most = f"more than half of {entry.attesters}, for the first time"
        raise_difference(record, "attestations", most, attestations)
    entry.majority = record.statement


def standing_gained(
    state: LightState, record: events.StandingGained, transaction: Transaction
) -> None:
    """Valid models give standing, to few outside of the frozen set."""
    outcome, entry, _ = outcome_of(state, record, transaction)
    accounts = [entry.reveals[index].transaction.account for index in outcome.ranking]
    if not state.due_standing:
        gains = standing.standing_gains(
            accounts,
            entry.attesters,
            lambda account: state.is_attester(entry, record.round, account),
        )
        state.due_standing = list(gains)
        if not gains:
            raise_difference(record, "the record", "none: no model is valid", "recorded")
    due = state.due_standing.pop(0)
    until_round = standing.standing_until(state.parameters, record.round)
    require(record, account=due, until_round=until_round)
    if not state.due_standing:
        # Not before all have gained: who is in the frozen set does not change meanwhile.
        gained = [part for part in transaction.records if type(part) is events.StandingGained]
        state.standing.update((part.account, part.until_round) for part in gained)


def outcome_of(
    state: LightState,
    record: events.StandingGained | events.BlockAppended | events.RoundVoided,
    transaction: Transaction,
) -> tuple[tally.RoundOutcome, LightRound, actions.Finalize]:
    """What the finalization's table makes of the round, once it is the majority's."""
    calls = [call.action for call in transaction.calls if isinstance(call.action, actions.Finalize)]
    if len(calls) != 1:
        raise_difference(record, "its call", "one Finalize", len(calls))
    [call] = calls
    entry = competing(state, record, record.round)
    statement = call.scores.statement(state.domain, record.round)
    if statement != entry.majority:
        raise_difference(record, "the majority's statement", entry.majority, statement)
    outcome = tally.judge(
        state.parameters,
        state.domain,
        record.round,
        state.hashes[-1],
        entry.voids_in_a_row,
        entry.reveals,
        call.scores,
    )
    revealed_models = tuple(reveal.transaction for reveal in entry.reveals)
    unequal = first_unequal((revealed_models, outcome.ranking), (call.transactions, call.ranking))
    if unequal is not None:
        raise_difference(record, "its call's models and ranking", *unequal[1:])
    return outcome, entry, call


def appended(state: LightState, record: events.BlockAppended, transaction: Transaction) -> None:
    """The block is what the majority's table makes of the revealed models."""
    outcome, entry, call = outcome_of(state, record, transaction)
    if state.due_standing:
        raise_difference(record, "standing", tuple(state.due_standing), "not gained")
    if not outcome.ranking:
        raise_difference(record, "the ranking", "no valid model", record.ranking)
    block = tally.make_block(
        len(state.blocks),
        record.round,
        entry.decision_time,
        state.hashes[-1],
        call.scores,
        outcome.votes,
        entry.support[entry.majority],
    )
    best = entry.reveals[outcome.ranking[0]].transaction.model_hash
    require(
        record,
        number=block.number,
        block_hash=block.hash(state.domain),
        model_hash=best,
        ranking=outcome.ranking,
        scores=call.scores,
    )
    if entry.is_over:
        raise_difference(record, "the record", "none: the round is over", "recorded")
    entry.is_over = True
    state.blocks.append(block)
    state.hashes.append(record.block_hash)
    state.head_model = best
    state.voids_in_a_row = 0


def voided(state: LightState, record: events.RoundVoided, transaction: Transaction) -> None:
    """The round is void for the reason that what happened in it gives, and once."""
    entry = competing(state, record, record.round)
    if entry.void_reason == VoidReason.TOO_FEW_ITEMS:
        reason = VoidReason.TOO_FEW_ITEMS
    elif any(isinstance(call.action, actions.Finalize) for call in transaction.calls):
        outcome, _, _ = outcome_of(state, record, transaction)
        if outcome.ranking:
            raise_difference(record, "the record", "a block, since models are valid", "void")
        reason = VoidReason.NO_VALID_MODEL
    else:
        call_behind(state, record, transaction, actions.Advance)
        reason = clock.void_reason(len(entry.reveals), entry.majority)
    require(record, reason=reason)
    if entry.is_over:
        raise_difference(record, "the record", "none: the round is over", "recorded")
    entry.is_over = True
    state.voids_in_a_row += 1


def data_rewarded(state: LightState, record: events.DataRewarded, transaction: Transaction) -> None:
    """The item lies in the block's data root, and is paid once."""
    matching = [
        call.action
        for call in transaction.calls
        if isinstance(call.action, actions.ClaimData)
        and (call.action.block_number, call.action.index) == (record.number, record.index)
    ]
    if not matching or not 1 <= record.number < len(state.blocks):
        raise_difference(record, "its call", "a claim for a known block", "missing")
    claim, block = matching[0], state.blocks[record.number]
    size = block.training_items + block.test_items
    item_id = claim.item.identifier(state.deployment.domain("DataRegistry"))
    leaf = item_leaf(state.domain, item_id, claim.is_test)
    if not verify_merkle_proof(block.data_root, leaf, claim.index, size, claim.proof):
        raise_difference(record, "the Merkle proof", f"into {block.data_root.hex()}", "another")
    if (record.number, record.index) in state.claimed:
        raise_difference(record, "the claim", "the first of its item", "a second one")
    state.claimed.add((record.number, record.index))
    test_items = state.claimed_test_items.get(record.number, 0) + claim.is_test
    if test_items > block.test_items:
        raise_difference(record, "the claimed test items", block.test_items, test_items)
    state.claimed_test_items[record.number] = test_items
    amount = tally.data_reward(
        state.parameters,
        record.number,
        block.training_items,
        block.test_items,
        claim.is_test,
    )
    require(
        record,
        number=claim.block_number,
        reward_address=claim.item.reward_address,
        amount=amount,
    )
