"""Attacks on who shared what by order and time, before and after a relayer has mixed."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from statistics import mean
from typing import Final

from offchain.attacks.attack import Attack, Outcome, Tell
from offchain.attacks.privacy.content import MOST
from offchain.node.relayer.client import RelayerClient
from offchain.node.relayer.mixing import KEYS_WINDOW, SHARE_WINDOW, Mixer, Place, Window

NODES = 10
ROUNDS = 5
NETWORKS = 300
STEPS = 32
"""So often a relayer looks in a collection or a phase what is due."""

RELAYERS = ("http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3")

Brought = Callable[[Mapping[str, float], Window, random.Random], list[str]]
"""In which order something comes on chain, of when it is handed in: from 0 to 1 of a phase."""


def mixed(arrivals: Mapping[str, float], window: Window, chance: random.Random) -> list[str]:
    """As a relayer brings it."""
    mixer, order = Mixer(chance), list[str]()
    for step in range(STEPS + 1):
        now = step / STEPS
        waiting = {
            name: Place(now, window)
            for name, arrival in arrivals.items()
            if arrival <= now and name not in order
        }
        order += mixer.due(waiting)
    return order


def as_it_comes(arrivals: Mapping[str, float], _: Window, __: random.Random) -> list[str]:
    """As a relayer that does not mix brings it."""
    return sorted(arrivals, key=lambda name: arrivals[name])


def _paces(chance: random.Random) -> dict[str, float]:
    """How fast each node is, 0 to 1: machines and lines differ, and stay as they are."""
    return {f"{node:03}": chance.random() for node in range(NODES)}


def _moments(paces: Mapping[str, float], last: float, chance: random.Random) -> dict[str, float]:
    """When nodes do something that they do as soon as they can, with a little luck."""
    return {
        name: min(last, last * (0.9 * pace + 0.1 * chance.random())) for name, pace in paces.items()
    }


def _matched(ranks: Mapping[str, float], known: Mapping[str, float]) -> float:
    """Part of the names that are right if both orders are taken for one."""
    pairs = zip(
        sorted(ranks, key=ranks.__getitem__), sorted(known, key=known.__getitem__), strict=True
    )
    return sum(one == other for one, other in pairs) / len(ranks)


def _mean_ranks(orders: Sequence[Sequence[str]]) -> dict[str, float]:
    return {name: mean(order.index(name) for order in orders) for name in orders[0]}


def public_order(tell: Tell, brought: Brought = mixed) -> Outcome:
    """Match the order of data and keys on chain with the order in which accounts commit."""
    tell(f"{NETWORKS} networks, {ROUNDS} rounds each")
    found, first = _by_commitments(brought), _by_commitments(as_it_comes)
    return Outcome(
        found * NODES <= MOST,
        first * NODES > 2 * MOST,
        f"order names {found * NODES:.2f} times as many of {NODES} sharers as guessing, where a "
        f"relayer brings what comes as it comes {first:.0%} of all",
        "whoever needs no relayer shows whose data it is",
        {"times_chance": round(found * NODES, 3), "unmixed_right": round(first, 3)},
    )


def _by_commitments(brought: Brought) -> float:
    """Part of the sharers that are named right.

    The worst case: content ties all rounds together, the fast are always fast, in sharing as in
    training, and hand in keys as soon as they can.
    """
    chance = random.Random(1)  # noqa: S311  (a simulation)
    right = []
    for _ in range(NETWORKS):
        paces = _paces(chance)
        on_chain, commits = [], []
        for _ in range(ROUNDS):
            on_chain.append(
                brought(_moments(paces, SHARE_WINDOW.first, chance), SHARE_WINDOW, chance)
            )
            for _ in ("training keys", "test keys"):
                handed = _moments(paces, KEYS_WINDOW.first, chance)
                on_chain.append(brought(handed, KEYS_WINDOW, chance))
            commits.append(as_it_comes(_moments(paces, 1.0, chance), KEYS_WINDOW, chance))
        right.append(_matched(_mean_ranks(on_chain), _mean_ranks(commits)))
    return mean(right)


def relayer_view(tell: Tell, brought: Brought = mixed) -> Outcome:
    """Match when addresses hand something in with when something comes on chain."""
    tell(f"{NETWORKS} networks, {ROUNDS} rounds each")
    found, first = _by_handing_in(brought), _by_handing_in(as_it_comes)
    tell("one node hands in late")
    late = _late_one(brought)
    most = _largest_part()
    return Outcome(
        found * NODES <= MOST and most < 2 / len(RELAYERS),
        first * NODES > 2 * MOST,
        f"who sees when {NODES} addresses hand in, and the chain, names {found * NODES:.2f} times "
        f"as many as guessing, unmixed {first:.0%} of all; of {len(RELAYERS)} relayers none "
        f"sees more than {most:.0%} of a node's rounds",
        f"the relayer itself knows which address brought what; who hands in after the window is "
        f"named ({late:.0%}), which is why a node that comes that late leaves the round out",
        {
            "times_chance": round(found * NODES, 3),
            "unmixed_right": round(first, 3),
            "late_right": round(late, 3),
            "most_rounds_at_one_relayer": round(most, 3),
        },
    )


def _by_handing_in(brought: Brought) -> float:
    """Part of the data that is named right by the order in which addresses hand in."""
    chance = random.Random(2)  # noqa: S311  (a simulation)
    right = []
    for _ in range(NETWORKS):
        paces = _paces(chance)
        handed, on_chain = [], []
        for _ in range(ROUNDS):
            for window in (SHARE_WINDOW, KEYS_WINDOW):
                arrivals = _moments(paces, window.first, chance)
                handed.append(as_it_comes(arrivals, window, chance))
                on_chain.append(brought(arrivals, window, chance))
        right.append(_matched(_mean_ranks(on_chain), _mean_ranks(handed)))
    return mean(right)


def _late_one(brought: Brought) -> float:
    """How often the one that hands in after the window is the last on chain."""
    chance = random.Random(3)  # noqa: S311  (a simulation)
    last = []
    for _ in range(NETWORKS):
        arrivals = _moments(_paces(chance), SHARE_WINDOW.first, chance)
        arrivals["000"] = (1 + SHARE_WINDOW.last) / 2
        last.append(brought(arrivals, SHARE_WINDOW, chance)[-1] == "000")
    return mean(last)


def _largest_part() -> float:
    """The largest part of a node's rounds that goes to one of several relayers, over many nodes."""
    clients = [RelayerClient(url) for url in RELAYERS]
    rounds = 300
    largest = 0.0
    for node in range(NODES):
        secret = bytes([node]) * 32
        chosen = [
            min(range(len(clients)), key=lambda at: clients[at].rank(secret, name))
            for name in (number.to_bytes(32, "big") for number in range(rounds))
        ]
        largest = max(largest, *(chosen.count(at) / rounds for at in range(len(clients))))
    return largest


ATTACKS: Final = {
    attack.name: attack
    for attack in (
        Attack(
            "public-order",
            "in what order data and keys come on chain tells nothing",
            "match it with the order in which accounts commit to models, over all rounds",
            "the first protocol: a relayer brings what comes as it comes",
            public_order,
        ),
        Attack(
            "relayer-view",
            "who sees a relayer's clients and the chain cannot match them",
            "match when addresses hand in data and keys with when they come on chain",
            "the first protocol: a relayer brings what comes as it comes",
            relayer_view,
        ),
    )
}
