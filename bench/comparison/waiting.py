"""Waits, up to a deadline, for something that gives no signal and has to be looked at again and again."""
import enum
import select
import time

_LOOK = 0.02  # seconds between two looks


def pause(seconds):
    """Waits that long; ^C ends the wait."""
    select.select([], [], [], max(seconds, 0))


def wait_until(condition, seconds, look=_LOOK):
    """Looks until `condition()` holds, every `look` seconds; False where the time is over first."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= end:
            return False
        pause(look)
    return True


class Growth(enum.Enum):
    """How waiting for a number that grows has ended."""

    REACHED = enum.auto()
    STANDS = enum.auto()  # it no longer grows
    TIMED_OUT = enum.auto()  # it still grows


def wait_for_growth(value, goal, patience, most):
    """Looks until `value()` is at `goal`, has not grown for `patience` seconds, or `most` seconds are over.

    Returns how that ended, and the time of the last growth (time.monotonic()).
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
