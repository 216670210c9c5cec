"""Shows the figures of a trial as they were printed, and where all was read."""

from urllib.parse import urlsplit

import pandas as pd

from livingreview.effects.sources import KIND_WORDS
from livingreview.exhibits.places import (
    identified,
    lasting_address,
    place_words,
    registry_address,
    row_anchor,
    source_words,
    to_source,
)
from livingreview.exhibits.words import contrast_words
from livingreview.formats import MINUS, is_missing
from livingreview.tables import Table, html_table, paragraph

STATED_WORDS = {
    "favours_intervention": "in favour of the intervention",
    "favours_comparator": "in favour of the comparator",
    "no_difference": "no difference",
    "unclear": "unclear",
}
PHASE_WORDS = {"baseline": "baseline", "run_in": "run-in"}
UNTOLD = "not stated"
NUMBER_HEADS = {
    "phase": "Phase",
    "n_basis": "Basis of n",
    "mean": "Mean",
    "sd": "SD",
    "se": "SE",
    "events": "Events",
    "measure": "Measure",
    "estimate": "Estimate",
    "ci_low": "Lower limit",
    "ci_high": "Upper limit",
    "df": "df of t",
    "direction": "Stated",
}


def rows_html(evidence, trial_id: str, card: dict) -> str:
    """Show every row of a trial's files, each with a name that links can lead to."""
    tables = {
        "arms.csv": (
            "arm",
            ["phase", "n", "n_basis", "mean", "sd", "se", "events"],
            "Results by arm as published, with their source",
        ),
        "reported.csv": (
            "contrast",
            [
                "phase",
                "measure",
                "estimate",
                "se",
                "ci_low",
                "ci_high",
                "df",
                "p",
                "direction",
                "n",
                "n_basis",
            ],
            "Differences between arms as published, with their source",
        ),
    }
    html, known = "", evidence.outcomes["outcomes"]
    for table, (key, numbers, caption) in tables.items():
        rows = _as_printed(evidence, trial_id, table)
        if rows:
            html += _printed(trial_id, table, pd.DataFrame(rows), key, numbers, caption, card, known).html
    return html + paragraph(_readers(evidence, trial_id, card))


def _as_printed(evidence, trial_id: str, table: str) -> list[dict]:
    """Give a file's rows as they are written: as numbers they would lose the zeros they end in."""
    rows = evidence.rows["results" if table == "arms.csv" else table.removesuffix(".csv")].get(trial_id, [])
    return [row["printed"] | {"line": row["line"], "checked": _checked(row)} for row in rows]


def _checked(row: dict) -> str | None:
    """Say who compared a row with its source, when and with what outcome."""
    if is_missing(row["checked"]):
        return None
    when = "" if is_missing(row.get("checked_on")) else f", {row['checked_on']}"
    note = "" if is_missing(row.get("checked_note")) else f": {row['checked_note']}"
    return f"{row['checked']}{when}{note}"


def _printed(trial_id, table, frame, key, numbers, caption, card, known) -> Table:
    """Show the rows of a file, leaving out the columns that none of them fills."""
    arms = card.get("arms", {})
    names = {name: arm["label"] for name, arm in arms.items()}
    names |= {name: contrast_words(arms, contrast) for name, contrast in card["contrasts"].items()}
    # A table may lack columns that none of its rows needs.
    frame = frame.reindex(columns=list(dict.fromkeys([*frame, "timepoint_weeks", "note"])))
    frame = frame.where(frame.ne(""), None).assign(
        who=frame[key].map(names),
        on=[_outcome(known[name]) for name in frame.outcome],
        where=[place_words(card, *at) for at in zip(frame.source, frame.locator, strict=True)],
    )
    if "direction" in frame:
        frame["direction"] = frame.direction.map(STATED_WORDS)
    if "phase" in frame:
        frame["phase"] = frame.phase.map(PHASE_WORDS)
    if "n_basis" in frame:
        frame["n_basis"] = frame.n_basis.replace("randomized", "randomised")
    filled = [name for name in numbers if name in frame and frame[name].notna().any()]
    frame[filled] = frame[filled].replace(r"^-(?=[\d.])", MINUS, regex=True)
    # The only comparison of a trial stands above the table already.
    alone = key == "contrast" and len(card["contrasts"]) == 1
    heads = {} if alone else {"who": "Arm" if key == "arm" else "Comparison"}
    heads |= {"on": "Outcome", "timepoint_weeks": "Week"}
    heads |= {name: NUMBER_HEADS.get(name, name) for name in filled}
    heads |= {"where": "Source"} | ({"note": "Note"} if frame.note.notna().any() else {})
    heads |= {"checked": "Checked by"} if frame.checked.notna().any() else {}
    return html_table(
        frame,
        caption=caption,
        columns=heads,
        links={"where": to_source(card)},
        row_id=lambda row: row_anchor(trial_id, f"{table}:{row['line']}"),
        classes="lr-table lr-rows",
    )


def _outcome(outcome: dict) -> str:
    unit = outcome["unit"]
    return outcome["label"] if unit == UNTOLD else f"{outcome['label']} ({unit})"


TEAM = "review team"  # named with its article in a sentence


def _readers(evidence, trial_id: str, card: dict) -> str:
    """Say who read the rows, and how many of them a second reader compared with their source."""
    rows = [row for table in ("results", "reported") for row in evidence.rows[table].get(trial_id, [])]
    if not rows:
        return "No figures of this trial were available to us."
    checked = sum(not is_missing(row["checked"]) for row in rows)
    how = "been checked against its source by a person."
    if len(rows) == 1:
        twice = f"Its one row has {'' if checked else 'not '}{how}"
    else:
        twice = f"{checked or 'None'} of the {len(rows)} rows {'have' if checked > 1 else 'has'} {how}"
    who = card["readers"]["extracted"]
    return f"Extracted by {f'the {who}' if who == TEAM else who}. {twice}"


def sources_html(card: dict) -> str:
    """List the sources of a trial with their lasting addresses and the day each was read."""
    rows = [
        {
            "what": source_words(source),
            "kind": KIND_WORDS[source["kind"]],
            "address": address_words(card, key),
            "url": source.get("url"),
            "seen_at": urlsplit(source.get("url", "")).netloc or None,
            "to": lasting_address(card, key),
            "seen": source["seen"],
        }
        for key, source in card["sources"].items()
    ]
    columns = {
        "what": "Source",
        "kind": "Kind",
        "address": "DOI or stable address",
        "seen_at": "Website",
        "seen": "Date consulted",
    }
    links = {"address": lambda row: row["to"], "seen_at": lambda row: row["url"]}
    return html_table(
        pd.DataFrame(rows),
        caption="Sources, with their kind",
        columns=columns,
        links=links,
    ).html


def address_words(card: dict, key: str) -> str | None:
    """Name a source by its DOI, PubMed or registry number, else by the host it was read at."""
    source = identified(card, key)
    if source.get("doi"):
        return f"doi:{source['doi']}"
    if source.get("pmid"):
        return f"PubMed {source['pmid']}"
    if source["kind"] == "registry" and registry_address(card.get("registration")):
        return card["registration"]
    return urlsplit(source.get("url", "")).netloc or None
