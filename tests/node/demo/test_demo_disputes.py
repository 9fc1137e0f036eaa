"""What the demo says of a dispute: who did what, in the order of the records."""

from __future__ import annotations

import pytest

from offchain.errors import ConfigurationError
from offchain.node.demo.disputes import DisputeTeller
from offchain.node.demo.local_network import DemoPlan
from offchain.protocol.words import dispute_records as disputes
from offchain.protocol.words.disputes import FallReason, QuestionKind
from offchain.protocol.words.records import PhaseStarted
from offchain.protocol.words.status import ZERO_ADDRESS, Phase
from scripts.support.worlds.world import World
from tests.protocol.deciding.test_facts import history_of

ETHER = 10**18
FALSE = b"\xfa" * 32
PLACE = {"block_number": 9, "log_index": 0, "timestamp": 1}


@pytest.fixture(scope="module")
def world() -> World:
    """A round in which two statements were opened."""
    world = World(genesis=4)
    world.start()
    world.collect()
    world.train((60, 70))
    world.reveal_all()
    world.end_phases(Phase.ATTEST)
    true = world.rows()
    first, *others = world.attesters()
    for node in world.attesters():
        rows = true if node == first else (true[0], true[2], *true[2:])
        world.execute(world.attestation(node, rows), node)
    world.end_phase()
    for node in world.attesters():
        rows = true if node == first else (true[0], true[2], *true[2:])
        world.execute(world.opening(node, rows), node)
    world.end_phase()
    assert others
    return world


def test_every_step_names_its_node_and_what_it_did(world):
    accounts = [node.account for node in world.genesis_nodes]
    teller, history = DisputeTeller(accounts), history_of(world)
    one, other = accounts[0], accounts[1]

    def told(record) -> tuple[int | None, str]:
        event = teller.tell(record, history)
        assert (event.round, event.evm_block, event.kind) == (1, 9, type(record).__name__)
        return event.node, event.text

    def asked(kind: QuestionKind) -> disputes.QuestionAsked:
        return disputes.QuestionAsked(1, FALSE, one, 1, kind, 2, ETHER // 2, **PLACE)

    node, statements = told(PhaseStarted(1, Phase.CHALLENGE, 100, **PLACE))
    assert node is None
    assert statements.startswith("2 statements: ")
    assert "of node 0; " in statements
    assert statements.endswith("of nodes 1, 2, 3")
    begin = "questions statement fafafafa: "
    assert told(asked(QuestionKind.ROW)) == (0, f"{begin}what stands behind row 2, with 0.5 ETH")
    assert told(asked(QuestionKind.FORM)) == (
        0,
        f"{begin}whether model 2 is well formed, with 0.5 ETH",
    )
    assert told(disputes.RowAnswered(1, 1, other, bytes(80), b"", **PLACE)) == (
        1,
        "answers question 1: 80 bytes of numbers, which add up",
    )
    assert told(disputes.FormAnswered(1, 1, other, **PLACE))[0] == 1
    assert told(disputes.CellAsked(1, 1, one, 1, 3, 0, ETHER, **PLACE)) == (
        0,
        "asks for the points behind answer 1 on data transaction 3 of D, with 1 ETH",
    )
    assert told(disputes.CellAnswered(1, 1, other, bytes(60), bytes(60), **PLACE)) == (
        1,
        "answers cell 1: points on 60 test samples, which add up",
    )
    assert told(disputes.ProofCommitted(1, one, bytes(32), **PLACE)) == (0, "commits to a proof")
    false = history.round(1).stated[other]
    shown = false.hex()[:8]
    fell = disputes.StatementFell(1, false, FallReason.POINTS, one, 3 * ETHER, ETHER // 2, **PLACE)
    assert told(fell) == (
        0,
        f"proves before the judge that a sample has other points: statement {shown} falls, "
        "nodes 1, 2, 3 lose 3 ETH, 0.5 ETH of it are the reward",
    )
    silent = disputes.StatementFell(
        1, false, FallReason.SILENCE, ZERO_ADDRESS, 3 * ETHER, ETHER // 2, **PLACE
    )
    assert told(silent)[0] is None
    assert told(disputes.QuestionSettled(1, 1, one, ETHER // 2, **PLACE)) == (
        0,
        "gets 0.5 ETH for question 1",
    )


def test_what_has_nothing_to_do_with_a_dispute_is_not_told(world):
    teller = DisputeTeller([])
    history = history_of(world)
    assert teller.tell(PhaseStarted(1, Phase.ANSWER, 100, **PLACE), history) is None
    del history.round(1).statements[next(iter(history.round(1).statements))]
    assert teller.tell(PhaseStarted(1, Phase.CHALLENGE, 100, **PLACE), history) is None


def test_the_last_nodes_lie_and_at_least_one_is_honest(tmp_path):
    plan = DemoPlan(tmp_path, tmp_path, tmp_path, nodes=4, liars=3)
    assert [plan.is_liar(node) for node in range(4)] == [False, True, True, True]
    with pytest.raises(ConfigurationError, match="4 liars of 4 nodes: at least one must be honest"):
        DemoPlan(tmp_path, tmp_path, tmp_path, nodes=4, liars=4)
