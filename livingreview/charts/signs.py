"""Draws what each trial says as a sign: the direction of its effect, its outcomes, its risk of bias."""

import textwrap
from functools import partial

import altair as alt
import numpy as np
import pandas as pd

from livingreview.charts import theme
from livingreview.charts.sheet import BOLD, SMALL, Sheet
from livingreview.formats import count, is_missing, listed, number, weeks

# ---- effect direction plot

# Shape, colour and words of the direction of an estimate.
DIRECTIONS = {
    "favours_intervention": ("triangle-up", theme.INTERVENTION, "in favour"),
    "favours_comparator": ("triangle-down", theme.COMPARATOR, "against"),
    "no_direction": ("square", theme.INK, "exactly zero"),
    "mixed": ("diamond", theme.INK, "of conflicting direction"),
    "unknown": ("circle", theme.MUTED, "of unknown direction"),
}
STATED = {
    "no_difference": "reports no difference",
    "favours_intervention": "reports a difference in favour",
    "favours_comparator": "reports a difference against",
    "unclear": "reports an unclear result",
}
DIRECTION_HEADS = (
    ("Study", 0, "left"),
    ("Outcome", 134, "left"),
    ("Weeks", 316, "center"),
    ("Participants", 376, "center"),
    ("Direction", 424, "left"),
)


def directions(frame: pd.DataFrame, *, title: str, narrow: bool = False) -> alt.LayerChart:
    """Draw an effect direction plot, as in a synthesis without meta-analysis (SWiM).

    Triangles point up in favour of the intervention and down against it, circles are unknown; marks that are
    not counted are open; their size grows with the root of the participants.

    Parameters
    ----------
    frame : one row per trial
        ``label``, ``outcome_label``, ``timepoint_weeks``, ``n`` (participants), ``direction`` (a key of
        `DIRECTIONS`), ``stated`` (a key of `STATED`, or None), ``basis`` (a key of `BASES`), ``p`` (text or
        None) and ``counted``.
    """
    told = {"label": "Trial", "outcome": "Outcome", "people": "Participants", "reading": "Direction"}
    sheet = Sheet(theme.NARROW if narrow else theme.WIDTH, told)
    first, step = (12, 60) if narrow else (44, 26)
    if not narrow:
        for text, x, align in DIRECTION_HEADS:
            sheet.text(text, x, 16, align=align, **BOLD, **SMALL)
        sheet.rule(0, 26, sheet.width, 26, theme.RULE)
    if frame.empty:
        sheet.text("No trial in this analysis", 0, first)
    for place, row in enumerate(frame.itertuples()):
        y = first + step * place
        time = [] if is_missing(row.timepoint_weeks) else [weeks(row.timepoint_weeks)]
        outcome, people = ", ".join([row.outcome_label, *time]), number(row.n, 0)
        about = {"label": row.label, "outcome": outcome, "people": people, "reading": reading(row)}
        if narrow:
            if y > first:
                sheet.rule(0, y - 14, sheet.width, y - 14, theme.RULE)
            said = "number not reported" if is_missing(row.n) else count(row.n, "participant")
            sheet.text(row.label, 22, y, limit=160)
            sheet.text(said, sheet.width, y, align="right", limit=90, **SMALL)
            sheet.text(outcome, 22, y + 17, limit=254, **SMALL)
            sheet.text(about["reading"], 22, y + 33, limit=254, **SMALL)
        else:
            sheet.text(row.label, 0, y, limit=126)
            sheet.text(row.outcome_label, 134, y, limit=162, **SMALL)
            sheet.text(number(row.timepoint_weeks, 1).removesuffix(".0"), 316, y, align="center", **SMALL)
            sheet.text(people, 376, y, align="center", **SMALL)
            sheet.text(about["reading"], 450, y, limit=230, **SMALL)
        shape, colour, _ = DIRECTIONS[row.direction]
        fill = colour if row.counted else theme.PAPER
        # Area grows with the root of the participants: a trial of 80 is not drawn ten times one of 8.
        size = min(40 + 14 * np.sqrt(0 if is_missing(row.n) else row.n), 220)
        sheet.mark(shape, 8 if narrow else 432, y, float(size), fill, colour, about, strokeWidth=1.5)
    return sheet.chart(first + step * max(len(frame), 1), title)


