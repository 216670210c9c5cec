"""Shows the published claims, the verdict on each, and the arithmetic behind it."""

import pandas as pd

from livingreview.claims import claims
from livingreview.exhibits.places import lasting_address, source_address, trial_address
from livingreview.formats import MINUS, count, interval, is_missing, number
from livingreview.reviews import Review
from livingreview.statistics import Pooled
from livingreview.tables import Link, Table, html_table

_INNOCENT = {
    "impossible": "A copying error; another measure, or the logarithm of a ratio, under this name; "
    "two figures transposed.",
    "inconsistent": "A sign or digit lost in copying; a test and an interval from different models; "
    "another confidence level; another kind of interval; repeated rounding.",
}


def claims_table(review: Review) -> Table:
    """List every claim with its figures as printed, the verdict and the arithmetic."""
    found = _rows(review)
    columns = {
        "label": "Review",
        "printed": "Reported result",
        "said": "Verdict",
        "arithmetic": "Arithmetic",
    }
    links = {"label": _paper(review), "said": lambda row: row["url"]}
    caption = "Published claims and their internal consistency"
    return html_table(found, caption=caption, columns=columns, links=links, filters={"label": "choice"})


def nearest_table(review: Review) -> Table:
    """Set each claim that has one beside our nearest result on its scale."""
    found = _rows(review)
    found = found[found.ours.notna()]
    results = {name: review[name].synthesis for name in found.ours.unique()}
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
    return html_table(found, caption=caption, columns=columns, links={"label": _paper(review)})


def _gap(printed: str, result) -> str | None:
    return number(float(printed) - result.estimate) if isinstance(result, Pooled) else None


def _result_words(result) -> str:
    if not isinstance(result, Pooled):
        return "not pooled"
    return f"{number(result.estimate)} ({interval(result.ci_low, result.ci_high)})"


def queries_table(review: Review) -> Table:
    """List the claims whose figures cannot stand together, with what may innocently lie behind it."""
    found = _rows(review)
    found = found[found.verdict.isin(list(_INNOCENT))]
    cards = review.evidence.reviews
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
    links = {"said": lambda row: row["url"], "to": _paper(review)}
    return html_table(found, caption="Queries on published figures", columns=columns, links=links)


def reviews_table(review: Review) -> Table:
    """List the published reviews: what they hold, what was read of them, and what that showed."""
    rows = [
        {"review_id": review_id, "claims": len(card.get("claims", {})), "read": _copies(card)}
        | {key: card.get(key) for key in ("label", "searched", "trials", "people", "model")}
        | {"list": "yes" if "included" in card else "no", "checked": "yes" if card["paper_checked"] else "no"}
        for review_id, card in review.evidence.reviews.items()
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
    return html_table(pd.DataFrame(rows), caption=caption, columns=columns, links={"label": _paper(review)})


def _rows(review: Review) -> pd.DataFrame:
    found = claims(review.evidence)
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


def _paper(review: Review) -> Link:
    """Link a row to its review: by DOI, by PubMed number, or to the copy that was read."""
    cards = review.evidence.reviews
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


def shared_trials_table(review: Review) -> Table:
    """List every trial in every review whose own table or text on it was read."""
    evidence = review.evidence
    labels = evidence.trials.set_index("trial_id").label
    second = evidence.sources[evidence.sources.kind.isin(["secondary_meta_analysis", "secondary_review"])]
    rows = [
        {
            "trial_id": source.trial_id,
            "label": labels[source.trial_id],
            "review": source.source if is_missing(source.what) else source.what,
            "address": lasting_address(evidence.cards[source.trial_id], source.source),
            "data": _data_words(evidence, source) or "no outcome data",
            "disagrees": _disagreements(evidence.cards[source.trial_id], source.source),
        }
        for source in second.itertuples()
    ]
    columns = {
        "label": "Study",
        "review": "Source",
        "data": "Data taken from it",
        "disagrees": "Where sources disagree",
    }
    return html_table(
        pd.DataFrame(rows, columns=["trial_id", *columns, "address"]),
        caption="Studies described in the reviews and summaries available to us",
        columns=columns,
        links={"label": lambda row: trial_address(row["trial_id"]), "review": lambda row: row["address"]},
        filters={"label": "choice"},
    )


def _data_words(evidence, source) -> str:
    """Name the outcomes read in a source, with the differences that it prints."""
    named = {key: outcome["label"] for key, outcome in evidence.outcomes["outcomes"].items()}
    found = [
        named[row["outcome"]] + _difference(row)
        for table in ("results", "reported")
        for row in evidence.rows[table].get(source.trial_id, [])
        if row["source"] == source.source
    ]
    return "; ".join(dict.fromkeys(found))


def _difference(row: dict) -> str:
    if is_missing(row.get("estimate")):
        return ""
    limits = "" if is_missing(row["ci_low"]) else f" ({interval(row['ci_low'], row['ci_high'])})"
    return f" {number(row['estimate'])}{limits}"


def _disagreements(card: dict, source: str) -> str | None:
    said = [each["text"] for each in card.get("contradictions", []) if source in each["sources"]]
    return "; ".join(text.removesuffix(".") for text in said) or None
