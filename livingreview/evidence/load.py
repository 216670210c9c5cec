"""Turns the checked data into tidy frames, as of today or as published by the end of a year."""

import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import pandas as pd

from livingreview.evidence.check import read_evidence
from livingreview.evidence.checklist import headings
from livingreview.evidence.digest import data_state, find_root
from livingreview.evidence.read import Grade, Reading, trial_year
from livingreview.evidence.trials import trial_status
from livingreview.schema import DataError

RELEASES = Path("data") / "releases"
_VERSION = re.compile(r"([0-9]{4})\.([0-9]+)")
_AS_READ = (
    "queries",
    "cards",
    "appraisals",
    "reviews",
    "lines",
    "grade",
    "outcomes",
    "protocol",
    "checklist",
)


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
        names = ("trials", "results", "reported", "harms", "contrasts")
        return {name: _by_trial(getattr(self, name)) for name in names}


def load_evidence(root: Path | None = None, *, chapters: bool = False) -> Evidence:
    """Read ``data/`` into frames.

    Parameters
    ----------
    root : folder that holds ``data/``; by default the nearest parent of the working folder that does
    chapters : hold the checklist to the headings of the chapters too, as the check does

    Raises
    ------
    DataError
        With every fault of the data, each with its place.
    """
    root = find_root(root)
    return _load(root, data_state(root), frozenset(headings(root)) if chapters else None)


@lru_cache(maxsize=4)
def _load(root: Path, state: tuple, known: frozenset | None) -> Evidence:
    # The state is part of the key, so that a changed file is read again in a running kernel.
    reading = read_evidence(root, None if known is None else {"headings": known})
    if reading.faults:
        raise DataError(reading.faults)
    sources = _sources(reading.cards, reading.years)
    return Evidence(
        root=root,
        trials=_trials(reading.cards, reading.protocol["questions"]),
        arms=_arms(reading.cards),
        contrasts=_contrasts(reading.cards),
        sources=sources,
        results=_rows(reading, "arms.csv", sources),
        reported=_rows(reading, "reported.csv", sources),
        harms=_rows(reading, "harms.csv", sources, _withdrawals(reading)),
        **{
            name: pd.DataFrame(reading.rows[f"{name}.csv"], columns=_columns(reading, f"{name}.csv"))
            for name in ("ongoing", "searches", "screening", "candidates", "reports")
        },
        **{name: getattr(reading, name) for name in _AS_READ},
        columns=reading.rules,
    )


def _by_trial(frame: pd.DataFrame) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for row in frame.to_dict("records"):
        found.setdefault(row["trial_id"], []).append(row)
    return found


def _trials(cards: dict, questions: dict) -> pd.DataFrame:
    keys = ["label", "title", "unit", "question", "allocation", "excluded"]
    rows = [
        {"trial_id": trial_id}
        | {key: card.get(key) for key in keys}
        | {"group": questions[card["question"]]["group"], "status": trial_status(card)}
        | {"people": card.get("people", {}).get("n"), "covers": tuple(card.get("covers", ()))}
        for trial_id, card in cards.items()
    ]
    frame = pd.DataFrame(rows, columns=["trial_id", *keys, "group", "status", "people", "covers"])
    return frame.astype({"people": float})


def _arms(cards: dict) -> pd.DataFrame:
    rows = [
        {
            "trial_id": trial_id,
            "arm": name,
            "label": arm["label"],
            "role": arm["role"],
            "randomized": arm.get("randomized", {}).get("n"),
            "completed": arm.get("completed", {}).get("n"),
            "completed_weeks": arm.get("completed", {}).get("weeks"),
        }
        for trial_id, card in cards.items()
        for name, arm in card.get("arms", {}).items()
    ]
    columns = ["trial_id", "arm", "label", "role", "randomized", "completed", "completed_weeks"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[4:], float))


def _contrasts(cards: dict) -> pd.DataFrame:
    columns = ["trial_id", "contrast", "intervention", "comparator", "kind", "until_weeks", "note"]
    return _named(cards, "contrasts", columns).astype({"until_weeks": float})


def _sources(cards: dict, years: dict[str, int]) -> pd.DataFrame:
    columns = ["trial_id", "source", "kind", "what", "cite", "doi", "pmid", "url", "seen"]
    sources = _named(cards, "sources", columns)
    # The id of a trial has the year of its own report; of other sources it says nothing.
    own = sources.trial_id.map(trial_year)
    report = sources.cite.isna() & sources.kind.astype(str).str.startswith("primary")
    return sources.assign(year=sources.cite.map(years).astype(float).where(~report, own.astype(float)))


def _named(cards: dict, section: str, columns: list[str]) -> pd.DataFrame:
    """One row per named entry of a section of the cards."""
    rows = [
        {columns[0]: trial_id, columns[1]: name} | {key: entry.get(key) for key in columns[2:]}
        for trial_id, card in cards.items()
        for name, entry in card.get(section, {}).items()
    ]
    return pd.DataFrame(rows, columns=columns)


def _columns(reading: Reading, table: str) -> list[str]:
    return [*reading.rules.get(table, {}), "file", "line"]