def reading(row) -> str:
    """Say in which direction a result points: that of its estimate, or what the authors state without one."""
    p = "" if is_missing(row.p) else f", p {row.p}"
    if row.basis == "nothing seen":
        return "no result available"
    if row.basis != "estimate":
        return STATED.get(row.stated, "no statement") + p
    return f"estimate {DIRECTIONS[row.direction][2]}{p}" + ("" if row.counted else ", not counted")


def directions_alt(frame: pd.DataFrame) -> str:
    """Say which trials of the frame that `directions` draws point where."""
    groups = {
        f"Estimate {words}": frame.direction.eq(key) & (frame.counted | (key == "unknown"))
        for key, (_, _, words) in DIRECTIONS.items()
    }
    groups["Not in the synthesis"] = ~frame.counted & frame.direction.ne("unknown")
    named = frame.label.where(
        frame.n.isna(), frame.label + [f" ({count(n, 'participant')})" for n in frame.n]
    )
    said = [f"{name}: {listed([*named[chosen]])}." for name, chosen in groups.items() if chosen.any()]
    return " ".join(said) or "No trial in this analysis."


# ---- evidence map

SIDE, STEP, GAP = 12, 15, 12  # px of a square, from one to the next, and between outcomes
LABELS = 150  # px for the names of outcomes
# Shape, fill, size (px2) and words of what a trial says of an outcome, the most telling first.
BASES = {
    "estimate": ("square", theme.INK, SIDE**2, "an estimate"),
    "authors' statement": ("square", theme.PAPER, SIDE**2, "a statement only"),
    "nothing seen": ("circle", theme.MUTED, 12, "no result available"),
}


