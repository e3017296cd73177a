"""Medians and ranges over the rounds, and how a contestant compares with respand in the same round."""
import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    median: float
    least: float
    most: float


@dataclass(frozen=True)
class Row:
    """A contestant in a work."""

    contestant: str
    values: dict  # name of a measurement's field -> Spread; without those that were not measured
    ratios: dict  # the same -> the median of the rounds' ratios to respand; only where both were measured
    failures: tuple  # of each round that failed, the text


FIELDS = ("rate", "cpu_us", "cpu_seconds", "peak_mb", "lost", "lost_acknowledged", "duplicated", "late")


def spread(values):
    """None where there are none."""
    return Spread(statistics.median(values), min(values), max(values)) if values else None


def rows(measurements, work, names, reference):
    """A row for each of `names` that was measured in that work, compared with the contestant named `reference`."""
    mine = {}
    for one in measurements:
        if one.work == work:
            mine.setdefault(one.contestant, []).append(one)
    return [_row(name, mine[name], mine.get(reference, [])) for name in names if name in mine]


def _row(name, own, reference):
    values, ratios = {}, {}
    for field in FIELDS:
        found = spread([value for one in own if (value := getattr(one, field)) is not None])
        if found:
            values[field] = found
        ratio = spread(list(_ratios(field, own, reference)))
        if ratio:
            ratios[field] = ratio.median
    return Row(name, values, ratios, tuple(one.failure for one in own if one.failure))


def _ratios(field, own, reference):
    of_round = {one.round: getattr(one, field) for one in reference}
    for one in own:
        value, base = getattr(one, field), of_round.get(one.round)
        if value is not None and base:
            yield value / base
