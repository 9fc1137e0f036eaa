"""Views of accounts, and of what they earned and how hot they were over time."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.chronicle.chronicle import Chronicle
from offchain.chronicle.duties import due_now
from offchain.chronicle.rounds import round_view
from offchain.chronicle.values import NodeView, RoundView
from offchain.protocol.rules import heat


@dataclass(frozen=True, slots=True)
class AccountRound:
    """An account at the end of a round: its heat, and all that was minted for it up to then."""

    round: int
    heat: int
    earned: int


def node_views(chronicle: Chronicle) -> tuple[NodeView, ...]:
    """All accounts that ever applied or staked, genesis accounts first."""
    competing = chronicle.history.competing
    seen = None if competing is None else round_view(chronicle, competing.number)
    return tuple(_node(chronicle, account, seen) for account in chronicle.accounts())


def _node(chronicle: Chronicle, account: str, seen: RoundView | None) -> NodeView:
    history = chronicle.history
    collecting = history.collecting
    members = () if collecting is None else history.epoch(collecting.epoch).members
    tally = chronicle.tally(account)
    return NodeView(
        account=account,
        heat=history.heat_of(account),
        stake=history.stakes.get(account, 0),
        member=account in members,
        attester=seen is not None and account in seen.attesters,
        commitments=tally.commitments,
        best=tally.best,
        voices=tally.voices,
        attestations=tally.attestations,
        burned=tally.burned,
        earned=sum(tally.earned.values()),
        last_seen=chronicle.last_seen.get(account),
        due=None if seen is None else due_now(chronicle, seen, account),
    )


def account_rounds(chronicle: Chronicle, account: str, first: int = 1) -> tuple[AccountRound, ...]:
    """An account's heat and earnings from a round on, as they are known now.

    A reward counts for the round that earned it, whenever it was claimed.
    """
    history = chronicle.history
    fading = history.parameters.heat_fade_basis_points
    gains = chronicle.heats.get(account, [])
    by_round = chronicle.tally(account).earned
    earned = sum(amount for number, amount in by_round.items() if number < first)
    found, place, amount, reckoned = [], 0, 0, 0
    for number in range(first, len(history.rounds) + 1):
        while place < len(gains) and gains[place][0] <= number:
            reckoned, amount = gains[place]
            place += 1
        earned += by_round.get(number, 0)
        found.append(AccountRound(number, heat.fade(amount, number - reckoned, fading), earned))
    return tuple(found)
