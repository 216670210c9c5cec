"""Counts the records of screening, searches and candidates into the boxes of the flow of studies."""

from collections.abc import Hashable

import pandas as pd

BOXES = {
    "identified": "Records identified",
    "removed": "Records removed before screening",
    "waiting": "Records awaiting screening",
    "judged": "Records screened",
    "excluded": "Records excluded",
    "remaining": "Records not excluded",
    "ongoing": "Ongoing trials",
    "awaiting": "Awaiting classification",
    "sought": "Reports sought in full",
    "not_retrieved": "Reports not retrieved in full",
    "included": "Studies included",
}
STREAMS = {"first_reading": "Before our searches", "own_searches": "Our searches"}
# A box with parts is the sum of them.
PARTS = {"judged": "found_in", "excluded": "reason", "awaiting": "reason", "included": "question"}
# Boxes that are there only where there is something to count.
OPTIONAL = ("waiting", "sought", "not_retrieved")
# What must come out of the boxes before it.
SUMS = {
    "judged": {"identified": 1, "removed": -1, "waiting": -1},
    "remaining": {"judged": 1, "excluded": -1},
    "included": {"remaining": 1, "ongoing": -1, "awaiting": -1},
}


def flow_counts(
    screening: pd.DataFrame,
    searches: pd.DataFrame,
    candidates: pd.DataFrame | None = None,
    reports: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Count records box by box, in the order of the PRISMA 2020 flow diagram of an updated review.

    Parameters
    ----------
    screening, searches, candidates, reports : the tables of that name; reports of published reviews are not
        counted

    Returns
    -------
    one row per box, followed by one per part of it
        ``box`` (a key of ``BOXES``), ``part`` (empty for the box itself), ``first_reading`` (records
        without a search), ``own_searches`` (records that a search of ours found) and ``total``; a count
        is missing where nobody recorded it, and zero only where it is known to be none. The boxes of
        records that wait, and of reports, are there only if there are some.

    References
    ----------
    Page et al. (2021), doi:10.1136/bmj.n71.
    """
    own = screening["search"].notna()
    streams = {
        "first_reading": _decided(screening[~own]),
        "own_searches": {} if searches.empty else _decided(screening[own]) | _searched(searches),
    }
    if candidates is not None and len(candidates):
        streams["first_reading"]["waiting", ""] = 0
        streams["own_searches"]["waiting", ""] = len(candidates)
    if reports is not None and len(reports):
        for stream, found in _sought(reports, screening).items():
            streams[stream] |= found if streams[stream] else {}
    always = {(box, "") for box in BOXES if box not in OPTIONAL}
    keys = {key for found in streams.values() for key in found} | always
    order = sorted(
        keys, key=lambda key: (list(BOXES).index(key[0]), key[1] != "", -_size(streams, key), key[1])
    )
    rows = [_row(key, streams) for key in order]
    return pd.DataFrame(rows).astype(dict.fromkeys([*STREAMS, "total"], "Int64"))


def _decided(records: pd.DataFrame) -> dict[Hashable, int]:
    found = {}
    for box in ("judged", "excluded", "ongoing", "awaiting", "included"):
        chosen = records if box == "judged" else records[records["decision"] == box]
        found[box, ""] = len(chosen)
        if box in PARTS:
            found |= {(box, part): n for part, n in chosen[PARTS[box]].value_counts().items()}
    found["remaining", ""] = sum(found[box, ""] for box in ("ongoing", "awaiting", "included"))
    return found


def _sought(reports: pd.DataFrame, screening: pd.DataFrame) -> dict[str, dict[Hashable, int]]:
    """Count the reports of records, by the stream of the record."""
    search = screening.set_index("record_id")["search"]
    of_records = reports[reports["record"].isin(search.index)]
    own = of_records["record"].map(search).notna()
    return {
        stream: {("sought", ""): len(part), ("not_retrieved", ""): int(part["retrieved"].eq("no").sum())}
        for stream, part in (("first_reading", of_records[~own]), ("own_searches", of_records[own]))
    }


def _searched(searches: pd.DataFrame) -> dict[Hashable, int]:
    identified, new = int(searches["records"].sum()), int(searches["new"].sum())
    return {("identified", ""): identified, ("removed", ""): identified - new}


def _size(streams: dict, key: Hashable) -> int:
    return sum(found.get(key, 0) for found in streams.values())


def _row(key: tuple, streams: dict) -> dict:
    """Return the counts of a box; a part that a known stream lacks is 0, an unknown box is missing."""
    box, part = key
    counts = {
        name: found.get(key, 0 if part and (box, "") in found else None) for name, found in streams.items()
    }
    # Before the first search of our own the first reading is all there is.
    told = [n for name, n in counts.items() if streams[name]]
    total = None if None in told or not told else sum(told)
    return {"box": box, "part": part} | counts | {"total": total}


def flow_faults(counts: pd.DataFrame, trials: int | None = None) -> list[str]:
    """List every box whose count does not follow from the others.

    Parameters
    ----------
    counts : what `flow_counts` gives
    trials : included trials that the review holds; not compared unless given

    Returns
    -------
    one message per fault; empty when the flow adds up
    """
    faults = []
    boxes = counts[counts["part"] == ""].set_index("box")
    parts = counts[counts["part"] != ""].groupby("box")
    for stream, name in STREAMS.items():
        known = {"waiting": 0} | boxes[stream].dropna().to_dict()
        for box in known:
            if box in SUMS and set(SUMS[box]) <= set(known):
                expected = sum(sign * known[other] for other, sign in SUMS[box].items())
                faults += _fault(box, name, expected, known[box], "the boxes before it")
        for box, part in parts[stream].sum().items():
            if box in known:
                faults += _fault(box, name, part, known[box], "the sum of its parts")
    total = boxes["total"].get("included")
    if trials is not None:
        faults += _fault("included", "all", trials, total, "the included trials of data/trials")
    return faults


def _fault(box: str, stream: str, expected: int, found: int, because: str) -> list[str]:
    if expected == found:
        return []
    return [f"box '{BOXES[box]}' ({stream.lower()}): expected {expected}, {because}, found {found}"]
