"""Put retrospective updates, versions and the present text in a row, with what changed between them."""

from functools import lru_cache
from itertools import pairwise

import pandas as pd

from livingreview.evidence import Evidence, load_evidence, published_by
from livingreview.release.results import COLUMNS, Move, from_text, kept_results, moves, results, to_text

PRESENT = "present draft"


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
    moments += [(version, "version", frame) for version, frame in kept]
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


def replay_years(evidence: Evidence) -> list[int]:
    """List the years that the protocol asks to be replayed.

    Raises
    ------
    ValueError
        When they are out of order, or not all over when the protocol was written.
    """
    years = evidence.protocol.get("replays", [])
    if years != sorted(set(years)) or years[-1:] >= [evidence.protocol["specified"].year]:
        raise ValueError(
            "data/protocol.yml: replays: expected years in order, each once and all before "
            f"{evidence.protocol['specified'].year}, found {', '.join(map(str, years))}"
        )
    return years


def replays(root=None) -> pd.DataFrame:
    """Give the results of every replay: the columns of a version's results, with ``year`` before them.

    Notes
    -----
    A replay is computed anew in each build and never stored, so it follows a correction of today's reading.
    It is no version: nobody could have read it then, so it has no number, no address and no citation.
    """
    return _replays(load_evidence(root)).copy()


@lru_cache(maxsize=4)
def _replays(evidence: Evidence) -> pd.DataFrame:
    # Figure, table and sentences of a chapter all ask; the evidence is frozen, so the answer is too.
    told = [
        results(published_by(evidence, year)).assign(year=year, evidence_hash=None)
        for year in replay_years(evidence)
    ]
    frame = pd.concat(told, ignore_index=True) if told else results(evidence).iloc[:0].assign(year=None)
    return frame[["year", *frame.columns.drop("year")]]
