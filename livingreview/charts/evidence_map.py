"""Draw an evidence map: for each intervention and outcome, how many trials say what."""

import altair as alt
import pandas as pd

from livingreview.charts import theme
from livingreview.charts.text import heading, line, words

LABELS, HEAD, KEY = 150, 34, 22  # px for the names of outcomes and interventions, and for the key
ABOVE = 18  # px for an outcome's name where it stands above its signs
SIDE, STEP, GAP = 12, 15, 12  # px of a square, from one to the next, and between outcomes
BASES = ("estimate", "authors' statement", "nothing seen")
NAMES = {
    "estimate": "an estimate",
    "authors' statement": "a statement only",
    "nothing seen": "no result available",
}


def evidence_map(found: pd.DataFrame, *, title: str, width: int = theme.WIDTH) -> alt.LayerChart:
    """Draw an evidence map.

    Parameters
    ----------
    found : one row per intervention, outcome and trial
        ``group`` (the intervention), ``domain`` (the outcome), ``label`` and ``basis`` ("estimate",
        "authors' statement" or "nothing seen").
    title : the chart's heading
    width : px; in a narrow chart an outcome's name stands above its signs

    Returns
    -------
    a layered Altair chart
        A square is a trial: filled with an estimate, open with a statement only, a dot without a result.
    """
    if found.empty:
        return alt.layer(line("No trial yet", x=0, y=14)).properties(width=width, height=28, title=title)
    left, above = (LABELS, 0) if width == theme.WIDTH else (0, ABOVE)
    squares, names, heads, height = _laid(found, width, float(left), float(above))
    layers = [_frame(width, height, names), words(names, "domain", x=0, limit=LABELS - 8)]
    layers += [line(text, x=x, y=12, fontWeight="bold") for text, x in heads]
    layers += [*_key(float(left), height - KEY), *_squares(squares)]
    return alt.layer(*layers, width=width, height=height, title=heading(title, width))


def evidence_map_alt(found: pd.DataFrame) -> str:
    """Say what an evidence map shows, outcome by outcome, for each intervention."""
    said = []
    for group, part in found.groupby("group", sort=False):
        cells = []
        for domain, cell in part.groupby("domain", sort=False):
            seen = cell.basis.value_counts()
            cells.append(
                f"{domain.lower()} {seen.get('estimate', 0)} with an estimate and "
                f"{seen.get(BASES[1], 0)} with a statement only, of {len(cell)}"
            )
        said.append(f"{group}: {'; '.join(cells)}.")
    return " ".join(said) or "No trial yet."


def _laid(
    found: pd.DataFrame, width: int, left: float, above: float
) -> tuple[pd.DataFrame, pd.DataFrame, list, float]:
    """Place every square: an outcome's row is as high as the fuller of its cells."""
    groups = list(dict.fromkeys(found.group))
    room = (width - left) / len(groups)
    across = max(1, int((room - GAP) // STEP))
    squares, names, y = [], [], float(HEAD)
    for domain, part in found.groupby("domain", sort=False):
        lines = 1
        for column, group in enumerate(groups):
            cell = part[part.group == group]
            order = cell.basis.map(BASES.index).sort_values(kind="stable").index
            for place, row in enumerate(cell.loc[order].itertuples()):
                down, right = divmod(place, across)
                lines = max(lines, down + 1)
                x = left + column * room + right * STEP
                squares.append({"x": x, "y": y + above + down * STEP, "basis": row.basis,
                                "told": f"{row.label}: {NAMES[row.basis]}", "domain": domain})  # fmt: skip
        names.append({"domain": domain, "y": y + SIDE / 2})
        y += above + lines * STEP + GAP
    heads = [(group, left + column * room) for column, group in enumerate(groups)]
    return pd.DataFrame(squares), pd.DataFrame(names), heads, y + KEY


def _frame(width: int, height: float, names: pd.DataFrame) -> alt.Chart:
    """Draw a thin line above each outcome; it also carries the scales on which all layers count px."""
    down = alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False)
    across = alt.Scale(domain=[0, width], range=[0, width], nice=False, zero=False)
    frame = pd.DataFrame({"x": 0.0, "x2": float(width), "y": names.y - SIDE / 2 - GAP / 2})
    x, y = alt.X("x:Q", axis=None, scale=across), alt.Y("y:Q", axis=None, scale=down)
    return alt.Chart(frame).mark_rule(color=theme.RULE).encode(x=x, x2=alt.X2("x2:Q"), y=y)


def _key(x: float, y: float) -> list[alt.Chart]:
    """Say under the map what the signs mean."""
    layers = []
    small = {"fontSize": theme.SMALL, "color": theme.MUTED}
    for kind in BASES:
        layers += _squares(pd.DataFrame([{"x": x, "y": y, "basis": kind, "told": "", "domain": ""}]))
        layers.append(line(NAMES[kind], x=x + SIDE + 5, y=y + SIDE / 2, **small))
        x += 30 + 5.6 * len(NAMES[kind])
    return layers


def _squares(squares: pd.DataFrame) -> list[alt.Chart]:
    looks = {
        "estimate": {"shape": "square", "fill": theme.INK, "size": SIDE**2},
        "authors' statement": {"shape": "square", "fill": theme.PAPER, "size": SIDE**2},
        "nothing seen": {"shape": "circle", "fill": theme.MUTED, "size": 12, "strokeWidth": 0},
    }
    told = [alt.Tooltip("told:N", title="Trial"), alt.Tooltip("domain:N", title="Outcome")]
    layers = []
    for kind, look in looks.items():
        part = squares[squares.basis == kind]
        if len(part):
            middle = part.assign(x=part.x + SIDE / 2, y=part.y + SIDE / 2)[["x", "y", "told", "domain"]]
            mark = alt.Chart(middle).mark_point(
                **({"stroke": theme.INK, "strokeWidth": 1.5, "opacity": 1} | look)
            )
            layers.append(mark.encode(x=alt.X("x:Q"), y=alt.Y("y:Q", axis=None), tooltip=told))
    return layers
