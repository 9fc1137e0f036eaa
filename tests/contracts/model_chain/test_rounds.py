"""ModelChain: when rounds close, how phases end, and why a round has no block."""

import pytest

from offchain.crypto.merkle import merkle_root
from offchain.protocol.words.status import Electorate, Phase, VoidReason
from offchain.protocol.words.transactions import EMPTY_ROW, data_leaf
from scripts.support.chains.evm import reverts
from scripts.support.chains.made_up import row
from scripts.support.chains.rounds import Rounds
from scripts.support.chains.stages import Stage


@pytest.fixture
def rounds(started: Stage) -> Rounds:
    """Round 1 collects: four members."""
    return started.enter()


def closed(rounds: Rounds, round_number: int = 1) -> object:
    return rounds.chain.view("ModelChain", "closedRound", round_number)


# ---- collecting ----------------------------------------------------------------------------------


def test_a_round_closes_once_every_member_s_data_are_partitioned(rounds: Rounds) -> None:
    chain = rounds.chain
    for account in rounds.accounts[:4]:
        with reverts("NothingToAdvance"):
            chain.send("ModelChain", "advance")
        rounds.share(account)
    rounds.partition_all()
    receipt = chain.send("ModelChain", "advance")
    [event] = chain.events(receipt, "ModelChain", "RoundClosed")
    assert event == {
        "round": 1,
        "data": 4,
        "attesters": 4,
        "electorate": Electorate.GENESIS,
    }
    collected = chain.view("DataRegistry", "collected", 1)
    entry = closed(rounds)
    assert (entry.data, entry.epoch, entry.closedAt) == (4, 1, chain.now)
    assert entry.decisionTime == collected.decisionTime > 0
    tip = chain.view("BitcoinRelay", "tip")
    assert tuple(chain.view("ModelChain", "competition")) == (
        *(1, Phase.OPEN, tip + 1, chain.now, 4, Electorate.GENESIS),
    )
    assert tuple(chain.view("ModelChain", "collection")) == (2, 1, 4, tip, chain.now)


def test_without_everybody_it_closes_at_its_last_height_and_not_before(rounds: Rounds) -> None:
    chain = rounds.chain
    for account in rounds.accounts[:3]:
        rounds.share(account)
    rounds.partition_all()
    opened = chain.view("ModelChain", "collection").openHeight
    chain.mine(opened + chain.parameters.collect_heights - 1 - chain.view("BitcoinRelay", "tip"))
    with reverts("NothingToAdvance"):
        chain.send("ModelChain", "advance")
    chain.mine(1)
    chain.send("ModelChain", "advance")
    assert (rounds.collecting, chain.phase) == (2, Phase.OPEN)


def test_it_does_not_close_while_something_pending_is_due(rounds: Rounds) -> None:
    chain = rounds.chain
    for account in rounds.accounts[:3]:
        rounds.share(account)
    chain.mine(chain.parameters.collect_heights + 1)
    with reverts("NothingToAdvance"):
        chain.send("ModelChain", "advance")
    rounds.partition_all()
    chain.send("ModelChain", "advance")
    assert closed(rounds).data == 3


def test_data_that_arrive_too_late_to_be_partitioned_are_out(rounds: Rounds) -> None:
    for account in rounds.accounts[:3]:
        rounds.share(account)
    rounds.partition_all()
    rounds.chain.mine(rounds.chain.parameters.collect_heights)
    rounds.share(rounds.accounts[3])
    rounds.close()
    assert closed(rounds).data == 3


def test_the_next_round_collects_meanwhile_and_closes_only_afterwards(rounds: Rounds) -> None:
    rounds.collect(rounds.accounts[:4])
    for account in rounds.accounts[:4]:
        rounds.share(account)
    rounds.partition_all()
    rounds.compete([])
    rounds.state([EMPTY_ROW], rounds.accounts[:4])
    assert rounds.collecting == 2
    rounds.finalize([EMPTY_ROW])
    rounds.close()
    assert (rounds.competing, rounds.collecting) == (2, 3)


