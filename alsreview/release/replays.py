"""Replays the review: what it would have said from the sources that were out at the end of a year."""

from functools import lru_cache

import pandas as pd

from alsreview.evidence import Evidence, load_evidence, published_by
from alsreview.release.results import results


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
