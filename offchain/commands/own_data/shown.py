"""A preview as lines for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from offchain.amounts import TOKEN_DECIMALS, decimal
from offchain.commands.own_data.preview import APPLY_GAS, ChainPreview, DataPreview, SharePreview
from offchain.commands.own_data.trust import trust_with
from offchain.protocol.words.chain_status import ChainStatus

SHOWN_REFUSALS: Final = 20
SHOWN_LABELS: Final = 20


def preview_lines(preview: SharePreview) -> Iterator[str]:
    """Yield what there is to say before anything is signed, line by line."""
    yield from data_lines(preview.data)
    if preview.chain is not None:
        yield from _chain_lines(preview, preview.chain)
    concerns = preview.concerns()
    yield "Privacy (docs/ThreatModel.md):"
    yield from (f"  {one.rule}: BROKEN, {one.finding}" for one in concerns)
    if not concerns:
        yield "  nothing was found that breaks a rule"


def data_lines(data: DataPreview) -> Iterator[str]:
    """Yield what was found in the data."""
    report = data.report
    yield f"{data.path} for the task {data.task}, {trust_with(data.judge)}:"
    yield f"  {report.accepted} samples fit, {report.refused} are refused"
    for refusal in report.refusals[:SHOWN_REFUSALS]:
        yield f"    {refusal}"
    if report.refused > SHOWN_REFUSALS:
        yield f"    and {report.refused - SHOWN_REFUSALS} more; of all of them:"
        yield from (f"    {count} x {reason}" for reason, count in report.reasons.most_common(10))
    for change, count in sorted(report.changes.items()):
        yield f"  {count} {change}"
    if data.repeated:
        yield f"  {data.repeated} are there more than once: each is shared once"
    if data.shared:
        yield f"  {data.shared} were shared before, or are being shared"
    yield f"  {data.waiting} wait to be shared"
    if data.labels and report.accepted:
        yield "  " + _balance(data)


def _balance(data: DataPreview) -> str:
    found = data.report.balance
    shown = [f"{name} {found[number]}" for number, name in enumerate(data.labels[:SHOWN_LABELS])]
    more = len(data.labels) - SHOWN_LABELS
    return "labels: " + ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _chain_lines(preview: SharePreview, chain: ChainPreview) -> Iterator[str]:
    parameters = chain.parameters
    yield (
        f"  {preview.transactions} data transactions of {parameters.parts} parts of "
        f"{parameters.samples_per_part} samples, one a round; {preview.left_over} samples are left "
        "over and wait for more"
    )
    yield "Others will see:"
    yield (
        f"  sealed, {parameters.parts} files of {chain.part_bytes} bytes a round, signed by "
        + (f"one of {chain.members} members" if chain.members else "one of the epoch's members")
    )
    yield (
        "  opened, when the round's keys are given out: the samples with their labels, for good, "
        "as they are prepared here; no file, no name, no EXIF"
    )
    yield "Cost:"
    stake = decimal(parameters.stake, TOKEN_DECIMALS)
    yield f"  a stake of {stake} ETH while you are a member, which comes back"
    fee = decimal(APPLY_GAS * chain.gas_price, TOKEN_DECIMALS)
    yield f"  about {APPLY_GAS:,} gas to apply for an epoch: {fee} ETH at the present price"
    who = "your account" if chain.direct else "the relayer"
    yield f"  {who} pays the gas of data and keys"
    if chain.status is not None:
        yield "Membership:"
        yield from (f"  {line}" for line in membership_lines(chain, chain.status))


def membership_lines(chain: ChainPreview, status: ChainStatus) -> Iterator[str]:
    """Yield whether the account can share now, and until when it can apply."""
    own, parameters = status.own, chain.parameters
    lacking = max(0, parameters.stake - own.stake.amount)
    if not status.started:
        is_applicant = own.application.exists
        who = "the genesis accounts" + ("" if own.is_genesis else ", which yours is none of,")
        yield f"the chain has not started: before it {who} apply for epoch 1"
        if is_applicant:
            yield "your account has applied"
    else:
        collection, epoch = status.collection, status.epoch
        deadline = collection.open_height + parameters.collect_heights
        yield (
            f"round {collection.round} of epoch {collection.epoch} collects, until Bitcoin block "
            f"{deadline} at the latest (the relay has {status.tip})"
        )
        yield "your account is " + (
            f"a member of epoch {collection.epoch}, which lasts until round {epoch.last_round} "
            "at least"
            if chain.is_member
            else f"no member of epoch {collection.epoch}: it can share from the next one on"
        )
        left = epoch.last_round - collection.round
        if own.application.exists:
            yield f"your account has applied for epoch {status.open_epoch}"
        elif status.next_epoch.frozen:
            before = status.open_epoch - 1
            yield (
                f"applying for epoch {status.open_epoch} ends when the last round of epoch "
                f"{before} opens"
            )
        else:
            yield (
                f"applying for epoch {status.open_epoch} ends when round {epoch.last_round} opens, "
                + (f"in {left} rounds" if left > 0 else "which it has")
            )
    if own.balance < lacking:
        missing = decimal(lacking - own.balance, TOKEN_DECIMALS)
        yield f"your account lacks {missing} ETH for the stake"


def preview_json(preview: SharePreview) -> dict[str, object]:
    """Return the preview as JSON has it; amounts are wei."""
    data, chain = preview.data, preview.chain
    report = data.report
    found: dict[str, object] = {
        "path": str(data.path),
        "task": data.task,
        "judge": data.judge,
        "fit": report.accepted,
        "refused": report.refused,
        "refusals": [{"where": one.where, "reason": one.reason} for one in report.refusals],
        "reasons": dict(report.reasons),
        "changes": {change.name.lower(): count for change, count in report.changes.items()},
        "labels": {name: report.balance[number] for number, name in enumerate(data.labels)},
        "repeated": data.repeated,
        "shared_before": data.shared,
        "waiting": data.waiting,
        "privacy": [{"rule": one.rule, "broken_by": one.finding} for one in preview.concerns()],
    }
    if chain is None:
        return found
    parameters = chain.parameters
    found |= {
        "data_transactions": preview.transactions,
        "left_over": preview.left_over,
        "parts": parameters.parts,
        "samples_per_part": parameters.samples_per_part,
        "part_bytes": chain.part_bytes,
        "members": chain.members,
        "stake": parameters.stake,
        "apply_gas": APPLY_GAS,
        "gas_price": chain.gas_price,
        "direct": chain.direct,
    }
    status = chain.status
    if status is not None:
        found["membership"] = {
            "round": status.collection.round,
            "epoch": status.collection.epoch,
            "last_round_of_epoch": status.epoch.last_round,
            "collects_until_height": status.collection.open_height + parameters.collect_heights
            if status.started
            else None,
            "relay_height": status.tip,
            "open_epoch": status.open_epoch,
            "is_member": chain.is_member,
            "has_applied": status.own.application.exists,
            "staked": status.own.stake.amount,
            "balance": status.own.balance,
        }
    return found
