"""Records what a named person decides: on a record that waits, on a rating, an appraisal or a row of data."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pandas as pd

from livingreview.certainty import certainty
from livingreview.evidence import Evidence, load_evidence
from livingreview.evidence.files import read_table, read_yaml
from livingreview.living.add import refuse
from livingreview.living.records import (
    CANDIDATES,
    ONGOING,
    SCREENING,
    Record,
    csv_bytes,
    flow,
    one_line,
    plain_doi,
    plain_pmid,
    read_rows,
    registry_numbers,
    study_address,
    with_rows,
    write_checked,
)
from livingreview.schema import DataError

_CHECKED = ("checked", "checked_on", "checked_note")
_ROW = re.compile(r"(data/trials/[^/]+/(?:arms|reported|harms)\.csv):(\d+)")
# Names in a message; more would push the reason off the screen.
_MOST = 8


# ---- A record that waits


def screen(
    root: Path,
    record_id: str,
    decision: str,
    why: str,
    *,
    by: str,
    today: date,
    question: str = "",
    url: str = "",
    note: str = "",
) -> list[str]:
    """Move a record from the candidates to the screening, and an ongoing trial to its list too.

    Parameters
    ----------
    record_id : its row in ``candidates.csv``
    decision : "excluded", "awaiting" or "ongoing"
    why : the reason, as ``screening.csv`` knows it; of an ongoing trial what its result could change
    by : the name of the person
    question : empty to take it from the query that found the record
    url : address where the record was seen, for one without a number
    note : what a reader must know

    Returns
    -------
    paths from the root that were written

    Raises
    ------
    ValueError
        When it is not said who decided or why, or the record does not wait; nothing is written then.
    DataError
        When a row would not pass the check; nothing is written then.
    """
    by, why, note = map(one_line, (by, why, note))
    if not by:
        raise ValueError("expected --by with the name of the person who decides")
    if not why:
        raise ValueError("expected --ongoing with what its result could add in this review")
    evidence = load_evidence(root)
    row = _waiting(evidence, record_id)
    groups, reasons = evidence.protocol["groups"], evidence.protocol.get("reasons", {})
    if question and question not in groups:
        raise ValueError(f"expected --question to be one of {', '.join(groups)}, found {question!r}")
    allowed = [name for name, each in reasons.items() if each["decision"] == decision]
    if decision != "ongoing" and why not in allowed:
        told = f"expected a reason for a record that is {decision} ({', '.join(allowed)})"
        raise ValueError(f"{told}, found {why!r}")
    question = question or _searched(evidence, row)
    told = {"title": row["title"], "question": question, "note": note}
    screened = {"record_id": record_id, "doi": row["doi"], "pmid": row["pmid"]} | told
    screened |= {"registration": row["registry"], "url": url, "search": row["search_id"]}
    reported = row["doi"] or row["pmid"] or not row["registry"]
    screened |= {"found_in": "literature" if reported else "registry", "decision": decision}
    screened |= {"reason": "" if decision == "ongoing" else why, "date": f"{today}", "by": by}
    waiting = read_rows(evidence, CANDIDATES)
    tables = {
        CANDIDATES: waiting[waiting.record_id != record_id],
        SCREENING: with_rows(read_rows(evidence, SCREENING), screened),
    }
    if decision == "ongoing":
        ongoing = {"id": record_id, "status": "ongoing", "in_scope": "yes", "could_change": why} | told
        ongoing |= {"url": url or study_address(row["registry"])}
        tables[ONGOING] = with_rows(read_rows(evidence, ONGOING), ongoing)
    return write_checked(root, {name: csv_bytes(table) for name, table in tables.items()})


def trial_of(root: Path, record_id: str, trial_id: str, question: str = "") -> tuple[Record, str]:
    """Return the numbers and the question by which a candidate is added as a trial.

    Raises
    ------
    ValueError
        When the record does not wait, or `add` would refuse it.
    """
    evidence = load_evidence(root)
    row = _waiting(evidence, record_id)
    registered = tuple(number for number in registry_numbers(row["registry"]) if number.startswith("NCT"))
    numbers = Record(doi=plain_doi(row["doi"]), pmid=plain_pmid(row["pmid"]), registry=registered[:1])
    question = question or _searched(evidence, row)
    refuse(evidence, trial_id, numbers)
    return numbers, question


def _waiting(evidence: Evidence, record_id: str) -> dict[str, str]:
    """Return the row of a candidate, as printed."""
    rows = read_rows(evidence, CANDIDATES).set_index("record_id", drop=False)
    if record_id in rows.index:
        return rows.loc[record_id].to_dict()
    for row in evidence.screening.to_dict("records"):
        if row["record_id"] == record_id:
            told = f"{record_id}: screened already, on {row['date']}: {row['decision']}"
            raise ValueError(f"{told}; to decide otherwise, correct {SCREENING}:{row['line']}")
    names = ", ".join(rows.index[:_MOST]) + (" ..." if len(rows) > _MOST else "")
    raise ValueError(f"{record_id!r}: expected a record that waits in {CANDIDATES} ({names or 'none waits'})")


def _searched(evidence: Evidence, row: Mapping[str, str]) -> str:
    """Return the question of the query that found a record."""
    query = evidence.searches.set_index("search_id")["query"].get(row["search_id"], "")
    groups = evidence.protocol["groups"]
    if query not in groups:
        raise ValueError(f"expected --question ({', '.join(groups)}): the search does not say which")
    return query


# ---- A rating, an appraisal or a row


def signed(by: str, reason: str, today: date) -> dict:
    """Return who confirms, when and why; a ValueError says that the name or the reason is missing."""
    for name, text in (("by", by), ("reason", reason)):
        if not text.strip():
            raise ValueError(f"expected --{name}, found nothing: a confirmation names a person and a reason")
    return {"by": " ".join(by.split()), "date": today, "reason": " ".join(reason.split())}


def confirm_rating(root: Path, analysis_id: str, person: Mapping, rating: str = "") -> list[str]:
    """Confirm the proposed certainty of an analysis, or set another rating.

    Parameters
    ----------
    person : as `signed` gives it

    Returns
    -------
    the paths that were written, from the root

    Raises
    ------
    ValueError, DataError
        When there is nothing to rate, or the data would not be well formed; nothing is written then.
    """
    proposed = certainty(analysis_id, load_evidence(root)).proposed
    if proposed is None:
        raise ValueError(f"{analysis_id}: expected an analysis with a rating; it has no usable result")
    rating = rating or proposed
    decision = "accepted" if rating == proposed else "overridden"
    told = {"decision": decision, "proposed": proposed, "rating": rating} | person
    text = "".join(f"{key}: {flow(value)}\n" for key, value in told.items())
    return write_checked(root, {f"data/certainty/{analysis_id}.yml": text.encode()})


def confirm_appraisal(
    root: Path,
    trial_id: str,
    outcome: str,
    person: Mapping,
    *,
    weeks: float | None = None,
    judgements: Mapping[str, str] | None = None,
) -> list[str]:
    """Confirm the appraisal of a trial's result, or set judgements of domains with the person's reason.

    Parameters
    ----------
    person : as `signed` gives it
    weeks : time of the result; needed where the outcome was appraised at several
    judgements : domain, or "overall", to judgement
    """
    name = f"data/trials/{trial_id}/rob2.yml"
    path = root / name
    if not path.is_file():
        raise ValueError(f"{name}: expected an appraisal to confirm, found no such file")
    content, lines, faults = read_yaml(path, name)
    if faults:
        raise DataError(faults)
    results = content.get("results") or []
    fits = [
        number
        for number, result in enumerate(results)
        if result["outcome"] == outcome and (weeks is None or result.get("timepoint_weeks") == weeks)
    ]
    if len(fits) != 1:
        known = ", ".join(
            f"{each['outcome']} at {each.get('timepoint_weeks', 'no stated')} weeks" for each in results
        )
        raise ValueError(
            f"{name}: expected one appraised result ({known or 'none'}), found {len(fits)} that fit"
        )
    (number,) = fits
    if "confirmed" in results[number] or (judgements and "judgements" in results[number]):
        line = lines.get(("results", number), 1)
        raise ValueError(f"{name}:{line}: confirmed or judged already; to change it, edit the file")
    added = [f"    confirmed: {flow(dict(person))}"]
    if judgements:
        reasons = {each: {"judgement": text, "reason": person["reason"]} for each, text in judgements.items()}
        added.append(f"    judgements: {flow(reasons)}")
    text = path.read_text(encoding="utf-8").splitlines()
    # The first line of a result holds its outcome; what is added stands right below.
    at = lines["results", number, "outcome"]
    return write_checked(root, {name: ("\n".join([*text[:at], *added, *text[at:]]) + "\n").encode()})


def confirm_row(root: Path, place: str, person: Mapping, changes: Mapping[str, str]) -> list[str]:
    """Confirm that a row agrees with its source, or change cells of it.

    Parameters
    ----------
    place : file and line, as ``trace`` and the trial's page give them: ``data/trials/ID/arms.csv:3``
    person : as `signed` gives it
    changes : column to its new text
    """
    found = _ROW.fullmatch(place)
    if not found or not (root / found[1]).is_file():
        raise ValueError(f"{place}: expected the place of a row, such as data/trials/smith2016/arms.csv:3")
    name, line = found[1], int(found[2])
    header, placed, _ = read_table(root / name, name)
    rows = dict(placed)
    if line not in rows:
        raise ValueError(f"{place}: expected a line from 2 to {max(rows, default=2)}")
    if unknown := sorted(set(changes) - set(header)):
        raise ValueError(f"{place}: expected columns of the file ({', '.join(header)}), found {unknown[0]}")
    header += [column for column in _CHECKED if column not in header]
    told = (person["by"], f"{person['date']}", person["reason"])
    rows[line] |= dict(changes) | dict(zip(_CHECKED, told, strict=True))
    return write_checked(root, {name: csv_bytes(pd.DataFrame(rows.values(), columns=header))})
