"""Puts retrospective updates, versions and the present text in a row, with what changed between them."""

from itertools import pairwise

import pandas as pd

from alsreview.evidence import load_evidence
from alsreview.release.kept import kept_results
from alsreview.release.replays import replays
from alsreview.release.results import COLUMNS, Move, from_text, moves, results, to_text

PRESENT = "this text"


def history(root=None) -> pd.DataFrame:
    """Give the results at every moment, oldest first.

    Returns
    -------
    one row per moment and analysis
        ``moment`` names it, ``kind`` is "replay", "version" or "present", then the columns of a version's
        results. The present text is left out where the last version says the same.
    """
    evidence = load_evidence(root)
    moments = [
        (f"end of {year}", "replay", frame) for year, frame in replays(evidence).groupby("year", sort=True)
    ]
    kept = kept_results(evidence.root)
    moments += [(str(version), "version", frame) for version, frame in kept]
    now = results(evidence)
    if not kept or not _same(now, kept[-1][1]):
        moments.append((PRESENT, "present", now))
    parts = [frame[COLUMNS].astype(object).assign(moment=name, kind=kind) for name, kind, frame in moments]
    return pd.concat(parts, ignore_index=True)[["moment", "kind", *COLUMNS]]


def moved(told: pd.DataFrame, labels: dict[str, str]) -> dict[str, list[Move]]:
    """List for each moment what had moved in the primary analyses since the one before; all is new at first.

    Parameters
    ----------
    told : as `history` gives it
    labels : trial id to the name of the trial
    """
    frames = [(moment, frame) for moment, frame in told.groupby("moment", sort=False)]
    pairs = pairwise([("", frames[0][1].iloc[:0]), *frames])
    return {moment: moves(old, new, labels) for (_, old), (moment, new) in pairs}


def _same(now: pd.DataFrame, kept: pd.DataFrame) -> bool:
    """Tell whether a reader is told the same; the day, the code behind it and the words may differ."""
    # A version from before verdicts were kept says nothing of them.
    apart = ["evidence_hash", "date", "bottom_line", *(["verdict"] if kept.verdict.isna().all() else [])]
    texts = [to_text(from_text(to_text(frame)).drop(columns=apart)) for frame in (now, kept)]
    return texts[0] == texts[1]
