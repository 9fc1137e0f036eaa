"""The contract and the Python chain agree on any sequence of submissions, good and bad."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from offchain.bitcoin.errors import RelayRuleError
from offchain.bitcoin.header import BlockHeader
from offchain.bitcoin.rules import REGTEST
from offchain.bitcoin.target import EPOCH_BLOCKS, EPOCH_SECONDS
from scripts.support.chains.evm import Evm
from scripts.support.chains.relays import NOW, ContractRelay, PythonRelay, Setup, refuses
from scripts.support.worlds.bitcoin_mining import RETARGETING, START_TIME, MinedChain, mine

STEPS = 14


@dataclass
class Submitter:
    """Makes submissions from a seed. `best` is what the relay holds, if its last word was heard."""

    chooser: random.Random
    best: MinedChain
    forks: int = 0

    def submissions(self) -> Iterator[tuple[bytes, MinedChain]]:
        """Yield batches, each with the chain whose last headers it has (unless it is spoiled)."""
        lowest = self.best.first_height + 10
        for _ in range(STEPS):
            chain = self._extended() if self.chooser.random() < 0.4 else self._branch(lowest)
            # A few headers that are held already, and now and then a gap.
            first = chain.new_from - max(0, self.chooser.randint(-12, 5))
            first += self.chooser.random() < 0.05
            first = min(max(first, lowest + 1), chain.best_height)
            headers = [chain.header(height) for height in range(first, chain.best_height + 1)]
            if self.chooser.random() < 0.3:
                self._spoil(headers)
            raw = b"".join(header.serialise() for header in headers)
            yield raw[: len(raw) - (self.chooser.random() < 0.03)], chain

    def _extended(self) -> MinedChain:
        return self._grown(self.best.best_height, self.chooser.randint(1, 16))

    def _branch(self, lowest: int) -> MinedChain:
        depth = min(self.chooser.randint(1, 18), self.best.best_height - lowest)
        count = max(1, depth + self.chooser.randint(-3, 3))
        return self._grown(self.best.best_height - depth, count)

    def _grown(self, fork_height: int, count: int) -> MinedChain:
        self.forks += 1
        chain = self.best.fork(fork_height, salt=self.forks)
        for _ in range(count):
            median = chain.median_time_past(chain.best_height)
            # Mostly minutes, now and then days: medians overtake, epochs become long or short.
            step = self.chooser.choice([1, 600, 3600, 86_400, 8 * 86_400])
            chain.extend([min(median + self.chooser.randint(1, step), NOW)])
        return chain

    def _spoil(self, headers: list[BlockHeader]) -> None:
        place = self.chooser.randrange(len(headers))
        old = headers[place]
        changes: list[dict[str, Any]] = [
            {"version": self.chooser.randint(-4, 4)},
            {"time": old.time - self.chooser.choice([3600, 40 * 86_400])},
            {"time": NOW + 7200 + self.chooser.randint(0, 2 * STEPS)},
            {"bits": old.bits ^ 1 << self.chooser.randrange(32)},
            {"merkle_root": self.chooser.randbytes(32)},
            {"previous_hash": self.chooser.randbytes(32)},
        ]
        change = self.chooser.choice(changes)
        header = replace(old, **change)
        # Those that are not mined again keep the old nonce, and often miss the target.
        if "bits" not in change and self.chooser.random() < 0.7:
            header = mine(header)
        headers[place] = header


def start(retargeting: bool) -> MinedChain:
    """Return a checkpoint: of regtest, or shortly before a retarget that changes little."""
    if not retargeting:
        return MinedChain.start(REGTEST)
    height = 3 * EPOCH_BLOCKS - 25
    return MinedChain.start(RETARGETING, height, START_TIME - EPOCH_SECONDS, target=2**250)


def set_up(chain: MinedChain) -> Setup:
    return Setup.of(chain.rules, chain.checkpoint, ring_size=31, maximum_batch=20)


def submit_all(seed: int, chain: MinedChain, python: PythonRelay) -> Iterator[tuple[bytes, Any]]:
    """Submit a seed's batches to the Python relay; yields each with its events or its error."""
    submitter = Submitter(random.Random(seed), chain)
    for batch, submitted in submitter.submissions():
        try:
            outcome: Any = python.submit(batch)
        except RelayRuleError as error:
            outcome = error
        if python.chain.best_hash == submitted.hash(submitted.best_height):
            submitter.best = submitted
        yield batch, outcome


@pytest.mark.parametrize("retargeting", [False, True], ids=["regtest", "retargeting"])
@pytest.mark.parametrize("seed", range(10))
def test_contract_and_python_agree_on_any_submissions(
    evm: Evm, seed: int, retargeting: bool
) -> None:
    chain = start(retargeting)
    python, contract = PythonRelay(set_up(chain)), ContractRelay(evm, set_up(chain))
    for batch, expected in submit_all(seed, chain, python):
        if isinstance(expected, RelayRuleError):
            with refuses(type(expected).__name__, *expected.arguments):
                contract.submit(batch)
        else:
            assert contract.submit(batch) == expected
        python.now = contract.now
    state = python.state()
    assert contract.state() == state
    heights = state.lowest_height, state.best_height
    assert contract.headers(*heights) == python.headers(*heights)
    medians = [median for _, _, median in python.headers(*heights)]
    assert medians == sorted(medians)


@pytest.mark.parametrize("retargeting", [False, True], ids=["regtest", "retargeting"])
def test_the_compared_submissions_have_every_kind_of_outcome(retargeting: bool) -> None:
    """What the comparison is worth: over its seeds each event and each error occurs."""
    happened: Counter[str] = Counter()
    for seed in range(10):
        chain = start(retargeting)
        python = PythonRelay(set_up(chain))
        for _, outcome in submit_all(seed, chain, python):
            python.now += 1
            if isinstance(outcome, RelayRuleError):
                happened[type(outcome).__name__] += 1
            else:
                happened.update([name for name, _ in outcome] or ["nothing new"])
    print(happened)
    assert happened["HeadersAccepted"] > 50
    assert happened["Reorganised"] > 10
    assert happened["NotMoreWork"] > 5
    errors = {"UnknownParent", "BrokenLink", "OldVersion", "WrongBits", "InsufficientWork"}
    errors |= {"TimeTooEarly", "TimeTooLate", "BadBatchLength"}
    assert errors <= happened.keys()
