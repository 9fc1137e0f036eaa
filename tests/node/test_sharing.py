"""A node's own data on real contracts: the same bytes again, keys in their time, nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.crypto.derivation import NodeSecrets
from offchain.errors import RelayerBusyError, RelayerError, RelayerRefusedError
from offchain.node.journal import Journal
from offchain.node.sharing import RESUBMIT_SECONDS, Sharing
from offchain.ports import Outlet
from offchain.protocol.deciding.policy import Policy
from offchain.protocol.deciding.snapshot import Delivery
from offchain.protocol.rules.sharing import claimed_timestamp
from offchain.protocol.words.actions import Advance
from offchain.protocol.words.status import Phase
from offchain.refusals import RefusalCode
from offchain.toolchain.anvil import Anvil
from tests.support.chains.node_chain import NODES, Caught, NodeChain, RandomDigits
from tests.support.data_bench import Clock

BYTES = 8
AT_ONCE, AT_LAST = bytes(BYTES), b"\xff" * BYTES
"""The randomness of the first and the last moment in which keys may be given out."""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeChain]:
    with Anvil(accounts=NODES + 3) as anvil:
        chain = NodeChain(anvil.url, tmp_path_factory.mktemp("chain"))
        chain.start()
        yield chain
        chain.contracts.ethereum.close()


@pytest.fixture
def chain(started: NodeChain) -> Iterator[NodeChain]:
    """A chain in round 1, with nothing shared; what a test does to it is undone."""
    ethereum = started.contracts.ethereum
    snapshot = ethereum.request("evm_snapshot")
    started.refresh()
    yield started
    ethereum.request("evm_revert", snapshot)
    started.refresh()


class Node:
    """A node's sharing over a folder, which may be killed and started again."""

    def __init__(self, chain: NodeChain, folder: Path, number: int = 0) -> None:
        self.chain, self.folder, self.number = chain, folder, number
        self.clock = Clock()
        self.outlet: Outlet = Caught()
        self.randomness = AT_ONCE
        self.start()

    def start(self, policy: Policy | None = None, secrets: NodeSecrets | None = None) -> Sharing:
        own = self.chain.own(self.number)
        self.sharing = Sharing(
            own if secrets is None else replace(own, secrets=secrets),
            policy or Policy(phase_seconds=60),
            RandomDigits(self.number),
            self.chain.learner,
            self.outlet,
            Journal(self.folder / f"{self.number}.sqlite"),
            lambda size: self.randomness[:size],
            self.clock,
        )
        return self.sharing

    @property
    def facts(self):
        self.chain.refresh()
        return self.sharing.facts(self.chain.view.status, self.chain.view.history)

    def share(self, anew: bool) -> bool:
        self.chain.refresh()
        return self.sharing.share(self.chain.view.status, self.chain.view.history, anew)

    def publish(self, test: bool = False) -> bool:
        self.chain.refresh()
        view = self.chain.view
        return self.sharing.publish(view.status, view.history, test=test)

    def shared(self) -> tuple:
        """What the outlet got last."""
        assert isinstance(self.outlet, Caught)
        share, payloads = self.outlet.shares[-1]
        return share, tuple(payloads)


@pytest.fixture
def node(chain: NodeChain, tmp_path: Path) -> Node:
    return Node(chain, tmp_path)


# ---- data ----------------------------------------------------------------------------------------


def test_after_a_kill_the_same_bytes_are_handed_over_again(node):
    assert node.facts.data is Delivery.HERE
    assert node.facts.kept_timestamp is None
    assert node.share(anew=True)
    first = node.shared()
    node.start()
    assert node.facts.kept_timestamp == first[0].transaction.timestamp
    node.chain.clock.advance_to(node.chain.view.status.timestamp + 300)
    assert node.share(anew=False)
    assert node.shared() == first


def test_what_is_kept_is_accepted_by_the_contract(node):
    node.share(anew=True)
    node.start()
    node.share(anew=False)
    node.chain.chains[1].execute(node.shared()[0])
    assert node.facts.data is Delivery.ON_CHAIN


def test_what_is_signed_anew_differs_in_time_and_signature_alone(node):
    """So that two of a round tell nothing that one does not."""
    node.share(anew=True)
    first, sealed = node.shared()
    node.chain.clock.advance_to(node.chain.view.status.timestamp + 1_200)
    node.share(anew=True)
    second, again = node.shared()
    now, step = node.chain.view.status.timestamp, node.chain.parameters.timestamp_step
    assert (
        second.transaction.timestamp
        == claimed_timestamp(now, step)
        != (first.transaction.timestamp)
    )
    assert replace(second.transaction, timestamp=first.transaction.timestamp) == first.transaction
    assert again == sealed
    assert not set(second.responses) & set(first.responses)


