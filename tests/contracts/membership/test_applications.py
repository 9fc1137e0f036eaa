"""Applications: who may apply for which epoch, with which key and stake, warm or cold."""

import pytest

from offchain.crypto.possession import PossessionError, PossessionProof, verify_possession
from offchain.crypto.secp256k1 import ORDER
from scripts.support.chains.evm import reverts
from scripts.support.chains.rounds import Rounds
from tests.contracts.membership.support import (
    STAKE,
    apply_with,
    epoch,
    freeze_next,
    give_heat,
    next_epoch,
    proof,
    send_as,
    stake,
)


def application(rounds: Rounds, number: int, account: str) -> tuple[int, bool, int]:
    return tuple(rounds.chain.view("Membership", "applicationOf", number, account))


def test_before_the_start_genesis_accounts_apply_for_epoch_1(deployed: Rounds) -> None:
    genesis, stranger = deployed.accounts[0], deployed.accounts[4]
    assert deployed.chain.view("Membership", "openEpoch") == 1
    assert deployed.chain.view("Membership", "currentEpoch") == 0
    with reverts("OnlyGenesisBeforeStart", stranger):
        deployed.apply(stranger, 1)
    for other in (0, 2):
        with reverts("WrongEpoch", other, 1):
            deployed.apply(genesis, other)
    receipt = deployed.apply(genesis, 1)
    key = deployed.key(genesis, 1).x
    [applied] = deployed.chain.events(receipt, "Membership", "Applied")
    assert applied == {
        "epoch": 1,
        "account": genesis,
        "key": key,
        "warm": True,
        "number": 1,
        "ownWarm": 0,
    }
    [added] = deployed.chain.events(receipt, "Membership", "StakeAdded")
    assert added == {"account": genesis, "amount": STAKE, "total": STAKE}
    assert application(deployed, 1, genesis) == (1, True, key)
    assert stake(deployed, genesis) == (STAKE, 0, 1)
    assert (epoch(deployed, 1).warm, epoch(deployed, 1).cold) == (1, 0)
    assert application(deployed, 1, stranger) == (0, False, 0)
    for view in ("isDrawn", "isMember"):
        assert not deployed.chain.view("Membership", view, 1, genesis)


def test_an_account_applies_once_an_epoch_and_so_does_a_key(running: Rounds) -> None:
    one, other = running.accounts[4:6]
    running.apply(one, 2)
    key = running.key(one, 2).x
    with reverts("AlreadyApplied", 2, one):
        apply_with(running, one, 2, running.key(one, 7).x, proof(running, one, 2, 7), 0)
    shown = PossessionProof(proof(running, one, 2).challenge, 1)
    with reverts("KeyUsed", 2, key):
        apply_with(running, other, 2, key, shown)


def test_a_key_can_be_applied_with_again_for_another_epoch(running: Rounds) -> None:
    account = running.accounts[0]
    key = running.key(account, 1).x  # its key of epoch 1
    apply_with(running, account, 2, key, proof(running, account, 2, 1), 0)
    assert application(running, 2, account) == (1, True, key)


def test_the_proof_is_for_this_account_epoch_and_key(running: Rounds) -> None:
    account, other = running.accounts[4:6]
    key = running.key(account, 2).x
    for shown in (
        proof(running, other, 2),
        proof(running, account, 3, 2),
        proof(running, account, 2, 3),
        PossessionProof(proof(running, account, 2).challenge, 5),
    ):
        with pytest.raises(PossessionError) as refused:
            verify_possession(running.chain.domain, account, 2, key, shown)
        with reverts("PossessionNotProven", *refused.value.arguments):
            apply_with(running, account, 2, key, shown)
    for out in (0, ORDER):
        with reverts("ShareKeyOutOfRange", out):
            apply_with(running, account, 2, out, proof(running, account, 2))
    challenge = proof(running, account, 2).challenge
    with reverts("PossessionResponseOutOfRange", ORDER):
        apply_with(running, account, 2, key, PossessionProof(challenge, ORDER))


