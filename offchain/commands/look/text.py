"""Views as text for people."""

from __future__ import annotations

from offchain.amounts import decimal
from offchain.chronicle.answers import Answer
from offchain.chronicle.denials import VOID_REASONS
from offchain.chronicle.pages import (
    BlockPage,
    BlocksPage,
    ContractsPage,
    NodesPage,
    RoundPage,
)
from offchain.chronicle.present import ClockView, OwnView, StatusView
from offchain.chronicle.values import BlockView, ModelView, Moment, RoundView
from offchain.chronicle.words import (
    PHASES,
    ago,
    clock_time,
    percent,
    short,
    state_of_round,
    tokens,
    yes,
)
from offchain.commands.look.sheet import Sheet
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID


def status(sheet: Sheet, seen: StatusView, url: str) -> None:
    """``modelchain status``."""
    chain = seen.chain
    sheet.title(f"Model Chain, task {chain.task}, chain {chain.chain_id} at {url}")
    best = "no model yet" if chain.best_model is None else f"best model {chain.best_model.hex()}"
    sheet.line("Head", f"block {chain.head}, {best}")
    if chain.collecting == 0:
        sheet.line("Round", "none: the chain has not started; nodes apply for epoch 1")
    else:
        sheet.line(
            "Collects",
            f"round {chain.collecting} of epoch {chain.epoch}: {chain.shared} of {chain.members} "
            f"members shared, {chain.partitioned} partitioned; closes at the latest "
            f"{time_left(chain.collection, chain.chain_id)}",
        )
    if chain.competing:
        sheet.line("Competes", f"round {chain.competing}: {PHASES[chain.phase]}")
        sheet.line(
            "So far",
            f"{chain.committed} committed to models, {chain.revealed} revealed; "
            f"{chain.attesters} attesters",
        )
    if chain.ends is not None:
        sheet.line("Phase", f"{chain.phase.name} may end {time_left(chain.ends, chain.chain_id)}")
    if seen.own is not None:
        sheet.gap()
        _own(sheet, seen.own, chain.collecting)


def time_left(clock: ClockView, chain_id: int) -> str:
    """When a phase may end, for people."""
    if clock.minutes_left == 0:
        return "now"
    blocks = f"{clock.blocks_left} Bitcoin block" + "s" * (clock.blocks_left != 1)
    about = f"in about {clock.minutes_left} min ({blocks}, at height {clock.end_height:,})"
    replayed = " of the replayed Bitcoin time" if chain_id == DEVELOPMENT_CHAIN_ID else ""
    return about + replayed


def _own(sheet: Sheet, own: OwnView, collecting: int) -> None:
    sheet.title(own.account)
    roles = [word for word, is_it in (("member", own.member), ("attester", own.attester)) if is_it]
    sheet.line("Is", f"{' and '.join(roles) or 'neither member nor attester'} of this competition")
    shared = "only its owner can tell" if own.shared is None else yes(own.shared)
    sheet.line("Shared", f"{shared} (round {collecting})" if collecting else "-")
    sheet.line("Model", f"committed {yes(own.committed)}, revealed {yes(own.revealed)}")
    sheet.line(
        "Attested",
        f"data report {yes(own.reported_data)}, model report {yes(own.reported_models)}, "
        f"statement committed {yes(own.attested)}, opened {yes(own.opened)}",
    )
    sheet.line("Due now", own.due or "nothing", "yellow" if own.due else "")
    if own.next is not None and own.next_phase is not None:
        sheet.line("Due next", f"{own.next}, in {own.next_phase.name}")
    rewards = (
        "" if own.reward_tokens is None else f", {decimal(own.reward_tokens)} MCT of data rewards"
    )
    sheet.line("Tokens", f"{decimal(own.tokens)} MCT{rewards}")
    sheet.line(
        "Stake", f"{decimal(own.stake)} ETH, heat {own.heat}, {decimal(own.ether)} ETH to spend"
    )


