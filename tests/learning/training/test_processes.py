"""Training and judging in two processes over gloo, on the CPU: as in one, and a clean end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from offchain.errors import ConfigurationError
from offchain.learning.training.place import ProcessPlace, place_of
from tests.support.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parents[3]

PROGRAM = """
import json, os, sys, time
import matplotlib, torch
torch.set_num_threads(1)
from pathlib import Path
from offchain.errors import TrainingError
from offchain.learning.drawing.endless_source import DigitsDataSource
from offchain.learning.formats.digits import concatenate, decode_payload
from offchain.learning.drawing.noise import LIGHT
from offchain.learning.exact.evaluation import ExactEvaluator
from offchain.learning.fonts.files import font_files_under
from offchain.learning.fonts.atlas import build_atlas
from offchain.learning.exact.integer_network import DIGITS_FAMILY, encode_model
from offchain.learning.training.loop import train_network
from offchain.learning.training.place import place_of
from offchain.learning.training.processes import TrainingProcesses
from offchain.learning.training.settings import TrainingSettings

SILENCE = float(os.environ.get("SILENCE", "600"))
processes = TrainingProcesses(place_of(os.environ), SILENCE)
if processes.place.rank:
    print(json.dumps({"helped": processes.help()}), flush=True)
    processes.leave()

atlas = build_atlas(font_files_under(Path(matplotlib.get_data_path()) / "fonts"), Path(sys.argv[1]))
def samples(seed, items):
    data = DigitsDataSource(atlas, 0, 2, seed=seed, samples_per_part=100, noise=LIGHT)
    return concatenate([decode_payload(item, 100) for item in data.draw(1, items)])
training, test = samples(1, 8), samples(2, 4)
many = [samples(seed, 7) for seed in range(3, 6)]  # 21 parts: 2,100 samples
whole = concatenate(many)
CHANNELS = (6, 8, 12, 16)[: len(DIGITS_FAMILY.kernels)]
def settings(**changed):
    chosen = {"channels": CHANNELS, "maximum_steps": 120, "batch": 32, "report_steps": 10}
    return TrainingSettings(**(chosen | {"seconds": 600.0} | changed))
def score(network):
    return ExactEvaluator().score(network, test.images, test.labels) / len(test)
def together(previous, settings, report=lambda _: None):
    clock = time.monotonic
    return processes.train(training, previous, 5, settings, report, clock, None)
def judged(network, payloads=None):
    found = []
    def judge(network, samples):
        found.append(len(samples))
        return ExactEvaluator().points(network, samples.images, samples.labels)
    payloads = many if payloads is None else payloads
    points = processes.points(network, payloads, judge)
    if points is None:
        points = judge(network, concatenate(payloads))
    alone = ExactEvaluator().points(network, whole.images, whole.labels)
    return {"same": points.tolist() == alone.tolist(), "here": found, "points": int(points.sum())}
def tell(**what):
    print(json.dumps(what), flush=True)
"""


@pytest.fixture(scope="module")
def atlas_folder(tmp_path_factory):
    """Where the processes of all tests find the fonts that the first has scanned."""
    return tmp_path_factory.mktemp("atlas")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(folder, body, size=2, before="", **variables):
    """The program with `body` in `size` processes, as torchrun would start them."""
    environment = {
        **os.environ,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(free_port()),
        "WORLD_SIZE": str(size),
        "LOCAL_WORLD_SIZE": str(size),
        "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
        "PYTHONPATH": str(ROOT),
        **variables,
    }
    return [
        subprocess.Popen(
            [sys.executable, "-c", before + PROGRAM + body, str(folder)],
            env=environment | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(size)
    ]


def outcome(process):
    """What a process printed, once it has ended well."""
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, errors
    lines = [line for line in output.splitlines() if line.startswith("{")]
    return {name: value for line in lines for name, value in json.loads(line).items()}


def test_two_processes_train_as_well_as_one_and_end_together(atlas_folder):
    leader, helper = start(
        atlas_folder,
        """
