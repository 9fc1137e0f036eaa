"""What a node decides by: the chain's status, what the records say, and what the node holds.

A `Snapshot` is taken anew before every decision. Nothing in it is remembered by the process that
took it, so a node that was killed at any point and started again takes the same one, but for what
it lost: models in hand, payloads opened, scores computed. `offchain.protocol.deciding.decide` says
what follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from offchain.protocol.deciding.policy import Policy, Role
from offchain.protocol.words.actions import Action
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.status import ChainStatus


@dataclass(frozen=True, slots=True)
class OwnItem:
    """An item of this node that a partition has taken and whose payload key is not yet out."""

    number: int
    round: int
    is_test: bool


@dataclass(frozen=True, slots=True)
class SharingFacts:
    """What the node may share, and which of its payload keys are still sealed.

    Attributes:
        unshared: indices of own share keys that are active in the collecting scope and whose item
            is neither on chain nor on its way there.
        unpublished: own items whose keys are neither on chain nor on their way there.
        in_flight: data transactions and keys that are on their way.
    """

    unshared: tuple[int, ...] = ()
    unpublished: tuple[OwnItem, ...] = ()
    in_flight: int = 0


@dataclass(frozen=True, slots=True)
class GenesisFacts:
    """How far the chain is from starting: genesis accounts, those with keys, keys in all."""

    accounts: int = 0
    registered: int = 0
    keys: int = 0


@dataclass(frozen=True, slots=True)
class CompetitionFacts:
    """What the node knows and holds of the round in competition.

    Attributes:
        phase_block: EVM block in which the phase began.
        opened_training: training items of the round whose payloads are open.
        waiting_training: training items that may still open: no key yet, or not fetched yet.
        training: whether a model is in training.
        held_model: commitment to the model in hand, None if there is none.
        sealed_copy: sha2-256 of the sealed copy that the latest own commitment names.
        recovery_failed: whether that copy was tried and cannot be had.
        missing_items: items whose payloads cannot be fetched and that the node has not reported.
        data_set_known: whether D is a fact and all of it is open here.
        scored: whether the baseline and the model in hand are evaluated on D.
        evaluating: whether an evaluation runs.
        unevaluated: models that can be evaluated now and are not.
        missing_models: reveals whose models cannot be fetched and that the node has not reported.
        statement: hash of the full table of scores, once it is complete and final.
        attestation: commitment to that statement.
    """

    phase_block: int = 0
    opened_training: int = 0
    waiting_training: int = 0
    training: bool = False
    held_model: bytes | None = None
    sealed_copy: bytes | None = None
    recovery_failed: bool = False
    missing_items: tuple[int, ...] = ()
    data_set_known: bool = False
    scored: bool = False
    evaluating: bool = False
    unevaluated: int = 0
    missing_models: tuple[int, ...] = ()
    statement: bytes | None = None
    attestation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A reward or bond that is due. ``personal``: the node's own, else anybody's to claim for all.

    Data rewards are nobody's in particular: a node that claimed its own items' would show them.
    """

    action: Action
    duty: str
    personal: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that `decide` looks at.

    Attributes:
        status: the contracts at one EVM block.
        parameters: the deployment's.
        policy: the node's own choices.
        keepers: accounts that take turns in moving the chain on, this node's among them.
        seconds_in_phase: for how long this node has seen the present round and phase.
        genesis: what the start still waits for.
        sharing: see `SharingFacts`.
        competition: see `CompetitionFacts`; of ``status.competition.round``.
        claims: what is due.
    """

    status: ChainStatus
    parameters: Parameters
    policy: Policy = field(default_factory=Policy)
    keepers: tuple[str, ...] = ()
    seconds_in_phase: int = 0
    genesis: GenesisFacts = field(default_factory=GenesisFacts)
    sharing: SharingFacts = field(default_factory=SharingFacts)
    competition: CompetitionFacts = field(default_factory=CompetitionFacts)
    claims: tuple[Claim, ...] = ()

    @property
    def account(self) -> str:
        """The node's account."""
        return self.status.own.account

    def has_role(self, role: Role) -> bool:
        """Whether the node does this."""
        return role in self.policy.roles
