"""Shows the tables of results of a chapter."""

import pandas as pd

from livingreview.charts import Figure, directions_alt
from livingreview.charts import directions as draw_directions
from livingreview.effects.estimates import kinds_of
from livingreview.effects.measures import measure_of
from livingreview.effects.sources import KIND_WORDS
from livingreview.exhibits.places import to_row
from livingreview.exhibits.words import ESTIMATE_WORDS, reported_words
from livingreview.formats import count, interval, is_missing, listed, number, percent, weeks
from livingreview.reviews import Analysis
from livingreview.statistics import alternatives, directions, what_if_unread, why_missing
from livingreview.tables import Table, html_table


def direction_table(analysis: Analysis) -> Table:
    """List the direction of every result of a domain, trial by trial."""
    found = directions(analysis.id, analysis.evidence, every_outcome=True)
    seen = found[found.basis != "nothing seen"]
    silent = sorted(set(found.label) - set(seen.label))
    caption = f"{analysis.choice['title']}: results reported."
    if silent:
        caption += f" No result in the available reports of {listed(silent)}."
    return directions_table(seen, caption)


def directions_table(found: pd.DataFrame, caption: str) -> Table:
    """Print directions with the estimates and statements behind them."""
    columns = {
        "label": "Study",
        "what": "Outcome",
        "who": "Randomised (analysed)",
        "size": "Difference (95% CI)",
        "points": "Direction of effect",
        "note": "Note",
    }
    rows = found.assign(
        what=[_outcome_words(row) for row in found.itertuples()],
        who=[_people_words(row) for row in found.itertuples()],
        size=[_size_words(row) for row in found.itertuples()],
        points=[_direction_words(row) for row in found.itertuples()],
        note=[_note_words(row) for row in found.itertuples()],
    )
    # A trial with two contrasts may say one thing of both.
    rows = rows.drop_duplicates(subset=list(columns))
    return html_table(rows, caption=caption, columns=columns, links={"label": to_row})


def _people_words(row) -> str | None:
    if is_missing(row.people):
        return None if is_missing(row.n) else f"({number(row.n, 0)})"
    return number(row.people, 0) + ("" if is_missing(row.n) else f" ({number(row.n, 0)})")


def _size_words(row) -> str | None:
    if is_missing(row.difference):
        return None
    limits = "" if is_missing(row.ci_low) else f" ({interval(row.ci_low, row.ci_high)})"
    return number(row.difference) + limits


def _outcome_words(row) -> str:
    """Name the outcome, its unit where it is not plain points, and the time."""
    unit = "" if row.unit in ("points", "not stated", None) or is_missing(row.unit) else f" ({row.unit})"
    when = "" if is_missing(row.timepoint_weeks) else f", {weeks(row.timepoint_weeks)}"
    return f"{row.outcome_label}{unit}{when}"


def _note_words(row) -> str:
    """Name the kind of source first, since it says how far to trust the row."""
    return "; ".join(part for part in (KIND_WORDS.get(row.source_kind), row.note) if part)


STATED = {
    "no_difference": "no difference stated",
    "favours_intervention": "difference in favour of the intervention stated, without an estimate",
    "favours_comparator": "difference against stated, without an estimate",
    "unclear": "unclear",
}


def _direction_words(row) -> str:
    words = {
        "favours_intervention": "favours the intervention",
        "favours_comparator": "favours the comparator",
        "no_direction": "exactly zero",
        "mixed": "conflicting",
    }
    if row.direction == "unknown":
        said = STATED.get(row.stated, "unknown")
    else:
        said = words[row.direction] + ("" if row.counted else " (not counted)")
    return said if is_missing(row.p) else f"{said} (p {row.p})"


def alternatives_table(analysis: Analysis) -> Table:
    """Show the result under the protocol's choice and under each alternative."""
    choice, found = analysis.choice, alternatives(analysis.id, analysis.evidence)
    # Each alternative may have a measure of its own; a ratio is printed as itself.
    changes = [{}, *choice.get("alternatives", {}).values()]
    measures = [measure_of(choice | changed) for changed in changes]
    shown = [
        [measure.printed(value) for value in row]
        for measure, row in zip(measures, found[["estimate", "ci_low", "ci_high"]].to_numpy(), strict=True)
    ]
    own = len(set(measures)) > 1
    rows = found.assign(
        choice=_with_twins(found),
        estimate=[
            f"{number(row[0], 2)} ({measure.label})" if own and measure.ratio else row[0]
            for measure, row in zip(measures, shown, strict=True)
        ],
        interval=[interval(*row[1:]) for row in shown],
        what=[
            "pooled" if pooled else "one estimate" if units == 1 else "none"
            for pooled, units in zip(found.pooled, found.units, strict=True)
        ],
    )
    columns = {
        "choice": "Analysis",
        "units": "Estimates",
        "people": "Participants",
        "estimate": "Effect" if own else _effect_head(choice),
        "interval": "95% CI",
        "i2": "I\u00b2",
        "what": "Result",
        "why": "Reason",
    }
    caption = f"{choice['title']}: sensitivity analyses"
    if found.pooled.all():
        del columns["what"]
    formats = {"i2": percent, "people": "g", "units": "g"}
    formats |= {} if own else {"estimate": lambda v: number(v, 2)}
    return html_table(rows, caption=caption, columns=columns, formats=formats)


