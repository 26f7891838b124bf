"""Waiting for another process: poll until a deadline, never sleep for a guessed time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], *, seconds: float = 60, what: str = "") -> T:
    """The first true value of `look`; AssertionError with `what` when the deadline passes."""
    deadline = time.monotonic() + seconds
    while True:
        if value := look():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"Not within {seconds:g} s: {what or look}")
        time.sleep(0.05)
