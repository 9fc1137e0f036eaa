"""A deployment that ended in the middle is gone on with, and only if it is the same one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from offchain.chain.deployment.deployer import finished_deployment, send_creation
from offchain.chain.deployment.file import read_deployment, write_deployment
from offchain.chain.deployment.plan import DeploymentPlan, deploy_contracts
from offchain.chain.deployment.resuming import (
    NotResumable,
    begin,
    finish,
    resume,
    unfinished_file,
)
from offchain.chain.deployment.trust import check_deployment
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.sending.keys import account_from_mnemonic
from offchain.chain.sending.sender import Sender
from offchain.protocol.words.parameters import ETHER
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC, Anvil
from scripts.support.chains.deployed_chain import plan_of
from scripts.support.chains.evm import compiled_artifacts
from scripts.support.worlds.bitcoin_mining import MinedChain
from scripts.support.worlds.world import World


class Ended(Exception):
    """The program ended in the middle."""


@dataclass
class Place:
    """A chain, an account that deploys, and where the file goes."""

    ethereum: Ethereum
    sender: Sender
    plan: DeploymentPlan
    file: Path

    def resume(self, plan: DeploymentPlan | None = None):
        deployer = self.sender.address
        return resume(self.ethereum, plan or self.plan, deployer, compiled_artifacts(), self.file)

    def begin(self):
        deployer = self.sender.address
        return begin(self.ethereum, self.plan, deployer, compiled_artifacts(), self.file)

    def deploy(self, begun, contracts: int = 99) -> dict[str, str]:
        """Deploy so many of the contracts, then end."""
        left = contracts

        def deploy_one(name: str, *arguments: object) -> str:
            nonlocal left
            if not left:
                raise Ended
            left -= 1
            return send_creation(self.sender, compiled_artifacts(), name, arguments)

        return deploy_contracts(
            begun.plan, begun.deployer, begun.first_nonce, deploy_one, begun.done
        )


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    with Anvil(accounts=3) as anvil:
        yield anvil


@pytest.fixture
def place(anvil: Anvil, tmp_path: Path) -> Iterator[Place]:
    """The chain as it began, but for a transaction: the account's nonces do not begin at nought."""
    ethereum = Ethereum.connect(anvil.url)
    before = ethereum.request("evm_snapshot")
    account = account_from_mnemonic(DEVELOPMENT_MNEMONIC, 0)
    sender = Sender(ethereum, account, ethereum.chain_id())
    sender.send(sender.address, b"")
    yield Place(ethereum, sender, plan_of(World()), tmp_path / "31337.json")
    ethereum.request("evm_setAutomine", True)
    ethereum.request("evm_revert", before)
    ethereum.close()


def test_without_anything_begun_there_is_nothing_to_go_on_with(place: Place):
    assert place.resume() is None


@pytest.mark.parametrize("contracts", [0, 5])
def test_it_is_gone_on_with_where_it_ended(place: Place, contracts: int):
    begun = place.begin()
    with pytest.raises(Ended):
        place.deploy(begun, contracts)
    # A later run has a later checkpoint: what was begun keeps its own.
    later = replace(place.plan, checkpoint=MinedChain.start(height=4_030).checkpoint)
    found = place.resume(later)
    assert found == replace(begun, done=contracts)
    before = place.ethereum.nonce(place.sender.address)
    addresses = place.deploy(found)
    assert addresses == begun.addresses
    assert place.ethereum.nonce(place.sender.address) == before + len(addresses) - contracts
    finished = finished_deployment(
        place.ethereum, found.plan, addresses, found.deployer, found.first_block
    )
    check_deployment(place.ethereum, finished)
    assert finished.checkpoint == place.plan.checkpoint
    write_deployment(finished, place.file)
    finish(place.file)
    assert place.resume() is None
    assert read_deployment(place.file) == finished
    finish(place.file)


def test_all_contracts_may_be_there_already(place: Place):
    begun = place.begin()
    place.deploy(begun)
    found = place.resume()
    assert found is not None
    assert found.done == len(begun.addresses)
    assert place.deploy(found, 0) == begun.addresses


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"stake": ETHER // 2, "challenge_reward": 0, "model_burn": 0}, "other parameters"),
        ({"minimum_phase_seconds": 31}, "other parameters"),
    ],
)
def test_with_other_numbers_it_is_not_gone_on_with(place: Place, changes, what: str):
    place.begin()
    other = replace(place.plan, parameters=replace(place.plan.parameters, **changes))
    with pytest.raises(NotResumable, match=f"{what}.*MODELCHAIN_REDEPLOY=1"):
        place.resume(other)


def test_with_other_members_or_another_relay_it_is_not_gone_on_with(place: Place):
    place.begin()
    accounts = tuple(reversed(place.plan.genesis_accounts))
    with pytest.raises(NotResumable, match="other genesis accounts"):
        place.resume(replace(place.plan, genesis_accounts=accounts))
    relay = replace(place.plan.relay, confirmations=place.plan.relay.confirmations + 1)
    with pytest.raises(NotResumable, match="other settings of the relay"):
        place.resume(replace(place.plan, relay=relay))


def test_another_account_does_not_go_on_with_it(place: Place):
    place.begin()
    other = account_from_mnemonic(DEVELOPMENT_MNEMONIC, 1)
    place.sender = Sender(place.ethereum, other, place.ethereum.chain_id())
    with pytest.raises(NotResumable, match="paid for it"):
        place.resume()


def test_another_transaction_of_the_account_ends_it(place: Place):
    begun = place.begin()
    with pytest.raises(Ended):
        place.deploy(begun, 2)
    place.sender.send(place.sender.address, b"")
    with pytest.raises(NotResumable, match="sent other transactions meanwhile"):
        place.resume()


def test_what_still_waits_is_waited_for(place: Place):
    begun = place.begin()
    with pytest.raises(Ended):
        place.deploy(begun, 1)
    place.ethereum.request("evm_setAutomine", False)
    fields = {"from": place.sender.address, "data": "0x00", "gas": hex(100_000)}
    place.ethereum.request("eth_sendTransaction", fields)
    with pytest.raises(NotResumable, match="still waits: try again"):
        place.resume()


def test_contracts_that_were_compiled_anew_are_not_mixed_with_older_ones(place: Place):
    place.begin()
    artifacts = dict(compiled_artifacts())
    artifacts["Heat"] = replace(artifacts["Heat"], creation_code="6000")
    with pytest.raises(NotResumable, match="compiled anew"):
        resume(place.ethereum, place.plan, place.sender.address, artifacts, place.file)


def test_a_file_that_is_cut_is_said(place: Place):
    place.begin()
    file = unfinished_file(place.file)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(NotResumable, match=r"cannot be read.*MODELCHAIN_REDEPLOY=1"):
        place.resume()


def test_what_was_begun_on_a_chain_that_is_gone_is_gone(place: Place):
    place.begin()
    with Anvil(accounts=1, timestamp=1_700_000_000) as other:
        place.ethereum = Ethereum.connect(other.url)
        assert place.resume() is None
        place.ethereum.close()
