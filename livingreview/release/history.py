"""Put retrospective updates, versions and the present text in a row, with what changed between them."""

from functools import lru_cache
from itertools import pairwise

import pandas as pd

from livingreview.evidence import Evidence, published_by
from livingreview.release.results import COLUMNS, Move, from_text, kept_results, moves, results, to_text

PRESENT = "present draft"


def history(evidence: Evidence) -> pd.DataFrame:
    """Return the results at every moment, oldest first.

    Returns
    -------
    one row per moment and analysis
        ``moment`` names it, ``kind`` is "replay", "version" or "present", then the columns of a version's
        results. The present text is left out where the last version says the same.
    """
    kept, now = kept_results(evidence.root), results(evidence)
    moments = [(f"end of {year}", "replay", frame) for year, frame in replays(evidence).groupby("year")]
    moments += [(version, "version", frame) for version, frame in kept.items()]
    if not kept or not _same(now, list(kept.values())[-1]):
        moments.append((PRESENT, "present", now))
    parts = [frame[COLUMNS].astype(object).assign(moment=name, kind=kind) for name, kind, frame in moments]
    return pd.concat(parts, ignore_index=True)[["moment", "kind", *COLUMNS]]


def moved(told: pd.DataFrame, labels: dict[str, str]) -> dict[str, list[Move]]:
    """List for each moment of the history what had changed in the primary analyses since the one before.

    ``labels`` maps the id of a trial to its name.
    """
    frames = [("", told.iloc[:0]), *told.groupby("moment", sort=False)]
    return {moment: moves(old, new, labels) for (_, old), (moment, new) in pairwise(frames)}


def _same(now: pd.DataFrame, kept: pd.DataFrame) -> bool:
    """Tell whether a reader is told the same; the day, the code behind it and the words may differ."""
    # A version from before verdicts were kept says nothing of them.
    apart = ["evidence_hash", "date", "bottom_line", *(["verdict"] if kept.verdict.isna().all() else [])]
    texts = [to_text(from_text(to_text(frame)).drop(columns=apart)) for frame in (now, kept)]
    return texts[0] == texts[1]


def replays(evidence: Evidence) -> pd.DataFrame:
    """Return the results of every retrospective update: ``year``, then the columns of a version's results.

    Each is computed anew in each build and never stored, so it follows a correction of today's reading.  It
    is no version: nobody could have read it then, so it has no number, no address and no citation.
    """
    return _replays(evidence).copy()


@lru_cache(maxsize=4)
def _replays(evidence: Evidence) -> pd.DataFrame:
    # Figure, table and sentences of a chapter all ask; the evidence is frozen, so the answer is too.
    years, written = evidence.protocol.get("replays", []), evidence.protocol["specified"].year
    if years != sorted(set(years)) or years[-1:] >= [written]:
        raise ValueError(
            "data/protocol.yml: replays: expected years in order, each once and all before "
            f"{written}, found {', '.join(map(str, years))}"
        )
    told = [results(published_by(evidence, year)).assign(year=year, evidence_hash=None) for year in years]
    frame = pd.concat(told, ignore_index=True) if told else results(evidence).iloc[:0].assign(year=None)
    return frame[["year", *frame.columns.drop("year")]]
