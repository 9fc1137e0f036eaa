"""Payload keys: a relayer takes each in its time, and at no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from offchain.crypto.sealing import key_commitment
from offchain.protocol.words.actions import Advance, CommitModel
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import KeyReveal
from offchain.refusals import RefusalCode
from offchain.toolchain.anvil import Anvil
from tests.support.chains.node_chain import KEYS, NODES, NodeChain
from tests.support.servers.chain_relayer import Relayer, refusal, running_relayer

SHARERS = 3
"""Nodes whose data is shared: enough for the round to close."""


@pytest.fixture(scope="module")
def relayer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relayer]:
    """A relayer that has brought all items of three nodes on chain."""
    with Anvil(accounts=10) as anvil:
        chain = NodeChain(anvil.url, tmp_path_factory.mktemp("chain"))
        chain.start()
        with running_relayer(chain, tmp_path_factory.mktemp("store"), queue_size=100) as relayer:
            for node in range(SHARERS):
                relayer.share(*chain.draw(node))
            yield relayer
        chain.contracts.ethereum.close()


@pytest.fixture(scope="module")
def reveals(relayer) -> list[KeyReveal]:
    """The keys of all items that are on chain."""
    chain = relayer.chain
    keys = {
        key_commitment(chain.domains.data_registry, key): key
        for node in range(NODES)
        for key in (chain.secrets(node).payload_key(1, index) for index in range(KEYS))
    }
    items = [shared.item for shared in chain.view.history.items]
    return [KeyReveal(item, keys[item.key_commitment]) for item in items]


def test_keys_of_unknown_items_are_refused(relayer, reveals):
    unknown = KeyReveal(replace(reveals[0].item, nullifier_x=5), reveals[0].key)
    assert refusal(relayer.post_keys(unknown)) == (404, RefusalCode.UNKNOWN_ITEM)


def test_a_key_that_does_not_match_its_commitment_is_refused(relayer, reveals):
    assert refusal(relayer.post_keys(replace(reveals[0], key=bytes(32)))) == (
        422,
        RefusalCode.WRONG_KEY,
    )


def test_keys_are_taken_in_their_time_and_at_no_other(relayer, reveals):
    chain = relayer.chain
    # Before the partition nobody knows what an item is for.
    assert refusal(relayer.post_keys(reveals[0])) == (425, RefusalCode.TOO_EARLY)

    chain.partition()
    assert chain.view.status.competition.phase is Phase.COMMIT
    kinds = [shared.is_test for shared in chain.view.history.items]
    test = [reveal for reveal, is_test in zip(reveals, kinds, strict=True) if is_test]
    training = [reveal for reveal, is_test in zip(reveals, kinds, strict=True) if not is_test]
    assert len(test) == len(kinds) * chain.parameters.test_basis_points // 10_000 > 1

    # In Commit: training keys only. One that is refused keeps no other out.
    response = relayer.post_keys(training[0], test[0], training[1])
    assert refusal(response) == (425, RefusalCode.TOO_EARLY)
    assert [entry.get("state") for entry in response.json()["keys"]] == ["new", None, "new"]
    assert relayer.post_keys(training[0]).json()["keys"] == [{"state": "known"}]
    relayer.work()
    for reveal in training[:2]:
        found = chain.view.history.item_of(1, reveal.item.nullifier_x)
        assert found.publication.key == reveal.key
    assert relayer.post_keys(training[0]).json()["keys"] == [{"state": "known"}]

    # In Unseal: test keys only. (A round without any model would be void by then.)
    chain.chains[0].execute(CommitModel(b"\x01" * 32, b"\x02" * 32, chain.parameters.model_bond))
    advance(relayer)
    assert chain.view.status.competition.phase is Phase.UNSEAL
    assert refusal(relayer.post_keys(training[2])) == (410, RefusalCode.TOO_LATE)
    assert relayer.post_keys(test[0]).status_code == 202
    relayer.work()
    assert chain.view.history.item_of(1, test[0].item.nullifier_x).publication is not None

    # Then never again.
    advance(relayer)
    assert chain.view.status.competition.phase is Phase.REVEAL
    assert refusal(relayer.post_keys(test[1])) == (410, RefusalCode.TOO_LATE)
    assert json.loads(relayer.post_keys(test[0]).text)["keys"] == [{"state": "known"}]


def advance(relayer):
    """Relay headers until the present phase may end, end it, and let the relayer see it."""
    chain = relayer.chain
    phase = chain.view.status.competition.phase
    while chain.view.status.tip < chain.view.status.competition.end_height:
        chain.feeder.step()
        chain.refresh()
    chain.chains[0].execute(Advance())
    relayer.work()
    assert chain.view.status.competition.phase is not phase
