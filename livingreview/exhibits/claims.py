"""Shows the published claims, the verdict on each, and the arithmetic behind it."""

import pandas as pd

from livingreview.claims import claims
from livingreview.evidence import load_evidence
from livingreview.exhibits.places import source_address
from livingreview.formats import MINUS, count, interval, is_missing, number
from livingreview.statistics import Pooled, synthesise
from livingreview.tables import Link, Table, html_table

_INNOCENT = {
    "impossible": "A copying error; another measure, or the logarithm of a ratio, under this name; "
    "two figures transposed.",
    "inconsistent": "A sign or digit lost in copying; a test and an interval from different models; "
    "another confidence level; another kind of interval; repeated rounding.",
}


def claims_table(*, root=None) -> Table:
    """List every claim with its figures as printed, the verdict and the arithmetic."""
    found = _rows(root)
    columns = {
        "label": "Review",
        "printed": "Reported result",
        "said": "Verdict",
        "arithmetic": "Arithmetic",
    }
    links = {"label": _paper(root), "said": lambda row: row["url"]}
    caption = "Published claims and their internal consistency"
    return html_table(found, caption=caption, columns=columns, links=links, filters={"label": "choice"})


def nearest_table(*, root=None) -> Table:
    """Set each claim that has one beside our nearest result on its scale."""
    found = _rows(root)
    found = found[found.ours.notna()]
    results = {name: synthesise(name, root=root) for name in found.ours.unique()}
    found = found.assign(
        nearest=[_result_words(results[name]) for name in found.ours],
        gap=[_gap(row.estimate, results[row.ours]) for row in found.itertuples()],
    )
    columns = {
        "label": "Review",
        "printed": "Reported result",
        "nearest": "Ours (95% CI)",
        "gap": "Difference (theirs minus ours)",
    }
    caption = "Claims compared with our most similar result; trials, times and methods differ"
    return html_table(found, caption=caption, columns=columns, links={"label": _paper(root)})


def _gap(printed: str, result) -> str | None:
    return number(float(printed) - result.estimate) if isinstance(result, Pooled) else None


def _result_words(result) -> str:
    if not isinstance(result, Pooled):
        return "not pooled"
    return f"{number(result.estimate)} ({interval(result.ci_low, result.ci_high)})"


def queries_table(*, root=None) -> Table:
    """List the claims whose figures cannot stand together, with what may innocently lie behind it."""
    found = _rows(root)
    found = found[found.verdict.isin(list(_INNOCENT))]
    cards = load_evidence(root).reviews
    found = found.assign(
        innocent=found.verdict.map(_INNOCENT),
        checked=["yes" if checked else "no" for checked in found.paper_checked],
        to=[_reach(cards[review_id]) for review_id in found.review_id],
    )
    columns = {
        "label": "Review",
        "printed": "Reported result",
        "said": "Verdict",
        "innocent": "Possible explanations",
        "checked": "Paper checked",
        "to": "Where to send a correction",
    }
    links = {"said": lambda row: row["url"], "to": _paper(root)}
    return html_table(found, caption="Queries on published figures", columns=columns, links=links)


def reviews_table(*, root=None) -> Table:
    """List the published reviews: what they hold, what was read of them, and what that showed."""
    rows = [
        {"review_id": review_id, "claims": len(card.get("claims", {})), "read": _copies(card)}
        | {key: card.get(key) for key in ("label", "searched", "trials", "people", "model")}
        | {"list": "yes" if "included" in card else "no", "checked": "yes" if card["paper_checked"] else "no"}
        for review_id, card in load_evidence(root).reviews.items()
    ]
    columns = {
        "label": "Review",
        "searched": "Searched",
        "trials": "Trials",
        "people": "Participants",
        "model": "Model",
        "claims": "Claims available",
        "read": "Source",
        "list": "List of trials available",
        "checked": "Paper checked",
    }
    caption = "Published reviews and the sources available to us"
    return html_table(pd.DataFrame(rows), caption=caption, columns=columns, links={"label": _paper(root)})


def _rows(root) -> pd.DataFrame:
    found = claims(root=root)
    return found.assign(
        printed=[_printed_words(row) for row in found.itertuples()],
        said=[_verdict_words(row) for row in found.itertuples()],
        arithmetic=[" ".join(row.findings) for row in found.itertuples()],
    )


def _printed_words(row) -> str:
    """Say what a claim is about, then its figures, as printed but for the minus sign."""
    about = "; ".join(x for x in (row.outcome, row.timepoint, row.comparison) if not is_missing(x))
    limits = "" if is_missing(row.ci_low) else f" ({row.ci_low} to {row.ci_high})"
    effect = "" if is_missing(row.estimate) else f" {row.estimate}{limits}"
    parts = [("p", row.p), ("z", row.z), ("I\u00b2", row.i2)]
    tests = [f"{name} {value}" for name, value in parts if not is_missing(value)]
    counted = [(row.k, "trial"), (row.n, "person")]
    counts = [count(value, noun) for value, noun in counted if not is_missing(value)]
    figures = ", ".join([effect, *tests]).replace("-", MINUS)
    note = "" if is_missing(row.note) else f" {row.note}"
    return f"{about}: {', '.join([row.worded + figures, *counts])}.{note}"


def _verdict_words(row) -> str:
    """Name the copy with the verdict; a doubt is a query until the paper itself was checked."""
    said = f"{row.verdict} as printed in {row.copy}"
    doubt = row.verdict in _INNOCENT and not row.paper_checked
    return f"{said} (a query until the paper is checked)" if doubt else said


def _paper(root) -> Link:
    """Link a row to its review: by DOI, by PubMed number, or to the copy that was read."""
    cards = load_evidence(root).reviews
    return lambda row: _address(cards[row["review_id"]])


def _address(card: dict) -> str:
    return source_address(card) or next(iter(card["copies"].values()))["url"]


def _reach(card: dict) -> str:
    known = (
        "the journal, by the paper's DOI"
        if "doi" in card
        else "the journal; only the address of the copy is known"
    )
    return card.get("corrections", known)


def _copies(card: dict) -> str:
    return "; ".join(copy["what"] for copy in card["copies"].values())
