"""Share keys that share one item each, a block apart, in rings drawn at random."""

from __future__ import annotations

import random

from offchain.protocol.words.transactions import DataTransaction
from scripts.support.chains.evm import Evm
from scripts.support.chains.registries import Registries, share_key

ACCOUNTS = 4
KEYS_EACH = 12
BLOCK_TIME = 12


class Sharers:
    """The demo's four nodes with twelve keys each, in round 1 from `start` on."""

    def __init__(self, evm: Evm, start: int) -> None:
        self.registries = Registries.deploy(evm)
        for account in range(ACCOUNTS):
            first = KEYS_EACH * account
            keys = [share_key(number) for number in range(first, first + KEYS_EACH)]
            self.registries.register(keys, sender=account)
        self.registries.open_round(1)
        evm.set_next_timestamp(start)
        self.registries.write_pages(1)
        self._now = start
        self._unused = iter(range(ACCOUNTS * KEYS_EACH))
        self._chance = random.Random(7)

    def next(self, ring: int) -> DataTransaction:
        """The next key's data transaction, in a ring of so many; the next block has its time."""
        signer = next(self._unused)
        others = [number for number in range(ACCOUNTS * KEYS_EACH) if number != signer]
        members = [signer, *self._chance.sample(others, ring - 1)]
        self._now += BLOCK_TIME
        self.registries.evm.set_next_timestamp(self._now)
        return self.registries.transaction(share_key(signer), members, timestamp=self._now)
