"""What is asked of a judge, and of copies of it with one fault, with the reference's answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from eth_abi.exceptions import DecodingError

from offchain.errors import ModelError, RevertedError
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    encode_model,
    parse_model,
    reference_classes,
    reference_logits,
)
from offchain.learning.exact.judge_gas import (
    beyond_the_judge,
    file_bytes,
    judging_gas,
    text_judging_gas,
)
from offchain.learning.kinds.table.judge import TableJudge
from offchain.learning.kinds.text.judge import TextJudge
from offchain.learning.task_file.words import TextSamples
from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES
from scripts.support.judging.calls import Judge
from scripts.support.models.dense_files import TABLES, TEXTS
from scripts.support.models.dense_files import nearly_models as nearly_dense_models
from scripts.support.models.dense_networks import (
    Case,
    random_rows,
    random_table,
    random_table_network,
    random_text_network,
    random_texts,
    table_case,
    text_case,
)
from scripts.support.models.files import nearly_models, zeros
from scripts.support.models.networks import (
    AT_THE_BOUND,
    AT_THE_LIMITS,
    STYLES,
    cases,
    large_biases,
    random_images,
    random_network,
    worst_cases,
)

NETWORKS = 40
ROUNDS = 12
SHAPES = 20
DENSE_ROUNDS = 3

BLOCKS = ((64, 128), (129, 65))
"""Units that just fill pairs of blocks of 32 inputs, and that begin one."""

CLOSE = 20
"""Networks that are asked for points alone, with images whose classes lie close together."""

FAR_BEYOND = 40_000
"""Channels, more than any number of the bound of gas: then its products are checked by others."""

ANYTHING = b"\xff" * 64
"""What may lie behind a file in the call data: no shifts."""

Question = Callable[[Judge], bool]
"""Whether the judge answers as the reference does."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions for a contract that is deployed with these arguments."""

    contract: str
    arguments: tuple[object, ...]
    questions: list[Question]


def is_caught(judge: Judge, asked: list[Question]) -> bool:
    """Whether a question shows that this is not the judge; what showed it is asked first again."""
    for number, question in enumerate(asked):
        try:
            right = question(judge)
        except (RevertedError, DecodingError, ValueError, OverflowError):
            right = False
        if not right:
            asked.insert(0, asked.pop(number))
            return True
    return False


def all_questions() -> list[Asked]:
    """What the judges and their harnesses are asked."""
    return [
        *(Asked(name, (), asked) for name, asked in image_questions().items()),
        *dense_questions(),
    ]


def image_questions() -> dict[str, list[Question]]:
    """What the judge of images and its harness are asked."""
    points: list[Question] = []
    logits: list[Question] = []
    drawn_cases = [*cases(seed=1, count=NETWORKS, largest=9), *worst_cases()][:-1]
    for _, network, images in (*drawn_cases, *large_biases()):
        model = encode_model(network)
        expected = reference_logits(network, images)
        gas = judging_gas(network.channels)
        for image, right in zip(images[:2], expected.tolist(), strict=False):
            logits.append(
                lambda judge, m=model, i=image, e=right, g=gas: judge.logits(m, i, g) == e  # type: ignore[misc]
            )
        for image, winner in zip(images, reference_classes(network, images).tolist(), strict=True):
            for label in (winner, (winner + 1) % 10):
                record = image.tobytes() + bytes([label])
                points.append(_points(model, record, int(label == winner)))
    random = np.random.Generator(np.random.PCG64(1))
    for _ in range(CLOSE):
        network = random_network(tuple(random.integers(1, 10, 4).tolist()), "halves", random)
        images = random_images(random, "halves", 2)
        winners = reference_classes(network, images).tolist()
        for image, winner in zip(images, winners, strict=True):
            points.append(_points(encode_model(network), image.tobytes() + bytes([winner]), 1))
    limits = [zeros([*shape]) for shape in AT_THE_LIMITS]
    nearly = [file for _, file in nearly_models(1, ROUNDS)]
    verdicts = [_verdict(file, _is_model(file)) for file in (*limits, *nearly)]
    drawn = [
        [int(random.integers(1, most + 1)) for most in DIGITS_FAMILY.maximum_channels]
        for _ in range(SHAPES)
    ]
    for shape in ([*AT_THE_BOUND], [FAR_BEYOND] * 4, *drawn):
        bounds = (judging_gas(shape), file_bytes(shape), beyond_the_judge(shape) is None)
        logits.append(lambda judge, s=shape, b=bounds: judge.bounds(s) == b)  # type: ignore[misc]
    some = encode_model(next(cases(seed=1, count=1, largest=2))[1])
    for record in (bytes(784) + b"\n", bytes(784), bytes(786)):
        points.append(_refusal(some, record))
    points.append(_refusal(some[:-1], bytes(785), "MalformedModel"))
    verdicts.append(lambda judge: judge.is_well_formed(some, ANYTHING))
    return {"ImageJudge": [*points, *verdicts], "ImageJudgeHarness": [*logits, *verdicts]}


