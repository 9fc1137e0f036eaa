"""The plan of a deployment: its order, its circle of addresses, its refusals."""

from hashlib import sha256

import pytest

from offchain.bitcoin.errors import BadCheckpointHeight
from offchain.bitcoin.rules import MAINNET
from offchain.chain.abi.interfaces import CONTRACTS
from offchain.chain.deployment.file import DeployedTask
from offchain.chain.deployment.judge_words import judge_words
from offchain.chain.deployment.plan import (
    DeploymentPlan,
    UnexpectedAddressError,
    created_address,
    deploy_contracts,
    first_checkpoint,
)
from offchain.config import RECORDED_HEADERS
from offchain.errors import ConfigurationError
from offchain.headers.recorded import RecordedHeaders
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.status import ZERO_ADDRESS
from scripts.support.chains.evm import compiled_artifacts
from scripts.support.worlds.bitcoin_mining import MinedChain

DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
ACCOUNTS = tuple(created_address(DEPLOYER, 1000 + number) for number in range(3))


def plan(**changes) -> DeploymentPlan:
    values = {
        "genesis_accounts": ACCOUNTS,
        "checkpoint": MinedChain.start().checkpoint,
        "task": DeployedTask("digits", b"all about it"),
    }
    return DeploymentPlan(**{**values, **changes})


@pytest.mark.parametrize(
    ("nonce", "expected"),
    [
        (0, "0x333c3310824b7c685133f2bedb2ca4b8b4df633d"),
        (1, "0x8bda78331c916a08481428e4b07c96d3e916d165"),
        (2, "0xc9ddedf451bc62ce88bf9292afb13df35b670699"),
    ],
)
def test_address_of_a_created_contract_is_that_of_go_ethereums_test(nonce, expected):
    creator = "0x970E8128AB834E8EAC17Ab8E3812F010678CF791"
    assert created_address(creator, nonce).lower() == expected


class Recorder:
    """Deploys nothing: gives the addresses that an honest chain would."""

    def __init__(self, nonce: int) -> None:
        self.nonce = nonce
        self.calls: list[tuple[str, tuple[object, ...]]] = []

    def __call__(self, name: str, *arguments: object) -> str:
        address = created_address(DEPLOYER, self.nonce)
        self.nonce += 1
        self.calls.append((name, arguments))
        return address


def test_contracts_come_in_order_and_each_is_told_all():
    deploy = Recorder(7)
    at = deploy_contracts(plan(), DEPLOYER, 7, deploy)
    assert [name for name, _ in deploy.calls] == list(CONTRACTS)
    assert list(at.items()) == [
        (name, created_address(DEPLOYER, 7 + place)) for place, name in enumerate(CONTRACTS)
    ]
    told, given = (*tuple(at.values())[:-1], ZERO_ADDRESS), dict(deploy.calls)
    checkpoint = plan().checkpoint
    assert given == {
        "ProtocolParameters": (DEMO.as_tuple(),),
        "BitcoinRelay": (
            (MAINNET.pow_limit, False),
            (2048, 144, 1, 60),
            (checkpoint.height, checkpoint.epoch_start_time, checkpoint.headers),
        ),
        "Membership": (told, list(ACCOUNTS)),
        "DataRegistry": (told,),
        "ModelChain": (told, sha256(b"all about it").digest()),
        "ModelTransactions": (told,),
        "Attestations": (told,),
        "Disputes": (told,),
        "BlockProduction": (told,),
        "Rewards": (told,),
        "Heat": (told,),
        "ModelToken": (at["Rewards"], DEMO.token_cap),
        "TokenOrders": (at["ModelToken"], at["ModelChain"]),
    }


def test_the_contracts_are_told_in_the_order_of_their_struct():
    [told] = [
        entry["inputs"][0]["components"]
        for entry in compiled_artifacts()["Heat"].abi
        if entry["type"] == "constructor"
    ]
    types = [part["internalType"].removeprefix("contract I") for part in told]
    assert types == [*(name for name in CONTRACTS if name != "TokenOrders"), "Judge"]


