"""Reads and checks all of ``data/``, and turns it into tidy frames, as of today or as published by a year."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import pandas as pd
from pybtex.database.input.bibtex import Parser
from pybtex.exceptions import PybtexError

from livingreview.evidence.citation import citation_faults
from livingreview.evidence.dictionary import Grade, Reading, keys_of, read_dictionary
from livingreview.evidence.digest import data_state, find_root, place_titles
from livingreview.evidence.files import read_text
from livingreview.evidence.format import format_fault
from livingreview.evidence.protocol import PROTOCOL, outcome_faults, protocol_faults, read_certainty
from livingreview.evidence.records import read_records
from livingreview.evidence.trials import read_trials, trial_folders, trial_status, trial_year
from livingreview.schema import DataError, Fault

RELEASES = Path("data") / "releases"
_VERSION = re.compile(r"([0-9]{4})\.([0-9]+)")
# What the protocol declares by name, for the keys of other files.
_DECLARED = ("analyses", "questions", "groups", "harms", "reasons")


def check_evidence(root: Path | None = None) -> list[Fault]:
    """Collect every fault of ``data/``, and of the citation, sorted by place."""
    root = find_root(root)
    faults = read_evidence(root, place_titles(root)).faults
    # Data of another format have this fault alone, whatever else is wrong.
    other = [(fault.path, fault.column) for fault in faults] == [(PROTOCOL, "format")]
    return faults if other else sorted({*faults, *citation_faults(root)})


def read_evidence(root: Path, headings: Collection[str] | None = None) -> Reading:
    """Read and check all of ``data/`` without raising on its faults.

    The headings, of pages as ``page#heading``, are those that the checklist may name. Unless given they are
    not checked: a chapter that only reads the evidence does not depend on the headings of another.
    """
    reading = Reading(root)
    protocol, place = reading.read(PROTOCOL)
    if protocol is not None and (other := format_fault(protocol, place)):
        # Everything else may mean something else in another format.
        return Reading(root, faults=[other])
    reading.rules, faults = read_dictionary(root)
    reading.faults += faults
    if faults:
        return reading
    outcomes, of_outcomes = reading.read("data/outcomes.yml")
    reading.names = {"trials": {folder.name for folder in trial_folders(root)}, "headings": headings}
    reading.names |= _read_bibliography(reading)
    if outcomes is not None:
        reading.names |= keys_of(outcomes, "outcomes")
    if protocol is not None:
        criteria = protocol.get("entry_criteria")
        reading.names |= keys_of(protocol, *_DECLARED)
        reading.names["entry_criteria"] = [*criteria] if isinstance(criteria, list) else []
    if reading.fits(outcomes, of_outcomes):
        wrong = list(outcome_faults(outcomes))
        reading.note(of_outcomes, wrong)
        reading.outcomes = {} if wrong else outcomes
    if reading.fits(protocol, place):
        reading.note(place, protocol_faults(protocol, reading.outcomes))
        reading.protocol = protocol
    read_trials(reading)
    read_records(reading)
    reading.grade = read_certainty(reading)
    return reading


def _read_bibliography(reading: Reading) -> dict[str, set]:
    """Read the keys of the bibliography, and the years of its entries into the reading."""
    path = reading.root / "references.bib"
    text, faults = read_text(path, path.name) if path.is_file() else ("", [])
    try:
        entries = {} if faults else Parser().parse_string(text).entries
    except PybtexError as error:
        # Only a syntax error has a line; else an entry is there twice, and the message ends with its key.
        second = text.rfind(f"{{{str(error).rpartition(' ')[2]},")
        line = getattr(error, "lineno", None) or text.count("\n", 0, max(second, 0)) + 1
        faults = [Fault(path.name, line, "file", f"malformed BibTeX: {error}")]
    reading.faults += faults
    if faults:
        return {}
    years = {key: re.search(r"\d{4}", entry.fields.get("year", "")) for key, entry in entries.items()}
    reading.years = {key: int(found[0]) for key, found in years.items() if found}
    return {"references": set(years)}


# ---- The frames


@dataclass(frozen=True, eq=False)
class Evidence:
    """The evidence as frames; nobody changes them in place.

    Attributes
    ----------
    root : folder of the review
    trials : one row per trial or composite
        ``trial_id, label, title, unit, question, allocation, excluded, group, status, people, covers``;
        ``group`` is the part of the review that reports the question, ``status`` is "included", "excluded"
        or "awaiting" classification
    arms : one row per arm of a trial
        ``trial_id, arm, label, role, randomized, completed, completed_weeks``
    contrasts : one row per contrast
        ``trial_id, contrast, intervention, comparator, kind, until_weeks, note``
    sources : one row per source of a trial
        ``trial_id, source, kind, what, cite, doi, pmid, url, seen, year``; ``year`` of publication is that
        of the reference, or that of the trial where a report of its own cites none
    results, reported : one row per line of the CSV files
        their columns, ``trial_id``, ``source_kind``, ``file`` and ``line``; ``printed`` has the cells as
        text, whose last digits say how the numbers were rounded
    harms : one row per line of ``harms.csv``, with the same columns added
        An arm whose card gives those randomized and those who completed has a row of withdrawals that is
        the difference, unless the file has one.
    ongoing : one row per registered trial without results
    searches, screening : one row per search that we ran; one per record with its decision
    candidates : one row per record that a search found and nobody has judged yet
    reports : one row per report that was sought in full
    queries : source to its file of ``data/searches``, with the queries that it is asked
    cards : trial id to its card, as read
    appraisals : trial id to our appraisal of its risk of bias, as read
    reviews : review id to its card, with the claims it prints
    lines : trial id to the line of each key of its card, by the path of the key
    columns : the dictionary of all these, ``columns.yml``
    grade : the rules of certainty, and the decisions on what they propose
    outcomes, protocol, checklist : the mappings of the YAML files of that name
    """

    root: Path
    trials: pd.DataFrame
    arms: pd.DataFrame
    contrasts: pd.DataFrame
    sources: pd.DataFrame
    results: pd.DataFrame
    reported: pd.DataFrame
    harms: pd.DataFrame
    ongoing: pd.DataFrame
    searches: pd.DataFrame
    screening: pd.DataFrame
    candidates: pd.DataFrame
    reports: pd.DataFrame
    queries: dict
    cards: dict
    appraisals: dict
    reviews: dict
    lines: dict
    columns: dict
    grade: Grade
    outcomes: dict
    protocol: dict
    checklist: dict

    @cached_property
    def rows(self) -> dict[str, dict[str, list[dict]]]:
        """The rows of trials, arms, reported, harms and contrasts as mappings, by table and trial id."""
        found = {}
        for name in ("trials", "results", "reported", "harms", "contrasts"):
            found[name] = {}
            for row in getattr(self, name).to_dict("records"):
                found[name].setdefault(row["trial_id"], []).append(row)
        return found


def load_evidence(root: Path | None = None) -> Evidence:
    """Read ``data/`` into frames.

    Parameters
    ----------
    root : folder that holds ``data/``; by default the nearest parent of the working folder that does

    Raises
    ------
    DataError
        With every fault of the data, each with its place.
    """
    root = find_root(root)
    return _load(root, data_state(root))


@lru_cache(maxsize=4)
def _load(root: Path, state: tuple) -> Evidence:
    # The state is part of the key, so that a changed file is read again in a running kernel.
    reading = read_evidence(root)
    if reading.faults:
        raise DataError(reading.faults)
    sources = _sources(reading)
    # What is kept as it was read has the same name in both.
    as_read = {name: each for name, each in vars(reading).items() if name in Evidence.__annotations__}
    return Evidence(
        **as_read,
        columns=reading.rules,
        trials=_trials(reading),
        arms=_arms(reading),
        contrasts=_contrasts(reading),
        sources=sources,
        results=_rows(reading, "arms.csv", sources),
        reported=_rows(reading, "reported.csv", sources),
        harms=_rows(reading, "harms.csv", sources, _withdrawals(reading)),
        **{
            name: pd.DataFrame(rows, columns=[*reading.rules[f"{name}.csv"], "file", "line"])
            for name in ("ongoing", "searches", "screening", "candidates", "reports")
            for rows in [reading.rows[f"{name}.csv"]]
        },
    )


def _trials(reading: Reading) -> pd.DataFrame:
    keys = ["label", "title", "unit", "question", "allocation", "excluded"]
    rows = []
    for trial_id, card in reading.cards.items():
        group = reading.protocol["questions"][card["question"]]["group"]
        people, covers = card.get("people", {}).get("n"), tuple(card.get("covers", ()))
        own = [card.get(key) for key in keys]
        rows.append([trial_id, *own, group, trial_status(card), people, covers])
    columns = ["trial_id", *keys, "group", "status", "people", "covers"]
    return pd.DataFrame(rows, columns=columns).astype({"people": float})


def _arms(reading: Reading) -> pd.DataFrame:
    rows = []
    for trial_id, card in reading.cards.items():
        for name, arm in card.get("arms", {}).items():
            done = arm.get("completed", {})
            counts = [arm.get("randomized", {}).get("n"), done.get("n"), done.get("weeks")]
            rows.append([trial_id, name, arm["label"], arm["role"], *counts])
    counted = ["randomized", "completed", "completed_weeks"]
    frame = pd.DataFrame(rows, columns=["trial_id", "arm", "label", "role", *counted])
    return frame.astype(dict.fromkeys(counted, float))


def _contrasts(reading: Reading) -> pd.DataFrame:
    columns = ["trial_id", "contrast", "intervention", "comparator", "kind", "until_weeks", "note"]
    return _named(reading.cards, "contrasts", columns).astype({"until_weeks": float})


def _sources(reading: Reading) -> pd.DataFrame:
    columns = ["trial_id", "source", "kind", "what", "cite", "doi", "pmid", "url", "seen"]
    sources = _named(reading.cards, "sources", columns)
    # The id of a trial has the year of its own report; of other sources it says nothing.
    own = sources.trial_id.map(trial_year).astype(float)
    report = sources.cite.isna() & sources.kind.astype(str).str.startswith("primary")
    return sources.assign(year=sources.cite.map(reading.years).astype(float).where(~report, own))


def _named(cards: dict, section: str, columns: list[str]) -> pd.DataFrame:
    """One row per named entry of a section of the cards."""
    rows = [
        [trial_id, name, *(entry.get(key) for key in columns[2:])]
        for trial_id, card in cards.items()
        for name, entry in card.get(section, {}).items()
    ]
    return pd.DataFrame(rows, columns=columns)


def _withdrawals(reading: Reading) -> list[dict]:
    """Derive the withdrawals of each arm whose card says how many completed, where no row counts them."""
    told = {
        (row["trial_id"], row["arm"]) for row in reading.rows["harms.csv"] if row["harm"] == "withdrawals"
    }
    rows = []
    for trial_id, card in reading.cards.items():
        for name, arm in card.get("arms", {}).items():
            if not {"completed", "randomized"} <= set(arm) or told & {(trial_id, name), (trial_id, "all")}:
                continue
            n, done = arm["randomized"]["n"], arm["completed"]
            rows.append(
                {
                    "trial_id": trial_id,
                    "arm": name,
                    "harm": "withdrawals",
                    "timepoint_weeks": done.get("weeks"),
                    "events": n - done["n"],
                    "n": n,
                    "source": done["source"],
                    "locator": done["locator"],
                    "note": f"{n} randomised minus {done['n']} who completed",
                    "file": f"data/trials/{trial_id}/trial.yml",
                    "line": reading.lines[trial_id].get(("arms", name, "completed"), 1),
                    "printed": {},
                }
            )
    return rows


def _rows(reading: Reading, table: str, sources: pd.DataFrame, derived: list[dict] = ()) -> pd.DataFrame:
    """The lines of one kind of CSV file over all trials, numbers as floats with NaN for missing."""
    rules = reading.rules[table]
    rows = [*reading.rows[table], *(dict.fromkeys(rules) | row for row in derived)]
    frame = pd.DataFrame(rows, columns=["trial_id", *rules, "file", "line", "printed"])
    numeric = [column for column, rule in rules.items() if rule["type"] in ("number", "integer")]
    frame[numeric] = frame[numeric].astype(float)
    # Who checked a whole trial checked each of its rows.
    whole = frame.trial_id.map({key: card["readers"].get("checked") for key, card in reading.cards.items()})
    kinds = dict(zip(zip(sources.trial_id, sources.source, strict=True), sources.kind, strict=True))
    own = [kinds[key] for key in zip(frame.trial_id, frame.source, strict=True)]
    return frame.assign(
        checked=frame.checked.astype(object).fillna(whole),
        source_kind=pd.Series(own, dtype=sources.kind.dtype),
    )


def published_by(evidence: Evidence, year: int) -> Evidence:
    """Keep the rows whose source was out by the end of a year, and the trials that then had one.

    Parameters
    ----------
    evidence : as read today
    year : the last one whose publications count

    Returns
    -------
    Evidence
        A row counts from the year of the source that it was read from, a published judgement of bias and
        an answer of our own appraisal too; where that year is not known it never counts. A trial of which
        no row was read counts from its first source. What a person decided or confirmed on certainty or
        on risk of bias was taken on today's evidence, so none of it is kept.

    Notes
    -----
    The rest is today's: the protocol, the rules, the thresholds, and what a card says of a trial's people.
    """
    sources = evidence.sources[evidence.sources.year <= year]
    out = pd.MultiIndex.from_frame(sources[["trial_id", "source"]])

    def read_in(rows: pd.DataFrame) -> pd.DataFrame:
        kept = pd.MultiIndex.from_frame(rows[["trial_id", "source"]]).isin(out)
        return rows[kept].reset_index(drop=True)

    results, reported = read_in(evidence.results), read_in(evidence.reported)
    with_rows = {*evidence.results.trial_id, *evidence.reported.trial_id}
    known = {*results.trial_id, *reported.trial_id, *(set(sources.trial_id) - with_rows)}

    def of_known(rows: pd.DataFrame) -> pd.DataFrame:
        return rows[rows.trial_id.isin(known)].reset_index(drop=True)

    return replace(
        evidence,
        trials=of_known(evidence.trials),
        arms=of_known(evidence.arms),
        contrasts=of_known(evidence.contrasts),
        sources=of_known(sources),
        results=results,
        reported=reported,
        harms=read_in(evidence.harms),
        cards={name: _card(card, name, out) for name, card in evidence.cards.items() if name in known},
        appraisals={
            name: _appraisal(appraisal, name, out)
            for name, appraisal in evidence.appraisals.items()
            if name in known
        },
        grade=replace(evidence.grade, decisions={}),
    )


def _card(card: dict, trial_id: str, out: pd.MultiIndex) -> dict:
    """Keep the sources and the judgements of bias that were out."""
    sources = {key: source for key, source in card["sources"].items() if (trial_id, key) in out}
    judged = [each for each in card.get("risk_of_bias", []) if each["source"] in sources]
    return card | {"sources": sources, "risk_of_bias": judged}


def _appraisal(appraisal: dict, trial_id: str, out: pd.MultiIndex) -> dict:
    """Keep the answers whose source was out; the rest was not seen yet."""
    results = []
    for result in appraisal.get("results", ()):
        answers = {key: told for key, told in result["answers"].items() if (trial_id, told["source"]) in out}
        kept = {key: each for key, each in result.items() if key not in ("judgements", "confirmed")}
        results.append(kept | {"answers": answers})
    return appraisal | ({"results": results} if results else {})


def released_versions(root: Path) -> list[str]:
    """List the versions with a record, oldest first: 2026.10 follows 2026.9."""
    found = [match for path in (root / RELEASES).glob("*.csv") if (match := _VERSION.fullmatch(path.stem))]
    return [match[0] for match in sorted(found, key=lambda match: (int(match[1]), int(match[2])))]


def recorded_results(root: Path, version: str) -> pd.DataFrame:
    """Read the results that a version recorded, one row per analysis."""
    return pd.read_csv(root / RELEASES / f"{version}.csv", dtype={"trial_ids": str, "date": str})
