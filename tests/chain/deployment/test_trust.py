"""A deployment is believed only when the chain holds it, to the byte of its code."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from eth_utils.crypto import keccak

from offchain.chain.abi.interfaces import CONTRACTS
from offchain.chain.deployment.file import (
    DeployedContract,
    DeployedTask,
    DeploymentFileError,
    write_deployment,
)
from offchain.chain.deployment.trust import (
    check_deployment,
    is_live,
    require_task,
    with_code_hashes,
)
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import RpcUnreachable
from offchain.chain.sending.keys import account_from_mnemonic
from offchain.chain.web3_chain import Web3Chain, open_contracts
from offchain.errors import StaleDeploymentError, WrongChainError, WrongTaskError
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC, Anvil
from tests.support.chains.deployed_world import DeployedWorld, world


@pytest.fixture(scope="module")
def deployed() -> Iterator[DeployedWorld]:
    with world() as started:
        yield started


@pytest.fixture
def changing(deployed: DeployedWorld) -> Iterator[DeployedWorld]:
    """The world, put back afterwards."""
    with deployed.undone():
        yield deployed


def test_fresh_deployment_is_trusted(deployed):
    check_deployment(deployed.ethereum, deployed.deployment)
    assert is_live(deployed.ethereum, deployed.deployment)


def test_file_or_folder_opens_it(deployed, tmp_path):
    file = tmp_path / "31337.json"
    write_deployment(deployed.deployment, file)
    for place in (file, tmp_path):
        assert open_contracts(deployed.anvil.url, place).deployment == deployed.deployment


def test_folder_without_the_chains_file_says_which_is_missing(deployed, tmp_path):
    with pytest.raises(DeploymentFileError, match=r"31337\.json"):
        open_contracts(deployed.anvil.url, tmp_path)


def test_chain_of_another_id_is_refused(deployed):
    with Anvil(chain_id=4242) as other:
        ethereum = Ethereum.connect(other.url)
        with pytest.raises(WrongChainError) as caught:
            check_deployment(ethereum, deployed.deployment)
        assert (caught.value.expected, caught.value.actual) == (31337, 4242)
        assert not is_live(ethereum, deployed.deployment)


def test_chain_that_was_started_anew_is_refused(deployed):
    with Anvil() as other:
        ethereum = Ethereum.connect(other.url)
        with pytest.raises(StaleDeploymentError, match="brownie run deploy") as caught:
            check_deployment(ethereum, deployed.deployment)
        assert caught.value.actual == ethereum.block(0).hash.hex()
        assert caught.value.exit_code == 4


@pytest.mark.parametrize("name", CONTRACTS)
def test_contract_that_is_gone_is_named(changing, name):
    changing.ethereum.request("anvil_setCode", changing.deployment.address(name), "0x")
    with pytest.raises(StaleDeploymentError, match=f"{name}'s address"):
        DeployedContracts(changing.ethereum, changing.deployment)


def test_contract_with_one_bit_of_other_code_is_named(changing):
    address = changing.deployment.address("DataRegistry")
    [code] = changing.ethereum.codes([address])
    changed = bytes([*code[:-1], code[-1] ^ 1])
    changing.ethereum.request("anvil_setCode", address, changed)
    with pytest.raises(StaleDeploymentError, match="code hash of DataRegistry"):
        check_deployment(changing.ethereum, changing.deployment)
    assert not is_live(changing.ethereum, changing.deployment)


def test_a_judge_with_other_words_than_the_tasks_is_refused():
    """The chain binds the description, and its words are those of the task's judge."""
    described = [120_000, 48, 2]
    task = DeployedTask("lines", b'{"rules":{"judge_words":[120000, 48, 2]}}', "TextJudge")
    with world(task=task) as judged:
        check_deployment(judged.ethereum, judged.deployment)
        for words in (described[:2], [120_000, 48, 3]):
            other = DeployedTask(
                "lines", f'{{"rules":{{"judge_words":{words}}}}}'.encode(), "TextJudge"
            )
            with pytest.raises(
                StaleDeploymentError, match="words of the judge TextJudge"
            ) as caught:
                check_deployment(judged.ethereum, replace(judged.deployment, task=other))
            assert (caught.value.expected, caught.value.actual) == (
                str(tuple(words)),
                str(tuple(described)),
            )
        none = replace(
            judged.deployment.contracts["TextJudge"], address=judged.deployment.address("Heat")
        )
        code_hash = judged.deployment.contracts["Heat"].code_hash
        contracts = {**judged.deployment.contracts, "TextJudge": replace(none, code_hash=code_hash)}
        with pytest.raises(StaleDeploymentError, match="none that it tells"):
            check_deployment(judged.ethereum, replace(judged.deployment, contracts=contracts))