def test_no_round_of_an_epoch_opens_before_its_members_are_written(rounds: Rounds) -> None:
    rounds.apply_for_next(rounds.accounts)
    rounds.collect(rounds.accounts[:4])  # round 2, the epoch's last, opens: applying ends
    rounds.compete([])
    rounds.state([EMPTY_ROW], rounds.accounts[:4])
    rounds.finalize([EMPTY_ROW])
    for account in rounds.accounts[:4]:
        rounds.share(account)
    rounds.partition_all()
    with reverts("MembersNotWritten", 2):
        rounds.close()
    assert rounds.collecting == 2
    rounds.write_members()
    rounds.close()
    collection = rounds.chain.view("ModelChain", "collection")
    assert (collection.round, collection.epoch, collection.members) == (3, 2, 6)


# ---- phases --------------------------------------------------------------------------------------


def test_a_phase_ends_at_its_height_and_its_first_possible_second(rounds: Rounds) -> None:
    chain = rounds.chain
    rounds.collect(rounds.accounts[:4])
    phase_start, end_height = chain.now, chain.view("ModelChain", "competition").endHeight
    earliest = phase_start + chain.parameters.minimum_phase_seconds
    chain.wait(100)
    with reverts("PhaseNotOver", end_height, end_height - 1, earliest, chain.now + 1):
        chain.send("ModelChain", "advance")
    chain.mine(1)
    chain.send("ModelChain", "advance")
    assert chain.phase is Phase.COMMIT

    phase_start, end_height = chain.now, chain.view("ModelChain", "competition").endHeight
    earliest = phase_start + chain.parameters.minimum_phase_seconds
    chain.mine(1, seconds=1)
    chain.now = earliest - 2
    with reverts("PhaseNotOver", end_height, end_height, earliest, earliest - 1):
        chain.send("ModelChain", "advance")
    chain.now = earliest - 1
    chain.send("ModelChain", "advance")
    assert (chain.phase, chain.now) == (Phase.UNSEAL, earliest)


def test_every_phase_without_a_dispute_lasts_as_many_blocks_as_its_parameter_says(
    evm_session, started
) -> None:
    del started  # its chain is not used here
    names = [f"{phase.name.lower()}_blocks" for phase in Phase if phase.competes]
    lengths = {name: 2 + number for number, name in enumerate(names)}
    snapshot = evm_session.snapshot()
    rounds = Rounds.deploy(evm_session, **lengths)
    rounds.start()
    rounds.collect(rounds.accounts[:4])
    seen = {}
    models = rounds.accounts[:1]

    def note() -> None:
        current = rounds.chain.view("ModelChain", "competition")
        name = f"{Phase(current.phase).name.lower()}_blocks"
        seen[name] = current.endHeight - rounds.chain.view("BitcoinRelay", "tip")

    while rounds.chain.phase.competes:
        note()
        match rounds.chain.phase:
            case Phase.OPEN | Phase.UNSEAL:
                rounds.publish()
            case Phase.COMMIT:
                rounds.commit(models[0])
            case Phase.REVEAL:
                rounds.reveal(models[0])
            case Phase.AVAILABLE:
                rounds.report_models(rounds.accounts[0], 1)
            case Phase.ATTEST:
                rows = [EMPTY_ROW, EMPTY_ROW]  # nobody has brought the file
                for account in rounds.accounts[:4]:
                    rounds.attest(account, rounds.statement(rows))
            case Phase.ATTEST_REVEAL:
                for account in rounds.accounts[:4]:
                    rounds.open_statement(account, rows)
        rounds.chain.advance()
    evm_session.revert(snapshot)
    # Nobody asked anything: tests/contracts/disputes has the phases that follow questions.
    skipped = [Phase(number) for number in range(Phase.ANSWER, Phase.FINALIZE)]
    for phase in skipped:
        del lengths[f"{phase.name.lower()}_blocks"]
    assert seen == lengths


