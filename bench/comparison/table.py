"""The report as Markdown."""
from .summary import rows

# Field, heading, digits behind the point.
_COLUMNS = {
    "full": (("rate", "records/s", 0), ("cpu_us", "CPU µs a record", 1), ("peak_mb", "peak MB", 0)),
    "paced": (("cpu_us", "CPU µs a record", 0), ("peak_mb", "peak MB", 0)),
    "away": (("cpu_seconds", "CPU s", 2), ("cpu_us", "CPU µs a record", 0), ("peak_mb", "peak MB", 0)),
    "kill": (),
}
_KIND = {"single": "full", "batch": "full", "tls": "full", "paced-100": "paced", "paced-1000": "paced", "away": "away", "kill": "kill"}
_ACCOUNT = (("lost", "lost", 0), ("duplicated", "twice", 0))


def number(value, digits):
    return f"{value:,.{digits}f}"


def cell(spread, digits):
    """"26,300 (24,100–27,900)", or one number where all rounds say the same."""
    if spread is None:
        return "–"
    middle, least, most = (number(value, digits) for value in (spread.median, spread.least, spread.most))
    return middle if least == most else f"{middle} ({least}–{most})"


def report(run):
    """The whole text. `run` is a results.Run."""
    parts = [_opening(run)]
    parts.extend(_work(run, work) for work in run.works)
    parts.append(_closing(run))
    return "\n".join(part for part in parts if part)


def _opening(run):
    warning = f"**LOADED MACHINE: {run.load}. Do not quote these figures.**\n\n" if run.load else ""
    rounds = "One round" if run.rounds == 1 else f"Medians of {run.rounds} interleaved rounds, and in brackets the least and the most"
    return f"""# Shippers side by side

{warning}{run.date}, {run.machine}. {rounds}; records of {run.record_bytes:,} bytes from one writer to one
stand-in API, all on this machine. Only ratios taken in one run count: those columns (×) say how much of respand's figure it is, round by round.
The promise: where a record is when the shipper calls it taken.
"""


def _work(run, work):
    """Empty if no contestant did the work."""
    found = rows(run.measurements, work.key, [one.name for one in run.contestants], run.reference)
    if not found:
        return ""
    columns = _COLUMNS[_KIND[work.key]]
    heads = ["", "promise"]
    for _, head, _digits in columns:
        heads.extend((head, "×"))
    heads.extend(head for _, head, _digits in _ACCOUNT)
    lines = [f"## {_capital(work.title)}", work.says, "", _line(heads), _line(["---"] * len(heads))]
    promises = {one.name: one.promise.value for one in run.contestants}
    for row in found:
        cells = [row.contestant, promises[row.contestant]]
        if not row.values:
            cells.append("failed")
        else:
            for field, _, digits in columns:
                cells.extend((cell(row.values.get(field), digits), _ratio(row.ratios.get(field))))
            cells.extend(cell(row.values.get(field), digits) for field, _, digits in _ACCOUNT)
        lines.append(_line(cells + [""] * (len(heads) - len(cells))))
    lines.extend(_footnotes(run, work, found))
    return "\n".join(lines) + "\n"


def _footnotes(run, work, found):
    """Notes for what a row can't show: failures, and acknowledged records that were lost."""
    for row in found:
        if row.failures:
            yield f"\n{row.contestant} failed in {len(row.failures)} of {run.rounds} rounds: {row.failures[0].splitlines()[0]}"
        if "late" in row.values:
            yield f"\n{row.contestant} was not done when the time was over: {cell(row.values['late'], 0)} records were still to come."
        if "lost_acknowledged" in row.values and work.key == "kill":
            yield f"\nOf the records that {row.contestant} had acknowledged it lost {cell(row.values['lost_acknowledged'], 0)}; no other contestant acknowledges a record."


def _closing(run):
    lines = ["## Contestants"]
    for one in run.contestants:
        note = f": {one.note}" if one.note else ""
        lines.append(f"- {one.name} ({run.versions[one.peer]}){note}.")
    lines.extend(f"- Not here: {name}: {why}." for name, why in run.missing.items())
    lines.extend(f"- Left out: {title}: {why}." for title, why in run.left_out.items())
    return "\n".join(lines) + "\n"


def _ratio(value):
    return "–" if value is None else f"{value:.2f}"


def _line(cells):
    return "| " + " | ".join(cells) + " |"


def _capital(text):
    return text[:1].upper() + text[1:]
