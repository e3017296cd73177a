"""The report as a chart: a panel for each figure, a bar for each contestant, in one SVG file that needs nothing else.

Its colours follow the reader's preference for light or dark, and its ground is opaque, so that it is legible on any page.
"""
from xml.sax.saxutils import escape

from .summary import rows
from .table import number

# Work, field, title, digits, whether more is better.
_PANELS = (
    ("single", "rate", "One POST a record: records/s", 0, True),
    ("single", "cpu_us", "One POST a record: CPU µs a record", 1, False),
    ("batch", "rate", "Batches: records/s", 0, True),
    ("batch", "cpu_us", "Batches: CPU µs a record", 1, False),
    ("paced-100", "cpu_us", "100 records/s: CPU µs a record", 0, False),
    ("paced-1000", "cpu_us", "1,000 records/s: CPU µs a record", 0, False),
    ("tls", "rate", "One POST a record over TLS: records/s", 0, True),
    ("tls", "cpu_us", "One POST a record over TLS: CPU µs a record", 1, False),
    ("away", "cpu_seconds", "API away, 2,000 records/s coming in: CPU s", 2, False),
    ("kill", "lost", "kill -9 amid 10,000 records/s: records lost", 0, False),
)
_WIDTH, _PANEL, _GAP, _MARGIN = 960, 452, 16, 20
_LABEL, _FIGURE, _BAR, _STEP, _HEAD = 176, 62, 14, 24, 44
_ALONE = 4  # times the next longest bar: then a bar is cut, and marked
_LIGHT = {"ground": "#ffffff", "text": "#1f2328", "faint": "#59636e", "line": "#d1d9e0", "memory": "#8c959f", "written": "#4a86d8", "synced": "#2a8f5b", "whisker": "#1f2328"}
_DARK = {"ground": "#0d1117", "text": "#e6edf3", "faint": "#9198a1", "line": "#3d444d", "memory": "#8b949e", "written": "#5a9bf0", "synced": "#3fb573", "whisker": "#e6edf3"}
_CLASSES = {"in memory": "memory", "written": "written", "synced": "synced"}


def chart(run):
    """The text of the file. `run` is a results.Run."""
    panels = [one for panel in _PANELS if (one := _panel_rows(run, panel))]
    body, top = [_heading(run)], 92
    for left, right in zip(panels[::2], panels[1::2] + [None]):
        height = max(_height(run, one) for one in (left, right) if one)
        body.append(_panel(run, left, _MARGIN, top))
        if right:
            body.append(_panel(run, right, _MARGIN + _PANEL + _GAP, top))
        top += height + _GAP
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" width="{_WIDTH}" height="{top}" role="img" '
            f'aria-labelledby="title"><title id="title">Shippers side by side: {escape(run.machine)}</title>\n'
            f"<style>{_style()}</style>\n"
            f'<rect class="ground" width="{_WIDTH}" height="{top}"/>\n' + "\n".join(body) + "\n</svg>\n")


def _style():
    def rules(colours):
        fills = {"ground": "ground", "text": "text", "faint": "faint", "memory": "memory", "written": "written", "synced": "synced"}
        return ("".join(f".{name}{{fill:{colours[key]}}}" for name, key in fills.items())
                + f".line{{stroke:{colours['line']}}}.whisker{{stroke:{colours['whisker']}}}")

    return ("text{font:12px system-ui,-apple-system,'Segoe UI',sans-serif}.title{font-size:18px;font-weight:600}.own{font-weight:700}.head{font-size:13px;font-weight:600}"
            f".figure{{text-anchor:end}}{rules(_LIGHT)}@media(prefers-color-scheme:dark){{{rules(_DARK)}}}")


def _heading(run):
    medians = "one round" if run.rounds == 1 else f"medians of {run.rounds} interleaved rounds, thin lines: least and most"
    warning = "LOADED MACHINE, do not quote. " if run.load else ""
    keys, left = [], _MARGIN
    for promise, name in _CLASSES.items():
        keys.append(f'<rect class="{name}" x="{left}" y="64" width="12" height="12" rx="2"/><text class="text" x="{left + 18}" y="74">{promise}</text>')
        left += 100
    keys.append(f'<text class="faint" x="{left}" y="74">where a record is when the shipper calls it taken</text>')
    return (f'<text class="title text" x="{_MARGIN}" y="30">Shippers side by side</text>\n'
            f'<text class="faint" x="{_MARGIN}" y="50">{escape(warning + run.date)}, {escape(run.machine)}; {medians}</text>\n' + "".join(keys))


def _panel_rows(run, panel):
    work, field, *_ = panel
    found = [(row.contestant, row.values[field]) for row in rows(run.measurements, work, [one.name for one in run.contestants], run.reference) if field in row.values]
    return (panel, found) if found else None


def _note(run, panel):
    """A note for what the bars of a panel can't show; mostly empty."""
    if panel[1] != "lost":
        return ""
    acknowledged = [row for row in rows(run.measurements, panel[0], [one.name for one in run.contestants], run.reference) if "lost_acknowledged" in row.values]
    return "; ".join(f"of what {row.contestant} had acknowledged: {number(row.values['lost_acknowledged'].median, 0)}" for row in acknowledged)


def _height(run, panel):
    return _HEAD + _STEP * (len(panel[1]) + bool(_note(run, panel[0]))) + 12


def _scale(spreads):
    """The value of a full-length bar: the largest one, or less if a single bar would make all others too short to compare."""
    *others, most = sorted(spread.most for spread in spreads)
    return others[-1] * 1.25 if others and others[-1] > 0 and most > _ALONE * others[-1] else most or 1


def _panel(run, panel, left, top):
    panel, found = panel
    _, _, title, digits, more = panel
    promises = {one.name: _CLASSES[one.promise.value] for one in run.contestants}
    full = _scale([spread for _, spread in found])
    room = _PANEL - _LABEL - _FIGURE
    better = "more is better" if more else "less is better"
    parts = [f'<g transform="translate({left} {top})"><line class="line" x1="0" x2="{_PANEL}" y1="0" y2="0"/>'
             f'<text class="head text" x="0" y="22">{escape(title)}</text><text class="faint figure" x="{_PANEL}" y="22">{better}</text>']
    for place, (name, spread) in enumerate(found):
        y = _HEAD + _STEP * place
        own = " own" if name == run.reference else ""
        middle = y + _BAR / 2
        least, end, longest = (_LABEL + room * min(value / full, 1) for value in (spread.least, spread.median, spread.most))
        parts.append(f'<text class="text{own}" x="0" y="{y + 11}">{escape(name)}</text>'
                     f'<rect class="{promises[name]}" x="{_LABEL}" y="{y}" width="{max(end - _LABEL, 1):.1f}" height="{_BAR}" rx="2"/>'
                     f'<text class="text figure{own}" x="{_PANEL}" y="{y + 11}">{number(spread.median, digits)}</text>')
        if spread.median > full:
            parts.append(f'<path class="ground" d="M{end - 18:.1f} {y + _BAR + 1}l6 -{_BAR + 2}h4l-6 {_BAR + 2}z"/>')
        elif spread.least < spread.most:
            parts.append(f'<line class="whisker" x1="{least:.1f}" x2="{longest:.1f}" y1="{middle}" y2="{middle}"/>')
    if note := _note(run, panel):
        parts.append(f'<text class="faint" x="0" y="{_HEAD + _STEP * len(found) + 11}">{escape(note)}</text>')
    return "".join(parts) + "</g>"