def test_without_a_commitment_there_is_nothing_to_reveal_or_to_miss(rounds: Rounds) -> None:
    rounds.collect(rounds.accounts[:4])
    rounds.publish()
    rounds.advance_to(Phase.UNSEAL)
    rounds.publish()
    rounds.advance_to(Phase.REPORT)
    rounds.chain.advance()
    assert rounds.chain.phase is Phase.ATTEST


def test_without_a_reveal_the_round_goes_on(rounds: Rounds) -> None:
    rounds.collect(rounds.accounts[:4])
    rounds.publish()
    rounds.advance_to(Phase.COMMIT)
    rounds.commit(rounds.accounts[0])
    rounds.advance_to(Phase.UNSEAL)
    rounds.publish()
    rounds.advance_to(Phase.ATTEST)
    # The stake of the one that did not reveal is no longer full.
    rounds.state([EMPTY_ROW], rounds.accounts[1:4])
    receipt = rounds.finalize([EMPTY_ROW])
    [event] = rounds.chain.events(receipt, "ModelChain", "BlockAppended")
    assert event["data"]["bestModel"] == bytes(32)


# ---- the data set --------------------------------------------------------------------------------


def test_the_data_set_is_what_was_opened_in_full_and_not_reported(evm_session, started) -> None:
    del started
    snapshot = evm_session.snapshot()
    rounds = Rounds.deploy(evm_session, 8, 8)
    rounds.start()
    rounds.collect(rounds.accounts)
    # 0 publishes no training keys, 1 no test keys, 2 is reported.
    rounds.publish(*range(1, 8))
    rounds.advance_to(Phase.UNSEAL)
    rounds.publish(*range(2, 8))
    receipt = rounds.chain.advance()
    [event] = rounds.chain.events(receipt, "ModelChain", "KeysCounted")
    assert event == {"round": 1, "published": 6, "trim": 2}
    rounds.report_data(rounds.accounts[0], 0b100)
    receipt = rounds.chain.advance()
    [event] = rounds.chain.events(receipt, "ModelChain", "DataSetFixed")
    domain = rounds.chain.domain
    leaves = [
        data_leaf(domain, entry.transaction.identifier(domain)) for entry in rounds.shared[1][3:]
    ]
    assert event == {"round": 1, "dataSet": 0b11111000, "dataRoot": merkle_root(leaves)}
    entry = closed(rounds)
    assert (entry.published, entry.trim) == (6, 2)
    assert (entry.dataSet, entry.dataRoot) == (0b11111000, merkle_root(leaves))
    assert rounds.chain.phase is Phase.ATTEST
    evm_session.revert(snapshot)


# ---- void rounds ---------------------------------------------------------------------------------


def voided(rounds: Rounds, receipt: object, round_number: int = 1) -> VoidReason:
    """Why the receipt's call voided the round."""
    chain = rounds.chain
    [event] = chain.events(receipt, "ModelChain", "RoundVoided")
    assert event["round"] == round_number
    assert (rounds.competing, chain.phase) == (round_number, Phase.VOID)
    ends = chain.events(receipt, "ModelChain", "PhaseStarted")
    assert {"round": round_number, "phase": Phase.VOID, "endHeight": 0} in ends
    assert closed(rounds, round_number).voidReason == event["reason"]
    assert closed(rounds, round_number).blockNumber == 0
    return VoidReason(event["reason"])


def test_a_round_that_closes_with_too_few_data_is_void(rounds: Rounds) -> None:
    for account in rounds.accounts[:2]:
        rounds.share(account)
    rounds.partition_all()
    assert voided(rounds, rounds.close()) is VoidReason.TOO_FEW_DATA
    assert rounds.collecting == 2
    # The next round follows, and closes without waiting for anything.
    rounds.collect(rounds.accounts[:4])
    assert (rounds.competing, rounds.chain.phase) == (2, Phase.OPEN)


def test_a_round_without_data_is_void(rounds: Rounds) -> None:
    assert voided(rounds, rounds.close()) is VoidReason.TOO_FEW_DATA


