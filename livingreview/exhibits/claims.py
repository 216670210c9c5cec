"""Shows the published claims, the verdict on each, and the arithmetic behind it."""

from math import isfinite

from livingreview.claims import claims
from livingreview.exhibits.places import lasting_address, source_address, to_trial
from livingreview.exhibits.words import sized
from livingreview.formats import MINUS, count, is_missing, number
from livingreview.reviews import Review
from livingreview.tables import Column, Row, Table, table

_INNOCENT = {
    "impossible": "A copying error; another measure, or the logarithm of a ratio, under this name; "
    "two figures transposed.",
    "inconsistent": "A sign or digit lost in copying; a test and an interval from different models; "
    "another confidence level; another kind of interval; repeated rounding.",
}


def claims_table(review: Review) -> Table:
    """List every claim with its figures as printed, the verdict and the arithmetic."""
    columns = {
        "Review": _paper(review, filter="choice"),
        "Reported result": _printed_words,
        "Verdict": Column(_verdict_words, link=lambda claim: claim["url"]),
        "Arithmetic": lambda claim: " ".join(claim["findings"]),
    }
    return table("Published claims and their internal consistency", claims(review.evidence), columns)


def nearest_table(review: Review) -> Table:
    """Set each claim that has one beside our nearest result on its scale."""
    found = claims(review.evidence)
    rows = []
    for claim in found[found.ours.notna()].to_dict("records"):
        result = review[claim["ours"]].result
        pooled = isfinite(result.p)
        size = sized(result.estimate, result.ci_low, result.ci_high) if pooled else "not pooled"
        gap = number(float(claim["estimate"]) - result.estimate) if pooled else None
        rows.append(claim | {"size": size, "gap": gap})
    columns = {
        "Review": _paper(review),
        "Reported result": _printed_words,
        "Ours (95% CI)": "size",
        "Difference (theirs minus ours)": "gap",
    }
    caption = "Claims compared with our most similar result; trials, times and methods differ"
    return table(caption, rows, columns)


def queries_table(review: Review) -> Table:
    """List the claims whose figures cannot stand together, with what may innocently lie behind it."""
    found, cards = claims(review.evidence), review.evidence.reviews

    def reach(claim: Row) -> str:
        card = cards[claim["review_id"]]
        how = ", by the paper's DOI" if "doi" in card else "; only the address of the copy is known"
        return card.get("corrections", f"the journal{how}")

    columns = {
        "Review": "label",
        "Reported result": _printed_words,
        "Verdict": Column(_verdict_words, link=lambda claim: claim["url"]),
        "Possible explanations": lambda claim: _INNOCENT[claim["verdict"]],
        "Paper checked": lambda claim: "yes" if claim["paper_checked"] else "no",
        "Where to send a correction": _paper(review, reach),
    }
    return table("Queries on published figures", found[found.verdict.isin(list(_INNOCENT))], columns)


def reviews_table(review: Review) -> Table:
    """List the published reviews: what they hold, what was read of them, and what that showed."""
    rows = [card | {"review_id": review_id} for review_id, card in review.evidence.reviews.items()]
    columns = {
        "Review": _paper(review),
        "Searched": "searched",
        "Trials": "trials",
        "Participants": "people",
        "Model": "model",
        "Claims available": lambda card: len(card.get("claims", {})),
        "Source": lambda card: "; ".join(copy["what"] for copy in card["copies"].values()),
        "List of trials available": lambda card: "yes" if "included" in card else "no",
        "Paper checked": lambda card: "yes" if card["paper_checked"] else "no",
    }
    return table("Published reviews and the sources available to us", rows, columns)


def _paper(review: Review, fill="label", filter: str = "") -> Column:
    """Link a row to its review: by DOI, by PubMed number, or to the copy that was read."""

    def address(row: Row) -> str:
        card = review.evidence.reviews[row["review_id"]]
        return source_address(card) or next(iter(card["copies"].values()))["url"]

    return Column(fill, link=address, filter=filter)


def _printed_words(claim: Row) -> str:
    """Say what a claim is about, then its figures, as printed but for the minus sign."""
    told = {name: value for name, value in claim.items() if not is_missing(value)}
    about = "; ".join(told[name] for name in ("outcome", "timepoint", "comparison") if name in told)
    limits = f" ({told['ci_low']} to {told['ci_high']})" if "ci_low" in told else ""
    effect = f" {told['estimate']}{limits}" if "estimate" in told else ""
    heads, nouns = {"p": "p", "z": "z", "i2": "I\u00b2"}, {"k": "trial", "n": "person"}
    tests = [f"{head} {told[name]}" for name, head in heads.items() if name in told]
    counts = [count(told[name], noun) for name, noun in nouns.items() if name in told]
    figures = ", ".join([effect, *tests]).replace("-", MINUS)
    note = f" {told['note']}" if "note" in told else ""
    return f"{about}: {', '.join([told['worded'] + figures, *counts])}.{note}"


def _verdict_words(claim: Row) -> str:
    """Name the copy with the verdict; a doubt is a query until the paper itself was checked."""
    said = f"{claim['verdict']} as printed in {claim['copy']}"
    doubt = claim["verdict"] in _INNOCENT and not claim["paper_checked"]
    return f"{said} (a query until the paper is checked)" if doubt else said


def shared_trials_table(review: Review) -> Table:
    """List every trial in every review whose own table or text on it was read."""
    evidence = review.evidence
    kinds = ["secondary_meta_analysis", "secondary_review"]
    second = evidence.sources[evidence.sources.kind.isin(kinds)]
    labels = evidence.trials.set_index("trial_id").label

    def address(source: Row) -> str | None:
        return lasting_address(evidence.cards[source["trial_id"]], source["source"])

    columns = {
        "Study": Column(lambda source: labels[source["trial_id"]], link=to_trial, filter="choice"),
        "Source": Column(
            lambda source: source["source"] if is_missing(source["what"]) else source["what"], link=address
        ),
        "Data taken from it": lambda source: _data_words(evidence, source) or "no outcome data",
        "Where sources disagree": lambda source: _disagreements(evidence, source),
    }
    return table("Studies described in the reviews and summaries available to us", second, columns)


def _data_words(evidence, source: Row) -> str:
    """Name the outcomes read in a source, with the differences that it prints."""
    known, found = evidence.outcomes["outcomes"], []
    for row in (
        row for part in ("results", "reported") for row in evidence.rows[part].get(source["trial_id"], [])
    ):
        if row["source"] == source["source"]:
            printed = not is_missing(row.get("estimate"))
            size = " " + sized(row["estimate"], row["ci_low"], row["ci_high"]) if printed else ""
            found.append(known[row["outcome"]]["label"] + size)
    return "; ".join(dict.fromkeys(found))


def _disagreements(evidence, source: Row) -> str | None:
    said = evidence.cards[source["trial_id"]].get("contradictions", [])
    texts = [each["text"].removesuffix(".") for each in said if source["source"] in each["sources"]]
    return "; ".join(texts) or None
