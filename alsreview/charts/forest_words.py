"""Put the numbers of a forest plot's row into words."""

import math

from alsreview.effects.sources import KIND_WORDS
from alsreview.formats import interval, is_missing, number, percent

# The letter that stands for a kind of source; its words are in the key under the plot.
SOURCE_LETTERS = {
    "primary_fulltext": "F",
    "primary_table": "T",
    "primary_abstract": "A",
    "registry": "R",
    "secondary_meta_analysis": "M",
    "secondary_review": "V",
    "news": "N",
}


def worded(row: dict, digits: int, ratio: bool) -> dict:
    """Add the words of a row; a note that fills the place of an estimate is not said twice."""
    empty = is_missing(row["yi"]) and row["kind"] in ("trial", "composite")
    said = row | {"estimate_text": _estimate(row, digits, ratio)} | _people(row) | _marks(row)
    said["weight_text"] = "" if is_missing(row["weight"]) else percent(row["weight"])
    return said | ({"note": ""} if empty else {})


def _estimate(row: dict, digits: int, ratio: bool) -> str:
    shown = [row[column] for column in ("yi", "ci_low", "ci_high")]
    estimate, low, high = [_exp(value) if ratio else value for value in shown]
    # Three figures before the point leave no room, or use, for decimals.
    sizes = [abs(v) for v in (estimate, low, high) if not is_missing(v) and math.isfinite(v)]
    digits = digits if max(sizes, default=0) < 100 else max(digits - 2, 0)
    limits = interval(low, high, digits)
    if row["kind"] == "prediction":
        return limits
    if row["kind"] in ("none", "group"):
        return ""
    if is_missing(estimate):
        # The row has room where its estimate would stand: what the trial does report goes there.
        return row["note"] or "not estimable"
    return f"{number(estimate, digits)} ({'no interval' if is_missing(low) else limits})"


def _exp(value: float) -> float:
    if is_missing(value):
        return value
    return math.exp(value) if value < 700 else math.inf


def _people(row: dict) -> dict:
    """Name the arms with their people, one under the other; what is known of both together stands alone."""
    n = [row["n_intervention"], row["n_comparator"]]
    names = [row["arm_intervention"] or "intervention", row["arm_comparator"] or "comparator"]
    both = {"arm_1": "", "n_1": "", "arm_2": "", "n_2": "", "people_text": ""}
    if not all(map(is_missing, n)):
        counts = [number(count, 0) for count in n]
        both |= dict(zip(("arm_1", "arm_2"), names, strict=True))
        both |= dict(zip(("n_1", "n_2"), counts, strict=True))
        both["people_text"] = ", ".join(f"{a} {c}" for a, c in zip(names, counts, strict=True))
    elif not is_missing(row["people"]):
        whole = number(row["people"], 0)
        both |= {"arm_1": "all arms", "n_1": whole, "people_text": f"all arms {whole}"}
    return both


def _marks(row: dict) -> dict:
    """Say the judgement of bias and the kind of source, which stand beside trials alone."""
    return {
        "bias_text": row["bias"],
        "source_text": KIND_WORDS.get(row["source_kind"], row["source_kind"]),
        "source_letter": SOURCE_LETTERS.get(row["source_kind"], "?" if row["source_kind"] else ""),
    }
