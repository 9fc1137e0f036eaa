"""Stakes: what an account has at stake, when it is burned, and from when on it is free."""

from scripts.support.chains.evm import Evm, reverts
from scripts.support.chains.rounds import Rounds
from tests.contracts.membership.support import (
    LOCKED,
    STAKE,
    acting_as,
    address,
    epoch,
    free_from,
    freeze_next,
    next_epoch,
    send_as,
    stake,
)

STANDING_ROUNDS = 3


def withdraw(rounds: Rounds, account: str):
    return rounds.chain.send("Membership", "withdrawStake", sender=account)


def test_only_models_and_attestations_make_an_account_act(running: Rounds) -> None:
    account, chain = running.accounts[0], running.chain
    for name in ("ModelChain", "BlockProduction", "Rewards"):
        with acting_as(running, name) as caller, reverts("NotProtocol", caller):
            chain.send("Membership", "act", account, 1, sender=caller)
    with reverts("NotProtocol", account):
        chain.send("Membership", "act", account, 1, sender=account)
    send_as(running, "ModelTransactions", "Membership", "act", account, 4)
    assert stake(running, account) == (STAKE, 4, 1)
    send_as(running, "Attestations", "Membership", "act", account, 3)
    assert stake(running, account) == (STAKE, 4, 1), "the last round never falls"


def test_only_models_and_blocks_burn(running: Rounds) -> None:
    account, chain = running.accounts[0], running.chain
    for name in ("ModelChain", "Attestations", "Rewards"):
        with acting_as(running, name) as caller, reverts("NotProtocol", caller):
            chain.send("Membership", "burn", account, sender=caller)
    with reverts("NotProtocol", account):
        chain.send("Membership", "burn", account, sender=account)


def test_each_burn_takes_as_much_until_nothing_is_left_and_keeps_it(running: Rounds) -> None:
    account, burned = running.accounts[0], running.chain.parameters.model_burn
    held = running.chain.evm.balance(address(running, "Membership"))
    for turn, caller in enumerate(["ModelTransactions", "BlockProduction"] * 3):
        left = STAKE - burned * turn
        taken = min(burned, left)
        receipt = send_as(running, caller, "Membership", "burn", account)
        [told] = running.chain.events(receipt, "Membership", "StakeBurned")
        assert told == {"account": account, "amount": taken, "left": left - taken}
    assert stake(running, account)[0] == 0
    assert running.chain.evm.balance(address(running, "Membership")) == held


def test_a_burn_takes_no_more_than_is_there(running: Rounds) -> None:
    account = running.accounts[5]
    running.chain.send("Membership", "addStake", sender=account, value=7)
    receipt = send_as(running, "ModelTransactions", "Membership", "burn", account)
    [told] = running.chain.events(receipt, "Membership", "StakeBurned")
    assert told == {"account": account, "amount": 7, "left": 0}


def test_who_lost_stake_does_not_act_before_it_is_full_again(running: Rounds) -> None:
    account, burned = running.accounts[0], running.chain.parameters.model_burn
    send_as(running, "BlockProduction", "Membership", "burn", account)
    for caller in ("ModelTransactions", "Attestations"):
        with reverts("StakeNotFull", account, STAKE - burned, STAKE):
            send_as(running, caller, "Membership", "act", account, 1)
    with reverts("StakeExceeded", STAKE + 1, STAKE):
        running.chain.send("Membership", "addStake", sender=account, value=burned + 1)
    running.chain.send("Membership", "addStake", sender=account, value=burned)
    send_as(running, "Attestations", "Membership", "act", account, 1)


def test_what_was_only_added_is_paid_back_at_once_and_once(deployed: Rounds) -> None:
    account, evm = deployed.accounts[5], deployed.chain.evm
    with reverts("NothingStaked", account):
        withdraw(deployed, account)
    deployed.chain.send("Membership", "addStake", sender=account, value=7)
    assert free_from(deployed, account) == 0
    before = evm.balance(account)
    receipt = withdraw(deployed, account)
    [told] = deployed.chain.events(receipt, "Membership", "StakeReturned")
    assert told == {"account": account, "amount": 7}
    price = receipt["gasUsed"] * receipt["effectiveGasPrice"]
    assert evm.balance(account) == before + 7 - price
    with reverts("NothingStaked", account):
        withdraw(deployed, account)


