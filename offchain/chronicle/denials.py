"""Rewards of a round, each with what it came to or the rule that denied it.

Source: docs/Protocol.md, "Judge", "Vote" and "Attesters, rewards, heat".
"""

from __future__ import annotations

from dataclasses import dataclass

from offchain.chronicle.chronicle import Chronicle, Deed
from offchain.chronicle.rounds import data_reward, minted
from offchain.chronicle.values import ModelView, Moment, RoundView
from offchain.protocol.rules import rewards
from offchain.protocol.words.status import VoidReason

VOID_REASONS = {
    VoidReason.TOO_FEW_DATA: "too few data transactions were published",
    VoidReason.NO_STATEMENT: "no statement stood",
    VoidReason.NOT_FINALIZED: "nobody brought the rows of the statement in time",
    VoidReason.NONE: "of no recorded reason",
}
"""Why a round has no block, in words."""


@dataclass(frozen=True, slots=True)
class RewardDecision:
    """A reward that a round can pay an account.

    Attributes:
        kind: best, voice, attester or data.
        amount: units that it comes to; 0 where it was denied, None where that is open.
        paid: when it was claimed; None: it was not.
        denied: the rule that denied it, with the values that were compared; None: it was not.
    """

    kind: str
    amount: int | None
    paid: Moment | None
    denied: str | None


def best_reward(
    chronicle: Chronicle, seen: RoundView, account: str, model: ModelView | None
) -> RewardDecision:
    """The reward of a block's best model."""
    voting = _voting(seen, "best", account, model)
    if isinstance(voting, RewardDecision):
        return voting
    if voting.best:
        return _earned(chronicle, seen, account, "best", 1)
    best = next((found for found in seen.models if found.best), None)
    denied = (
        "the block is quiet: at least half of the voices named another data set or head, "
        "so that the best model stays"
        if best is None
        else f"rank {voting.rank}: {best.account} has net {best.net} against {voting.net}"
    )
    return RewardDecision("best", 0, None, denied)


def voice_reward(
    chronicle: Chronicle, seen: RoundView, account: str, model: ModelView | None
) -> RewardDecision:
    """The reward of the voices beside the best model's."""
    voting = _voting(seen, "voice", account, model)
    if isinstance(voting, RewardDecision):
        return voting
    if voting.best:
        return RewardDecision("voice", 0, None, "its model is the best one, which has its own pot")
    if not any(found.best for found in seen.models):
        denied = "the block is quiet, and pays attesters and data alone"
        return RewardDecision("voice", 0, None, denied)
    block = chronicle.history.blocks[seen.block or 0]
    return _earned(chronicle, seen, account, "voice", block.paid_voices.bit_count() - 1)


def attester_reward(chronicle: Chronicle, seen: RoundView, account: str) -> RewardDecision:
    """The reward of an attestation."""
    open_or_void = _without_block(seen, "attester")
    if open_or_void is not None:
        return open_or_void
    block = chronicle.history.blocks[seen.block or 0]
    entry = chronicle.history.round(seen.number)
    own = entry.stated.get(account)
    if own == block.statement:
        return _earned(chronicle, seen, account, "attester", block.attestations)
    deeds = chronicle.deeds.get((seen.number, account), {})
    if account not in seen.attesters:
        denied = f"not one of the {len(seen.attesters)} attesters: no standing"
    elif own is None and Deed.ATTESTED not in deeds:
        denied = "it committed to no statement"
    elif own is None:
        denied = "it committed to a statement and did not open it"
    elif own in entry.fallen:
        denied = f"its statement fell ({entry.fallen[own].reason.name.lower()})"
    else:
        behind = entry.support(own)
        denied = (
            f"another statement stood, with {block.attestations} attesters behind it and "
            f"{behind} behind its own"
        )
    return RewardDecision("attester", 0, None, denied)


def data_reward_of(chronicle: Chronicle, seen: RoundView, index: int) -> RewardDecision:
    """The reward of a data transaction that somebody knows to be the account's."""
    entry = chronicle.history.round(seen.number)
    in_data_set = entry.fixed is not None and bool(entry.fixed.data_set >> index & 1)
    if entry.fixed is not None and not in_data_set:
        data = entry.data[index]
        if data.partition is None:
            denied = "no partition took it: it came too late"
        elif data.training_words is None or data.test_words is None:
            which = "training" if data.training_words is None else "test"
            denied = f"its {which} keys were not published in time"
        else:
            reports = sum(bitmap >> index & 1 for bitmap in entry.data_reports.values())
            senders = len(entry.data_reports)
            denied = f"{reports} of {senders} attesters reported it as unusable"
        return RewardDecision("data", 0, None, denied)
    open_or_void = _without_block(seen, "data")
    if open_or_void is not None:
        return open_or_void
    block = chronicle.history.blocks[seen.block or 0]
    address = entry.data[index].record.reward_address
    paid = next(
        (found.paid for found in seen.rewards if (found.kind, found.account) == ("data", address)),
        None,
    )
    return RewardDecision("data", data_reward(chronicle, block), paid, None)


def _without_block(seen: RoundView, kind: str) -> RewardDecision | None:
    """What can be said while a round has no block."""
    if seen.block is not None:
        return None
    if seen.void is None:
        return RewardDecision(kind, None, None, None)
    reason = VOID_REASONS[seen.void]
    return RewardDecision(kind, 0, None, f"the round is void: {reason}")


def _voting(
    seen: RoundView, kind: str, account: str, model: ModelView | None
) -> ModelView | RewardDecision:
    """The model, if its voice names the round's data set and head; else the decision."""
    open_or_void = _without_block(seen, kind)
    if open_or_void is not None:
        return open_or_void
    if model is None:
        denied = (
            "it committed to no model"
            if account in seen.members
            else "not a member of the round's epoch, so it could commit to no model"
        )
        return RewardDecision(kind, 0, None, denied)
    no_vote = _no_voice(seen, model) or _no_vote(model)
    return model if no_vote is None else RewardDecision(kind, 0, None, no_vote)


def _no_voice(seen: RoundView, model: ModelView) -> str | None:
    """Why a model has no voice; None: it has one."""
    if model.revealed is None:
        return "it committed to a model and did not reveal it"
    if model.missing:
        return "nobody could fetch the model's file"
    if model.malformed or model.net is None:
        return "the model's file is malformed"
    if not model.valid:
        return (
            f"net {model.net} where its spread of {model.spread} needs {model.net_needed} "
            f"(100 net^2 >= {seen.required} spread)"
        )
    if model.repeats is not None:
        return f"rank {model.rank}, a variant of the better model of {model.repeats}: no voice"
    if not model.voice:
        return f"rank {model.rank}: before the first best model only rank 1 has a voice"
    return None


def _no_vote(model: ModelView) -> str | None:
    """What its voice names instead of the round's; None: it names both."""
    if not model.names_data:
        return "its voice named another data set than the round's"
    if not model.names_head:
        return "its voice named another block than the head"
    return None


_SHARES = {
    "best": "best_basis_points",
    "voice": "models_basis_points",
    "attester": "attesters_basis_points",
}


def _earned(
    chronicle: Chronicle, seen: RoundView, account: str, kind: str, parts: int
) -> RewardDecision:
    block = chronicle.history.blocks[seen.block or 0]
    share = getattr(chronicle.history.parameters, _SHARES[kind])
    amount = rewards.part(minted(chronicle, block), share, parts)
    paid = next(
        (found.paid for found in seen.rewards if (found.kind, found.account) == (kind, account)),
        None,
    )
    return RewardDecision(kind, amount, paid, None)
