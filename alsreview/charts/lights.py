"""Draw who judged which risk of bias how: a mark for each trial and domain."""

import textwrap

import altair as alt
import pandas as pd

from alsreview.charts import theme
from alsreview.charts.text import line, words

LABELS, HEAD, STEP = 150, 66, 26  # px for the trials' names, for those of the domains, from trial to trial
SIZE, APART = 330, 11  # px2 of a mark, and px by which two marks of one cell step aside
LOOKS = {"low": (theme.LOW, "+"), "unclear": (theme.UNCLEAR, "?"), "high": (theme.HIGH, "\u2212")}
NOBODY = "not judged in what we read"
NAMES = {"low": "low risk", "unclear": "unclear", "high": "high risk"}


def lights(judged: pd.DataFrame, trials: list[str], domains: list[str], *, title: str) -> alt.LayerChart:
    """Draw a summary of risk of bias.

    Parameters
    ----------
    judged : one row per judgement
        ``label`` (the trial), ``domain``, ``judgement`` ("low", "unclear" or "high") and ``tool``.
    trials, domains : labels of all rows and columns, in order; what nobody judged is a dot
    title : the chart's heading

    Returns
    -------
    a layered Altair chart 680 px wide
        A circle with a sign for each judgement; two that judged the same stand side by side.
    """
    width = (theme.WIDTH - LABELS) / max(len(domains), 1)
    at = {domain: LABELS + width * (place + 0.5) for place, domain in enumerate(domains)}
    down = {trial: HEAD + STEP * (place + 0.5) for place, trial in enumerate(trials)}
    height = float(HEAD + STEP * len(trials) + 30)
    names = pd.DataFrame({"label": list(down), "y": list(down.values())}).astype({"y": float})
    layers = [_rules(down, height), words(names, "label", x=0, limit=LABELS - 8)]
    layers += [_head(domain, x, width) for domain, x in at.items()]
    layers += [*_dots(judged, at, down), *_marks(_placed(judged, at, down)), *_key(height - 8)]
    return alt.layer(*layers).properties(width=theme.WIDTH, height=height, title=title)


def lights_alt(judged: pd.DataFrame, trials: list[str], domains: list[str]) -> str:
    """Say what the summary shows: who was judged how, domain by domain, and how many by nobody."""
    said = []
    for domain in domains:
        part = judged[judged.domain == domain]
        seen = [f"{NAMES[key]} {', '.join(dict.fromkeys(each.label))}"
                for key in LOOKS if len(each := part[part.judgement == key])]  # fmt: skip
        said.append(f"{domain.capitalize()}: {'; '.join(seen) or NOBODY}.")
    without = len(set(trials) - set(judged.label))
    said.append(f"No judgement at all was seen for {without} of {len(trials)} trials.")
    return " ".join(said)


def _head(domain: str, x: float, width: float) -> alt.Chart:
    lines = textwrap.wrap(domain.capitalize(), max(int(width / 6), 6), break_long_words=False)
    y = HEAD - 10 - 6.5 * (len(lines) - 1) - 6.5 * (len(lines) - 1)
    return line("\n".join(lines), x=x, y=y, align="center", fontSize=theme.SMALL)


def _rules(down: dict[str, float], height: float) -> alt.Chart:
    """Draw a thin line above each trial; it also carries the scales on which all layers count px."""
    scale = alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False)
    across = alt.Scale(domain=[0, theme.WIDTH], range=[0, theme.WIDTH], nice=False, zero=False)
    places = [float(HEAD), *(y + STEP / 2 for y in down.values())]
    frame = pd.DataFrame({"x": 0.0, "x2": float(theme.WIDTH), "y": places})
    x, y = alt.X("x:Q", axis=None, scale=across), alt.Y("y:Q", axis=None, scale=scale)
    return alt.Chart(frame).mark_rule(color=theme.RULE).encode(x=x, x2="x2:Q", y=y)


def _placed(judged: pd.DataFrame, at: dict[str, float], down: dict[str, float]) -> pd.DataFrame:
    """Give each judgement its place; several of one cell stand side by side."""
    cell = judged.groupby(["label", "domain"], sort=False)
    aside = cell.cumcount() - (cell.domain.transform("size") - 1) / 2
    return judged.assign(
        x=judged.domain.map(at) + 2 * APART * aside,
        y=judged.label.map(down),
        told=judged.judgement.map(NAMES),
    )


def _dots(judged: pd.DataFrame, at: dict[str, float], down: dict[str, float]) -> list[alt.Chart]:
    known = set(zip(judged.label, judged.domain, strict=True))
    blank = [{"x": x, "y": y, "label": trial, "domain": domain, "told": NOBODY}
             for trial, y in down.items()
             for domain, x in at.items() if (trial, domain) not in known]  # fmt: skip
    if not blank:
        return []
    mark = alt.Chart(pd.DataFrame(blank)).mark_point(filled=True, size=10, color=theme.MUTED, opacity=1)
    told = [alt.Tooltip(f"{name}:N", title=name.capitalize()) for name in ("label", "domain")]
    told.append(alt.Tooltip("told:N", title="Judgement"))
    return [mark.encode(x="x:Q", y=alt.Y("y:Q", axis=None), tooltip=told)]


def _marks(placed: pd.DataFrame) -> list[alt.Chart]:
    told = [alt.Tooltip(f"{name}:N", title=name.capitalize()) for name in ("label", "domain")]
    told += [alt.Tooltip("told:N", title="Judgement"), alt.Tooltip("tool:N", title="Rated by")]
    layers = []
    for judgement, (colour, sign) in LOOKS.items():
        part = placed.loc[placed.judgement == judgement, ["x", "y", "label", "domain", "told", "tool"]]
        if part.empty:
            continue
        base = alt.Chart(part.assign(sign=sign)).encode(x="x:Q", y=alt.Y("y:Q", axis=None), tooltip=told)
        layers.append(base.mark_point(shape="circle", filled=True, size=SIZE, color=colour, opacity=1))
        layers.append(
            base.mark_text(color=theme.PAPER, fontWeight="bold", fontSize=14, baseline="middle").encode(
                text="sign:N"
            )
        )
    return layers


def _key(y: float) -> list[alt.Chart]:
    x, layers = 9.0, []
    for judgement, name in NAMES.items():
        one = {"x": x, "y": y, "judgement": judgement, "label": "", "domain": "", "told": name, "tool": ""}
        layers += _marks(pd.DataFrame([one]))
        layers.append(line(name, x=x + 14, y=y, fontSize=theme.SMALL, color=theme.MUTED))
        x += 100
    dot = alt.Chart(pd.DataFrame([{"x": x, "y": y}])).mark_point(
        filled=True, size=10, color=theme.MUTED, opacity=1
    )
    layers.append(dot.encode(x="x:Q", y=alt.Y("y:Q", axis=None)))
    return [
        *layers,
        line(NOBODY, x=x + 10, y=y, fontSize=theme.SMALL, color=theme.MUTED),
    ]