@pytest.mark.parametrize("place", [0, 1, 20])
def test_a_journal_with_other_bytes_is_not_believed(node, place):
    node.share(anew=True)
    call, *sealed = node.sharing._journal.share(1)
    content = [call, *sealed]
    content[place] = content[place][:-40] + b"\x01" * 40
    node.sharing._journal.keep_share(1, content[0], content[1:])
    node.start()
    assert node.facts.kept_timestamp is None


def test_a_journal_with_somebody_elses_data_transaction_is_not_believed(node, chain, tmp_path):
    other = Node(chain, tmp_path, 1)
    other.share(anew=True)
    call, *sealed = other.sharing._journal.share(1)
    node.sharing._journal.keep_share(1, call, sealed)
    assert node.facts.kept_timestamp is None


def test_own_data_are_found_again_under_another_number_and_shared_again_if_they_are_gone(
    chain: NodeChain, tmp_path: Path
):
    node, other = Node(chain, tmp_path), Node(chain, tmp_path, 1)
    node.share(anew=True)
    other.share(anew=True)
    ethereum = chain.contracts.ethereum
    snapshot = ethereum.request("evm_snapshot")
    chain.chains[0].execute(node.shared()[0])
    assert node.facts.data is Delivery.ON_CHAIN
    ethereum.request("evm_revert", snapshot)
    node.clock.now += RESUBMIT_SECONDS
    assert node.facts.data is Delivery.HERE
    chain.chains[0].execute(other.shared()[0])
    chain.chains[0].execute(node.shared()[0])
    assert node.facts.data is Delivery.ON_CHAIN
    assert node.sharing._own_data(chain.view.history, 1).shared.index == 1


def test_what_is_handed_over_is_left_alone_for_a_while(node):
    node.share(anew=True)
    node.clock.now += RESUBMIT_SECONDS - 1
    assert node.facts.data is Delivery.ON_ITS_WAY
    node.clock.now += 1
    assert node.facts.data is Delivery.HERE
    node.share(anew=False)
    # ... and then for longer.
    node.clock.now += 2 * RESUBMIT_SECONDS - 1
    assert node.facts.data is Delivery.ON_ITS_WAY
    node.clock.now += 1
    assert node.facts.data is Delivery.HERE


def test_what_was_handed_over_is_due_again_at_once_where_blocks_are_taken_back(node, chain):
    """Whoever brought it may have forgotten it since."""
    assert node.facts.data is Delivery.HERE
    ethereum = chain.contracts.ethereum
    snapshot = ethereum.request("evm_snapshot")
    node.share(anew=True)
    chain.chains[0].execute(node.shared()[0])
    chain.refresh()
    ethereum.request("evm_revert", snapshot)
    chain.clock.mine()
    assert node.facts.data is Delivery.HERE


class Refusing(Caught):
    """An outlet that refuses everything."""

    def __init__(self, error: RelayerError) -> None:
        super().__init__()
        self.error = error

    def submit(self, share, payloads) -> None:
        super().submit(share, payloads)
        raise self.error


@pytest.mark.parametrize(
    ("code", "waits"), [(RefusalCode.NULLIFIER_USED, True), (RefusalCode.TIMESTAMP, False)]
)
def test_what_waits_at_a_relayer_already_is_on_its_way_and_what_is_refused_is_not(
    node, code, waits
):
    node.outlet = Refusing(RelayerRefusedError(409, code, "as the test says"))
    node.start()
    assert node.share(anew=True) is waits
    node.clock.now += 1.5
    assert node.facts.data is (Delivery.ON_ITS_WAY if waits else Delivery.HERE)


def test_a_relayer_that_is_busy_is_asked_again_with_the_same_bytes(node):
    node.outlet = Refusing(RelayerBusyError(3, "too many"))
    node.start()
    with pytest.raises(RelayerBusyError):
        node.share(anew=True)
    first = node.shared()
    node.clock.now += 2.5
    assert node.facts.data is Delivery.HERE
    with pytest.raises(RelayerBusyError):
        node.share(anew=False)
    assert node.shared() == first


def test_an_account_that_applied_with_another_seed_is_no_member_here(node, chain):
    history = chain.view.history
    assert node.sharing.is_member(history, 1)
    stranger = replace(chain.secrets(0), seed=b"\x05" * 32)
    assert not node.start(secrets=stranger).is_member(history, 1)


# ---- keys ----------------------------------------------------------------------------------------


