"""What is the same in all kinds: payloads, records, learning, answers; kinds of other packages."""

import sys
from dataclasses import replace
from importlib.metadata import EntryPoint

import numpy as np
import pytest
import torch

from offchain.chain.deployment.judge_words import judge_words
from offchain.errors import ConfigurationError, ModelError, PayloadError
from offchain.learning.exact.integer_layer import IntegerLayer
from offchain.learning.exact.text_network import TextNetwork, encode_model
from offchain.learning.kinds import known
from offchain.learning.kinds.kind import GROUP, LearnerSettings
from offchain.learning.kinds.known import find_kind, kind_names
from offchain.learning.task_file.words import (
    ModelLimits,
    TaskFile,
    TaskFileError,
    TextSamples,
)
from offchain.learning.tasks.known import deployed_task, make_learner
from tests.support.small_tasks import COLOURS, FLOWERS, LINES, PRICES, SAMPLES, SMALL_TASKS
from tests.support.small_tasks import samples_of as made

CPU = LearnerSettings({"training_seconds": 20.0}, "cpu")
each_task = pytest.mark.parametrize("task", SMALL_TASKS, ids=lambda task: task.name)


def silent(_):
    pass


@pytest.fixture(scope="module")
def models():
    """A model of each task, trained on ten parts."""
    torch.set_num_threads(1)
    found = {}
    for task in SMALL_TASKS:
        kind = find_kind(task.kind)
        payloads = [kind.encode_payload(task, made(task, seed=seed)) for seed in range(10)]
        learner = make_learner(task, {"training_seconds": 30.0}, device="cpu")
        found[task.name] = learner.train(payloads, None, 1, silent).data
    return found


@each_task
def test_a_payload_gives_its_samples_again_and_fits_what_all_are_padded_to(task):
    kind, samples = find_kind(task.kind), made(task)
    learner = make_learner(task)
    payload = kind.encode_payload(task, samples)
    assert len(payload) <= learner.payload_bytes
    learner.check_payload(payload)
    records = learner.sample_records(payload)
    assert len(records) == SAMPLES
    assert len({len(record) for record in records}) == 1
    again = kind.make_task(task, CPU).decode_payload(payload)
    assert kind.encode_payload(task, again) == payload
    assert len(kind.concatenate(task, [samples, samples])) == 2 * SAMPLES
    assert len(kind.concatenate(task, [])) == 0


@each_task
def test_a_payload_of_another_number_of_samples_is_not_made_and_not_taken(task):
    kind = find_kind(task.kind)
    with pytest.raises(PayloadError, match="39 samples, a part has 40"):
        kind.encode_payload(task, made(task, SAMPLES - 1))
    payload = kind.encode_payload(task, made(task))
    with pytest.raises(PayloadError):
        make_learner(replace(task, samples_per_part=SAMPLES - 1)).check_payload(payload)


@each_task
def test_what_is_learned_is_right_on_new_samples_by_both_arithmetics(task, models):
    kind, samples = find_kind(task.kind), made(task, seed=77)
    learner = make_learner(task, device="cpu")
    payload = kind.encode_payload(task, samples)
    points = learner.points(models[task.name], [payload])
    assert points.dtype == np.uint8
    assert points.mean() > 0.8 * kind.full_points(task)
    learner.check_points(models[task.name], learner.sample_records(payload), points.tolist())
    learner.check_model(models[task.name])
    assert len(models[task.name]) <= task.model.maximum_bytes


@each_task
def test_training_goes_on_from_the_previous_best(task, models):
    torch.set_num_threads(1)
    kind = find_kind(task.kind)
    payloads = [kind.encode_payload(task, made(task, seed=seed)) for seed in range(5)]
    test = [kind.encode_payload(task, made(task, seed=78))]
    learner = make_learner(task, {"training_seconds": 0.5}, device="cpu")
    onward = learner.train(payloads, models[task.name], 3, silent)
    # Half a second need not find a better one: then it is kept, as a new network would not be.
    before = learner.points(models[task.name], test).mean()
    after = learner.points(onward.data, test).mean()
    assert onward.data == models[task.name] or after > 0.98 * before
    assert after > 0.75 * kind.full_points(task)


@each_task
def test_predictions_in_words_are_those_that_points_go_by(task, models):
    kind, samples = find_kind(task.kind), made(task, seed=79)
    found = kind.predict(task, models[task.name], samples)
    answers = kind.answers(task, models[task.name], found)
    assert len(answers) == SAMPLES
    if task is PRICES:
        assert found.shape == (SAMPLES,)
        assert [round(float(answer.text) * 100) for answer in answers] == found.tolist()
        assert {(answer.unit, answer.confidence) for answer in answers} == {("€", None)}
        return
    labels = task.samples.target.classes if task is FLOWERS else task.samples.labels
    assert [answer.text for answer in answers] == [labels[one] for one in found.argmax(axis=1)]
    assert all(1 / len(labels) <= answer.confidence <= 1 for answer in answers)
    wanted = samples.target if task is FLOWERS else samples.labels
    [payload] = [kind.encode_payload(task, samples)]
    points = make_learner(task, device="cpu").points(models[task.name], [payload])
    assert points.tolist() == (found.argmax(axis=1) == wanted).tolist()


