"""What a node decides by: the chain's status, what the records say, and what the node holds.

A `Snapshot` is taken anew before every decision. Nothing in it is remembered by the process that
took it, so a node that was killed at any point and started again takes the same one, but for what
it lost: models in hand, payloads opened, points computed. `offchain.protocol.deciding.decide` says
what follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from offchain.protocol.deciding.policy import Policy, Role
from offchain.protocol.words.actions import Action
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.dispute_actions import Ask, AskCell
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.transactions import Row


@dataclass(frozen=True, slots=True)
class MembershipFacts:
    """Who has applied, who is drawn, and where the node's account stands.

    Attributes:
        genesis_accounts: how many there are.
        start_accounts: those that have applied, ascending by share key.
        earliest_start: EVM time from which the chain starts without the others.
        drawn: the next epoch's members, ascending by share key, from when its draw has its seed
            until their list is written; empty before and after.
        is_member: whether the account is a member of the collecting round's epoch, by a share key
            of this node's.
        is_warm: whether it would apply as warm now.
    """

    genesis_accounts: int = 0
    start_accounts: tuple[str, ...] = ()
    earliest_start: int = 0
    drawn: tuple[str, ...] = ()
    is_member: bool = False
    is_warm: bool = False


class Delivery(StrEnum):
    """How far something is that goes on chain through the outlet.

    `NOTHING`: there is nothing of the kind. `HERE`: it is with the node. `ON_ITS_WAY`: handed over,
    not on chain, and not to be handed over again yet. `ON_CHAIN`: done.
    """

    NOTHING = "nothing"
    HERE = "here"
    ON_ITS_WAY = "on its way"
    ON_CHAIN = "on chain"


@dataclass(frozen=True, slots=True)
class SharingFacts:
    """The node's data transactions: of the collecting round, and of the one in competition.

    Attributes:
        data: the collecting round's; `HERE` also while it is neither drawn nor signed.
        kept_timestamp: what the data transaction claims that the node has signed for the round and
            kept; None: it has signed none.
        first_seen_height: the tip's height when the node first saw the round collect.
        training_keys: of the round in competition; `NOTHING` if no partition took the node's data.
        test_keys: the same.
    """

    data: Delivery = Delivery.NOTHING
    kept_timestamp: int | None = None
    first_seen_height: int = 0
    training_keys: Delivery = Delivery.NOTHING
    test_keys: Delivery = Delivery.NOTHING


@dataclass(frozen=True, slots=True)
class CompetitionFacts:
    """What the node knows and holds of the round in competition. Bitmaps as in `ChainStatus`.

    Attributes:
        phase_block: EVM block in which the phase began.
        opened_training: data transactions whose training parts are open here.
        waiting_training: published ones whose training parts are not open here yet.
        training: whether a model is in training.
        held_model: commitment to the model in hand, None if there is none.
        sealed_copy: sha2-256 of the sealed copy that the latest own commitment names.
        recovery_failed: whether that copy was tried and cannot be had.
        unusable: bitmap of the published data transactions with a part that does not decrypt or is
            not canonical, or with another samples root.
        unchecked: bitmap of those that the node could not fetch, or not check, so far.
        data_open: whether D is fixed and all of it is open here.
        scored: whether the baseline and the model in hand are evaluated on D.
        evaluating: whether an evaluation runs.
        unevaluated: models that can be evaluated now and are not.
        unfetched_models: bitmap of the revealed models whose files the node could not fetch so far.
        bringable: reveals that are reported missing, that nobody brought, and whose files the node
            has and may bring.
        own_reveal: index of the node's own reveal.
        rechecking: whether points are computed again by a second arithmetic, or what failed rests.
        rechecked: whether a sample of all models' points came out the same.
        points_differ: whether one did not: nothing of this round may be stated.
        statement: hash of all models' rows, once they are complete and final.
        attestation: commitment to that statement.
        rows_brought: whether somebody has opened that statement.
        majority_rows: rows of the statement that stands.
    """

    phase_block: int = 0
    opened_training: int = 0
    waiting_training: int = 0
    training: bool = False
    held_model: bytes | None = None
    sealed_copy: bytes | None = None
    recovery_failed: bool = False
    unusable: int = 0
    unchecked: int = 0
    data_open: bool = False
    scored: bool = False
    evaluating: bool = False
    unevaluated: int = 0
    unfetched_models: int = 0
    bringable: tuple[int, ...] = ()
    own_reveal: int | None = None
    rechecking: bool = False
    rechecked: bool = False
    points_differ: bool = False
    statement: bytes | None = None
    attestation: bytes | None = None
    rows_brought: bool = False
    majority_rows: tuple[Row, ...] | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A reward that is due. ``personal``: the node's own, else anybody's to claim for all.

    Data rewards are nobody's in particular: a node that claimed its own would show them.
    """

    action: Action
    duty: str
    personal: bool


@dataclass(frozen=True, slots=True)
class Challenge:
    """A bond that can be put on a statement's being false: a question, or a cell.

    Attributes:
        action: what puts it.
        duty: its name, the same for all nodes.
        decides: whether the statement would be chosen before the true one.
        taken: wei at stake behind the statement, of which a part is the reward.
    """

    action: Ask | AskCell
    duty: str
    decides: bool
    taken: int


@dataclass(frozen=True, slots=True)
class DisputeMove:
    """An answer, a commitment or a proof. ``is_own``: this node's to make before all others'."""

    action: Action
    duty: str
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class DisputeFacts:
    """What can be done about statements in the present phase, the most urgent first."""

    challenges: tuple[Challenge, ...] = ()
    moves: tuple[DisputeMove, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that `decide` looks at.

    Attributes:
        status: the contracts at one EVM block.
        parameters: the deployment's.
        policy: the node's own choices.
        keepers: accounts that take turns in moving the chain on, this node's among them.
        seconds_in_phase: for how long this node has seen the present round and phase, by its clock.
        membership: see `MembershipFacts`.
        sharing: see `SharingFacts`.
        competition: see `CompetitionFacts`; of ``status.competition.round``.
        disputes: see `DisputeFacts`; of the same round.
        claims: what is due.
    """

    status: ChainStatus
    parameters: Parameters
    policy: Policy = field(default_factory=Policy)
    keepers: tuple[str, ...] = ()
    seconds_in_phase: int = 0
    membership: MembershipFacts = field(default_factory=MembershipFacts)
    sharing: SharingFacts = field(default_factory=SharingFacts)
    competition: CompetitionFacts = field(default_factory=CompetitionFacts)
    disputes: DisputeFacts = field(default_factory=DisputeFacts)
    claims: tuple[Claim, ...] = ()

    @property
    def account(self) -> str:
        """The node's account."""
        return self.status.own.account

    def has_role(self, role: Role) -> bool:
        """Whether the node does this."""
        return role in self.policy.roles
