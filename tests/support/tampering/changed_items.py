"""Items with one field changed after they were signed."""

from dataclasses import replace

from offchain.protocol.words.transactions import Item


def changed_payload(item: Item) -> Item:
    return replace(item, payload_hash=bytes(32))


def changed_commitment(item: Item) -> Item:
    return replace(item, key_commitment=bytes(32))


def changed_timestamp(item: Item) -> Item:
    return replace(item, timestamp=item.timestamp - 1)


def changed_reward_address(item: Item) -> Item:
    return replace(item, reward_address="0x" + "00" * 19 + "01")


def changed_parity(item: Item) -> Item:
    return replace(item, nullifier_v=55 - item.nullifier_v)