@each_task
def test_a_model_of_another_task_is_refused(task, models):
    for name, model in models.items():
        if name == task.name:
            continue
        with pytest.raises(ModelError):
            make_learner(task).check_model(model)


@each_task
def test_a_description_says_the_bounds_and_gives_the_task_again(task):
    description = make_learner(task).description
    assert deployed_task(description, None) == task
    assert b'"sums_below":16777216' in description
    assert f'"maximum_model_bytes":{task.model.maximum_bytes}'.encode() in description


@pytest.mark.parametrize(
    ("task", "judge"), [(COLOURS, "TableJudge"), (FLOWERS, "TextJudge"), (LINES, "ImageJudge")]
)
def test_a_judge_that_a_kind_does_not_have_is_refused(task, judge):
    wanted = replace(task, model=ModelLimits(60_000, judge))
    with pytest.raises(TaskFileError, match=f"judge is {judge}"):
        make_learner(wanted)


@pytest.mark.parametrize(
    ("task", "judge"), [(FLOWERS, "TableJudge"), (PRICES, "TableJudge"), (LINES, "TextJudge")]
)
def test_a_judged_task_says_its_judges_words_which_follow_from_the_file(task, judge):
    judged = replace(task, model=ModelLimits(60_000, judge))
    learner = make_learner(judged)
    assert deployed_task(learner.description, judge) == judged
    assert judge_words(learner.description) == learner.judge.words
    assert learner.judge.words[0] == 60_000
    others = replace(judged, model=ModelLimits(50_000, judge))
    assert make_learner(others).judge.words != learner.judge.words
    assert make_learner(task).judge is None
    assert judge_words(make_learner(task).description) == ()


def test_a_network_for_texts_that_costs_too_much_is_a_model_only_where_nothing_judges_it():
    words = TextSamples(4096, ("vowels", "others"))

    def zeros(rows: int, columns: int, outputs: int, shifts: int) -> IntegerLayer:
        weight, shift = np.zeros((rows, columns), np.int8), np.zeros(shifts, np.uint8)
        return IntegerLayer(weight, np.zeros(outputs, np.int32), shift)

    layers = zeros(1, 256, 1, 1), zeros(2, 1, 2, 1)
    model = encode_model(TextNetwork(zeros(256, 256, 256, 256), layers))
    task = replace(LINES, samples=words)
    make_learner(task).check_model(model)
    judged = make_learner(replace(task, model=ModelLimits(judge="TextJudge")))
    with pytest.raises(ModelError, match=r"judging a text may take \d+ gas, allowed are 6000000"):
        judged.check_model(model)


def test_the_judge_of_images_judges_no_others_than_its_own():
    wanted = replace(COLOURS, model=ModelLimits(judge="ImageJudge"))
    with pytest.raises(TaskFileError, match=r"judges images of 28 x 28 .* these have 12 x 10, 3"):
        make_learner(wanted)


def test_tables_and_texts_are_trained_by_one_process():
    for task in (FLOWERS, LINES):
        with pytest.raises(ConfigurationError, match="start it without torchrun"):
            make_learner(task, processes=object())


@pytest.mark.parametrize("channels", ["3-4", "1-2-3-4-600", "x", "500-500-500-500-500"])
def test_channels_that_are_none_of_the_familys_are_refused(channels):
    with pytest.raises(ConfigurationError):
        make_learner(COLOURS, {"channels": channels})


FOREIGN = """
from offchain.learning.kinds.text.kind import TextKind

class WordsKind(TextKind):
    name = "words"

WORDS = WordsKind()
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package with a kind, as pip leaves one behind: a module, and metadata beside it."""
    (tmp_path / "foreign_words.py").write_text(FOREIGN)
    info = tmp_path / "foreign_words-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign-words\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\nwords = foreign_words:WORDS\n")
    monkeypatch.syspath_prepend(tmp_path)
    known._entries.cache_clear()
    yield
    known._entries.cache_clear()
    sys.modules.pop("foreign_words", None)


def test_a_kind_of_another_package_is_found_and_learns(installed):
    assert kind_names() == ["images", "table", "text", "words"]
    task = TaskFile("foreign", "words", LINES.samples, SAMPLES, ModelLimits())
    with pytest.raises(TaskFileError, match="the task foreign is of words, not of texts"):
        make_learner(replace(task, samples=FLOWERS.samples))
    learner = make_learner(task)
    assert deployed_task(learner.description, None) == task
    payload = find_kind("words").encode_payload(task, made(LINES))
    learner.check_payload(payload)


def test_a_kind_that_is_not_installed_or_cannot_be_loaded_is_told(monkeypatch):
    with pytest.raises(TaskFileError, match="kind is 'words': installed are images, table, text"):
        find_kind("words")
    for value in ("no_such_module:KIND", "sys:path", "sys:no_such_object"):
        entry = EntryPoint("words", value, GROUP)
        monkeypatch.setattr(known, "_entries", lambda entry=entry: {"words": entry})
        with pytest.raises(TaskFileError, match="the kind words"):
            find_kind("words")
