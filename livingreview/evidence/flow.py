"""Counts the records of screening, searches and candidates into the boxes of the flow of studies."""

from collections import Counter

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
# A box with parts is the sum of them: one for each value of a column of the screening.
PARTS = {"judged": "found_in", "excluded": "reason", "awaiting": "reason", "included": "question"}
# Boxes that are there only where there is something to count.
OPTIONAL = ("waiting", "sought", "not_retrieved")


def flow_counts(
    screening: pd.DataFrame, searches: pd.DataFrame, candidates: pd.DataFrame, reports: pd.DataFrame
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
    streams = {"first_reading": _decided(screening[~own]), "own_searches": {}}
    if not searches.empty:
        records, new = int(searches["records"].sum()), int(searches["new"].sum())
        found = {("identified", ""): records, ("removed", ""): records - new}
        streams["own_searches"] = _decided(screening[own]) | found
    if len(candidates):
        streams["first_reading"]["waiting", ""] = 0
        streams["own_searches"]["waiting", ""] = len(candidates)
    # A report is of the stream of its record; those of published reviews are of none.
    for name, records in (("first_reading", screening[~own]), ("own_searches", screening[own])):
        if len(reports) and streams[name]:
            part = reports[reports["record"].isin(records["record_id"])]
            streams[name]["sought", ""] = len(part)
            streams[name]["not_retrieved", ""] = int(part["retrieved"].eq("no").sum())
    rows = []
    for box in BOXES:
        sizes = sum((Counter(found) for found in streams.values()), Counter())
        parts = sorted(
            (part for of, part in sizes if of == box and part), key=lambda part: (-sizes[box, part], part)
        )
        if box not in OPTIONAL or any((box, "") in found for found in streams.values()):
            rows += [_row(box, part, streams) for part in ["", *parts]]
    return pd.DataFrame(rows).astype(dict.fromkeys([*STREAMS, "total"], "Int64"))


def _decided(records: pd.DataFrame) -> dict[tuple[str, str], int]:
    """Count the decisions on records, by box and part."""
    found = {("remaining", ""): int(records["decision"].isin(["ongoing", "awaiting", "included"]).sum())}
    for box in ("judged", "excluded", "ongoing", "awaiting", "included"):
        chosen = records if box == "judged" else records[records["decision"] == box]
        found[box, ""] = len(chosen)
        if box in PARTS:
            found |= {(box, part): n for part, n in chosen[PARTS[box]].value_counts().items()}
    return found


def _row(box: str, part: str, streams: dict[str, dict]) -> dict:
    """Return the counts of a box; a part that a known stream lacks is 0, an unknown box is missing."""
    counts = {
        name: found.get((box, part), 0 if part and (box, "") in found else None)
        for name, found in streams.items()
    }
    # Before the first search of our own the first reading is all there is.
    told = [n for name, n in counts.items() if streams[name]]
    return {"box": box, "part": part} | counts | {"total": None if None in told or not told else sum(told)}