def evidence_map(found: pd.DataFrame, *, title: str, narrow: bool = False) -> alt.LayerChart:
    """Draw an evidence map: for each intervention and outcome, a mark for each trial and what it says.

    Parameters
    ----------
    found : one row per intervention, outcome and trial
        ``group`` (the intervention), ``domain`` (the outcome), ``label`` and ``basis`` (a key of `BASES`).
    """
    sheet = Sheet(theme.NARROW if narrow else theme.WIDTH, {"told": "Trial", "domain": "Outcome"})
    if found.empty:
        sheet.text("No trial yet", 0, 14)
        return sheet.chart(28, title)
    left, above = (0, 18) if narrow else (LABELS, 0)
    groups = list(dict.fromkeys(found.group))
    room = (sheet.width - left) / len(groups)
    across = max(1, int((room - GAP) // STEP))
    for column, group in enumerate(groups):
        sheet.text(group, left + column * room, 12, **BOLD)
    y = 34.0
    for domain, part in found.groupby("domain", sort=False):
        sheet.rule(0, y - GAP / 2, sheet.width, y - GAP / 2, theme.RULE)
        sheet.text(domain, 0, y + SIDE / 2, limit=LABELS - 8)
        y += above + SIDE / 2
        fullest = 1
        for column, group in enumerate(groups):
            cell = part[part.group == group]
            order = cell.basis.map(list(BASES).index).sort_values(kind="stable").index
            for place, row in enumerate(cell.loc[order].itertuples()):
                down, right = divmod(place, across)
                fullest = max(fullest, down + 1)
                about = {"told": f"{row.label}: {BASES[row.basis][3]}", "domain": domain}
                x = left + column * room + right * STEP + SIDE / 2
                _basis(sheet, row.basis, x, y + down * STEP, about)
        y += fullest * STEP + GAP - SIDE / 2
    sheet.key([(BASES[name][3], partial(_basis, sheet, name)) for name in BASES], y + SIDE / 2, left - 2)
    return sheet.chart(y + 22, title)


def _basis(sheet: Sheet, basis: str, x: float, y: float, about: dict | None = None) -> None:
    shape, fill, size, _ = BASES[basis]
    edge = {"stroke": theme.INK, "strokeWidth": 1.5} if shape == "square" else {}
    sheet.mark(shape, x, y, size, fill, about=about, **edge)


def evidence_map_alt(found: pd.DataFrame) -> str:
    """Say what an evidence map shows, outcome by outcome, for each intervention."""
    said = []
    for group, part in found.groupby("group", sort=False):
        cells = []
        for domain, cell in part.groupby("domain", sort=False):
            seen = cell.basis.value_counts()
            cells.append(
                f"{domain.lower()} {seen.get('estimate', 0)} with an estimate and "
                f"{seen.get(list(BASES)[1], 0)} with a statement only, of {len(cell)}"
            )
        said.append(f"{group}: {'; '.join(cells)}.")
    return " ".join(said) or "No trial yet."


# ---- risk of bias

# Colour and sign of a judgement; the sign alone is enough to read it.
LOOKS = {
    "low": (theme.LOW, "+"),
    "some concerns": (theme.UNCLEAR, "!"),
    "high": (theme.HIGH, "\u2212"),
}
# The signs of both ends of a range, in an open mark without colour.
RANGES = {
    "low to some concerns": "+!",
    "low to high": "+\u2212",
    "some concerns to high": "!\u2212",
}
NOT_ASSESSED = "not assessed"
NAMES = {name: name for name in (*LOOKS, *RANGES)} | {"low": "low risk", "high": "high risk"}


def lights(
    judged: pd.DataFrame, trials: list[str], domains: list[str], *, title: str, narrow: bool = False
) -> alt.LayerChart:
    """Draw a summary of risk of bias: a sign for each judgement, two signs for a range.

    Parameters
    ----------
    judged : one row per judgement
        ``label`` (the trial), ``domain``, ``judgement`` (a key of `LOOKS` or `RANGES`) and ``tool``.
    trials, domains : labels of all rows and columns, in order; what nobody judged is a dot
    """
    told = {"label": "Trial", "domain": "Domain", "told": "Judgement", "tool": "Rated by"}
    sheet = Sheet(theme.NARROW if narrow else theme.WIDTH, told)
    labels, head, step, drop, size = (0, 150, 40, 18, 160) if narrow else (132, 66, 26, 0, 330)
    room = (sheet.width - labels) / max(len(domains), 1)
    at = {domain: labels + room * (place + 0.5) for place, domain in enumerate(domains)}
    for domain, x in at.items():
        _domain_head(sheet, domain.capitalize(), x, head, room, narrow)
    found = {(row["label"], row["domain"]): row for row in judged.to_dict("records")}
    for place, trial in enumerate(trials):
        top = head + step * place
        sheet.rule(0, top, sheet.width, top, theme.RULE)
        sheet.text(trial, 0, top + 13, limit=(labels or sheet.width) - 8)
        for domain, x in at.items():
            row = found.get((trial, domain), {"label": trial, "domain": domain, "judgement": NOT_ASSESSED})
            row["told"] = NAMES.get(row["judgement"], row["judgement"])
            draw_judgement(sheet, row["judgement"], x, top + 13 + drop, size, row)
    bottom = head + step * len(trials)
    sheet.rule(0, bottom, sheet.width, bottom, theme.RULE)
    here = [name for name in NAMES if name in set(judged.judgement)] + [NOT_ASSESSED]
    entries = [(NAMES.get(name, name), partial(draw_judgement, sheet, name, size=size)) for name in here]
    return sheet.chart(sheet.key(entries, bottom + 22) - 11, title)


def _domain_head(sheet: Sheet, domain: str, x: float, y: float, room: float, narrow: bool) -> None:
    if narrow:
        lines = textwrap.wrap(domain, int(y / 6), max_lines=int(room / 13) or 1)
        sheet.text("\n".join(lines), x - 6.5 * (len(lines) - 1), y - 6, angle=270, **SMALL)
    else:
        lines = textwrap.wrap(domain, max(int((room - 8) / 6), 6), break_long_words=False)
        sheet.text("\n".join(lines), x, y - 10 - 13 * (len(lines) - 1), align="center", **SMALL)


def draw_judgement(
    sheet: Sheet, judgement: str, x: float, y: float, size: float = 190, about: dict | None = None
) -> None:
    """Draw the sign of a judgement on its colour, both signs of a range in an open mark, and else a dot."""
    look = {"align": "center", "fontSize": theme.SMALL if size < 300 else 14} | BOLD
    if judgement in LOOKS:
        colour, sign = LOOKS[judgement]
        sheet.mark("circle", x, y, size, colour, about=about)
        sheet.text(sign, x, y, color=theme.PAPER, **look)
    elif judgement in RANGES:
        sheet.mark("circle", x, y, max(size, 290), theme.PAPER, theme.MUTED, about)
        sheet.text(RANGES[judgement], x, y, **look)
    else:
        sheet.mark("circle", x, y, 10, theme.MUTED, about=about)