reports = []
first = together(None, settings(), reports.append)
tell(two=score(first.network), steps=first.steps, reports=len(reports))
tell(one=score(train_network(training, None, 5, settings(), lambda _: None).network))
second = together(first.network, settings(maximum_steps=60))
tell(explored=list(second.network.channels), again=score(second.network))
processes.end()
processes.leave()
""",
    )
    told = outcome(leader)
    assert told["steps"] == 120
    assert told["reports"] == 12
    assert told["one"] > 0.9
    assert told["two"] > told["one"] - 0.04
    assert told["again"] > told["two"] - 0.03
    assert outcome(helper) == {"helped": 2}


NETWORK = """
network = train_network(training, None, 5, settings(maximum_steps=5), lambda _: None).network
"""


def test_two_processes_judge_to_the_bit_what_one_does(atlas_folder):
    leader, helper = start(
        atlas_folder,
        NETWORK
        + """
tell(first=judged(network), again=judged(network))
few = samples(9, 2)
whole = few
tell(few=judged(network, [few]))
whole = concatenate(many[:2] + many[:1])
tell(other=judged(network, [*many[:2], many[0]]))
processes.end()
processes.leave()
""",
    )
    told = outcome(leader)
    assert told["first"]["same"]
    assert 0 < told["first"]["points"] < 2_100
    assert told["again"] == told["first"]
    assert told["first"]["here"] == [1_050], "the half that the helper has is not judged here"
    assert told["few"]["here"] == [200], "what is little is not worth sending"
    assert told["few"]["same"]
    assert told["other"]["same"]
    assert told["other"]["here"] == [1_050]
    assert outcome(helper) == {"helped": 0}


@pytest.mark.full
def test_what_a_helper_cannot_judge_the_node_judges(atlas_folder):
    program = NETWORK + "tell(**judged(network))\nprocesses.end()\nprocesses.leave()\n"
    # A machine on which nothing computes exactly.
    broken = """
import os
if os.environ["RANK"] == "1":
    from offchain.errors import EvaluationError
    from offchain.learning.training import shared_judging
    def refuse(device):
        raise EvaluationError("nothing computes exactly")
    shared_judging.ExactEvaluator = refuse
"""
    leader, helper = start(atlas_folder, program, before=broken)
    told = outcome(leader)
    assert told["same"]
    assert told["here"] == [1_050, 1_050]
    assert outcome(helper) == {"helped": 0}


@pytest.mark.full
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_helper_that_ends_or_says_nothing_costs_seconds_and_no_point(atlas_folder, number):
    """A stopped process is like a machine without power: its connections stay open."""
    leader, helper = start(
        atlas_folder,
        NETWORK
        + """
tell(before=judged(network))
sys.stdin.readline()
began = time.monotonic()
tell(after=judged(network), seconds=time.monotonic() - began)
tell(alone=score(together(None, settings()).network))
processes.leave()
""",
        SILENCE="5",
    )
    assert "before" in leader.stdout.readline()
    helper.send_signal(number)
    leader.stdin.write("\n")
    leader.stdin.flush()
    told = outcome(leader)
    helper.kill()
    helper.communicate()
    assert told["after"]["same"]
    assert told["after"]["here"][-1] == 2_100
    assert told["alone"] > 0.9
    assert told["seconds"] < PATIENCE_SECONDS / 2


@pytest.mark.full
def test_a_silent_helper_is_noticed_between_jobs(atlas_folder):
    leader, helper = start(
        atlas_folder,
        NETWORK
        + """
tell(ready=True)
while not processes.is_alone:
    time.sleep(0.1)
