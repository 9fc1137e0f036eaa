"""The chain's judges of tables and of texts compute what the reference computes, to the bit."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from offchain.errors import ModelError, PayloadError
from offchain.learning.exact import table_network
from offchain.learning.exact.dense import reference_sums
from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM
from offchain.learning.exact.judge_gas import MAXIMUM_JUDGING_GAS, text_judging_gas
from offchain.learning.exact.table_network import MAXIMUM_BINS, MAXIMUM_UNITS, inputs_of
from offchain.learning.exact.table_network import encode_model as encode_table
from offchain.learning.exact.text_network import parse_model as parse_text
from offchain.learning.formats.table import rows_of
from offchain.learning.formats.texts import LENGTH_BYTES, texts_of
from offchain.learning.kinds.table.judge import TableJudge
from offchain.learning.kinds.text.judge import TextJudge
from offchain.learning.task_file.words import (
    CategoryColumn,
    ClassTarget,
    NumberColumn,
    NumberTarget,
    TableSamples,
    TextSamples,
)
from offchain.learning.training.dense_settings import DenseSettings
from offchain.learning.training.table_members import MEMBERS, join_networks
from offchain.learning.training.table_training import fitting_units
from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES
from scripts.dense_judge_gas import AROUND
from scripts.support.chains.evm import Evm, restored, reverts
from scripts.support.judging.calls import HARNESS_ADDRESS, Judge, runtime_code
from scripts.support.models.dense_files import TABLES, TEXTS, nearly_models
from scripts.support.models.dense_networks import (
    Case,
    names,
    random_rows,
    random_table_network,
    random_text_network,
    random_texts,
    table_case,
    table_cases,
    text_case,
    text_cases,
    text_means,
    worst_tables,
)

NETWORKS = 5
FULL_NETWORKS = 550
FULL_ROUNDS = 40


def on_chain(evm: Evm, judge: TableJudge | TextJudge) -> Judge:
    """The contract that judges a task, with the task's words."""
    return Judge(evm, runtime_code(evm, type(judge).__name__, list(judge.words)))


def harness_of(evm: Evm, judge: TableJudge | TextJudge) -> Judge:
    name = f"{type(judge).__name__}Harness"
    return Judge(evm, runtime_code(evm, name, list(judge.words)), HARNESS_ADDRESS)


def assert_exact(evm: Evm, cases: Iterable[Case]) -> None:
    for case in cases:
        with restored(evm):
            harness, judge = harness_of(evm, case.judge), on_chain(evm, case.judge)
            for record, sums in zip(case.records, case.sums, strict=True):
                assert harness.sums(case.model, record) == sums, case.what
                expected = case.judge.points(case.model, record)
                assert judge.points(case.model, record) == expected, case.what
            assert judge.is_well_formed(case.model), case.what


# ---- sums and points -----------------------------------------------------------------------------


@pytest.mark.parametrize("cases", [table_cases, text_cases])
def test_random_and_extreme_networks_have_the_references_sums_and_points(evm: Evm, cases):
    assert_exact(evm, cases(seed=1, count=NETWORKS))


@pytest.mark.full
@pytest.mark.parametrize("cases", [table_cases, text_cases])
def test_over_a_thousand_networks_have_the_references_sums_and_points(evm: Evm, cases):
    assert_exact(evm, cases(seed=2, count=FULL_NETWORKS))


@pytest.mark.full
def test_worst_cases_of_odd_shapes_have_the_references_sums(evm: Evm):
    assert_exact(evm, worst_tables())


