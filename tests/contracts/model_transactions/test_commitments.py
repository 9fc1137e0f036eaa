"""ModelTransactions: who commits to a model, what a commitment opens to, who loses what."""

import pytest

from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import model_commitment
from scripts.support.chains.evm import reverts
from scripts.support.chains.made_up import label, salt
from scripts.support.chains.rounds import Rounds
from scripts.support.chains.stages import Stage


@pytest.fixture
def rounds(committing: Stage) -> Rounds:
    """Round 1 is in Commit."""
    return committing.enter()


@pytest.fixture
def revealed(revealing: Stage) -> Rounds:
    """Round 1 is in Reveal: accounts 0 to 2 have committed."""
    return revealing.enter()


def send(rounds: Rounds, function: str, *arguments: object, sender: str) -> object:
    return rounds.chain.send("ModelTransactions", function, *arguments, sender=sender)


def view(rounds: Rounds, function: str, *arguments: object) -> object:
    return rounds.chain.view("ModelTransactions", function, *arguments)


def staked(rounds: Rounds, account: str) -> int:
    return int(rounds.chain.view("Membership", "stakeOf", account).amount)


# ---- commitments ---------------------------------------------------------------------------------


def test_a_member_commits_in_the_phase_for_it(rounds: Rounds) -> None:
    account = rounds.accounts[1]
    receipt = send(rounds, "commitModel", label("c"), label("sealed"), sender=account)
    [event] = rounds.chain.events(receipt, "ModelTransactions", "ModelCommitted")
    assert event == {
        "round": 1,
        "account": account,
        "order": 1,
        "commitment": label("c"),
        "sealedModel": label("sealed"),
    }
    assert tuple(view(rounds, "commitmentOf", 1, account)) == (label("c"), 1, False)
    assert tuple(view(rounds, "counts", 1)) == (1, 0)
    assert rounds.chain.view("Membership", "stakeOf", account).lastRound == 1


def test_a_later_commitment_replaces_the_earlier_and_takes_a_later_order(rounds: Rounds) -> None:
    first, second = rounds.accounts[:2]
    for account, commitment in ((first, "a"), (second, "b"), (first, "c")):
        send(rounds, "commitModel", label(commitment), bytes(32), sender=account)
    assert tuple(view(rounds, "commitmentOf", 1, first)) == (label("c"), 3, False)
    assert tuple(view(rounds, "commitmentOf", 1, second)) == (label("b"), 2, False)
    assert tuple(view(rounds, "counts", 1)) == (2, 0)


def test_only_members_commit(rounds: Rounds) -> None:
    outsider = rounds.accounts[4]
    with reverts("NotMember", 1, outsider):
        send(rounds, "commitModel", label("c"), bytes(32), sender=outsider)


def test_a_commitment_is_not_empty(rounds: Rounds) -> None:
    with reverts("EmptyCommitment"):
        send(rounds, "commitModel", bytes(32), bytes(32), sender=rounds.accounts[0])


@pytest.mark.parametrize("phase", [Phase.UNSEAL, Phase.REPORT, Phase.ATTEST])
def test_nobody_commits_or_reveals_in_another_phase(rounds: Rounds, phase: Phase) -> None:
    account = rounds.accounts[0]
    with reverts("WrongPhase", Phase.COMMIT, Phase.REVEAL):
        send(rounds, "revealModel", rounds.model(account), bytes(32), sender=account)
    rounds.advance_to(Phase.UNSEAL)
    rounds.publish()
    rounds.advance_to(phase)
    with reverts("WrongPhase", phase, Phase.COMMIT):
        send(rounds, "commitModel", label("c"), bytes(32), sender=account)
    with reverts("WrongPhase", phase, Phase.BRING):
        send(rounds, "bringModel", 0, b"", sender=account)


def test_a_member_whose_stake_burned_fills_it_up_before_it_acts_again(revealed: Rounds) -> None:
    account, parameters = revealed.accounts[0], revealed.chain.parameters
    for other in revealed.accounts[1:3]:
        revealed.reveal(other)
    revealed.advance_to(Phase.ATTEST)
    left = parameters.stake - parameters.model_burn
    assert staked(revealed, account) == left
    commitment = label("attestation")
    with reverts("StakeNotFull", account, left, parameters.stake):
        revealed.chain.send("Attestations", "commitAttestation", commitment, sender=account)
    revealed.chain.send("Membership", "addStake", sender=account, value=parameters.model_burn)
    revealed.chain.send("Attestations", "commitAttestation", commitment, sender=account)


# ---- reveals -------------------------------------------------------------------------------------