def test_an_act_keeps_the_stake_for_the_rounds_of_standing(running: Rounds) -> None:
    account = running.accounts[5]
    running.chain.send("Membership", "addStake", sender=account, value=STAKE)
    send_as(running, "Attestations", "Membership", "act", account, 1)
    free = 1 + STANDING_ROUNDS + 1
    assert free_from(running, account) == free
    for collecting in range(1, free):
        assert running.collecting == collecting
        with reverts("StakeLocked", account, free, collecting):
            withdraw(running, account)
        running.close()
    withdraw(running, account)


def test_an_applicant_waits_for_the_draw_and_who_is_not_drawn_is_free_at_once(
    evm: Evm,
) -> None:
    running = Rounds.deploy(evm, 12, 4, collect_heights=1, maximum_members=5)
    running.start()
    cold = running.accounts[4:10]
    freeze_next(running, [*running.accounts[:4], *cold])
    for _ in range(2):
        for account in cold:
            assert free_from(running, account) == LOCKED
            with reverts("StakeLocked", account, LOCKED, running.collecting):
                withdraw(running, account)
    running.write_members()
    members = set(running.members(2))
    assert len(members & set(cold)) == 1
    for account in cold:
        if account not in members:
            assert free_from(running, account) == 0
            withdraw(running, account)
    [member] = members & set(cold)
    assert free_from(running, member) == LOCKED, "its epoch's end is not known before it opens"
    running.close()
    last = epoch(running, 2).lastRound
    assert free_from(running, member) == last + STANDING_ROUNDS + 1


def test_a_member_that_is_not_drawn_again_waits_for_its_own_epoch(evm: Evm) -> None:
    running = Rounds.deploy(
        evm, 12, 4, collect_heights=1, maximum_members=4, minimum_ring=2, minimum_data=1
    )
    running.start()
    members = running.accounts[:4]
    running.apply(running.accounts[4], 2)  # one cold applicant, which takes no place from the warm
    freeze_next(running, list(members))
    running.write_members()
    assert set(running.members(2)) == set(members)
    assert free_from(running, running.accounts[4]) == 0
    running.close()
    for account in running.accounts[4:10]:
        rewarded = running.chain.view("ModelChain", "collectingRound")
        send_as(running, "Rewards", "Heat", "gain", account, 10**6, rewarded)
    freeze_next(running, [*members, *running.accounts[4:10]])
    running.write_members()
    out = [account for account in members if account not in running.members(3)]
    assert out, "ten warm applicants for four places"
    last = epoch(running, 2).lastRound
    for account in out:
        assert free_from(running, account) == last + STANDING_ROUNDS + 1


def test_a_stake_stays_for_the_rounds_of_standing_after_the_last_epoch(running: Rounds) -> None:
    leaver = running.accounts[0]
    next_epoch(running, running.accounts[1:5])
    last = epoch(running, 1).lastRound
    free = last + STANDING_ROUNDS + 1
    assert free_from(running, leaver) == free
    while running.collecting < free:
        with reverts("StakeLocked", leaver, free, running.collecting):
            withdraw(running, leaver)
        if epoch(running, 2).lastRound == running.collecting + 1:
            running.apply_for_next(running.accounts[1:5])
        elif epoch(running, 2).lastRound == running.collecting:
            running.write_members()
        running.close()
    withdraw(running, leaver)


def test_an_account_that_refuses_ether_keeps_its_stake(running: Rounds) -> None:
    with acting_as(running, "Heat") as account:
        running.chain.send("Membership", "addStake", sender=account, value=9)
        with reverts("TransferFailed", account, 9):
            withdraw(running, account)
    assert stake(running, account)[0] == 9


def test_an_account_that_comes_back_in_while_it_is_paid_finds_nothing(running: Rounds) -> None:
    members, other = address(running, "Membership"), running.accounts[5]
    holder = running.chain.evm.deploy("StakeHolderHarness", members)
    running.chain.now = running.chain.evm.timestamp
    running.chain.send("Membership", "addStake", sender=other, value=50)
    running.chain.evm.send(holder.functions.add(), value=20)
    running.chain.evm.send(holder.functions.withdraw())
    assert running.chain.evm.balance(holder.address) == 20
    assert holder.functions.cameBack().call() == [True, False], "tried, succeeded"
    assert stake(running, holder.address)[0] == 0
    assert stake(running, other)[0] == 50
