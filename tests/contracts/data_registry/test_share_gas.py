"""What data transactions cost in real use: whole transactions, real signatures, a block each."""

import random
from statistics import median

import pytest

from offchain.protocol.transactions import DataTransaction
from tests.support.evm import Evm
from tests.support.registries import Registries, share_key

KEYS = 48  # the demo's: four nodes with twelve each
BLOCK_TIME = 12
SAMPLES = 9  # odd, and more than twice the entries of the arrival log that share a slot
BATCH = 8
WRITTEN_PAGE_GAS = 6_900  # a key: 6,400 for its bytes of code, the rest for reading and memory


class Sharers:
    """Every key shares once, in a ring with others drawn at random."""

    def __init__(self, evm: Evm) -> None:
        self.registries = Registries.deploy(evm)
        for account in range(4):
            keys = [share_key(number) for number in range(12 * account, 12 * account + 12)]
            self.registries.register(keys, sender=account)
        self.registries.open_round(1)
        self.registries.write_pages(1)
        self.unused = iter(range(KEYS))
        self.chance = random.Random(7)

    def next(self, ring: int) -> DataTransaction:
        signer = next(self.unused)
        others = [number for number in range(KEYS) if number != signer]
        members = [signer, *self.chance.sample(others, ring - 1)]
        self.registries.evm.set_next_timestamp(self.registries.evm.timestamp + BLOCK_TIME)
        return self.registries.transaction(share_key(signer), members)


@pytest.mark.parametrize(("ring", "budget"), [(8, 165_000), (11, 190_000)])
def test_a_share_keeps_to_its_budget(evm: Evm, ring: int, budget: int):
    sharers = Sharers(evm)
    used = [sharers.registries.share(sharers.next(ring))["gasUsed"] for _ in range(SAMPLES)]
    print(f"\nshare, ring of {ring}: median {median(used):,} gas of {budget:,}, {used}")
    assert median(used) <= budget


def test_a_share_in_a_batch_keeps_to_its_budget(evm: Evm):
    sharers, budget = Sharers(evm), 155_000
    used = [
        sharers.registries.share_batch([sharers.next(11) for _ in range(BATCH)])["gasUsed"] / BATCH
        for _ in range(3)
    ]
    print(f"\nshare in a batch of {BATCH}, ring of 11: median {median(used):,} gas of {budget:,}")
    assert median(used) <= budget


def test_a_full_page_of_keys_fits_a_transaction(evm: Evm):
    registries = Registries.deploy(evm, base_keys=64, maximum_keys=64, key_bond=0)
    for account in range(8):
        first = 64 * account
        registries.register([share_key(n) for n in range(first, first + 64)], sender=account)
    registries.open_round(1)
    used = evm.send(registries.keys.functions.writePage(1))["gasUsed"]
    print(f"\na page of 512 keys: {used:,} gas")
    assert registries.keys.functions.writtenKeys(1).call() == 512
    assert used <= 512 * WRITTEN_PAGE_GAS
