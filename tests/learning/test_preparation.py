"""How a process waits for its threads and keeps its memory, each in a process of its own."""

import platform
import resource
import subprocess
import sys

import pytest

from offchain.learning.preparation import SPINS

PREPARE = """
import os, sys
from offchain.learning.preparation import use_threads
assert "torch" not in sys.modules, "OpenMP reads its settings when PyTorch is loaded"
use_threads(2, shared={shared})
import torch
print(torch.get_num_threads(), os.environ.get("OMP_WAIT_POLICY"), os.environ.get("GOMP_SPINCOUNT"))
"""

ALLOCATE = """
import resource
import torch
from offchain.learning.preparation import keep_freed_memory
if {keep}:
    assert keep_freed_memory()
for step in range(101):
    if step == 1:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    kept = [torch.ones(4 << 20, dtype=torch.uint8) for _ in range(4)]
    del kept
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def run(program: str, environment: dict[str, str] | None = None) -> list[str]:
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=environment or {},
    )
    return result.stdout.split()


def test_threads_on_shared_cores_sleep_while_they_wait() -> None:
    assert run(PREPARE.format(shared=True)) == ["2", "PASSIVE", "None"]


def test_threads_on_cores_of_their_own_look_for_a_moment_before_they_sleep() -> None:
    assert run(PREPARE.format(shared=False)) == ["2", "None", str(SPINS)]


@pytest.mark.parametrize("shared", [True, False])
def test_how_threads_wait_is_left_as_the_user_has_set_it(shared: bool) -> None:
    chosen = {"OMP_WAIT_POLICY": "ACTIVE"}
    assert run(PREPARE.format(shared=shared), chosen) == ["2", "ACTIVE", "None"]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc can be told")
def test_memory_that_a_step_frees_is_not_mapped_again_by_the_next() -> None:
    [kept] = run(ALLOCATE.format(keep=True))
    # 100 steps of 16 MiB are 400,000 pages if each has to be mapped anew.
    assert int(kept) < 100 * (16 << 20) // resource.getpagesize() // 10
