"""A chain whose rules are too old for the contracts is refused in one line, before it is paid."""

from __future__ import annotations

from typing import Any

import pytest

from offchain.chain.deployment.deployer import deploy
from offchain.chain.deployment.hardfork import require_hardfork
from offchain.chain.deployment.plan import DeploymentPlan
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.sending.keys import account_from_mnemonic
from offchain.errors import HardforkError
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC, Anvil
from scripts.support.chains.evm import ROOT
from scripts.support.worlds.bitcoin_mining import MinedChain
from tests.support.servers.scripted_node import Answer, error, scripted_node


@pytest.mark.parametrize("hardfork", ["shanghai", "paris", "berlin"])
def test_older_rules_are_said_and_nothing_is_deployed(hardfork):
    signer = account_from_mnemonic(DEVELOPMENT_MNEMONIC, 0)
    bitcoin = MinedChain.start()
    accounts = tuple(
        str(account_from_mnemonic(DEVELOPMENT_MNEMONIC, number).address) for number in range(3)
    )
    plan = DeploymentPlan(accounts, bitcoin.checkpoint, bitcoin.rules)
    with Anvil(hardfork=hardfork) as anvil:
        ethereum = Ethereum.connect(anvil.url)
        with pytest.raises(HardforkError, match="anvil --hardfork cancun") as caught:
            deploy(ethereum, signer, plan, ROOT)
        assert str(caught.value).isprintable()
        assert ethereum.nonce(str(signer.address)) == 0


@pytest.mark.parametrize("hardfork", ["cancun", "prague"])
def test_the_rules_that_are_needed_and_later_ones_will_do(hardfork):
    with Anvil(hardfork=hardfork) as anvil:
        require_hardfork(Ethereum.connect(anvil.url))


def test_a_node_that_runs_no_code_at_all_does_not_tell_its_rules():
    def answer(request: Any) -> Answer:
        return Answer(error(request, -32000, "not without a contract"))

    with scripted_node(answer) as node:
        require_hardfork(Ethereum.connect(node.url))
