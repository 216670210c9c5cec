"""Records that a named person confirms, or changes, a rating, an appraisal or a row of data."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from livingreview.certainty import certainty
from livingreview.evidence import load_evidence
from livingreview.evidence.files import read_yaml
from livingreview.living.tables import Table, write_checked
from livingreview.schema import DataError

CHECKED = ("checked", "checked_on", "checked_note")
_ROW = re.compile(r"(data/trials/[^/]+/(?:arms|reported|harms)\.csv):(\d+)")


@dataclass(frozen=True)
class Person:
    """Who confirms, when and why."""

    by: str
    reason: str
    date: date

    def __post_init__(self):
        for name in ("by", "reason"):
            text = " ".join(getattr(self, name).split())
            if not text:
                raise ValueError(
                    f"expected --{name}, found nothing: a confirmation names a person and a reason"
                )
            object.__setattr__(self, name, text)


def confirm_rating(root: Path, analysis_id: str, person: Person, rating: str = "") -> tuple[str, ...]:
    """Confirm the proposed certainty of an analysis, or set another rating.

    Returns
    -------
    the paths that were written, from the root

    Raises
    ------
    ValueError, DataError
        When there is nothing to rate, or the data would not be well formed; nothing is written then.
    """
    proposed = certainty(analysis_id, load_evidence(root)).proposal.rating
    if proposed is None:
        raise ValueError(f"{analysis_id}: expected an analysis with a rating; it has no usable result")
    chosen = rating or proposed
    told = {
        "decision": "accepted" if chosen == proposed else "overridden",
        "proposed": proposed,
        "rating": chosen,
        "by": person.by,
        "date": person.date,
        "reason": person.reason,
    }
    text = "".join(f"{key}: {_scalar(value)}\n" for key, value in told.items())
    return write_checked(root, {f"data/certainty/{analysis_id}.yml": text.encode()})


def confirm_appraisal(
    root: Path,
    trial_id: str,
    outcome: str,
    person: Person,
    *,
    weeks: float | None = None,
    judgements: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """Confirm the appraisal of a trial's result, or set judgements of domains with the person's reason.

    Parameters
    ----------
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
    said = {"by": person.by, "date": person.date, "reason": person.reason}
    added = [f"    confirmed: {_flow(said)}"]
    if judgements:
        set_ = {domain: {"judgement": each, "reason": person.reason} for domain, each in judgements.items()}
        added.append(f"    judgements: {{{', '.join(f'{k}: {_flow(v)}' for k, v in set_.items())}}}")
    text = path.read_text(encoding="utf-8").splitlines()
    # The first line of a result holds its outcome; what is added stands right below.
    at = lines["results", number, "outcome"]
    return write_checked(root, {name: ("\n".join([*text[:at], *added, *text[at:]]) + "\n").encode()})


def confirm_row(
    root: Path, place: str, person: Person, changes: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Confirm that a row agrees with its source, or change cells of it.

    Parameters
    ----------
    place : file and line, as ``trace`` and the trial's page give them: ``data/trials/ID/arms.csv:3``
    changes : column to its new text
    """
    found = _ROW.fullmatch(place)
    if not found or not (root / found[1]).is_file():
        raise ValueError(f"{place}: expected the place of a row, such as data/trials/smith2016/arms.csv:3")
    name, line = found[1], int(found[2])
    table = Table.read(root, name)
    if not 2 <= line <= len(table.rows) + 1:
        raise ValueError(f"{place}: expected a line from 2 to {len(table.rows) + 1}")
    unknown = sorted(set(changes or {}) - set(table.header))
    if unknown:
        raise ValueError(
            f"{place}: expected columns of the file ({', '.join(table.header)}), found {unknown[0]}"
        )
    table.header += [column for column in CHECKED if column not in table.header]
    told = dict(zip(CHECKED, (person.by, f"{person.date}", person.reason), strict=True))
    table.rows[line - 2] |= dict(changes or {}) | told
    return write_checked(root, {name: table.to_bytes()})


def _scalar(value) -> str:
    # A text in JSON's quotes is a text in YAML too.
    return f"{value}" if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


def _flow(mapping: Mapping) -> str:
    return "{" + ", ".join(f"{key}: {_scalar(value)}" for key, value in mapping.items()) + "}"