def _with_twins(found: pd.DataFrame) -> list[str]:
    """Name each analysis, and the earlier one of the table whose result is the same."""
    known, names = {}, []
    for row in found.itertuples():
        result = (row.units, row.people, row.estimate, row.ci_low, row.ci_high)
        first = row.choice if is_missing(row.estimate) else known.setdefault(result, row.choice)
        names.append(row.choice if first == row.choice else f"{row.choice} (same result as: {first})")
    return names


def _effect_head(choice: dict) -> str:
    measure = measure_of(choice)
    return measure.head.capitalize() if measure.ratio else f"Difference ({choice['unit']})"


def missing_table(analysis: Analysis) -> Table:
    """List the eligible trials that could not be pooled, what they report, and what they lack."""
    evidence, absent = analysis.evidence, analysis.unavailable
    rows = absent.assign(
        reports=[reported_words(row) for row in absent.itertuples()],
        on=absent.outcome_label,
        because=[_why_unavailable(analysis, row) for row in absent.itertuples()],
        lacks=[evidence.cards[trial_id]["missing"][0] for trial_id in absent.trial_id],
    )
    columns = {
        "label": "Study",
        "people": "Randomised",
        "reports": "Reported result",
        "on": "Outcome",
        "p": "p",
        "because": "Why unavailable",
        "lacks": "What is needed first",
    }
    return html_table(
        rows,
        caption=f"{analysis.choice['title']}: studies without a usable estimate",
        columns=columns,
        formats={"n": "g"},
        links={"label": to_row},
    )


def _why_unavailable(analysis: Analysis, row) -> str:
    """Say in which other form an estimate was printed, or whether none was read or none reported."""
    allowed = kinds_of(analysis.choice, row.trial_id)
    if is_missing(row.estimate_kind) or row.estimate_kind in allowed:
        return WHY_MISSING[why_missing(analysis.evidence, row.trial_id)]
    wanted = listed([ESTIMATE_WORDS[kind] for kind in allowed], "or")
    found = f"available as {ESTIMATE_WORDS[row.estimate_kind]}, where the analysis needs {wanted}"
    return f"{found} ({row.note})" if row.note else found


WHY_MISSING = {"unread": "full article not available to us", "unreported": "not in the full article"}


def what_if_table(analysis: Analysis) -> Table:
    """Show the pooled value had the unread trials shown no effect, the pooled effect, or its opposite."""
    found = what_if_unread(analysis.id, analysis.evidence)
    rows = found.assign(interval=[interval(a, b) for a, b in zip(found.ci_low, found.ci_high, strict=True)])
    columns = {
        "choice": "Assumed result",
        "units": "Estimates",
        "people": "Participants",
        "estimate": f"Difference ({analysis.choice['unit']})",
        "interval": "95% CI",
    }
    formats = {"estimate": lambda v: number(v, 2), "people": "g", "units": "g"}
    return html_table(
        rows, caption="Exploratory imputation of the unavailable results", columns=columns, formats=formats
    )


def direction_figure(analysis: Analysis) -> Figure:
    """Show the direction of effect of every trial of a question."""
    choice, found = analysis.choice, analysis.directions
    # A trial without an eligible comparison has no result of this one; the table of results lists it.
    mine = found.contrast_kind.isin(choice["contrast_kinds"]) | found.eligible
    found = found[mine].reset_index(drop=True)
    what = choice["intervention"]
    caption = (
        f"{choice['title']}: {seen_directions(found, what, choice['comparator'])} A "
        f"triangle pointing up is an estimate in favour of {what}, one pointing down an estimate against it, "
        "and a circle a result without an estimate. Open symbols do not count; the table gives the reason."
    )
    randomized = found.assign(n=found.people)
    title = f"{choice['title']}: directions"
    return Figure(
        draw_directions(randomized, title=title),
        directions_alt(randomized),
        caption,
        directions_table(found, title),
        narrow=draw_directions(randomized, title=title, narrow=True),
    )


def seen_directions(found: pd.DataFrame, intervention: str, comparator: str) -> str:
    """Say how many studies favour each side, and of how many the direction is unknown."""
    told = found[found.counted & (found.direction != "unknown")]
    k, silent = told.label.nunique(), found.label.nunique() - told.label.nunique()
    if not k:
        return f"the direction of effect is unknown or not counted for {count(silent, 'study')}."
    sides = {"favours_intervention": intervention, "favours_comparator": comparator}
    favour = {side: told.label[told.direction == key].nunique() for key, side in sides.items()}
    kind = "with an estimate that is counted"
    whole = [side for side, n in favour.items() if n == k]
    if whole:
        who = f"all {k} studies {kind} favour" if k > 1 else f"the one study {kind} favours"
        said = f"{who} {whole[0]}"
    else:
        parts = [f"{n} {'favours' if n == 1 else 'favour'} {side}" for side, n in favour.items() if n]
        neither = {"mixed": "conflicting estimates", "no_direction": "an estimate of exactly zero"}
        for key, what in neither.items():
            n = told.label[told.direction == key].nunique()
            parts += [f"{n} {'has' if n == 1 else 'have'} {what}"] if n else []
        said = f"of the {count(k, 'study')} {kind}, {listed(parts)}"
    rest = {0: "", 1: "; for the other study the direction is unknown or not counted"}
    return f"{said}{rest.get(silent, f'; for the other {silent} the direction is unknown or not counted')}."