@pytest.mark.full
def test_halves_are_frequent_in_the_networks_that_are_to_show_them():
    """Else how halves are rounded would go untested."""
    halves = outputs = embedded = units = 0
    for case in table_cases(seed=1, count=70):
        if not case.what.startswith("halves"):
            continue
        assert isinstance(case.judge, TableJudge)
        table = case.judge.table
        network = table_network.parse_model(table, case.model, MAXIMUM_MODEL_BYTES)
        inputs = inputs_of(table, network.edges, rows_of(table, case.records[:1]).columns)
        layer = network.layers[0]
        halves += half_sums(reference_sums((replace_shift(layer),), inputs)[0], layer.shift)
        outputs += len(layer.bias)
    for case in text_cases(seed=1, count=70):
        if case.what.startswith("halves"):
            assert isinstance(case.judge, TextJudge)
            network = parse_text(case.judge.samples, case.model, MAXIMUM_MODEL_BYTES)
            means = text_means(network, texts_of(case.records[:1]).texts[0])
            embedded += half_sums(means + network.embedding.bias, network.embedding.shift)
            units += len(network.embedding.bias)
    assert halves > outputs // 2 > 20
    assert embedded > units // 2 > 20


def replace_shift(layer):
    return replace(layer, shift=layer.shift[:1])


def half_sums(sums: np.ndarray, shifts: np.ndarray) -> int:
    """How many of them lie between two whole numbers, of outputs that are not clamped."""
    shift = shifts.astype(np.int64)
    inside = (sums > 0) & (sums >> shift < ACTIVATION_MAXIMUM)
    return int((inside & (2 * (sums % (1 << shift)) == 1 << shift)).sum())


def test_of_equal_sums_the_lowest_class_counts(evm: Evm):
    random = np.random.Generator(np.random.PCG64(3))
    table = TableSamples((NumberColumn("c", 0, 9),), ClassTarget("t", tuple("abcd")))
    rows = random_rows(table, random, 4)
    network = random_table_network(table, (2, 2), "uniform", random, rows)
    network.layers[2].weight[:] = 0
    rows = replace(rows, target=np.arange(4, dtype=np.int32))
    for bias, winner in (([0] * 4, 0), ([-5, 3, -1, 3], 1), ([-9, -9, -9, -8], 3)):
        network.layers[2].bias[:] = bias
        case = table_case("equal", table, network, rows)
        with restored(evm):
            judge = on_chain(evm, case.judge)
            points = [judge.points(case.model, record) for record in case.records]
        assert points == [int(number == winner) for number in range(4)]


def test_a_number_is_worth_what_its_error_says_also_where_all_ranges_end(evm: Evm):
    """The whole range of the target is told, and errors of one unit, of the tolerance, of more."""
    random = np.random.Generator(np.random.PCG64(4))
    largest = 2**31 - 1
    for lowest, highest, tolerance in ((-largest, largest, largest), (0, 7, 1), (-3, 500, 60)):
        target = NumberTarget("t", lowest, highest, 0, "", tolerance)
        table = TableSamples((NumberColumn("c", 0, 255),), target)
        rows = random_rows(table, random, 6)
        network = random_table_network(table, (1, 1), "uniform", random, rows)
        judge = on_chain(evm, TableJudge(table, MAXIMUM_MODEL_BYTES))
        for shift, sum_ in ((20, 0), (20, 2**24 - 1), (3, 2000), (0, -1), (0, 128), (0, 2**24 - 1)):
            network.layers[2].weight[:], network.layers[2].bias[:] = 0, sum_
            network.layers[2].shift[:] = shift
            told = int(table_network.predictions(table, network, rows.columns[:1])[0])
            wanted = [told, told + 1, told - 1, told + tolerance, told - tolerance + 1, lowest]
            targets = np.clip(np.array(wanted, np.int64), lowest, highest).astype(np.int32)
            case = table_case("number", table, network, replace(rows, target=targets))
            points = [judge.points(case.model, record) for record in case.records]
            assert points == [case.judge.points(case.model, record) for record in case.records]
            assert points[0] == 255


# ---- what is refused -----------------------------------------------------------------------------