def test_a_commitment_binds_round_account_model_training_root_and_salt(revealed: Rounds) -> None:
    account = revealed.accounts[0]
    domain = revealed.chain.domain
    model = revealed.model(account)
    committed = model.commitment(domain, 1, salt(account))
    assert view(revealed, "commitmentOf", 1, account).hash == committed
    right = (1, account, model.model_hash, model.training_root, salt(account))
    wrong = (2, revealed.accounts[1], label("x"), label("x"), label("x"))
    for place, value in enumerate(wrong):
        changed = [*right[:place], value, *right[place + 1 :]]
        assert model_commitment(domain, *changed) != committed
    with reverts(
        "CommitmentMismatch", committed, model.commitment(domain, 1, label("another salt"))
    ):
        send(revealed, "revealModel", model, label("another salt"), sender=account)
    other = revealed.model(account, model_hash=label("another model"))
    with reverts("CommitmentMismatch", committed, other.commitment(domain, 1, salt(account))):
        send(revealed, "revealModel", other, salt(account), sender=account)


def test_what_is_revealed_is_kept_with_its_order_and_its_votes(revealed: Rounds) -> None:
    domain, head = revealed.chain.domain, revealed.chain.view("ModelChain", "head")[1]
    root = revealed.data_root(1)
    named = [
        {},
        {"data_root": label("another data set")},
        {"previous_block": label("another block")},
    ]
    # Revealed in another order than committed: 2, 0, 1.
    turn = [revealed.accounts[number] for number in (2, 0, 1)]
    for index, (account, votes) in enumerate(zip(turn, named, strict=True)):
        receipt = revealed.reveal(account, **votes)
        model = revealed.models[1, account]
        [event] = revealed.chain.events(receipt, "ModelTransactions", "ModelRevealed")
        order = revealed.accounts.index(account) + 1
        assert (event["index"], event["order"], event["account"]) == (index, order, account)
        assert tuple(event["transaction"].values()) == (
            *(account, model.model_hash, model.training_root, 7),
            *(model.data_root, model.previous_block),
        )
        kept = view(revealed, "revealAt", 1, index)
        assert (kept.account, kept.order, kept.modelHash) == (account, order, model.model_hash)
        assert (kept.namesData, kept.namesHead) == (
            model.data_root == root,
            model.previous_block == head,
        )
        assert kept.id == model.identifier(domain, 1)
        assert view(revealed, "commitmentOf", 1, account).revealed
    assert tuple(view(revealed, "otherVotesOf", 1, 0)) == (bytes(32), bytes(32))
    assert tuple(view(revealed, "otherVotesOf", 1, 1)) == (label("another data set"), head)
    assert tuple(view(revealed, "otherVotesOf", 1, 2)) == (root, label("another block"))
    assert tuple(view(revealed, "counts", 1)) == (3, 3)
    everything = view(revealed, "revealed", 1)
    assert list(everything.accounts) == turn
    assert list(everything.orders) == [3, 1, 2]
    assert list(everything.ids) == [view(revealed, "revealAt", 1, i).id for i in range(3)]
    assert everything.agreeing == 0b001
    for name in ("revealAt", "otherVotesOf"):
        with reverts("NoSuchReveal", 3, 3):
            view(revealed, name, 1, 3)


def test_only_who_committed_reveals_only_its_own_and_once(revealed: Rounds) -> None:
    first, second, _, silent = revealed.accounts[:4]
    with reverts("NotYourModel", second, first):
        send(revealed, "revealModel", revealed.model(second), salt(second), sender=first)
    with reverts("NotCommitted", 1, silent):
        send(revealed, "revealModel", revealed.model(silent), salt(silent), sender=silent)
    revealed.reveal(first)
    with reverts("AlreadyRevealed", 1, first):
        revealed.reveal(first)


def test_who_commits_and_does_not_reveal_loses_a_part_of_the_stake(revealed: Rounds) -> None:
    accounts, parameters = revealed.accounts, revealed.chain.parameters
    revealed.reveal(accounts[1])
    receipt = revealed.chain.advance()
    assert revealed.chain.phase is Phase.AVAILABLE
    burns = revealed.chain.events(receipt, "Membership", "StakeBurned")
    left = parameters.stake - parameters.model_burn
    assert [(event["account"], event["left"]) for event in burns] == [
        (accounts[0], left),
        (accounts[2], left),
    ]
    assert [staked(revealed, account) for account in accounts[:4]] == [
        *(left, parameters.stake, left, parameters.stake)
    ]


def test_when_all_reveal_nobody_loses_anything(revealed: Rounds) -> None:
    for account in revealed.accounts[:3]:
        revealed.reveal(account)
    receipt = revealed.chain.advance()
    assert revealed.chain.events(receipt, "Membership", "StakeBurned") == []


def test_only_the_model_chain_ends_reveal(revealed: Rounds) -> None:
    chain = revealed.chain
    with reverts("NotModelChain", revealed.accounts[0], chain.by_name["ModelChain"].address):
        send(revealed, "endReveal", 1, sender=revealed.accounts[0])
