"""Waits until a process that was sent SIGSTOP does nothing any more."""

import os


def until_paused(pid: int) -> None:
    """Returns once every thread of a child has stopped, or the child has ended.

    kill(2) returns before that: on a busy machine the other threads go on for a while, and answer.
    """
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
