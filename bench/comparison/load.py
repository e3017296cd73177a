"""How busy other programs keep the machine: figures that were taken on a busy machine are not to be quoted."""
import os
import resource
import time
from pathlib import Path

_QUIET = 0.1  # of all cores; the kernel's own threads, which write back what is ours, are among the others
_TICKS = os.sysconf("SC_CLK_TCK")


class ForeignLoad:
    """Counts from its construction on. "Others" are all programs but this one and those that it has started and that have ended."""

    def __init__(self):
        self._begin = self._now()

    def share(self):
        """The others' share of all cores, from 0 to 1."""
        (time_then, busy_then, own_then), (time_now, busy_now, own_now) = self._begin, self._now()
        cores = os.sysconf("SC_NPROCESSORS_ONLN")
        return max((busy_now - busy_then) - (own_now - own_then), 0) / max((time_now - time_then) * cores, 1e-6)

    def warning(self):
        """A warning in words; empty: the machine is quiet."""
        share = self.share()
        return "" if share <= _QUIET else f"others took {share:.0%} of it meanwhile"

    @staticmethod
    def _now():
        own = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return time.monotonic(), busy_seconds(Path("/proc/stat").read_text(encoding="ascii")), own


def busy_seconds(stat):
    """User, nice, system and stolen time of all cores, from the text of /proc/stat; without interrupts, which are everybody's."""
    user, nice, system, _idle, _iowait, _irq, _softirq, steal = (int(field) for field in stat.split("\n", 1)[0].split()[1:9])
    return (user + nice + system + steal) / _TICKS