def test_a_tasks_judge_comes_first_and_all_are_told_of_it():
    task = DeployedTask("digits", b"all about it", "ImageJudge")
    deploy = Recorder(7)
    at = deploy_contracts(plan(task=task), DEPLOYER, 7, deploy)
    assert [name for name, _ in deploy.calls] == ["ImageJudge", *CONTRACTS]
    assert deploy.calls[0] == ("ImageJudge", ())
    assert at["ImageJudge"] == created_address(DEPLOYER, 7)
    told = dict(deploy.calls)["Heat"][0]
    assert told[-1] == at["ImageJudge"]
    assert told[:-1] == tuple(at[name] for name in CONTRACTS if name != "TokenOrders")


@pytest.mark.parametrize(
    ("rules", "arguments"),
    [("{}", ()), ('{"judge_words":[]}', ()), ('{"judge_words":[5,-7,0]}', ((5, -7, 0),))],
)
def test_a_judge_is_deployed_with_the_words_of_the_tasks_description(rules, arguments):
    deploy = Recorder(7)
    task = DeployedTask("rows", b'{"rules":' + rules.encode() + b"}", "TableJudge")
    deploy_contracts(plan(task=task), DEPLOYER, 7, deploy)
    assert deploy.calls[0] == ("TableJudge", arguments)


@pytest.mark.parametrize("words", ['"5"', "[1.5]", "[true]", f"[{2**255}]", f"{[1] * 257}"])
def test_words_that_are_no_numbers_are_refused(words):
    with pytest.raises(ConfigurationError, match="judge_words that are no 256 whole numbers"):
        judge_words(b'{"rules":{"judge_words":' + words.encode() + b"}}")


def test_transaction_in_between_stops_the_deployment():
    deploy = Recorder(8)
    with pytest.raises(UnexpectedAddressError) as caught:
        deploy_contracts(plan(), DEPLOYER, 7, deploy)
    assert caught.value.name == "ProtocolParameters"
    assert caught.value.expected == created_address(DEPLOYER, 7)
    assert caught.value.actual == created_address(DEPLOYER, 8)
    assert len(deploy.calls) == 1


@pytest.mark.parametrize(
    ("accounts", "message"),
    [
        (ACCOUNTS[:2], "2 genesis accounts: epoch 1 has 3 .* to 32"),
        (tuple(created_address(DEPLOYER, number) for number in range(33)), "33 genesis accounts"),
        ((*ACCOUNTS, ACCOUNTS[0]), "given twice"),
        ((*ACCOUNTS, ACCOUNTS[0].lower()), "no checksummed"),
        ((*ACCOUNTS, ""), "no checksummed"),
    ],
)
def test_genesis_accounts_that_cannot_be_are_refused(accounts, message):
    with pytest.raises(ConfigurationError, match=message):
        plan(genesis_accounts=accounts)


def test_first_checkpoint_of_the_recorded_headers_meets_bitcoins_rules():
    recorded = RecordedHeaders(RECORDED_HEADERS, MAINNET)
    checkpoint = first_checkpoint(822528, recorded.headers(822528, 11))
    assert checkpoint.height == 822538
    headers = checkpoint.check(MAINNET)
    assert checkpoint.epoch_start_time == headers[0].time


def test_headers_too_few_or_without_their_epochs_start_are_refused():
    recorded = RecordedHeaders(RECORDED_HEADERS, MAINNET)
    with pytest.raises(ConfigurationError, match="822538"):
        first_checkpoint(822528, recorded.headers(822528, 10))
    with pytest.raises(ConfigurationError, match="822528"):
        first_checkpoint(822529, recorded.headers(822529, 20))
    with pytest.raises(BadCheckpointHeight):
        first_checkpoint(2**31, recorded.headers(822528, 11))
