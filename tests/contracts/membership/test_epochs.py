"""Epochs: the start, the freeze, a running epoch that lasts longer, and the next one's opening."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from scripts.support.chains.evm import Evm, reverts
from scripts.support.chains.rounds import SMALL, Rounds
from tests.contracts.membership.support import (
    address,
    epoch,
    freeze_next,
    next_epoch,
)

NO_ADDRESS = "0x" + "00" * 20


def view(rounds: Rounds, name: str, *arguments: object):
    return rounds.chain.view("Membership", name, *arguments)


# ---- deployment and start ------------------------------------------------------------------------


def deploy_alone(evm: Evm, genesis: Sequence[str]) -> None:
    """Deploy Membership by itself: its constructor reads the parameters and nothing else."""
    parameters = evm.deploy("ProtocolParameters", replace(SMALL, maximum_members=5).as_tuple())
    evm.deploy("Membership", (parameters.address, *[NO_ADDRESS] * 12), genesis)


@pytest.mark.parametrize(
    ("count", "error"),
    [(2, ("TooFewMembers", 2, 3)), (6, ("TooManyGenesisAccounts", 6, 5))],
)
def test_the_genesis_accounts_are_enough_for_a_ring_and_fit_an_epoch(
    evm: Evm, count: int, error: tuple[object, ...]
) -> None:
    with reverts(*error):
        deploy_alone(evm, evm.accounts[:count])
    for allowed in (3, 5):
        deploy_alone(evm, evm.accounts[:allowed])


def test_a_genesis_account_is_named_once(evm: Evm) -> None:
    with reverts("DuplicateGenesisAccount", evm.accounts[1]):
        deploy_alone(evm, [*evm.accounts[:4], evm.accounts[1]])


def test_genesis_accounts_are_known_from_the_deployment_on(deployed: Rounds) -> None:
    accounts = deployed.accounts
    assert view(deployed, "genesisAccounts") == accounts[:4]
    assert [view(deployed, "isGenesisAccount", account) for account in accounts[3:5]] == [
        True,
        False,
    ]
    assert view(deployed, "genesisIsWarm")
    assert view(deployed, "memberCount", 1) == 0
    assert 0 < view(deployed, "deployedAt") <= deployed.chain.now


def test_only_the_model_chain_starts_and_opens_rounds(running: Rounds) -> None:
    caller, chain = running.accounts[0], address(running, "ModelChain")
    for function, argument in (("start", []), ("openRound", 2)):
        with reverts("NotModelChain", caller, chain):
            running.chain.send("Membership", function, argument, sender=caller)


def test_the_chain_waits_for_every_genesis_account_for_a_time(deployed: Rounds) -> None:
    chain, accounts = deployed.chain, deployed.accounts[:3]
    for account in accounts:
        deployed.apply(account, 1)
    earliest = view(deployed, "deployedAt") + chain.parameters.start_seconds
    for now in (chain.now + 1, earliest - 1):
        chain.now = now - 1
        with reverts("NotEveryGenesisAccount", 3, 4, earliest, now):
            chain.send("ModelChain", "start", deployed.by_key(accounts, 1))
    chain.now = earliest - 1
    chain.send("ModelChain", "start", deployed.by_key(accounts, 1))
    assert view(deployed, "memberCount", 1) == 3
    assert [view(deployed, "isMember", 1, account) for account in deployed.accounts[:5]] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_the_start_takes_all_that_applied_ascending_by_key(deployed: Rounds) -> None:
    chain, stranger = deployed.chain, deployed.accounts[5]
    for account in deployed.accounts[:4]:
        deployed.apply(account, 1)
    right = deployed.by_key(deployed.accounts[:4], 1)
    keys = [deployed.key(account, 1).x for account in right]
    with reverts("WrongMemberCount", 3, 4):
        chain.send("ModelChain", "start", right[:3])
    with reverts("NotDrawn", 1, stranger):
        chain.send("ModelChain", "start", [*right[:3], stranger])
    with reverts("NotAscending", 2, keys[1], keys[2]):
        chain.send("ModelChain", "start", [right[0], right[2], right[1], right[3]])
    with reverts("NotAscending", 1, keys[0], keys[0]):
        chain.send("ModelChain", "start", [right[0], right[0], right[1], right[2]])
    receipt = chain.send("ModelChain", "start", right)
    [written] = chain.events(receipt, "Membership", "MembersWritten")
    assert (written["epoch"], written["accounts"]) == (1, right)
    code = chain.evm.w3.eth.get_code(written["code"])
    assert code == b"\0" + b"".join(key.to_bytes(32, "big") for key in keys)
    assert view(deployed, "ring", 1) == keys
    assert view(deployed, "memberCount", 1) == 4
    assert all(view(deployed, "isMember", 1, account) for account in right)
    assert not view(deployed, "isMember", 1, stranger)
    now = epoch(deployed, 1)
    assert (now.firstRound, now.lastRound, now.frozenAt) == (1, 2, chain.now)
    assert view(deployed, "currentEpoch") == 1


# ---- freeze --------------------------------------------------------------------------------------


def test_applying_ends_when_the_last_round_opens(running: Rounds) -> None:
    running.apply_for_next(running.accounts[:5])
    before = epoch(running, 2)
    assert (before.warm, before.cold, before.warmPlaces, before.frozenAt) == (4, 1, 0, 0)
    receipt = running.close()
    [frozen] = running.chain.events(receipt, "Membership", "EpochFrozen")
    assert frozen == {"epoch": 2, "warm": 4, "cold": 1, "warmPlaces": 4, "coldPlaces": 1}
    after = epoch(running, 2)
    assert (after.warmPlaces, after.coldPlaces, after.frozenAt) == (4, 1, running.chain.now)
    assert (after.firstRound, after.lastRound, after.code) == (0, 0, NO_ADDRESS)


def test_an_epoch_lasts_until_enough_have_applied_for_the_next(running: Rounds) -> None:
    running.apply_for_next(running.accounts[:2])
    for last in (3, 4):
        receipt = running.close()
        [extended] = running.chain.events(receipt, "Membership", "EpochExtended")
        assert extended == {"epoch": 1, "lastRound": last}
        assert epoch(running, 1).lastRound == last
        assert epoch(running, 2).frozenAt == 0
        assert view(running, "openEpoch") == 2
    running.apply_for_next([running.accounts[7]])
    receipt = running.close()
    assert running.collecting == 4 == epoch(running, 1).lastRound
    [frozen] = running.chain.events(receipt, "Membership", "EpochFrozen")
    assert (frozen["warm"], frozen["cold"]) == (2, 1)
    running.write_members()
    running.close()
    assert epoch(running, 2).firstRound == 5


def test_no_round_of_an_epoch_opens_before_its_list_is_written(running: Rounds) -> None:
    freeze_next(running, running.accounts[:4])
    with reverts("MembersNotWritten", 2):
        running.close()
    with reverts("MembersNotWritten", 2):
        view(running, "ring", 2)
    assert view(running, "memberCount", 2) == 0
    running.write_members()
    assert view(running, "memberCount", 2) == 4
    assert view(running, "currentEpoch") == 1
    running.close()
    now = epoch(running, 2)
    assert (now.firstRound, now.lastRound) == (3, 4)
    assert view(running, "currentEpoch") == 2


def test_a_round_belongs_to_the_epoch_in_which_it_opened(running: Rounds) -> None:
    next_epoch(running, running.accounts[:4])
    next_epoch(running, running.accounts[:4])
    assert running.collecting == 5
    assert [view(running, "epochOf", number) for number in range(7)] == [0, 1, 1, 2, 2, 3, 0]


def test_an_epoch_has_the_ring_of_its_own_members(running: Rounds) -> None:
    next_epoch(running, running.accounts[2:7])
    for number, members in ((1, running.accounts[:4]), (2, running.accounts[2:7])):
        keys = sorted(running.key(account, number).x for account in members)
        assert view(running, "ring", number) == keys
    collection = running.chain.view("ModelChain", "collection")
    assert (collection.epoch, collection.members) == (2, 5)