def some_case(judge: TableJudge | TextJudge) -> Case:
    random = np.random.Generator(np.random.PCG64(5))
    if isinstance(judge, TableJudge):
        rows = random_rows(judge.table, random, 1)
        network = random_table_network(judge.table, (3, 4), "uniform", random, rows)
        return table_case("some", judge.table, network, rows)
    texts = random_texts(judge.samples, random, 1)
    return text_case(
        "some",
        judge.samples,
        random_text_network(judge.samples, 256, (3, 4), "uniform", random, texts),
        texts,
    )


def test_a_record_that_is_no_row_is_refused_by_both(evm: Evm):
    for reference in TABLES[:2]:
        case, judge = some_case(reference), on_chain(evm, reference)
        record = case.records[0]
        values = [
            int.from_bytes(record[at : at + 4], signed=True) for at in range(0, len(record), 4)
        ]
        ranges = [(-(2**31) + 1, 2**31 - 1), (0, 2), (3, 40)]
        ranges.append((0, 2) if reference is TABLES[0] else (-90, 700))
        wrong = [b"", record[:-1], record + b"\0", record[4:]]
        for at, (lowest, highest) in enumerate(ranges):
            for value in (lowest - 1, highest + 1):
                if value < 2**31:
                    changed = [*values[:at], value, *values[at + 1 :]]
                    wrong.append(b"".join(one.to_bytes(4, signed=True) for one in changed))
        assert_all_refused(reference, judge, case, wrong)


def test_a_record_that_is_no_text_is_refused_by_both(evm: Evm):
    for reference in TEXTS:
        case, judge = some_case(reference), on_chain(evm, reference)
        record, longest = case.records[0], reference.samples.maximum_bytes
        wrong = [b"", b"\0", record[:-1], record + b"\0"]
        for length in (0, longest + 1, 2**16 - 1):
            wrong.append(length.to_bytes(LENGTH_BYTES) + record[LENGTH_BYTES:])
        for label in (len(reference.samples.labels), 255):
            wrong.append(record[:-1] + bytes([label]))
        assert_all_refused(reference, judge, case, wrong)


def assert_all_refused(
    reference: TableJudge | TextJudge, judge: Judge, case: Case, wrong: list[bytes]
) -> None:
    judge.points(case.model, case.records[0])
    for record in wrong:
        with pytest.raises(PayloadError):
            reference.points(case.model, record)
        with reverts("MalformedRecord"):
            judge.points(case.model, record)


@pytest.mark.parametrize("reference", [TABLES[0], TEXTS[0]])
def test_points_of_a_file_with_another_header_or_length_are_refused_by_both(evm: Evm, reference):
    case, judge = some_case(reference), on_chain(evm, reference)
    model, record = case.model, case.records[0]
    for file in (b"", model[:-1], model + b"\0", model[:100] + b"x" + model[101:]):
        with pytest.raises(ModelError):
            reference.points(file, record)
        with reverts("MalformedModel"):
            judge.points(file, record)


def assert_same_verdicts(
    evm: Evm, reference: TableJudge | TextJudge, seed: int, rounds: int
) -> None:
    verdicts, judge = [], on_chain(evm, reference)
    for what, file in nearly_models(reference, seed, rounds):
        verdict = judge.is_well_formed(file)
        assert verdict == reference.is_well_formed(file), what
        verdicts.append(verdict)
    # Files that are all refused, or all accepted, would show little.
    assert len(verdicts) // 5 < sum(verdicts) < len(verdicts) * 4 // 5


@pytest.mark.parametrize("reference", [TABLES[1], TEXTS[1]])
def test_nearly_models_get_the_verdict_of_the_nodes(evm: Evm, reference):
    assert_same_verdicts(evm, reference, seed=1, rounds=1)


@pytest.mark.full
@pytest.mark.parametrize("reference", [*TABLES, *TEXTS])
def test_thousands_of_nearly_models_get_the_verdict_of_the_nodes(evm: Evm, reference):
    assert_same_verdicts(evm, reference, seed=2, rounds=FULL_ROUNDS)


