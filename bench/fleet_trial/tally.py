"""What became of the records of each phase: counted by their numbers."""
from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """Of one phase. Records whose acknowledgement did not come count in `too_often` alone."""

    phase: str
    acknowledged: int
    arrived: int  # of those, different ones
    twice: int
    more_often: int
    too_often: int  # records that arrived more often than `allowed`
    allowed: int

    @property
    def missing(self):
        return self.acknowledged - self.arrived

    @property
    def good(self):
        return self.missing == 0 and self.too_often == 0


def rows(phases, firsts, acknowledged, times):
    """`phases`: [(name, allowed arrivals of a record)]; `firsts`: the first number of each; `times(number)`: how often it has arrived."""
    counts = [[0, 0, 0, 0, 0] for _ in phases]
    for number, answered in enumerate(acknowledged):
        at = bisect_right(firsts, number) - 1
        count = counts[at]
        arrived = times(number)
        count[4] += arrived > phases[at][1]
        if answered:
            count[0] += 1
            count[1] += arrived > 0
            count[2] += arrived == 2
            count[3] += arrived > 2
    return [Row(name, *count, allowed) for (name, allowed), count in zip(phases, counts)]


def missing_numbers(firsts, acknowledged, times, most=10):
    """Some of the acknowledged numbers that did not arrive, each with the index of its phase."""
    found = []
    for number, answered in enumerate(acknowledged):
        if answered and not times(number):
            found.append((number, bisect_right(firsts, number) - 1))
            if len(found) == most:
                break
    return found
