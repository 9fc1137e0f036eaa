"""From call data to the protocol's actions: the inverse of `offchain.chain.abi.calls`."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final, get_type_hints

from offchain.chain.abi.decoding import value_of
from offchain.chain.abi.interfaces import AbiValueError, Entry, decode_values, interface
from offchain.protocol.words import actions
from offchain.protocol.words.actions import Action

_ACTIONS: Final[dict[tuple[str, str], type]] = {
    ("BitcoinRelay", "submit"): actions.SubmitHeaders,
    ("KeyRegistry", "register"): actions.RegisterKeys,
    ("KeyRegistry", "writePage"): actions.WritePage,
    ("KeyRegistry", "withdrawBond"): actions.WithdrawKeyBond,
    ("DataRegistry", "share"): actions.Share,
    ("DataRegistry", "shareBatch"): actions.Share,
    ("DataRegistry", "publishKeys"): actions.PublishKeys,
    ("ModelChain", "start"): actions.Start,
    ("ModelChain", "partition"): actions.Partition,
    ("ModelChain", "advance"): actions.Advance,
    ("ModelChain", "commitModel"): actions.CommitModel,
    ("ModelChain", "revealModel"): actions.RevealModel,
    ("ModelChain", "reportMissingItems"): actions.ReportMissingItems,
    ("ModelChain", "reportMissingModels"): actions.ReportMissingModels,
    ("ModelChain", "commitAttestation"): actions.CommitAttestation,
    ("ModelChain", "revealAttestation"): actions.RevealAttestation,
    ("ModelChain", "finalize"): actions.Finalize,
    ("ModelChain", "claimModel"): actions.ClaimModel,
    ("ModelChain", "claimAttestation"): actions.ClaimAttestation,
    ("ModelChain", "claimData"): actions.ClaimData,
    ("ModelChain", "withdrawBond"): actions.WithdrawBond,
}
_SELECTOR_SIZE: Final = 4


def decode_action(contract: str, call_data: bytes, value: int) -> Action | None:
    """The action that a call of a contract stands for.

    Args:
        contract: its name.
        call_data: function selector and arguments.
        value: wei sent along.

    Returns:
        The action, or None if the function is none of the protocol's.

    Raises:
        AbiValueError: the arguments are not what the function takes.
    """
    entry = _function(contract, call_data[:_SELECTOR_SIZE])
    kind = None if entry is None else _ACTIONS.get((contract, entry.name))
    if entry is None or kind is None:
        return None
    hints = get_type_hints(kind)
    names = [item.name for item in fields(kind)]
    takes_value = names[-1:] == ["value"]
    if takes_value:
        names.pop()
    values: list[Any] = list(decode_values(entry.input_types, call_data[_SELECTOR_SIZE:]))
    components = list(entry.inputs)
    if entry.name == "share":  # one transaction, where shareBatch takes several
        components[0] = {**components[0], "type": components[0]["type"] + "[]"}
        values = [(values[0],)]
    if len(names) != len(values):
        raise AbiValueError(f"{contract}.{entry.name} takes {len(values)} values, not {len(names)}")
    made = [
        value_of(component, hints[name], given)
        for component, name, given in zip(components, names, values, strict=True)
    ]
    action: Action = kind(*made, value) if takes_value else kind(*made)
    return action


def _function(contract: str, selector: bytes) -> Entry | None:
    for entry in interface(contract).functions.values():
        if entry.identifier == selector:
            return entry
    return None
