"""Attestations: sealed statements about all models, opened with their rows, and a majority."""

from dataclasses import astuple, replace

import pytest

from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import EMPTY_ROW, Row, attestation_commitment
from scripts.support.chains.evm import Evm, reverts
from scripts.support.chains.made_up import BASELINE, label, row, salt
from scripts.support.chains.rounds import Rounds
from scripts.support.chains.stages import Stage

ROWS = [BASELINE, row(5), row(9), row(3, repeats=2)]


@pytest.fixture
def rounds(attesting: Stage) -> Rounds:
    """Round 2 is in Attest: three models. Account 0 alone has standing: the genesis acts."""
    return attesting.enter()


def view(rounds: Rounds, function: str, *arguments: object) -> object:
    return rounds.chain.view("Attestations", function, *arguments)


# ---- commitments ---------------------------------------------------------------------------------


def test_an_attester_commits_and_may_replace_it(rounds: Rounds) -> None:
    account = rounds.accounts[1]
    receipt = rounds.attest(account, label("a statement"))
    commitment = attestation_commitment(
        rounds.chain.domain, 2, account, label("a statement"), salt(account)
    )
    [event] = rounds.chain.events(receipt, "Attestations", "AttestationCommitted")
    assert event == {"round": 2, "account": account, "commitment": commitment}
    assert tuple(view(rounds, "attestationOf", 2, account)) == (commitment, bytes(32))
    stated = rounds.statement(ROWS)
    rounds.attest(account, stated)
    rounds.chain.advance()
    rounds.open_statement(account, ROWS)
    assert tuple(view(rounds, "attestationOf", 2, account)) == (bytes(32), stated)
    assert rounds.chain.view("Membership", "stakeOf", account).lastRound == 2


def test_only_attesters_commit_something_and_in_their_phase(rounds: Rounds) -> None:
    outsider, account = rounds.accounts[4:0:-3]
    with reverts("NotAttester", 2, outsider):
        rounds.attest(outsider, label("a"))
    with reverts("EmptyCommitment"):
        rounds.chain.send("Attestations", "commitAttestation", bytes(32), sender=account)
    with reverts("WrongPhase", Phase.ATTEST, Phase.ATTEST_REVEAL):
        rounds.open_statement(account, ROWS)
    with reverts("WrongPhase", Phase.ATTEST, Phase.ATTEST_REVEAL):
        rounds.open_attestation(account, label("a"))
    rounds.chain.advance()
    with reverts("WrongPhase", Phase.ATTEST_REVEAL, Phase.ATTEST):
        rounds.attest(account, label("a"))


# ---- openings ------------------------------------------------------------------------------------


def test_a_statement_is_the_hash_of_round_data_root_and_rows(rounds: Rounds) -> None:
    root = rounds.data_root(2)
    assert view(rounds, "statementOf", 2, root, ROWS) == rounds.statement(ROWS)
    extreme = Row(label("r"), 2**64 - 1, -(2**63), 2**64 - 1, 2**32 - 1)
    assert view(rounds, "statementOf", 2, root, [extreme]) == rounds.statement([extreme])
    assert view(rounds, "statementOf", 2, root, []) == rounds.statement([])
    others = [
        view(rounds, "statementOf", 3, root, ROWS),
        view(rounds, "statementOf", 2, label("root"), ROWS),
        view(rounds, "statementOf", 2, root, ROWS[:3]),
        view(rounds, "statementOf", 2, root, [*ROWS[:3], row(3, repeats=1)]),
    ]
    assert len({rounds.statement(ROWS), *others}) == 5