@pytest.mark.parametrize("reference", [TABLES[0], TEXTS[0]])
def test_short_files_are_no_models_and_nothing_reverts(evm: Evm, reference):
    model, judge = some_case(reference).model, on_chain(evm, reference)
    for length in (*range(0, 160, 9), len(model) - 1):
        assert not judge.is_well_formed(model[:length])
    assert not judge.is_well_formed(b"\xff" * 200)


def test_the_bound_of_gas_for_texts_is_the_same_on_chain(evm: Evm):
    harness, random = harness_of(evm, TEXTS[0]), np.random.Generator(np.random.PCG64(3))
    for _ in range(20):
        text, file, embedded, hidden, labels = (
            int(random.integers(1, most)) for most in (4097, 120_001, 257, 257, 257)
        )
        expected = text_judging_gas(text, file, (embedded, hidden), labels)
        assert harness.text_gas(text, file, embedded, hidden, labels) == expected


@pytest.mark.parametrize(
    "column",
    [NumberColumn("c", -1_000, 1_000), CategoryColumn("c", names(64))],
    ids=["numbers", "categories"],
)
def test_what_training_joins_of_the_largest_table_costs_less_than_a_judgement_may(evm: Evm, column):
    """Four networks side by side, of 64 columns and 256 classes: nodes and contract take them."""
    columns = tuple(replace(column, name=f"c{number}") for number in range(64))
    table = TableSamples(columns, ClassTarget("t", names(256)))
    settings = DenseSettings()
    units = fitting_units(table, settings, MEMBERS, MAXIMUM_MODEL_BYTES)
    random = np.random.Generator(np.random.PCG64(6))
    rows = random_rows(table, random, 2)
    members = [
        random_table_network(table, units, "uniform", random, rows, settings.bins)
        for _ in range(MEMBERS)
    ]
    joined = join_networks([replace(one, edges=members[0].edges) for one in members])
    case = table_case("joined", table, joined, rows)
    assert MAXIMUM_MODEL_BYTES * 8 // 10 < len(case.model) <= MAXIMUM_MODEL_BYTES
    assert_exact(evm, [case])
    with restored(evm):
        work, floor = on_chain(evm, case.judge).gas_of_points(case.model, case.records[0])
    assert max(work + AROUND + len(case.model), floor) <= MAXIMUM_JUDGING_GAS


def test_more_units_or_bytes_than_are_allowed_are_refused_by_both(evm: Evm):
    """Of a number that the dearest judgement depends on, one more than there may be."""
    random = np.random.Generator(np.random.PCG64(7))
    for columns, units, bins, fits in (
        (1, (MAXIMUM_UNITS, 2), 1, True),
        (1, (MAXIMUM_UNITS + 1, 2), 1, False),
        (1, (2, MAXIMUM_UNITS), 1, True),
        (1, (2, MAXIMUM_UNITS + 1), 1, False),
        (64, (110, 2), MAXIMUM_BINS, True),
        (64, (113, 2), MAXIMUM_BINS, False),
    ):
        table = TableSamples(
            tuple(NumberColumn(f"c{number}", 0, 999) for number in range(columns)),
            ClassTarget("t", ("a", "b")),
        )
        rows = random_rows(table, random, 1)
        network = random_table_network(table, units, "uniform", random, rows, bins)
        file, reference = encode_table(table, network), TableJudge(table, MAXIMUM_MODEL_BYTES)
        with restored(evm):
            assert reference.is_well_formed(file) is fits, units
            assert on_chain(evm, reference).is_well_formed(file) is fits, units


@pytest.mark.parametrize(
    "reference",
    [*TABLES, TextJudge(TextSamples(1, ("a", "b")), 2_000)],
)
def test_a_judge_says_the_words_that_it_was_deployed_with(evm: Evm, reference):
    contract = evm.deploy(type(reference).__name__, list(reference.words))
    assert tuple(contract.functions.words().call()) == reference.words
