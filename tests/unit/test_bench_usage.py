"""The bench's CPU and memory figures, read from /proc."""

import os
import subprocess
import sys

import pytest

from tests.bench import usage

_BURN = "import time\nwhile time.process_time() < 0.3: pass"


def test_cpu_of_a_process_is_what_it_knows_itself() -> None:
    # given a process that has used some CPU
    code = _BURN + "\nimport time\nprint(time.process_time(), flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        own = float(child.stdout.readline())

        # when it is measured
        measured = usage.measure({"it": child.pid})["it"]
        child.communicate(b"\n")

    # then that is its own time, to the clock's ticks
    assert own > 0.25
    assert measured.cpu_s == pytest.approx(own, abs=0.1)


def test_children_count_before_and_after_their_end() -> None:
    # given a child that burns 0.3 s and then waits
    before = usage.measure({"me": os.getpid()})["me"].cpu_s
    command = [sys.executable, "-c", _BURN + "\nprint(flush=True)\ninput()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()

        # when the tree is measured while it lives, and after its end
        alive = usage.measure({"me": os.getpid()})["me"].cpu_s
        child.communicate(b"\n")
    ended = usage.measure({"me": os.getpid()})["me"].cpu_s

    # then it counts both times
    assert alive - before >= 0.25
    assert ended >= alive - 0.05


def test_memory_is_that_of_the_largest_process() -> None:
    # given a child that holds 600 MiB, more than this process does
    command = [sys.executable, "-c", "held = b'x' * (600 << 20)\nprint(flush=True)\ninput()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()

        # when the tree is measured
        measured = usage.measure({"me": os.getpid()})["me"].rss_mib
        child.communicate(b"\n")

    # then it is the child's resident set
    assert 600 <= measured < 700
