"""Waiting for something that can only be looked at, up to a deadline."""
import enum
import select
import time

_LOOK = 0.02  # seconds between two looks


def pause(seconds):
    """Waits that long; ^C ends it."""
    select.select([], [], [], max(seconds, 0))


def wait_until(condition, seconds):
    """Looks until `condition()` holds; False where the time is over first."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= end:
            return False
        pause(_LOOK)
    return True


class Growth(enum.Enum):
    """How waiting for a number that grows has ended."""

    REACHED = enum.auto()
    STANDS = enum.auto()  # it no longer grows
    TIMED_OUT = enum.auto()  # it still grows


def wait_for_growth(value, goal, patience, most):
    """Looks until `value()` is at `goal`, has not grown for `patience` seconds, or `most` seconds are over.

    How that ended, and the time of the last growth, as of time.monotonic().
    """
    end = time.monotonic() + most
    seen = value()
    grown = time.monotonic()
    while seen < goal:
        now = time.monotonic()
        if now >= grown + patience:
            return Growth.STANDS, grown
        if now >= end:
            return Growth.TIMED_OUT, grown
        pause(_LOOK)
        latest = value()
        if latest > seen:
            seen = latest
            grown = time.monotonic()
    return Growth.REACHED, grown