tell(noticed=True, **judged(network))
processes.leave()
""",
        SILENCE="2",
    )
    assert "ready" in leader.stdout.readline()
    helper.send_signal(signal.SIGSTOP)
    told = outcome(leader)
    helper.kill()
    helper.communicate()
    assert told["noticed"]
    assert told["here"] == [2_100]


@pytest.mark.full
def test_a_helper_whose_node_says_nothing_ends(atlas_folder):
    leader, helper = start(atlas_folder, "tell(ready=True)\ntime.sleep(600)\n", SILENCE="2")
    assert "ready" in leader.stdout.readline()
    leader.send_signal(signal.SIGSTOP)
    assert outcome(helper) == {"helped": 0}
    leader.kill()
    leader.communicate()


@pytest.mark.full
def test_the_helper_survives_trainings_that_fail_or_are_stopped(atlas_folder):
    leader, helper = start(
        atlas_folder,
        """
class Stop(Exception):
    pass
def stop(_):
    raise Stop
try:
    together(None, settings(), stop)
except Stop:
    tell(stopped=True)
try:
    together(None, settings(learning_rate=float("inf"), report_steps=2))
except TrainingError as error:
    tell(failed=str(error))
broken = settings(label_smoothing="none at all")  # an error in the midst of a step, in both
try:
    together(None, broken)
except TypeError:
    tell(raised=True)
tell(after=score(together(None, settings()).network))
processes.end()
processes.leave()
""",
    )
    told = outcome(leader)
    assert told["stopped"]
    assert "the loss is" in told["failed"]
    assert told["after"] > 0.9
    assert outcome(helper)["helped"] == 4


def test_a_leader_that_is_killed_leaves_no_helper_behind(atlas_folder):
    leader, helper = start(atlas_folder, "tell(ready=True)\ntime.sleep(600)\n")
    assert "ready" in leader.stdout.readline()
    leader.send_signal(signal.SIGKILL)
    started = time.monotonic()
    assert outcome(helper) == {"helped": 0}
    assert time.monotonic() - started < PATIENCE_SECONDS
    leader.communicate()


@pytest.mark.full
def test_a_helper_that_is_killed_leaves_the_leader_training_alone(atlas_folder):
    leader, helper = start(
        atlas_folder,
        """
def kill(_):
    tell(training=True)
    sys.stdin.readline()
try:
    together(None, settings(report_steps=1), kill)
except TrainingError as error:
    tell(failed=str(error))
tell(alone=score(together(None, settings()).network))
processes.end()
processes.leave()
""",
    )
    assert "training" in leader.stdout.readline()
    helper.send_signal(signal.SIGKILL)
    helper.communicate()
    told = outcome(leader)
    assert told["failed"] == "another process of the training has ended"
    assert told["alone"] > 0.9


@pytest.mark.full
def test_a_leader_that_stops_during_a_training_takes_its_helper_along(atlas_folder):
    leader, helper = start(
        atlas_folder,
        """
import threading
begun = threading.Event()
endless = settings(maximum_steps=10**9, epochs=10**6, report_steps=1, seconds=1e6)
def train():
    try:
        together(None, endless, lambda _: begun.set())
    except TrainingError as error:
        tell(stopped=str(error))
work = threading.Thread(target=train, daemon=True)
work.start()
begun.wait()
processes.end()
work.join()
tell(ended=True)
processes.leave()
""",
    )
    assert outcome(leader) == {"stopped": "the training processes end", "ended": True}
    assert outcome(helper) == {"helped": 1}


def test_the_place_is_what_torchrun_says():
    told = {"RANK": "3", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}
    assert place_of(told) == ProcessPlace(3, 8, 1, 2)
    assert place_of({}) == ProcessPlace(0, 1, 0, 1)


@pytest.mark.parametrize("rank", ["2", "-1", "x"])
def test_variables_that_torchrun_would_not_set_are_refused(rank):
    with pytest.raises(ConfigurationError, match=f"RANK={rank}, WORLD_SIZE=2"):
        place_of({"RANK": rank, "WORLD_SIZE": "2"})
