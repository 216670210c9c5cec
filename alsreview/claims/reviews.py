"""Audits the claims of ``data/reviews``."""

from functools import lru_cache

import pandas as pd

from alsreview.claims.audit import Audit, audit_figures
from alsreview.claims.figures import read_figures
from alsreview.evidence import load_evidence

FIGURES = ("estimate", "ci_low", "ci_high", "p", "z", "k", "n", "i2")


def claims(*, root=None) -> pd.DataFrame:
    """Audit every claim that the published reviews print.

    Returns
    -------
    one row per claim
        ``review_id, label, claim_id, outcome, timepoint, comparison, measure, worded, ours``, the figures as
        printed, ``certainty, note``, the copy they were read in (``copy, url``), ``paper_checked``,
        ``verdict`` and ``findings`` (sentences).
    """
    keys = ("outcome", "timepoint", "comparison", "measure", "worded", "ours", *FIGURES, "certainty", "note")
    rows = [
        {"review_id": review_id, "label": card["label"], "claim_id": claim_id}
        | {key: claim.get(key) for key in keys}
        | {"copy": card["copies"][claim["copy"]]["what"], "url": card["copies"][claim["copy"]]["url"]}
        | {"paper_checked": card["paper_checked"]}
        | _judged(claim)
        for review_id, card in load_evidence(root).reviews.items()
        for claim_id, claim in card.get("claims", {}).items()
    ]
    columns = ["review_id", "label", "claim_id", *keys, "copy", "url", "paper_checked", "verdict", "findings"]
    return pd.DataFrame(rows, columns=columns)


def _judged(claim: dict) -> dict:
    audit = _audit(claim.get("measure"), claim.get("interval"), *map(claim.get, FIGURES))
    return {"verdict": audit.verdict, "findings": audit.findings}


@lru_cache(maxsize=512)
def _audit(measure, interval, estimate, ci_low, ci_high, p, z, k, n, i2) -> Audit:
    if measure is None:
        seen = f"a figure that is not an effect ({estimate})" if estimate is not None else "no effect size"
        rest = f" and p {p}" if p is not None else ""
        return Audit(
            "not recomputable",
            (f"Available: {seen}{rest}; no reported figure can be recomputed from the others.",),
        )
    figures = read_figures(measure, estimate, ci_low, ci_high, p=p, z=z, k=k, n=n, i2=i2)
    return audit_figures(figures, interval=interval)