def _withdrawals(reading: Reading) -> list[dict]:
    """Derive the withdrawals of each arm whose card says how many completed, where no row counts them."""
    told = {
        (row["trial_id"], row["arm"]) for row in reading.rows["harms.csv"] if row["harm"] == "withdrawals"
    }
    rows = []
    for trial_id, card in reading.cards.items():
        for name, arm in card.get("arms", {}).items():
            if (
                "completed" in arm
                and "randomized" in arm
                and not told & {(trial_id, name), (trial_id, "all")}
            ):
                n, done = arm["randomized"]["n"], arm["completed"]
                rows.append(
                    {
                        "trial_id": trial_id,
                        "arm": name,
                        "harm": "withdrawals",
                        "events": n - done["n"],
                        "n": n,
                    }
                    | {"timepoint_weeks": done.get("weeks"), "source": done["source"]}
                    | {"locator": done["locator"], "note": f"{n} randomised minus {done['n']} who completed"}
                    | {"file": f"data/trials/{trial_id}/trial.yml", "printed": {}}
                    | {"line": reading.lines[trial_id].get(("arms", name, "completed"), 1)}
                )
    return rows


def _rows(reading: Reading, table: str, sources: pd.DataFrame, derived: list[dict] = ()) -> pd.DataFrame:
    """The lines of one kind of CSV file over all trials, numbers as floats with NaN for missing."""
    rules = reading.rules[table]
    rows = [*reading.rows[table], *(dict.fromkeys(rules) | row for row in derived)]
    frame = pd.DataFrame(rows, columns=["trial_id", *_columns(reading, table), "printed"])
    numeric = [c for c, rule in rules.items() if rule["type"] in ("number", "integer")]
    frame = frame.astype(dict.fromkeys(numeric, float))
    kinds = sources.rename(columns={"kind": "source_kind"})[["trial_id", "source", "source_kind"]]
    twice = {trial_id: card["readers"].get("checked") for trial_id, card in reading.cards.items()}
    # Who checked a whole trial checked each of its rows.
    frame = frame.assign(checked=frame.checked.astype(object).fillna(frame.trial_id.map(twice)))
    return frame.merge(kinds, on=["trial_id", "source"], how="left")


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
    sources = evidence.sources[evidence.sources.year <= year].reset_index(drop=True)
    results, reported = _read_in(evidence.results, sources), _read_in(evidence.reported, sources)
    with_rows = {*evidence.results.trial_id, *evidence.reported.trial_id}
    known = {*results.trial_id, *reported.trial_id, *(set(sources.trial_id) - with_rows)}
    kept = {
        name: frame[frame.trial_id.isin(known)].reset_index(drop=True)
        for name in ("trials", "arms", "contrasts")
        for frame in [getattr(evidence, name)]
    }
    cards = {
        trial_id: _card(card, set(sources.source[sources.trial_id == trial_id]))
        for trial_id, card in evidence.cards.items()
        if trial_id in known
    }
    undecided = replace(evidence.grade, decisions={})
    return replace(
        evidence,
        **kept,
        sources=sources[sources.trial_id.isin(known)].reset_index(drop=True),
        results=results,
        reported=reported,
        harms=_read_in(evidence.harms, sources),
        cards=cards,
        appraisals={
            trial_id: _appraisal(appraisal, set(cards[trial_id]["sources"]))
            for trial_id, appraisal in evidence.appraisals.items()
            if trial_id in cards
        },
        grade=undecided,
    )


def _read_in(rows: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    out = pd.MultiIndex.from_frame(sources[["trial_id", "source"]])
    return rows[pd.MultiIndex.from_frame(rows[["trial_id", "source"]]).isin(out)].reset_index(drop=True)


def _card(card: dict, out: set[str]) -> dict:
    """Keep the sources and the judgements of bias that were out."""
    sources = {key: source for key, source in card["sources"].items() if key in out}
    judged = [each for each in card.get("risk_of_bias", []) if each["source"] in out]
    return card | {"sources": sources, "risk_of_bias": judged}


def _appraisal(appraisal: dict, out: set[str]) -> dict:
    """Keep the answers whose source was out; the rest was not seen yet."""
    results = [
        {key: value for key, value in result.items() if key not in ("judgements", "confirmed")}
        | {"answers": {name: told for name, told in result["answers"].items() if told["source"] in out}}
        for result in appraisal.get("results", [])
    ]
    return appraisal | ({"results": results} if results else {})


def released_versions(root: Path) -> list[str]:
    """List the versions with a record, oldest first: 2026.10 follows 2026.9."""
    found = [match for path in (root / RELEASES).glob("*.csv") if (match := _VERSION.fullmatch(path.stem))]
    return [match[0] for match in sorted(found, key=lambda match: (int(match[1]), int(match[2])))]


def recorded_results(root: Path, version: str) -> pd.DataFrame:
    """Read the results that a version recorded, one row per analysis."""
    return pd.read_csv(root / RELEASES / f"{version}.csv", dtype={"trial_ids": str, "date": str})