def test_whoever_opens_a_statement_first_brings_its_rows(rounds: Rounds) -> None:
    stated = rounds.statement(ROWS)
    first, second, third = rounds.accounts[:3]
    for account in (first, second, third):
        rounds.attest(account, stated)
    rounds.chain.advance()
    with reverts("StatementUnknown", stated):
        rounds.open_attestation(first, stated)
    receipt = rounds.open_statement(first, ROWS)
    [opened] = rounds.chain.events(receipt, "Attestations", "StatementOpened")
    assert (opened["round"], opened["statement"]) == (2, stated)
    assert [Row(*brought.values()) for brought in opened["rows"]] == ROWS
    [event] = rounds.chain.events(receipt, "Attestations", "AttestationOpened")
    assert event == {"round": 2, "account": first, "statement": stated, "support": 1}

    receipt = rounds.open_attestation(second, stated)
    [event] = rounds.chain.events(receipt, "Attestations", "AttestationOpened")
    assert event["support"] == 2
    # Who brings them again pays for it, and changes nothing.
    receipt = rounds.open_statement(third, ROWS)
    assert rounds.chain.events(receipt, "Attestations", "StatementOpened") == []
    assert view(rounds, "support", 2, stated) == 3


def test_an_opening_is_the_account_s_own_and_happens_once(rounds: Rounds) -> None:
    stated, copied = rounds.statement(ROWS), rounds.accounts[0]
    thief, silent = rounds.accounts[1:3]
    rounds.attest(copied, stated)
    stolen = view(rounds, "attestationOf", 2, copied).commitment
    rounds.chain.send("Attestations", "commitAttestation", stolen, sender=thief)
    rounds.chain.advance()
    rounds.open_statement(copied, ROWS)
    opened = attestation_commitment(rounds.chain.domain, 2, thief, stated, salt(copied))
    with reverts("CommitmentMismatch", stolen, opened):
        rounds.chain.send("Attestations", "openAttestation", stated, salt(copied), sender=thief)
    for account in (silent, copied):
        with reverts("NotCommitted", 2, account):
            rounds.open_attestation(account, stated)
    assert view(rounds, "support", 2, stated) == 1


def test_a_statement_has_a_row_for_the_baseline_and_each_model(rounds: Rounds) -> None:
    account = rounds.accounts[0]
    for rows in (ROWS[:3], [*ROWS, row(1)], []):
        rounds.attest(account, rounds.statement(rows))
    rounds.chain.advance()
    for rows in (ROWS[:3], [*ROWS, row(1)], []):
        with reverts("WrongRowCount", len(rows), 4):
            rounds.open_statement(account, rows)


def test_a_row_of_zeros_is_asked_for_each_missing_model(evm: Evm) -> None:
    rounds = Rounds.deploy(evm)
    rounds.start()
    genesis = rounds.accounts[:4]
    rounds.collect(genesis)
    rounds.publish()
    rounds.advance_to(Phase.COMMIT)
    for account in genesis[:3]:
        rounds.commit(account)
    rounds.advance_to(Phase.UNSEAL)
    rounds.publish()
    rounds.advance_to(Phase.REVEAL)
    for account in genesis[:3]:
        rounds.reveal(account)
    rounds.advance_to(Phase.AVAILABLE)
    rounds.report_models(genesis[0], 0b101)
    rounds.advance_to(Phase.ATTEST)
    right = [EMPTY_ROW, EMPTY_ROW, row(2), EMPTY_ROW]
    fields = {"hash": label("x"), "middle": 1, "net": -1, "spread": 1, "repeats": 1}
    changed = [
        Row(**{**dict(zip(fields, (bytes(32), 0, 0, 0, 0), strict=True)), name: value})
        for name, value in fields.items()
    ]
    rounds.attest(genesis[0], rounds.statement(right))
    rounds.chain.advance()
    for index, place in ((0, 1), (2, 3)):
        for wrong in changed:
            rows = [*right]
            rows[place] = wrong
            with reverts(
                *(("MissingRowNotEmpty", index) if any(wrong.hash) else ("RowNotEmpty", place))
            ):
                rounds.open_statement(genesis[0], rows)
    with reverts("WrongBaselineRow"):
        rounds.open_statement(genesis[0], [BASELINE, *right[1:]])
    rounds.open_statement(genesis[0], right)


