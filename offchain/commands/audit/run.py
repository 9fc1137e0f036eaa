"""What ``modelchain audit`` does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import click
import numpy as np
from eth_account import Account

from offchain.audit.attribution import Place, attribute, by_order, right_share, tracks
from offchain.audit.proof_cost import ProofCost, proof_costs
from offchain.audit.reading import PublicView, public_view, true_sharers
from offchain.chain.follower import ChainFollower
from offchain.chain.sending.accounts import mnemonic_of
from offchain.chain.sending.keys import account_from_mnemonic
from offchain.chain.web3_chain import Web3Chain, open_contracts
from offchain.config import Settings
from offchain.crypto.derivation import NodeSecrets, node_seed_from_mnemonic
from offchain.errors import StoreError
from offchain.learning.tasks.known import deployed_task, make_learner
from offchain.protocol.words.parameters import ETHER
from offchain.storage.location import open_store

TRIES = 100
"""Ties are broken at random so often; shares are means over these."""


def run_audit(settings: Settings, *, nodes: int, as_json: bool) -> None:
    """Attack, and say what came of it.

    Raises:
        ModelChainError: the chain or the store cannot be read.
    """
    contracts = open_contracts(settings.rpc, settings.deployment)
    deployment = contracts.deployment
    domain = deployment.domain()
    # An account that never sends anything.
    chain = Web3Chain(contracts, Account.create())
    history = ChainFollower(chain, domain, deployment.block_number).history
    learner = make_learner(deployed_task(deployment.task.description, deployment.task.judge))
    view = public_view(history, open_store(settings.store), learner, domain)
    if view.lost and not view.content:
        raise StoreError(
            f"no round can be read: {settings.store} lacks files of {view.lost} data transactions: "
            "name the network's store with --store"
        )
    secrets: dict[str, NodeSecrets] = {}
    if nodes:
        mnemonic = mnemonic_of(settings, deployment.chain_id)
        secrets = {
            account_from_mnemonic(mnemonic, number).address: NodeSecrets(
                node_seed_from_mnemonic(mnemonic, number), domain
            )
            for number in range(nodes)
        }
    truth = {
        place: account
        for place, account in true_sharers(history, secrets, domain).items()
        if place.round in view.content
    }
    found = attacked(view, truth)
    costs = proof_costs(chain.parameters) if deployment.judge is not None else ()
    if as_json:
        click.echo(json.dumps({**found, "proofs": [asdict(each) for each in costs]}))
        return
    for line in _proof_lines(costs):
        click.echo(line)
    if view.lost:
        click.echo(f"left out are rounds in which the store lacks {view.lost} data transactions")
    click.echo(
        f"{found['transactions']} data transactions of {found['rounds']} rounds, tied into "
        f"{found['tracks']} tracks by content"
    )
    if not truth:
        click.echo("who shared is not known here: --nodes K names the mnemonic's nodes to check")
        return
    click.echo(
        f"named right by content and absences {found['attributed_right']:.1%}, by order "
        f"{found['by_order']:.1%}; guessing gives {found['chance']:.1%}"
    )


def _proof_lines(costs: Sequence[ProofCost]) -> Iterator[str]:
    """What a proof costs against what it wins, for people."""
    if not costs:
        yield "the task has no judge: a majority of attesters decides what is true"
    for each in costs:
        pays = "it pays" if each.won >= each.proof else "it does not pay by itself"
        yield (
            f"to disprove a statement at {each.gas_price} gwei costs up to {_ether(each.proof)} "
            f"ether of gas and wins at least {_ether(each.won)}: {pays}; bonds of "
            f"{_ether(each.bonds)} come back; the dearest answer costs {_ether(each.answer)} and "
            f"earns {_ether(each.earned)}"
        )


def _ether(amount: int) -> str:
    return f"{amount / ETHER:.3f}"


def attacked(view: PublicView, truth: dict[Place, str]) -> dict[str, float | int]:
    """The figures of an attack."""
    random = np.random.Generator(np.random.PCG64(0))
    rounds = sorted(view.content)
    tied = tracks(view.content)
    right = [
        right_share(attribute(tied, view.present, rounds, random), truth)
        for _ in range(TRIES if truth else 0)
    ]
    known = [len(view.members[place.round]) for place in truth]
    return {
        "rounds": len(rounds),
        "transactions": sum(len(each) for each in view.content.values()),
        "tracks": len(tied),
        "lost": view.lost,
        "attributed_right": float(np.mean(right)) if right else 0.0,
        "by_order": right_share(by_order(view.acted), truth),
        "chance": float(np.mean([1 / count for count in known])) if known else 0.0,
    }
