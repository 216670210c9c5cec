"""Puts the replays, the versions and the present text in a row, and says what moved from each to the next."""

from itertools import pairwise
from pathlib import Path

import pandas as pd

from alsreview.evidence import load_evidence
from alsreview.release.replays import replays
from alsreview.release.results import COLUMNS, FOLDER, answers, from_text, results, since, to_text
from alsreview.release.versions import Version, parse_version

PRESENT = "this text"


def kept_results(root: Path) -> list[tuple[Version, pd.DataFrame]]:
    """Read what each version kept in ``data/releases``, oldest first.

    Raises
    ------
    ValueError
        When a file there is not named after a version.
    """
    found = [(parse_version(path.stem), path) for path in (root / FOLDER).glob("*.csv")]
    return [(version, from_text(path.read_text(encoding="utf-8"))) for version, path in sorted(found)]


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
    if not kept or _told(now) != _told(kept[-1][1]):
        moments.append((PRESENT, "present", now))
    parts = [frame[COLUMNS].astype(object).assign(moment=name, kind=kind) for name, kind, frame in moments]
    return pd.concat(parts, ignore_index=True)[["moment", "kind", *COLUMNS]]


def sentences(told: pd.DataFrame, labels: dict[str, str]) -> dict[str, str]:
    """Say in one sentence per moment what its main answers were, or how they had moved.

    Parameters
    ----------
    told : as `history` gives it
    labels : trial id to the name of the trial
    """
    frames = [(moment, frame) for moment, frame in told.groupby("moment", sort=False)]
    first = {frames[0][0]: "; ".join(text.removesuffix(".") for text in answers(frames[0][1]).values()) + "."}
    return first | {moment: since(old, new, labels) for (_, old), (moment, new) in pairwise(frames)}


def _told(frame: pd.DataFrame) -> str:
    """Write what a reader is told, as a version keeps it; the day and the code behind it may differ."""
    return to_text(from_text(to_text(frame)).drop(columns=["evidence_hash", "date"]))