def test_the_stake_must_be_full_and_no_more(running: Rounds) -> None:
    account = running.accounts[4]
    key, shown = running.key(account, 2).x, proof(running, account, 2)
    with reverts("StakeNotFull", account, STAKE - 1, STAKE):
        apply_with(running, account, 2, key, shown, STAKE - 1)
    with reverts("StakeExceeded", STAKE + 1, STAKE):
        apply_with(running, account, 2, key, shown, STAKE + 1)
    running.chain.send("Membership", "addStake", sender=account, value=STAKE // 4)
    with reverts("StakeExceeded", STAKE + STAKE // 4, STAKE):
        apply_with(running, account, 2, key, shown, STAKE)
    apply_with(running, account, 2, key, shown, STAKE - STAKE // 4)
    assert stake(running, account) == (STAKE, 0, 2)


def test_what_was_burned_is_filled_up_before_the_next_application(running: Rounds) -> None:
    account = running.accounts[0]
    send_as(running, "BlockProduction", "Membership", "burn", account)
    left = STAKE - running.chain.parameters.model_burn
    key, shown = running.key(account, 2).x, proof(running, account, 2)
    with reverts("StakeNotFull", account, left, STAKE):
        apply_with(running, account, 2, key, shown, 0)
    running.apply(account, 2)
    assert stake(running, account)[0] == STAKE


def test_whoever_has_warm_heat_applies_as_warm_and_everyone_else_as_cold(running: Rounds) -> None:
    warm, cold, colder = running.accounts[4:7]
    least = running.chain.parameters.warm_heat
    give_heat(running, warm, least)
    give_heat(running, cold, least - 1)
    running.apply(cold, 2)
    running.apply(warm, 2)
    running.apply(running.accounts[0], 2)
    receipt = running.apply(colder, 2)
    assert application(running, 2, cold)[:2] == (1, False)
    assert application(running, 2, warm)[:2] == (1, True)
    assert application(running, 2, running.accounts[0])[:2] == (2, True)
    assert application(running, 2, colder)[:2] == (2, False)
    [applied] = running.chain.events(receipt, "Membership", "Applied")
    assert (applied["warm"], applied["number"], applied["ownWarm"]) == (False, 2, 1)
    now = epoch(running, 2)
    assert (now.warm, now.cold, now.ownWarm) == (2, 2, 1)


def test_heat_counts_as_it_has_faded_when_an_account_applies(running: Rounds) -> None:
    account = running.accounts[4]
    assert running.chain.parameters.warm_heat == 90
    give_heat(running, account, 94)
    running.close()  # 5 % less: 89
    running.apply(account, 2)
    assert application(running, 2, account)[:2] == (1, False)


def test_after_the_freeze_the_epoch_after_the_next_is_open(running: Rounds) -> None:
    late = running.accounts[6]
    freeze_next(running, running.accounts[:4])
    assert running.chain.view("Membership", "openEpoch") == 3
    with reverts("WrongEpoch", 2, 3):
        running.apply(late, 2)
    running.apply(late, 3)
    assert application(running, 3, late)[:2] == (1, False)
    running.write_members()
    running.close()
    assert running.chain.view("Membership", "openEpoch") == 3


def test_genesis_accounts_are_warm_until_enough_are_warm_of_their_own(running: Rounds) -> None:
    own = running.accounts[4:7]
    for account in own[:2]:
        give_heat(running, account, 10_000)
    next_epoch(running, [*running.accounts[:4], *own[:2]])
    assert running.chain.view("Membership", "genesisIsWarm")
    give_heat(running, own[2], 10_000)
    early = running.accounts[0]
    running.apply(early, 3)
    freeze_next(running, list(own))
    assert not running.chain.view("Membership", "genesisIsWarm")
    assert application(running, 3, early)[1], "an application from before stays warm"
    running.apply(early, 4)
    assert not application(running, 4, early)[1]
