"""Shows the evidence as a whole: when the trials were published, and which outcomes they speak of."""

import re

import pandas as pd

from alsreview.charts import BASES, NARROW, Figure, evidence_map, evidence_map_alt, timeline, timeline_alt
from alsreview.evidence import load_evidence
from alsreview.exhibits.harvest import outcome_trials
from alsreview.exhibits.places import trial_address
from alsreview.exhibits.words import ALLOCATION_WORDS, QUESTION_WORDS, STATUS_WORDS
from alsreview.formats import count, number
from alsreview.pooling import synthesise
from alsreview.tables import Table, html_table

QUESTIONS = ("exercise", "nibs")


def timeline_figure(*, root=None) -> Figure:
    """Show every trial in the year of its report, with its size and what it asked."""
    evidence = load_evidence(root)
    rows = evidence.trials[evidence.trials.unit == "trial"]
    used = _used(evidence, root)
    trials = rows.assign(
        year=[int(re.search(r"[0-9]{4}", trial_id).group()) for trial_id in rows.trial_id],
        group=pd.Categorical([_group(row) for row in rows.itertuples()], _groups(), ordered=True),
        used=rows.trial_id.isin(used),
        kind=rows.allocation.map(ALLOCATION_WORDS),
    ).sort_values(["group", "year", "trial_id"], ascending=True)
    trials["group"] = trials.group.astype(str)
    title = "Every trial by year and size"
    return Figure(
        timeline(trials, title=title),
        timeline_alt(trials),
        _timeline_caption(trials),
        _trials(trials, title),
        narrow=timeline(trials, title=title, width=NARROW),
    )


def _group(trial) -> str:
    """Name the group of a trial: what it asked, or its status where it is not included."""
    included = trial.status == "included"
    return (QUESTION_WORDS[trial.question] if included else STATUS_WORDS[trial.status]).capitalize()


def _groups() -> list[str]:
    """List the groups in their order."""
    named = [*(QUESTION_WORDS[question] for question in QUESTIONS), *STATUS_WORDS.values()]
    return [words.capitalize() for words in named]


def _used(evidence, root) -> set[str]:
    """Name the trials that a synthesis takes a number from, by themselves or inside a composite."""
    covers = evidence.trials.set_index("trial_id").covers
    found: set[str] = set()
    for analysis_id, choice in evidence.protocol["analyses"].items():
        if choice["synthesis"] == "pool":
            units = synthesise(analysis_id, root=root).trials
            found |= {trial for unit in units.get("trial_id", []) for trial in (unit, *covers[unit])}
    return found


def _timeline_caption(trials: pd.DataFrame) -> str:
    return (
        "Each circle is a trial in the year of its report, as large as its people are many. "
        f"See how few are filled: a synthesis takes a number from {trials.used.sum()} of "
        f"{trials.status.eq('included').sum()} included trials, by "
        f"themselves or inside a composite, and no trial holds more than {number(trials.people.max(), 0)} "
        "people."
    )


def _trials(trials: pd.DataFrame, title: str) -> Table:
    columns = {
        "label": "Trial",
        "year": "Year",
        "group": "Intervention",
        "people": "People",
        "kind": "Allocation",
        "used": "A number is used",
    }
    return html_table(
        trials,
        caption=title,
        columns=columns,
        formats={"year": "d", "people": lambda people: number(people, 0)},
        links={"label": lambda row: trial_address(row["trial_id"])},
    )


def evidence_map_figure(*, root=None) -> Figure:
    """Show how many trials of each intervention speak of each outcome, and in what way."""
    found = pd.concat(
        [
            outcome_trials(question, root).assign(group=QUESTION_WORDS[question].capitalize())
            for question in QUESTIONS
        ],
        ignore_index=True,
    )
    # A trial with two comparisons is one trial, and counts by the best that it offers.
    best = found.assign(rank=found.basis.map(BASES.index)).sort_values("rank", kind="stable")
    best = best.drop_duplicates(["group", "domain", "label"]).sort_index()
    title = "Which trials speak of which outcome"
    return Figure(
        evidence_map(best, title=title),
        evidence_map_alt(best),
        _map_caption(best),
        _cells(best, title),
        narrow=evidence_map(best, title=title, width=NARROW),
    )


def _map_caption(found: pd.DataFrame) -> str:
    silent = (found.basis == "nothing seen").sum()
    return (
        "Each sign is a randomized trial whose comparison counts for the outcome. See the dots: in "
        f"{count(silent, 'place')} of {len(found)} nothing was seen, which does not say that nothing was "
        "measured. Where there is no sign at all, the protocol does not ask."
    )


def _cells(found: pd.DataFrame, title: str) -> Table:
    rows = [
        {"group": group, "domain": domain, "trials": len(cell)}
        | {basis: int((cell.basis == basis).sum()) for basis in BASES}
        | {"people": cell.people.sum()}
        for (group, domain), cell in found.groupby(["group", "domain"], sort=False)
    ]
    columns = {
        "domain": "Outcome",
        "group": "Intervention",
        "trials": "Trials",
        "estimate": "With an estimate",
        "authors' statement": "With words only",
        "nothing seen": "Nothing seen",
        "people": "People in all",
    }
    formats = {"people": lambda people: number(people, 0)}
    return html_table(pd.DataFrame(rows), caption=title, columns=columns, formats=formats)
