"""Attesters, reports and statements in the reference, rule by rule."""

from dataclasses import replace

from offchain.protocol.words import actions
from offchain.protocol.words.records import StatementOpened
from offchain.protocol.words.status import NO_ATTESTATION, ZERO_HASH, Electorate, Phase
from offchain.protocol.words.transactions import EMPTY_ROW
from scripts.support.worlds.steps import SMALL, refused
from scripts.support.worlds.world import World


def test_attesters_report_once_each_what_the_round_has(competing: World) -> None:
    competing.open()
    competing.end_phase()
    competing.unseal()
    node, stranger = competing.nodes[0], competing.nodes[5]
    with refused("NotAttester", 1, stranger.account):
        competing.execute(actions.ReportData(0), stranger)
    with refused("ReportOutOfRange", 0b1000, 3):
        competing.execute(actions.ReportData(0b1000), node)
    competing.execute(actions.ReportData(0b001), node)
    with refused("AlreadyReported", 1, node.account):
        competing.execute(actions.ReportData(0), node)
    with refused("WrongPhase", Phase.REPORT, Phase.AVAILABLE):
        competing.execute(actions.ReportModels(0), node)


def test_out_is_what_at_least_half_of_those_that_reported_name(competing: World) -> None:
    competing.open()
    competing.end_phase()
    competing.unseal()
    attestations, nodes = competing.reference.attestations, competing.nodes
    assert attestations.data_out(1) == 0
    for node, bitmap, out in zip(nodes, (0b011, 0b010, 0b000), (0b011, 0b011, 0b010), strict=False):
        competing.execute(actions.ReportData(bitmap), node)
        assert attestations.data_out(1) == out


def test_more_than_half_of_the_frozen_attesters_make_a_statement_stand(attesting: World) -> None:
    attestations, rows = attesting.reference.attestations, attesting.rows()
    assert attesting.rounds.competition.attesters == 3
    for node in attesting.nodes[:2]:
        attesting.execute(attesting.attestation(node, rows), node)
    attesting.end_phase()
    first, second = attesting.nodes[:2]
    attesting.execute(attesting.opening(first, rows), first)
    assert attestations.standing_statement(1) == ZERO_HASH
    attesting.execute(attesting.opening(second, rows), second)
    assert attestations.standing_statement(1) == attesting.statement(rows)


def test_half_of_the_frozen_attesters_are_no_majority() -> None:
    world = World(genesis=4)
    world.start()
    world.collect()
    world.train([20, 40, 60, 30])
    world.reveal_all()
    world.attest(nodes=world.nodes[:2])
    assert world.phase == Phase.VOID


def test_a_later_commitment_replaces_an_earlier_one(attesting: World) -> None:
    node, rows = attesting.nodes[0], attesting.rows()
    other = (rows[0], replace(rows[1], middle=1), *rows[2:])
    with refused("EmptyCommitment"):
        attesting.execute(actions.CommitAttestation(ZERO_HASH), node)
    for stated in (other, rows):
        attesting.execute(attesting.attestation(node, stated), node)
    attesting.end_phase()
    committed = attesting.attestation(node, rows).commitment
    with refused("CommitmentMismatch", committed, attesting.attestation(node, other).commitment):
        attesting.execute(attesting.opening(node, other), node)
    attesting.execute(attesting.opening(node, rows), node)


def test_the_rows_of_a_statement_are_brought_once_and_then_named(attesting: World) -> None:
    rows, nodes = attesting.rows(), attesting.nodes[:3]
    for node in nodes:
        attesting.execute(attesting.attestation(node, rows), node)
    attesting.end_phase()
    stated = attesting.statement(rows)
    with refused("StatementUnknown", stated):
        attesting.execute(actions.OpenAttestation(stated, attesting.salt(nodes[0])), nodes[0])
    with refused("WrongRowCount", 3, 4):
        attesting.execute(actions.OpenStatement(rows[:3], attesting.salt(nodes[0])), nodes[0])
    for node in nodes[:2]:
        attesting.execute(actions.OpenStatement(rows, attesting.salt(node)), node)
    attesting.execute(actions.OpenAttestation(stated, attesting.salt(nodes[2])), nodes[2])
    records = attesting.reference.environment.records
    assert [r.rows for r in records if isinstance(r, StatementOpened)] == [rows]
    with refused("NotCommitted", 1, nodes[0].account):
        attesting.execute(attesting.opening(nodes[0], rows), nodes[0])


def test_the_row_of_a_missing_model_is_empty(revealing: World) -> None:
    revealing.reveal_all()
    for node in revealing.nodes[:3]:
        revealing.execute(actions.ReportModels(0b100), node)
    revealing.end_phase()
    revealing.end_phase()
    node, rows = revealing.nodes[0], revealing.rows()
    assert rows[3] == EMPTY_ROW
    wrong = (*rows[:3], replace(rows[2], net=1))
    revealing.execute(revealing.attestation(node, wrong), node)
    revealing.end_phase()
    with refused("MissingRowNotEmpty", 2):
        revealing.execute(revealing.opening(node, wrong), node)


def test_an_empty_row_has_zeros_only_and_the_baseline_s_is_empty_without_one(
    attesting: World,
) -> None:
    node, rows = attesting.nodes[0], attesting.rows()
    assert rows[0] == EMPTY_ROW
    attesting.end_phase()
    with refused("WrongBaselineRow"):
        attesting.execute(actions.OpenStatement((rows[1], *rows[1:]), ZERO_HASH), node)
    for number in (0, 2):
        wrong = [*rows]
        wrong[number] = replace(EMPTY_ROW, middle=1)
        with refused("RowNotEmpty", number):
            attesting.execute(actions.OpenStatement(tuple(wrong), ZERO_HASH), node)


def test_voices_have_standing_for_so_many_rounds_and_genesis_acts_for_too_few(
    with_block: World,
) -> None:
    attestations = with_block.reference.attestations
    best = with_block.nodes[1]
    assert attestations.standing_end(best.account) == 2 + SMALL.standing_rounds
    # One account with standing is fewer than minimumStanding: genesis members attest.
    with_block.collect()
    assert with_block.rounds.competition.electorate is Electorate.GENESIS
    assert with_block.attesters() == with_block.genesis_nodes


def test_who_has_standing_attests_while_enough_do(with_block: World) -> None:
    # Three rounds of voices of several accounts.
    for round_number in (2, 3):
        with_block.make_block([40 + 15 * round_number] * 3)
    voices = with_block.rounds.blocks[-1].paid_voices
    with_block.collect()
    current = with_block.rounds.competition
    standing = with_block.reference.attestations.standing
    holders = [account for account in standing.ends if standing.has(account)]
    assert voices.bit_count() >= 2
    assert current.electorate is Electorate.STANDING
    assert current.attesters == len(holders) >= SMALL.minimum_standing
    assert [node.account for node in with_block.attesters()] == sorted(
        holders, key=[node.account for node in with_block.nodes].index
    )


def test_an_attester_that_did_not_commit_opens_nothing(attesting: World) -> None:
    attesting.end_phase()
    node = attesting.nodes[0]
    assert attesting.reference.attestations.attestation_of(1, node.account) == NO_ATTESTATION
    with refused("NotCommitted", 1, node.account):
        attesting.execute(attesting.opening(node, attesting.rows()), node)