def test_a_row_without_a_hash_claims_nothing(rounds: Rounds) -> None:
    account = rounds.accounts[0]
    empty = [BASELINE, EMPTY_ROW, *ROWS[2:]]
    rounds.attest(account, rounds.statement(empty))
    rounds.chain.advance()
    for name, value in {"middle": 200, "net": 50, "spread": 1, "repeats": 1}.items():
        with reverts("RowNotEmpty", 1):
            claiming = replace(EMPTY_ROW, **{name: value})
            rounds.open_statement(account, [BASELINE, claiming, *ROWS[2:]])
    with reverts("WrongBaselineRow"):
        rounds.open_statement(account, [EMPTY_ROW, *empty[1:]])
    rounds.open_statement(account, empty)


# ---- majorities ----------------------------------------------------------------------------------


def test_more_than_half_of_the_frozen_attesters_make_a_majority(rounds: Rounds) -> None:
    stated = rounds.statement(ROWS)
    for account in rounds.accounts[:4]:
        rounds.attest(account, stated)
    rounds.chain.advance()
    seen = []
    for account in rounds.accounts[:4]:
        rounds.open_statement(account, ROWS)
        seen.append(view(rounds, "standing", 2))
    assert seen == [bytes(32), bytes(32), stated, stated]


def test_statements_that_differ_do_not_add_up(rounds: Rounds) -> None:
    other = [*ROWS[:3], row(4)]
    for account, rows in zip(rounds.accounts[:4], (ROWS, other, ROWS, other), strict=True):
        rounds.attest(account, rounds.statement(rows))
    rounds.chain.advance()
    for account, rows in zip(rounds.accounts[:4], (ROWS, other, ROWS, other), strict=True):
        rounds.open_statement(account, rows)
    assert view(rounds, "support", 2, rounds.statement(other)) == 2
    assert view(rounds, "standing", 2) == bytes(32)
    rounds.chain.advance()
    assert rounds.chain.phase is Phase.VOID


# ---- hostile callers -----------------------------------------------------------------------------


def test_what_the_contracts_tell_each_other_nobody_else_may(rounds: Rounds) -> None:
    stranger = rounds.accounts[0]
    address = {name: contract.address for name, contract in rounds.chain.by_name.items()}
    calls = [
        ("freeze", (3, 1), "NotModelChain", "ModelChain"),
        ("countRound", (), "NotModelChain", "ModelChain"),
        ("keepStanding", (2, bytes(32)), "NotBlockProduction", "BlockProduction"),
        ("dropStanding", (stranger,), "NotMembership", "Membership"),
        ("enrol", (stranger,), "NotModelTransactions", "ModelTransactions"),
        ("grantStanding", (2, [stranger]), "NotBlockProduction", "BlockProduction"),
    ]
    for function, arguments, error, allowed in calls:
        with reverts(error, stranger, address[allowed]):
            rounds.chain.send("Attestations", function, *arguments)


@pytest.mark.parametrize(("word", "bit"), [(1, 64), (2, 64), (3, 64), (4, 32)])
def test_no_statement_is_opened_with_a_number_that_does_not_fit_its_type(
    rounds: Rounds, word: int, bit: int
) -> None:
    """Its hash is over the call data as they came, in which a word has room for more."""
    account, domain = rounds.accounts[0], rounds.chain.domain
    wide = [list(astuple(known)) for known in ROWS]
    wide[1][word] += 1 << bit
    kinds = ("uint256", "bytes32", f"({','.join(['bytes32', *['uint256'] * 4])})[]")
    stated = domain.hash("table", kinds, (2, rounds.data_root(2), wide))
    rounds.attest(account, stated)
    rounds.chain.advance()
    contract = rounds.chain.by_name["Attestations"]
    clean = bytes.fromhex(
        contract.encode_abi("openStatement", [[astuple(known) for known in ROWS], salt(account)])[
            2:
        ]
    )
    at = 4 + 32 * (3 + 5 + word)
    assert int.from_bytes(clean[at : at + 32]) + (1 << bit) == wide[1][word]
    changed = clean[:at] + wide[1][word].to_bytes(32, "big") + clean[at + 32 :]
    with reverts(""):
        rounds.chain.evm.send_transaction(to=contract.address, sender=account, data=changed)
    with reverts("StatementUnknown", stated):
        rounds.open_attestation(account, stated)
