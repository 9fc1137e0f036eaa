"""Payload keys: published for items as they were shared, with the phase of the round."""

from dataclasses import replace

from offchain.crypto.sealing import key_commitment
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import Item
from scripts.support.chains.evm import Evm, events, reverts
from scripts.support.chains.registries import (
    Registries,
    item_tuple,
    payload_key,
    share_key,
)
from tests.support.tampering.changed_items import (
    changed_commitment,
    changed_parity,
    changed_payload,
    changed_reward_address,
    changed_timestamp,
)


def publish(registries: Registries, *reveals: tuple[Item, bytes]):
    call = registries.data.functions.publishKeys([(item_tuple(item), key) for item, key in reveals])
    return registries.evm.send(call, sender=3)


def test_published_keys_are_told_with_the_round_and_phase_of_the_competition(
    evm: Evm, registries: Registries
):
    items = [registries.signed_by(signer) for signer in range(3)]
    registries.share_batch(items)
    keys = [payload_key(share_key(signer)) for signer in range(3)]
    for number, phase in ((0, Phase.NONE), (1, Phase.COMMIT), (1, Phase.UNSEAL), (7, Phase.VOID)):
        evm.send(registries.chain.functions.setPhase(number, phase))
        receipt = publish(registries, (items[2].item, keys[2]), (items[0].item, keys[0]))
        published = [dict(e) for e in events(receipt, registries.data, "KeyPublished")]
        assert published == [
            {"number": 2, "key": keys[2], "round": number, "phase": phase},
            {"number": 0, "key": keys[0], "round": number, "phase": phase},
        ]


def test_a_key_is_published_only_for_an_item_as_it_was_shared(registries: Registries):
    shared = registries.signed_by(0)
    key = payload_key(share_key(0))
    strangers = [
        changed_payload(shared.item),
        changed_timestamp(shared.item),
        changed_reward_address(shared.item),
        changed_parity(shared.item),
        changed_commitment(shared.item),
        replace(shared.item, scope=2),
        replace(shared.item, nullifier_x=shared.item.nullifier_x ^ 1),
    ]
    with reverts("UnknownItem", shared.item.identifier(registries.domain)):
        publish(registries, (shared.item, key))
    registries.share(shared)
    for stranger in strangers:
        with reverts("UnknownItem", stranger.identifier(registries.domain)):
            publish(registries, (shared.item, key), (stranger, key))
    publish(registries, (shared.item, key))


def test_a_key_must_match_its_commitment(registries: Registries):
    shared = registries.signed_by(0)
    registries.share(shared)
    wrong = payload_key(share_key(1))
    commitment = key_commitment(registries.domain, wrong)
    with reverts("WrongKey", commitment, shared.item.key_commitment):
        publish(registries, (shared.item, wrong))


def test_at_most_64_keys_are_published_at_once(registries: Registries):
    shared = registries.signed_by(0)
    registries.share(shared)
    reveal = shared.item, payload_key(share_key(0))
    receipt = publish(registries, *[reveal] * 64)
    assert len(events(receipt, registries.data, "KeyPublished")) == 64
    with reverts("BatchTooLarge", 65, 64):
        publish(registries, *[reveal] * 65)