def test_parameters_that_differ_from_the_files_are_refused(deployed):
    other = replace(
        deployed.deployment, parameters=replace(deployed.deployment.parameters, stake=2 * 10**18)
    )
    with pytest.raises(
        StaleDeploymentError, match=r"stake on the chain is 10{18}, expected 20{18}"
    ):
        _ = DeployedContracts(deployed.ethereum, other).parameters


def test_code_hash_of_an_empty_address_is_not_recorded(deployed):
    with pytest.raises(StaleDeploymentError, match="Nowhere"):
        with_code_hashes(deployed.ethereum, {"Nowhere": "0x" + "00" * 19 + "99"})


def test_node_that_went_away_is_no_stale_deployment(deployed):
    with Anvil() as other:
        ethereum = Ethereum.connect(other.url)
    with pytest.raises(RpcUnreachable):
        is_live(ethereum, deployed.deployment)


def test_addresses_are_in_the_file_in_order(deployed):
    assert tuple(deployed.deployment.contracts) == CONTRACTS
    assert all(
        isinstance(contract, DeployedContract)
        for contract in deployed.deployment.contracts.values()
    )


def test_deployment_of_another_task_is_refused(deployed):
    other = replace(deployed.deployment, task=DeployedTask("other", b"other"))
    with pytest.raises(StaleDeploymentError, match="task that ModelChain is bound to") as caught:
        DeployedContracts(deployed.ethereum, other)
    assert caught.value.expected == other.task.hash.hex()
    assert caught.value.actual == deployed.deployment.task.hash.hex()


def test_program_with_another_task_is_told_both_hashes(deployed):
    own, samples = bytes(keccak(b"own")), deployed.deployment.parameters.samples_per_part
    require_task(deployed.deployment, deployed.deployment.task.hash, samples)
    with pytest.raises(WrongTaskError, match="install the version") as caught:
        require_task(deployed.deployment, own, samples)
    with pytest.raises(StaleDeploymentError, match="samplesPerPart"):
        require_task(deployed.deployment, deployed.deployment.task.hash, samples + 1)
    assert (caught.value.deployed, caught.value.own) == (deployed.deployment.task.hash, own)
    for digest in (deployed.deployment.task.hash, own):
        assert digest.hex() in str(caught.value)


def test_tokens_are_minted_by_the_rewards_alone_and_orders_pay_them(deployed):
    read, at = deployed.contracts.read, deployed.deployment.address
    assert read("ModelToken", "minter").lower() == at("Rewards").lower()
    assert read("ModelToken", "cap") == deployed.deployment.token_cap
    assert read("ModelToken", "totalSupply") == 0
    assert read("TokenOrders", "token").lower() == at("ModelToken").lower()
    assert read("TokenOrders", "modelChain").lower() == at("ModelChain").lower()


def test_chain_opens_for_an_account(deployed, tmp_path):
    write_deployment(deployed.deployment, tmp_path / "31337.json")
    signer = account_from_mnemonic(DEVELOPMENT_MNEMONIC, 1)
    chain = Web3Chain(open_contracts(deployed.anvil.url, tmp_path), signer)
    assert chain.account == deployed.clients[1].account
    assert chain.status().own.account == chain.account
