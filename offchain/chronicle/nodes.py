"""Views of accounts, and of what they earned and how hot they were over time."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.chronicle.chronicle import Chronicle, Deed
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
    deeds = [done for (_, whose), done in chronicle.deeds.items() if whose == account]
    earned = [
        reward
        for paid in chronicle.rewards.values()
        for reward in paid
        if reward.account == account and reward.kind != "data"
    ]
    return NodeView(
        account=account,
        heat=history.heat_of(account),
        stake=history.stakes.get(account, 0),
        member=account in members,
        attester=seen is not None and account in seen.attesters,
        commitments=sum(Deed.COMMITTED in done for done in deeds),
        best=sum(_best(chronicle, block.number) == account for block in history.blocks[1:]),
        voices=sum(
            entry.reveals[index].account == account
            for entry in history.rounds.values()
            if entry.decided is not None
            for index in entry.decided.ranking
        ),
        attestations=sum(Deed.OPENED in done for done in deeds),
        burned=sum(
            entry.reveals[index].account == account
            for entry in history.rounds.values()
            for index in entry.burned
        ),
        earned=sum(reward.amount for reward in earned),
        last_seen=chronicle.last_seen.get(account),
        due=None if seen is None else due_now(chronicle, seen, account),
    )


def account_rounds(chronicle: Chronicle, account: str) -> tuple[AccountRound, ...]:
    """An account's heat and earnings, round by round, as they are known now.

    A reward counts for the round that earned it, whenever it was claimed.
    """
    history = chronicle.history
    fading = history.parameters.heat_fade_basis_points
    gains = chronicle.heats.get(account, [])
    found, earned, place, amount, reckoned = [], 0, 0, 0, 0
    for number in range(1, len(history.rounds) + 1):
        while place < len(gains) and gains[place][0] <= number:
            reckoned, amount = gains[place]
            place += 1
        earned += sum(
            reward.amount
            for reward in chronicle.rewards.get(number, [])
            if reward.account == account and reward.kind != "data"
        )
        found.append(AccountRound(number, heat.fade(amount, number - reckoned, fading), earned))
    return tuple(found)


def _best(chronicle: Chronicle, number: int) -> str | None:
    block = chronicle.history.blocks[number]
    if block.quiet:
        return None
    return chronicle.history.round(block.round).reveals[block.best_reveal].account