def why(sheet: Sheet, seen: Answer) -> None:
    """``modelchain why``."""
    sheet.title(f"Round {seen.round} for {seen.account}")
    sheet.line("Round", state_of_round(seen.block, seen.void, seen.phase))
    electorate = "" if seen.electorate is None else f" ({seen.electorate.name.lower()})"
    sheet.line(
        "Was",
        f"member {yes(seen.member)}, attester {yes(seen.attester)}{electorate}, "
        f"stake {decimal(seen.stake)} of {decimal(seen.stake_needed)} ETH",
    )
    if not seen.applied:
        sheet.line("", f"it did not apply for epoch {seen.epoch}")
    done = "; ".join(f"{one.deed} at {clock_time(one.moment.timestamp)}" for one in seen.deeds)
    sheet.line("Did", done or "nothing that the chain remembers by its name")
    if seen.model is not None:
        sheet.line("Model", _model(seen.model, seen.rivals))
    if seen.statement.statement is not None:
        sheet.line("Statement", _statement(seen))
    for found in seen.statement.differences:
        whose = "the baseline" if found.account is None else f"the model of {found.account}"
        sheet.line(
            "",
            f"of {whose} it said net {_number(found.own_net)}, spread {_number(found.own_spread)}, "
            f"points {_number(found.own_points)}; the table has net {_number(found.table_net)}, "
            f"spread {_number(found.table_spread)}, points {_number(found.table_points)}",
        )
    for reward in seen.rewards:
        if reward.denied is not None:
            sheet.line(reward.kind.capitalize(), f"nothing: {reward.denied}")
        elif reward.amount is None:
            sheet.line(reward.kind.capitalize(), "open: the round is not over")
        else:
            claimed = "not claimed yet" if reward.paid is None else "claimed"
            sheet.line(reward.kind.capitalize(), f"{tokens(reward.amount)}, {claimed}", "green")
    if all(reward.kind != "data" for reward in seen.rewards):
        sheet.line("Data", "sharing is anonymous: only the account's owner can tell what it earned")
    sheet.line("Heat", f"{seen.heat_gained} gained for this round; now {seen.heat}")
    for missed in seen.missed:
        lasted = missed.ended - missed.began
        reason = "" if missed.reason is None else f"; {missed.reason}"
        sheet.line(
            "Missed",
            f"to {missed.duty}: {missed.phase.name} lasted {lasted} s and ended at "
            f"{clock_time(missed.ended)}, {ago(missed.ago)} ago{reason}",
            "yellow",
        )


def _model(model: ModelView, rivals: int) -> str:
    if model.revealed is None:
        return f"committed as number {model.order}, not revealed"
    if model.missing:
        return "revealed, but nobody could fetch its file"
    if model.net is None:
        return "revealed, but malformed" if model.malformed else "revealed; no statement stands yet"
    rank = "not valid" if model.rank is None else f"rank {model.rank} of {rivals} valid"
    voice = "a voice" if model.voice else "no voice"
    burned = "; it cost a part of the stake" if model.burned else ""
    best = ", the best model" if model.best else ""
    return (
        f"net {model.net} where {model.net_needed} was needed (spread {model.spread}); "
        f"{rank}, {voice}{best}{burned}"
    )


def _statement(seen: Answer) -> str:
    statement = seen.statement
    assert statement.statement is not None  # noqa: S101  (asked by the caller)
    if statement.fell:
        return f"{short(statement.statement)} fell"
    verdict = "agrees with the table" if statement.agrees else "is not the one that stands"
    return f"{short(statement.statement)} {verdict}"


def _number(value: int | None) -> str:
    return "none" if value is None else str(value)


def blocks(sheet: Sheet, seen: BlocksPage, points: int) -> None:
    """``modelchain blocks``."""
    if not seen.blocks:
        sheet.note("There is no block yet.")
        return
    rows = [
        (
            str(found.number),
            str(found.round),
            percent(found.points, found.judged_samples * points),
            "quiet" if found.quiet else f"{found.net} of {found.spread}",
            "" if found.best_account is None else short(found.best_account),
            f"{found.voices}/{found.models}",
            f"{found.attestations}/{found.attesters}",
            str(found.in_data_set),
            tokens(found.paid).removesuffix(" MCT"),
        )
        for found in seen.blocks
    ]
    header = ("Block", "Round", "Accuracy", "Net", "Best by", "Voices", "Behind", "Data", "MCT")
    sheet.table(header, rows)
    if len(seen.blocks) < seen.total:
        sheet.note(f"{len(seen.blocks)} of {seen.total}: --limit shows more")


def block(sheet: Sheet, seen: BlockPage, points: int) -> None:
    """``modelchain block``."""
    found = seen.block
    sheet.title(f"{'Quiet block' if found.quiet else 'Block'} {found.number}")
    sheet.line("Hash", found.hash.hex())
    sheet.line("Previous", found.previous_hash.hex())
    sheet.line("Made", f"by round {found.round}, appended {clock_time(found.appended.timestamp)}")
    sheet.line("Best model", _best(found, points))
    sheet.line(
        "Judged",
        f"on {found.judged_samples} samples of {found.in_data_set} data transactions; "
        f"valid from 100 net^2 >= {found.required} spread",
    )
    sheet.line(
        "Statement",
        f"{found.attestations} of {found.attesters} attesters behind {found.statement.hex()}",
    )
    sheet.line("Reward", f"{tokens(found.reward)} at most, {tokens(found.paid)} claimed")
    sheet.gap()
    _models(sheet, seen.round, points)


def _best(found: BlockView, points: int) -> str:
    before = percent(found.previous_points, found.judged_samples * points)
    if found.best_account is None:
        return f"stays, {before}"
    now = percent(found.points, found.judged_samples * points)
    return (
        f"of {found.best_account}: {now} (before {before}), net {found.net}, spread {found.spread}"
    )


