"""Says what changed, entry by entry, for every form to print."""

from dataclasses import dataclass

from alsreview.formats import DASH, count, interval, is_missing, listed, number, percent
from alsreview.release.diff.changes import FileChange
from alsreview.release.diff.compare import Analysis, Diff

_TRIALS = "data/trials/"
_WAYS = {
    "favours_intervention": "in favour",
    "favours_comparator": "against",
    "no_direction": "exactly zero",
    "mixed": "conflicting",
    "unknown": "unknown",
    "silent": "no result available",
}
_COUNTS = {
    "k": "Estimates",
    "trials": "Studies",
    "people": "Participants",
    "missing_trials": "Results unavailable",
}
_FIGURES = {
    "Estimate": ("estimate",),
    "95% CI": ("ci_low", "ci_high"),
    "Prediction interval": ("pi_low", "pi_high"),
    "I\u00b2": ("i2",),
}


@dataclass(frozen=True)
class Entry:
    """One thing that changed: its name, what is said of it, and rows of place, before and after."""

    title: str
    notes: tuple[str, ...] = ()
    rows: tuple[tuple[str, str | None, str | None], ...] = ()


_NOT_SEEN = Entry("Not compared: the commit of this version is not known here (git fetch --tags).")


def headline(found: Diff) -> str:
    """Say in one sentence how much changed."""
    if not found.moved:
        return f"Nothing changed since {found.since.words}."
    parts = [count(len(found.analyses), "analysis") if found.analyses else "no analysis"]
    if found.files is not None:
        groups = _grouped(found.files)
        trials = sum(name.startswith(_TRIALS) for name in groups)
        told = {"trial": trials, "other file": len(groups) - trials}
        parts = [count(n, noun) for noun, n in told.items() if n] + parts
    return f"Since {found.since.words}: {listed(parts)} changed."


def sections(found: Diff) -> dict[str, list[Entry]]:
    """Give every section's title and entries."""
    return {
        "Evidence": _evidence(found),
        "Analyses": [_analysis(analysis) for analysis in found.analyses]
        + [Entry(f"{count(found.still, 'analysis')} did not change.")],
        "Statements overturned": _overturned(found),
    }


def _grouped(files: tuple[FileChange, ...]) -> dict[str, list[FileChange]]:
    """Put the files of a trial, which share a folder, together; any other file stands alone."""
    groups: dict[str, list[FileChange]] = {}
    for file in files:
        folder = file.path.rpartition("/")[0]
        groups.setdefault(folder if folder.startswith(_TRIALS) else file.path, []).append(file)
    return groups


def _evidence(found: Diff) -> list[Entry]:
    if found.files is None:
        return [_NOT_SEEN]
    entries = [_group(name, files, found.labels) for name, files in _grouped(found.files).items()]
    return entries or [Entry("The same.")]


def _group(name: str, files: list[FileChange], labels: dict[str, str]) -> Entry:
    trial_id = name.removeprefix(_TRIALS) if name.startswith(_TRIALS) else ""
    # A trial comes and goes with its card.
    hows = [file.how for file in files if not trial_id or file.path.endswith("/trial.yml")] or ["changed"]
    label = f" ({labels[trial_id]})" if trial_id in labels else ""
    title = f"Trial {trial_id}{label}" if trial_id else name
    if hows == ["changed"]:
        return Entry(f"{title} changed", rows=tuple(row for file in files for row in _change_rows(file)))
    tables = [f"{count(_rows_of(file), 'row')} in {_short(file)}" for file in files if _rows_of(file)]
    return Entry(f"{title} {hows[0]}", notes=(listed(tables),) if tables else ())


def _rows_of(file: FileChange) -> int:
    return max(file.rows_before, file.rows_after)


def _short(file: FileChange) -> str:
    return file.path.rpartition("/")[2]


def _change_rows(file: FileChange) -> list[tuple[str, str | None, str | None]]:
    if file.how != "changed":
        told = count(_rows_of(file), "row") if file.path.endswith(".csv") else "the file"
        return [(_short(file), None, told) if file.how == "added" else (_short(file), told, None)]
    places = [
        f"{change.where}: {change.column}" if change.column else change.where for change in file.changes
    ]
    return [
        (f"{_short(file)}: {place}", change.before, change.after)
        for place, change in zip(places, file.changes, strict=True)
    ] or [(f"{_short(file)}: its form alone", None, None)]


def _analysis(analysis: Analysis) -> Entry:
    come = " (new)" if analysis.before is None else " (removed)" if analysis.after is None else ""
    return Entry(f"{analysis.title}{come}", analysis.crossed, _figure_rows(analysis))


def _figure_rows(analysis: Analysis) -> tuple[tuple[str, str, str], ...]:
    """Give what an analysis was and is, one row for each figure that either state has."""
    states = [state or {} for state in (analysis.before, analysis.after)]
    rows = [(label, *(number(state.get(key), 0) for state in states)) for key, label in _COUNTS.items()]
    rows += [
        _figures(label, states, set(columns) & set(analysis.moved)) for label, columns in _FIGURES.items()
    ]
    rows += [("Directions", *map(_directions, states)), ("Certainty", *map(_certainty, states))]
    rows += [("Verdict", *(_text(state.get("verdict")) for state in states))]
    return tuple(row for row in rows if set(row[1:]) != {DASH})


def _figures(label: str, states: list[dict], moved: set[str]) -> tuple[str, str, str]:
    """Print a figure of both states with as many digits as it takes to see that it moved."""
    for digits in (0 if label == "I\u00b2" else 2, 4, 8):
        before, after = (_figure(label, state, digits) for state in states)
        if before != after or not moved:
            break
    return label, before, after


def _figure(label: str, state: dict, digits: int) -> str:
    values = [state.get(column) for column in _FIGURES[label]]
    if len(values) == 2:
        return interval(*values, digits)
    return percent(*values, digits) if label == "I\u00b2" else number(*values, digits)


def _text(value) -> str:
    return DASH if is_missing(value) else value


def _directions(state: dict) -> str:
    told = [(state.get(key), way) for key, way in _WAYS.items()]
    return ", ".join(f"{n:.0f} {way}" for n, way in told if not is_missing(n) and n) or DASH


def _certainty(state: dict) -> str:
    """Print the rating and its standing; a version may have kept neither."""
    rating, status = state.get("certainty"), state.get("certainty_status")
    if is_missing(rating):
        return DASH if is_missing(status) else status
    return rating if is_missing(status) else f"{rating} ({status})"


def _overturned(found: Diff) -> list[Entry]:
    if found.overturned is None:
        return [_NOT_SEEN]
    entries = [
        Entry(f"{each.path}:{each.line}", (f"condition: {each.condition}", f"text: {each.text}"))
        for each in found.overturned
    ]
    return entries or [Entry("None.")]
