"""ModelChain: before the start, and the start."""

import pytest

from scripts.support.chains.contracts import TASK
from scripts.support.chains.evm import Evm, reverts
from scripts.support.chains.rounds import Rounds
from scripts.support.chains.stages import Stage


@pytest.fixture
def deployed(evm: Evm) -> Rounds:
    """Nothing has happened yet."""
    return Rounds.deploy(evm)


def test_nothing_collects_or_competes_before_the_start(deployed: Rounds) -> None:
    chain = deployed.chain
    assert tuple(chain.view("ModelChain", "collection")) == (0, 0, 0, 0, 0)
    assert tuple(chain.view("ModelChain", "competition")) == (0, 0, 0, 0, 0, False)
    with reverts("NotStarted"):
        chain.send("ModelChain", "advance")


def test_the_genesis_block_has_only_zeros_and_a_hash(deployed: Rounds) -> None:
    chain = deployed.chain
    number, block_hash, model_hash = chain.view("ModelChain", "head")
    assert (number, model_hash) == (0, bytes(32))
    assert not any(map(any, filter(lambda value: isinstance(value, bytes), genesis(deployed))))
    assert block_hash == chain.domain.hash(
        "block",
        ["uint256", *["bytes32"] * 2, "uint256", *["bytes32"] * 4],
        [0, bytes(32), bytes(32), 0, *[bytes(32)] * 4],
    )
    assert chain.view("ModelChain", "blockHashAt", 0) == block_hash
    for view in ("blockAt", "blockHashAt"):
        with reverts("NoSuchBlock", 1):
            chain.view("ModelChain", view, 1)


def genesis(rounds: Rounds) -> tuple[object, ...]:
    return tuple(rounds.chain.view("ModelChain", "blockAt", 0))


def test_the_deployment_is_bound_to_a_task(deployed: Rounds) -> None:
    assert deployed.chain.view("ModelChain", "taskHash") == TASK.hash


def test_the_start_opens_round_1_for_all_that_applied(deployed: Rounds) -> None:
    chain = deployed.chain
    receipt = deployed.start()
    tip = chain.view("BitcoinRelay", "tip")
    assert tuple(chain.view("ModelChain", "collection")) == (1, 1, 4, tip, chain.now)
    [begun] = chain.events(receipt, "ModelChain", "Started")
    assert begun == {"members": 4, "genesisHash": chain.view("ModelChain", "blockHashAt", 0)}
    [opened] = chain.events(receipt, "ModelChain", "RoundOpened")
    assert opened == {"round": 1, "epoch": 1, "members": 4, "openHeight": tip}


def test_the_chain_starts_once(started: Stage) -> None:
    rounds = started.enter()
    with reverts("AlreadyStarted"):
        rounds.chain.send("ModelChain", "start", [])


def test_too_few_genesis_accounts_do_not_start_it(deployed: Rounds) -> None:
    for account in deployed.accounts[:2]:
        deployed.apply(account, 1)
    with reverts("TooFewMembers", 2, 3):
        deployed.chain.send("ModelChain", "start", deployed.by_key(deployed.accounts[:2], 1))