@pytest.fixture
def opened(chain: NodeChain, tmp_path: Path) -> Node:
    """Node 0 in Open of round 1, with the data of all nodes partitioned."""
    nodes = [Node(chain, tmp_path, number) for number in range(NODES)]
    for node in nodes:
        node.share(anew=True)
        chain.chains[node.number].execute(node.shared()[0])
    chain.refresh()
    while chain.view.status.collected.pending:
        chain.partition()
    chain.chains[0].execute(Advance())
    chain.refresh()
    assert chain.view.status.competition.phase is Phase.OPEN
    return nodes[0]


def test_the_contract_accepts_the_words_that_are_published_and_then_they_are_on_chain(opened):
    facts = opened.facts
    assert (facts.training_keys, facts.test_keys) == (Delivery.HERE, Delivery.HERE)
    assert opened.publish()
    [keys] = opened.outlet.keys
    opened.chain.chains[2].execute(keys)
    assert opened.facts.training_keys is Delivery.ON_CHAIN
    data = opened.sharing._own_data(opened.chain.view.history, 1)
    secrets = opened.chain.secrets(0)
    for part in range(opened.chain.parameters.parts):
        given = keys.words[part] == secrets.part_key(1, part)
        assert given is not data.is_test(part)


def test_without_a_partition_there_are_no_keys_to_publish(node):
    node.share(anew=True)
    node.chain.chains[0].execute(node.shared()[0])
    facts = node.facts
    assert (facts.training_keys, facts.test_keys) == (Delivery.NOTHING, Delivery.NOTHING)


@pytest.mark.parametrize("phase_seconds", [None, 1])
def test_keys_are_given_out_within_the_first_half_of_the_phase(opened, phase_seconds):
    chain = opened.chain
    blocks, started = chain.parameters.open_blocks, chain.view.status.competition.phase_start
    passed = chain.view.status.timestamp - started
    half = 0.5 if phase_seconds else blocks * 600 / 2 - passed
    opened.randomness = AT_LAST
    opened.start(Policy(phase_seconds=phase_seconds))
    assert not opened.publish()
    opened.clock.now += half - 0.01
    assert not opened.publish()
    opened.clock.now += 0.01
    assert opened.publish()


def test_the_moment_is_drawn_once_and_every_moment_is_as_likely(opened):
    opened.randomness = AT_LAST
    opened.start(Policy(phase_seconds=None))
    assert not opened.publish()
    opened.randomness = AT_ONCE
    assert not opened.publish()
    # Another process draws another moment.
    opened.start(Policy(phase_seconds=None))
    assert opened.publish()


def test_late_in_the_phase_keys_are_given_out_at_once(opened):
    chain = opened.chain
    chain.clock.advance_to(chain.view.status.competition.phase_start + 400)
    chain.clock.mine()
    opened.randomness = AT_LAST
    opened.start(Policy(phase_seconds=None))
    assert opened.publish()


# ---- data that run out ---------------------------------------------------------------------------


class FewDigits(RandomDigits):
    """A source that says how much it has, and notes what is given out."""

    def __init__(self, node: int) -> None:
        super().__init__(node)
        self.enough = True
        self.given: list[int] = []

    def has(self, round_number: int, parts: int) -> bool:  # noqa: ARG002
        return self.enough

    def give_out(self, round_number: int) -> None:
        self.given.append(round_number)


def test_a_node_with_too_little_data_shares_nothing_until_it_has_more(node):
    source = FewDigits(0)
    node.sharing._source = source
    source.enough = False
    assert node.facts.data is Delivery.NOTHING
    source.enough = True
    assert node.facts.data is Delivery.HERE
    node.share(anew=True)
    node.clock.now += RESUBMIT_SECONDS
    source.enough = False
    # What is signed and kept is handed over again, whatever else there is.
    assert node.facts.data is Delivery.HERE


def test_a_source_is_told_before_the_first_key_goes_out(chain, tmp_path):
    nodes = [Node(chain, tmp_path, number) for number in range(NODES)]
    source = FewDigits(0)
    nodes[0].sharing._source = source
    for number, one in enumerate(nodes):
        one.share(anew=True)
        chain.chains[number].execute(one.shared()[0])
    chain.partition()
    chain.chains[0].execute(Advance())
    assert source.given == []

    class Failing(Caught):
        def publish(self, keys) -> None:  # noqa: ARG002
            assert source.given == [1]
            raise RelayerError("nobody answers")

    nodes[0].sharing._outlet = Failing()
    with pytest.raises(RelayerError):
        nodes[0].publish()
    assert source.given == [1]