def dense_questions() -> list[Asked]:
    """What the judges of tables and texts and their harnesses are asked, for several tasks."""
    random = np.random.Generator(np.random.PCG64(1))
    large = TableJudge(random_table(random, is_large=True), MAXIMUM_MODEL_BYTES)
    short = TextJudge(TextSamples(5, ("a", "b")), 100_000)
    asked = []
    for reference in (*TABLES, large, *TEXTS, short):
        name = type(reference).__name__
        points: list[Question] = []
        sums: list[Question] = []
        for case in _cases_of(reference, random):
            for record, right in zip(case.records, case.sums, strict=True):
                sums.append(_sums(case.model, record, list(right)))
                points.append(_points(case.model, record, reference.points(case.model, record)))
                for length in (1, -1):
                    wrong = record + b"\0" if length > 0 else record[:-1]
                    points.append(_refusal(case.model, wrong))
            points.extend(_refusal(case.model, one) for one in _wrong_records(reference, case))
            points.append(_refusal(case.model[:-1], case.records[0], "MalformedModel"))
        verdicts = [
            _verdict(file, reference.is_well_formed(file))
            for _, file in nearly_dense_models(reference, 1, DENSE_ROUNDS)
        ]
        if isinstance(reference, TextJudge):
            sums.extend(_bounds(random) for _ in range(SHAPES))
        words: list[Question] = [lambda judge, w=reference.words: judge.words() == w]  # type: ignore[misc]
        arguments = (list(reference.words),)
        asked.append(Asked(name, arguments, [*words, *points, *verdicts]))
        asked.append(Asked(f"{name}Harness", arguments, [*sums, *verdicts]))
    return asked


def _cases_of(reference: TableJudge | TextJudge, random: np.random.Generator) -> Iterator[Case]:
    drawn_units = [
        (style, (int(random.integers(1, 40)), int(random.integers(1, 70))))
        for style in (*STYLES, "halves", "uniform")
    ]
    # A judge takes few units for the longest texts.
    is_long = isinstance(reference, TextJudge) and reference.samples.maximum_bytes > 1000
    blocks = () if is_long else BLOCKS
    for style, units in (*drawn_units, *(("uniform", one) for one in blocks)):
        if isinstance(reference, TableJudge):
            table, rows = reference.table, random_rows(reference.table, random, 2)
            network = random_table_network(table, units, style, random, rows)
            yield table_case(style, table, network, rows)
        else:
            words, texts = reference.samples, random_texts(reference.samples, random, 2)
            drawn = random_text_network(words, 512, units, style, random, texts)
            yield text_case(style, words, drawn, texts)


def _wrong_records(reference: TableJudge | TextJudge, case: Case) -> Iterator[bytes]:
    """Records of samples that the task does not have: one value just beyond its range."""
    record = case.records[0]
    if isinstance(reference, TextJudge):
        longest, labels = reference.samples.maximum_bytes, len(reference.samples.labels)
        yield bytes(2) + record[2:]
        yield (longest + 1).to_bytes(2) + record[2:]
        yield record[:-1] + bytes([labels])
        return
    words = reference.words
    ranges = [*zip(words[6::3], words[7::3], strict=True), (words[2], words[3])]
    for place, (lowest, highest) in enumerate(ranges):
        for value in (lowest - 1, highest + 1):
            if value < 1 << 31:
                changed = value.to_bytes(4, signed=True)
                yield record[: 4 * place] + changed + record[4 * place + 4 :]


def _points(model: bytes, record: bytes, expected: int) -> Question:
    return lambda judge: judge.points(model, record) == expected


def _sums(model: bytes, record: bytes, expected: list[int]) -> Question:
    return lambda judge: judge.sums(model, record) == expected


def _verdict(file: bytes, expected: bool) -> Question:
    return lambda judge: judge.is_well_formed(file) is expected


def _bounds(random: np.random.Generator) -> Question:
    mosts = (4097, 120_001, 257, 257, 257)
    text, file, embedded, hidden, labels = (int(random.integers(1, most)) for most in mosts)
    expected = text_judging_gas(text, file, (embedded, hidden), labels)
    return lambda judge: judge.text_gas(text, file, embedded, hidden, labels) == expected


def _refusal(model: bytes, record: bytes, name: str = "MalformedRecord") -> Question:
    def is_refused(judge: Judge) -> bool:
        try:
            judge.points(model, record)
        except RevertedError as error:
            return error.name == name
        return False

    return is_refused


def _is_model(file: bytes) -> bool:
    try:
        parse_model(file)
    except ModelError:
        return False
    return True