def test_a_round_with_too_few_opened_in_full_is_void(rounds: Rounds) -> None:
    rounds.collect(rounds.accounts[:4])
    rounds.publish(0, 1, 2)
    rounds.advance_to(Phase.UNSEAL)
    rounds.publish(1, 2)
    assert voided(rounds, rounds.chain.advance()) is VoidReason.TOO_FEW_DATA
    assert closed(rounds).published == 2


def test_a_round_with_too_few_left_after_the_reports_is_void(rounds: Rounds) -> None:
    rounds.collect(rounds.accounts[:4])
    rounds.publish()
    rounds.advance_to(Phase.UNSEAL)
    rounds.publish()
    rounds.advance_to(Phase.REPORT)
    # k = 1: three are enough, two are not.
    rounds.report_data(rounds.accounts[0], 0b0011)
    assert voided(rounds, rounds.chain.advance()) is VoidReason.TOO_FEW_DATA
    assert closed(rounds).dataRoot == bytes(32)


def test_a_round_with_just_enough_left_after_the_reports_goes_on(rounds: Rounds) -> None:
    rounds.collect(rounds.accounts[:4])
    rounds.publish()
    rounds.advance_to(Phase.UNSEAL)
    rounds.publish()
    rounds.advance_to(Phase.REPORT)
    rounds.report_data(rounds.accounts[0], 0b0001)
    rounds.chain.advance()
    assert (rounds.chain.phase, closed(rounds).dataSet) == (Phase.ATTEST, 0b1110)


def test_a_round_without_a_majority_is_void(rounds: Rounds) -> None:
    rounds.collect(rounds.accounts[:4])
    rounds.compete([])
    for account in rounds.accounts[:2]:
        rounds.attest(account, rounds.statement([EMPTY_ROW]))
    rounds.advance_to(Phase.ATTEST_REVEAL)
    for account in rounds.accounts[:2]:
        rounds.open_statement(account, [EMPTY_ROW])
    assert voided(rounds, rounds.chain.advance()) is VoidReason.NO_STATEMENT


def test_a_round_that_nobody_finalizes_is_void(rounds: Rounds) -> None:
    rounds.collect(rounds.accounts[:4])
    rounds.compete([])
    rounds.state([EMPTY_ROW], rounds.accounts[:4])
    assert voided(rounds, rounds.chain.advance()) is VoidReason.NOT_FINALIZED
    with reverts("WrongPhase", Phase.VOID, Phase.FINALIZE):
        rounds.finalize([EMPTY_ROW])


# ---- blocks --------------------------------------------------------------------------------------


def test_only_block_production_appends(rounds: Rounds) -> None:
    chain = rounds.chain
    block = chain.view("ModelChain", "blockAt", 0)
    production = chain.by_name["BlockProduction"].address
    with reverts("NotBlockProduction", rounds.accounts[0], production):
        chain.send("ModelChain", "append", tuple(block))


def test_blocks_are_chained_by_their_hashes(rounds: Rounds) -> None:
    chain, genesis = rounds.chain, rounds.accounts[:4]
    for _ in range(2):
        rounds.make_block({genesis[0]: row(5)}, genesis, genesis)
    first, second = (chain.view("ModelChain", "blockAt", number) for number in (1, 2))
    assert second.previousHash == chain.view("ModelChain", "blockHashAt", 1)
    assert first.previousHash == chain.view("ModelChain", "blockHashAt", 0)
    for block in (first, second):
        entry = closed(rounds, block.round)
        assert (block.timestamp, block.dataRoot) == (entry.decisionTime, entry.dataRoot)
        assert entry.blockNumber == block.number == block.round
        assert chain.view("ModelChain", "blockHashAt", block.number) == chain.domain.hash(
            "block",
            ["uint256", *["bytes32"] * 2, "uint256", *["bytes32"] * 4],
            [
                block.number,
                block.previousHash,
                block.bestModel,
                block.timestamp,
                block.dataVoteRoot,
                block.blockVoteRoot,
                block.dataRoot,
                block.statement,
            ],
        )
    head = chain.view("ModelChain", "head")
    assert tuple(head) == (2, chain.view("ModelChain", "blockHashAt", 2), second.modelHash)