def _models(sheet: Sheet, seen: RoundView, points: int) -> None:
    if not seen.models:
        sheet.note("Nobody committed to a model.")
        return
    rows = [
        (
            short(model.account),
            "" if model.rank is None else str(model.rank),
            percent(model.points, (seen.judged_samples or 0) * points),
            _number(model.net),
            _number(model.net_needed),
            _fate(model),
        )
        for model in seen.models
    ]
    sheet.table(("Model by", "Rank", "Accuracy", "Net", "Needed", "Became"), rows)


def _fate(model: ModelView) -> str:
    if model.revealed is None:
        return "not revealed"
    if model.missing:
        return "missing"
    if model.malformed:
        return "malformed"
    if model.net is None:
        return "revealed"
    kind = "best" if model.best else "voice" if model.voice else "valid" if model.valid else "no"
    return kind + ", burned" * model.burned


def one_round(sheet: Sheet, seen: RoundPage, points: int) -> None:
    """``modelchain round``."""
    found = seen.round
    sheet.title(f"Round {found.number} of epoch {found.epoch}")
    sheet.line("State", state_of_round(found.block, found.void, found.phase))
    if found.void is not None:
        sheet.line("Void", VOID_REASONS[found.void])
    sheet.line("Opened", f"{clock_time(found.opened.timestamp)} at height {found.open_height:,}")
    sheet.line(
        "Data",
        f"{found.shared} shared by {len(found.members)} members, {found.partitioned} partitioned"
        + ("" if found.published is None else f", {found.published} published")
        + ("" if found.in_data_set is None else f", {found.in_data_set} in the data set"),
    )
    if found.attesters:
        who = "" if found.electorate is None else f" ({found.electorate.name.lower()})"
        names = ", ".join(short(account) for account in found.attesters)
        sheet.line("Attesters", f"{names}{who}")
    for statement in found.statements:
        state = "stands" if statement.stands else "does not stand"
        if statement.fell is not None:
            state = f"fell by {statement.fell.name.lower()}"
        sheet.line(
            "Statement", f"{short(statement.statement)} of {len(statement.supporters)}: {state}"
        )
    for question in found.questions:
        answered = "nobody" if question.answerer is None else short(question.answerer)
        sheet.line(
            "Question",
            f"{question.number}: {short(question.asker)} about row {question.row} of "
            f"{short(question.statement)}, answered by {answered}",
        )
    if found.phases:
        sheet.gap()
        rows = [
            (
                phase.phase.name,
                clock_time(phase.began.timestamp),
                "runs" if phase.ended is None else _lasted(phase.began, phase.ended),
                f"{phase.end_height:,}",
            )
            for phase in found.phases
        ]
        sheet.table(("Phase", "Began", "Lasted", "Until height"), rows)
    if found.models:
        sheet.gap()
        _models(sheet, found, points)
    if seen.data:
        sheet.gap()
        shared = [
            (
                str(data.index),
                short(data.id),
                "" if data.partition is None else str(data.partition),
                " ".join(str(part) for part in data.test_parts),
                _keys(data.training_keys, data.test_keys),
                "" if data.in_data_set is None else yes(data.in_data_set),
                "" if data.reward is None else tokens(data.reward),
            )
            for data in seen.data
        ]
        sheet.table(("Data", "Id", "Split", "Test parts", "Keys", "In set", "Paid"), shared)


def _lasted(began: Moment, ended: Moment) -> str:
    return f"{ended.timestamp - began.timestamp} s"


def _keys(training: bool, test: bool) -> str:
    return "all" if training and test else "training" if training else "none"


def nodes(sheet: Sheet, seen: NodesPage, now: int) -> None:
    """``modelchain nodes``."""
    if not seen.nodes:
        sheet.note("Nobody has applied yet.")
        return
    rows = [
        (
            node.account,
            str(node.heat),
            decimal(node.stake),
            ("M" if node.member else "-") + ("A" if node.attester else "-"),
            str(node.commitments),
            str(node.best),
            str(node.attestations),
            tokens(node.earned),
            "" if node.last_seen is None else f"{ago(now - node.last_seen.timestamp)} ago",
            node.due or "",
        )
        for node in seen.nodes
    ]
    header = (
        *("Account", "Heat", "Stake", "Is", "Models", "Best", "Attested", "Earned", "Seen", "Due"),
    )
    sheet.table(header, rows)
    sheet.note("M: member, A: attester. Earned is without data, whose sharers nobody can tell.")


def contracts(sheet: Sheet, seen: ContractsPage) -> None:
    """``modelchain contracts``."""
    sheet.title(f"Chain {seen.chain_id}, from EVM block {seen.evm_block}")
    sheet.table(
        ("Contract", "Address", "ABI"),
        [(found.name, found.address, found.abi or "") for found in seen.contracts],
    )
