"""Rewards: pulled by anybody, paid once to whom they are due; heat fades from its round on."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from offchain.protocol.rules.heat import fade
from offchain.protocol.words.status import Phase
from scripts.support.chains.evm import Evm, restored, reverts
from scripts.support.chains.made_up import BASELINE, label, reward_address, row
from scripts.support.chains.rounds import Rounds
from scripts.support.chains.stages import Stage

REWARD = 1_000 * 10**18
SOMEBODY = 5


@pytest.fixture(scope="module")
def finished(evm_session: Evm) -> Iterator[Stage]:
    """Block 2: the best is account 1's model, then 0's; 2's names another data set, 3's is not
    valid. Accounts 0 to 2 stand behind the statement. Data transaction 3 was reported."""
    with restored(evm_session):
        rounds = Rounds.deploy(evm_session, epoch_rounds=16)
        genesis = rounds.accounts[:4]
        rounds.start()
        rounds.make_block({genesis[0]: row(5)}, genesis)
        rounds.collect(genesis)
        rounds.publish()
        rounds.chain.advance()
        for account in genesis:
            rounds.commit(account)
        rounds.chain.advance()
        rounds.publish()
        rounds.advance_to(Phase.REPORT)
        rounds.report_data(genesis[0], 0b1000)
        rounds.chain.advance()
        for account in genesis:
            named = {"data_root": label("another")} if account == genesis[2] else {}
            rounds.reveal(account, **named)
        rounds.advance_to(Phase.ATTEST)
        rows = [BASELINE, row(8), row(9), row(7), row(0)]
        for account in genesis[:3]:
            rounds.attest(account, rounds.statement(rows))
        other = [*rows[:4], row(-1)]
        rounds.attest(genesis[3], rounds.statement(other))
        rounds.advance_to(Phase.ATTEST_REVEAL)
        for account in genesis[:3]:
            rounds.open_statement(account, rows)
        rounds.open_statement(genesis[3], other)
        rounds.advance_to(Phase.FINALIZE)
        rounds.finalize(rows)
        yield Stage(rounds)


@pytest.fixture
def rounds(finished: Stage) -> Rounds:
    """That block, with nothing claimed."""
    return finished.enter()


def claim(rounds: Rounds, function: str, *arguments: object, sender: int = SOMEBODY) -> object:
    return rounds.chain.send("Rewards", function, *arguments, sender=sender)


def view(rounds: Rounds, function: str, *arguments: object) -> object:
    return rounds.chain.view("Rewards", function, *arguments)


def tokens(rounds: Rounds, account: str) -> int:
    return int(rounds.chain.view("ModelToken", "balanceOf", account))


def heat(rounds: Rounds, account: str) -> int:
    return int(rounds.chain.view("Heat", "heatOf", account))


def earned(rounds: Rounds, amount: int, closed_since: int = 0) -> int:
    """What heat of round 2 is when round 3 collects, and so many rounds later."""
    return fade(amount, 1 + closed_since, rounds.chain.parameters.heat_fade_basis_points)


def record(rounds: Rounds, index: int) -> object:
    return rounds.shared[2][index].transaction.record


# ---- models --------------------------------------------------------------------------------------


def test_the_best_model_is_paid_its_pot_once(rounds: Rounds) -> None:
    best, parameters = rounds.accounts[1], rounds.chain.parameters
    assert not view(rounds, "isBestClaimed", 2)
    receipt = claim(rounds, "claimBest", 2)
    [event] = rounds.chain.events(receipt, "Rewards", "BestRewarded")
    amount = REWARD * parameters.best_basis_points // 10_000
    assert event == {"round": 2, "account": best, "amount": amount}
    assert (tokens(rounds, best), heat(rounds, best)) == (
        amount,
        earned(rounds, parameters.heat_best),
    )
    assert view(rounds, "isBestClaimed", 2)
    with reverts("AlreadyClaimed", 2):
        claim(rounds, "claimBest", 2)


def test_the_other_voices_that_agreed_divide_a_pot(rounds: Rounds) -> None:
    parameters, voice = rounds.chain.parameters, rounds.accounts[0]
    receipt = claim(rounds, "claimVoice", 2, 0)
    [event] = rounds.chain.events(receipt, "Rewards", "VoiceRewarded")
    amount = REWARD * parameters.models_basis_points // 10_000
    assert event == {"round": 2, "account": voice, "amount": amount}
    assert (tokens(rounds, voice), heat(rounds, voice)) == (
        amount,
        earned(rounds, parameters.heat_model),
    )
    assert view(rounds, "claimedVoices", 2) == 0b0001
    with reverts("AlreadyClaimed", 2):
        claim(rounds, "claimVoice", 2, 0)
    # The best has its own pot, 2 named another data set, 3 is not valid, 4 and 256 are none.
    for index in (1, 2, 3, 4, 256, 2**32 - 1):
        with reverts("NothingToClaim", 2):
            claim(rounds, "claimVoice", 2, index)
    claim(rounds, "claimBest", 2)
    assert view(rounds, "claimedVoices", 2) == 0b0011


# ---- attestations --------------------------------------------------------------------------------


def test_attestations_behind_the_statement_divide_a_pot(rounds: Rounds) -> None:
    parameters = rounds.chain.parameters
    amount = REWARD * parameters.attesters_basis_points // 10_000 // 3
    for account in rounds.accounts[:3]:
        assert not view(rounds, "isAttestationClaimed", 2, account)
        receipt = claim(rounds, "claimAttestation", 2, account)
        [event] = rounds.chain.events(receipt, "Rewards", "AttesterRewarded")
        assert event == {"round": 2, "account": account, "amount": amount}
        assert (tokens(rounds, account), heat(rounds, account)) == (
            amount,
            earned(rounds, parameters.heat_attestation),
        )
        assert view(rounds, "isAttestationClaimed", 2, account)
        with reverts("AlreadyClaimed", 2):
            claim(rounds, "claimAttestation", 2, account)
    # Who stated something else, and who stated nothing.
    for account in rounds.accounts[3:5]:
        with reverts("NothingToClaim", 2):
            claim(rounds, "claimAttestation", 2, account)


# ---- all of an account ---------------------------------------------------------------------------


def test_all_that_rounds_owe_an_account_is_paid_in_one_transaction_and_once(
    rounds: Rounds,
) -> None:
    """Block 1 is 0's alone, who is a voice of block 2; all attested block 1, 3 not block 2."""
    voice, best, other, liar = rounds.accounts[:4]
    parameters = rounds.chain.parameters
    claims = {voice: [(1, 0), (2, 0)], best: [(1, 7), (2, 1)], other: [(1, 7), (2, 2)]}
    attested = REWARD * parameters.attesters_basis_points // 10_000
    pots = [parameters.best_basis_points, parameters.models_basis_points]
    models = [REWARD * pot // 10_000 for pot in pots]
    owed = {voice: sum(models), best: models[0], other: 0}
    for account, asked in claims.items():
        # What is named twice, or was paid before, is passed over.
        if account == best:
            claim(rounds, "claimBest", 2)
        receipt = claim(rounds, "claimRounds", account, [*asked, *asked])
        kinds = ("BestRewarded", "VoiceRewarded", "AttesterRewarded")
        paid = [e for kind in kinds for e in rounds.chain.events(receipt, "Rewards", kind)]
        assert {event["account"] for event in paid} == {account}
        assert len(paid) == {voice: 4, best: 2, other: 2}[account]
        assert tokens(rounds, account) == owed[account] + attested // 4 + attested // 3
        with reverts("NothingToClaim", 2):
            claim(rounds, "claimRounds", account, asked)
    with reverts("AlreadyClaimed", 2):
        claim(rounds, "claimVoice", 2, 0)
    claim(rounds, "claimRounds", liar, [(2, 3), (1, 3)])
    assert tokens(rounds, liar) == attested // 4


def test_nothing_is_paid_to_whom_nothing_is_owed(rounds: Rounds) -> None:
    liar = rounds.accounts[3]
    for asked in ([(2, 3)], [(2, 0), (2, 1)], [(3, 0)], [(0, 0)], [(2, 2**32 - 1)]):
        with reverts("NothingToClaim", asked[-1][0]):
            claim(rounds, "claimRounds", liar, asked)
    with reverts("NothingToClaim", 0):
        claim(rounds, "claimRounds", liar, [])
    assert view(rounds, "claimedVoices", 2) == 0


# ---- data ----------------------------------------------------------------------------------------


def test_data_transactions_of_the_data_set_divide_a_pot(rounds: Rounds) -> None:
    amount = REWARD * rounds.chain.parameters.data_basis_points // 10_000 // 3
    for index in range(3):
        receipt = claim(rounds, "claimData", record(rounds, index), index)
        payee = reward_address(rounds.accounts[index], 2)
        [event] = rounds.chain.events(receipt, "Rewards", "DataRewarded")
        assert event == {"round": 2, "rewardAddress": payee, "index": index, "amount": amount}
        assert (tokens(rounds, payee), heat(rounds, payee)) == (amount, 0)
        with reverts("AlreadyClaimed", 2):
            claim(rounds, "claimData", record(rounds, index), index)
    assert view(rounds, "claimedData", 2) == 0b0111
    with reverts("NothingToClaim", 2):  # reported
        claim(rounds, "claimData", record(rounds, 3), 3)


def test_a_data_reward_goes_to_the_address_that_was_signed(rounds: Rounds) -> None:
    stolen = replace(record(rounds, 0), reward_address=rounds.accounts[SOMEBODY])
    identifier = stolen.identifier(rounds.chain.domain)
    with reverts("UnknownData", 2, 0, identifier):
        claim(rounds, "claimData", stolen, 0)
    right = record(rounds, 0)
    for index in (1, 4, 256):
        with reverts("UnknownData", 2, index, right.identifier(rounds.chain.domain)):
            claim(rounds, "claimData", right, index)
    earlier = replace(right, round=1)
    with reverts("UnknownData", 1, 0, earlier.identifier(rounds.chain.domain)):
        claim(rounds, "claimData", earlier, 0)


# ---- rounds without a block ----------------------------------------------------------------------


def test_a_round_without_a_block_pays_nothing(rounds: Rounds) -> None:
    genesis = rounds.accounts[:4]
    rounds.collect(genesis)
    rounds.compete([])
    claims = [
        ("claimBest", ()),
        ("claimVoice", (0,)),
        ("claimAttestation", (genesis[0],)),
    ]

    def nothing(round_number: int) -> None:
        for function, arguments in claims:
            with reverts("NothingToClaim", round_number):
                claim(rounds, function, round_number, *arguments)

    nothing(3)
    with reverts("NothingToClaim", 3):
        claim(rounds, "claimData", rounds.shared[3][0].transaction.record, 0)
    rounds.advance_to(Phase.VOID)
    nothing(3)
    with reverts("NothingToClaim", 3):
        claim(rounds, "claimData", rounds.shared[3][0].transaction.record, 0)
    for never in (0, 4, 9):
        nothing(never)
        assert not view(rounds, "isBestClaimed", never)


def test_a_quiet_block_pays_data_and_attestations_only(rounds: Rounds) -> None:
    genesis = rounds.accounts[:4]
    rounds.collect(genesis)
    rounds.compete(genesis[:1])
    rows = [BASELINE, row(0)]
    rounds.state(rows, genesis)
    rounds.finalize(rows)
    with reverts("NothingToClaim", 3):
        claim(rounds, "claimBest", 3)
    with reverts("NothingToClaim", 3):
        claim(rounds, "claimVoice", 3, 0)
    assert not view(rounds, "isBestClaimed", 3)
    claim(rounds, "claimAttestation", 3, genesis[3])
    claim(rounds, "claimData", rounds.shared[3][3].transaction.record, 3)
    assert tokens(rounds, genesis[3]) > 0
    assert tokens(rounds, reward_address(genesis[3], 3)) > 0


def test_blocks_in_a_row_without_a_valid_model_pay_half_as_much_each(rounds: Rounds) -> None:
    genesis = rounds.accounts[:4]
    amounts = []
    for nets in ([0], [], [5], [0]):
        rounds.collect(genesis)
        models = genesis[: len(nets)]
        votes = {account: {"data_root": label("another")} for account in models}
        rounds.compete(models, votes)
        rows = [BASELINE, *map(row, nets)]
        rounds.state(rows, genesis)
        rounds.finalize(rows)
        number = rounds.competing
        receipts = [
            claim(rounds, "claimAttestation", number, genesis[3]),
            claim(rounds, "claimData", rounds.shared[number][3].transaction.record, 3),
        ]
        names = ("AttesterRewarded", "DataRewarded")
        amounts.append(
            [
                rounds.chain.events(receipt, "Rewards", name)[0]["amount"]
                for receipt, name in zip(receipts, names, strict=True)
            ]
        )
    # The third is quiet too, but it had a voice, which named another data set.
    (attester, data), halved, again, first = amounts
    assert halved == [attester // 2, data // 2]
    assert again == first == [attester, data]
    parameters = rounds.chain.parameters
    assert attester == REWARD * parameters.attesters_basis_points // 10_000 // 4
    assert data == REWARD * parameters.data_basis_points // 10_000 // 4


# ---- heat ----------------------------------------------------------------------------------------


def test_heat_fades_from_the_round_that_earned_it_however_late_it_is_claimed(
    rounds: Rounds,
) -> None:
    early, late = rounds.accounts[:2]
    parameters = rounds.chain.parameters
    claim(rounds, "claimAttestation", 2, early)
    for _ in range(3):
        rounds.close()  # an empty round: void
    claim(rounds, "claimAttestation", 2, late)
    left = earned(rounds, parameters.heat_attestation, 3)
    assert (heat(rounds, early), heat(rounds, late)) == (left, left)
    assert 0 < left < parameters.heat_attestation


# ---- amounts -------------------------------------------------------------------------------------


def test_a_block_mints_its_reward_halved_every_so_many_blocks(evm: Evm) -> None:
    rounds = Rounds.deploy(evm, halving_blocks=2, block_reward=1_001)
    rewards = [view(rounds, "rewardOf", number) for number in range(8)]
    assert rewards == [0, 1_001, 1_001, 500, 500, 250, 250, 125]
    assert view(rounds, "rewardOf", 2**32 - 1) == 0


def test_all_claims_together_mint_no_more_than_the_block_s_reward(rounds: Rounds) -> None:
    claim(rounds, "claimBest", 2)
    claim(rounds, "claimVoice", 2, 0)
    for account in rounds.accounts[:3]:
        claim(rounds, "claimAttestation", 2, account)
    for index in range(3):
        claim(rounds, "claimData", record(rounds, index), index)
    supply = rounds.chain.view("ModelToken", "totalSupply")
    assert REWARD - 10 <= supply <= REWARD
