"""Shows what trials report on harms: every statement with its source, and each harm over all trials."""

import pandas as pd

from livingreview.certainty import SILENT, Harm, compared, harm_trials
from livingreview.evidence import Evidence
from livingreview.exhibits.places import place_words, row_anchor, to_source, trial_address
from livingreview.exhibits.words import STATEMENT_WORDS, capital
from livingreview.formats import count, interval, is_missing, listed, number, weeks
from livingreview.reviews import Review
from livingreview.tables import Column, Table, table

# Harms of which a trial says the same in the same place share a row.
_ONE_ROW = ["trial_id", "arm", "timepoint_weeks", "told", "source", "locator", "note"]
_COLUMNS = {"Harm": "harm", "Arm": "arm", "Reported": "told", "Note": "note"}


def harms_table(review: Review, group: str) -> Table:
    """Print what the trials of a part of the review report on harms, deaths and withdrawals, and where."""
    evidence = review.evidence
    trials = evidence.trials
    trials = trials[trials.group.eq(group) & trials.status.eq("included") & trials.unit.eq("trial")]
    rows = [
        row | {"trial_id": trial.trial_id, "label": trial.label}
        for trial in trials.itertuples()
        for row in _rows(evidence, trial.trial_id) or [{"told": "No data yet"}]
    ]
    asked = [name for name, each in review.questions.items() if each["group"] == group]
    counted = {trial_id for question in asked for trial_id in harm_trials(question, evidence)}
    others = list(trials.label[~trials.trial_id.isin(counted)])
    note = f"; {listed(others)} made another comparison and " if others else ""
    note += f"{'is' if len(others) == 1 else 'are'} not part of the summary" if others else ""
    study = Column("label", link=lambda row: trial_address(row["trial_id"], "harms"))
    return table(
        f"Harms, deaths and withdrawals as reported{note}",
        rows,
        {"Study": study, **_COLUMNS, "Source": "where"},
    )


def trial_harms_html(evidence: Evidence, trial_id: str) -> str:
    """Print what one trial reports on harms; nothing where no row was recorded."""
    rows = _rows(evidence, trial_id)
    if not rows:
        return ""
    return table(
        "Harms, deaths and withdrawals as reported",
        rows,
        _COLUMNS | {"Source": Column("where", link=to_source(evidence.cards[trial_id]))},
        row_id=lambda row: row_anchor(trial_id, row["place"]),
    ).html


def _rows(evidence: Evidence, trial_id: str) -> list[dict]:
    """List what a trial reports, in the order of the protocol, with silence at the end."""
    card, named = evidence.cards[trial_id], evidence.protocol.get("harms", {})
    order, rows = list(named), []
    mine = evidence.harms[evidence.harms.trial_id == trial_id]
    mine = mine.assign(told=[_told(row) for row in mine.itertuples()])
    for _, same in mine.groupby(_ONE_ROW, sort=False, dropna=False):
        first, harms = same.iloc[0], sorted(same.harm, key=order.index)
        row = {
            "source": first.source,
            "place": f"{first.file}:{first.line}",
            "harm": capital(listed([named[harm]["words"] for harm in harms])),
            "arm": _arm(card, first.arm),
            "told": first.told,
            "note": first.note,
            "where": place_words(card, first.source, first.locator),
        }
        rows.append(((first.statement in SILENT, order.index(harms[0])), row))
    return [row for _, row in sorted(rows, key=lambda each: each[0])]


def _told(row) -> str:
    """Say the counts of a row, with their time, or its statement."""
    if is_missing(row.events):
        return capital(STATEMENT_WORDS[row.statement])
    when = "" if is_missing(row.timepoint_weeks) else f" by {weeks(row.timepoint_weeks)}"
    return f"{row.events:g} of {row.n:g}{when}"


def _arm(card: dict, arm: str) -> str:
    return "All participants" if arm == "all" else card["arms"][arm]["label"]


def harm_finding(review: Review, question: str, label: str, names: list[str]) -> dict[str, str]:
    """Put harms into one row of a summary of findings.

    Parameters
    ----------
    label : name of the outcome
    names : its harms, as in ``harms.csv``; the effect tells of each in turn

    Returns
    -------
    ``outcome``, ``trials``, ``people``, ``effect``, ``rating`` and ``words``
        A harm is not rated: rules and people rate comparative results, and no analysis makes one of harms.
    """
    evidence, told = review.evidence, review.harms(question)
    found = [told[name] for name in names]
    reported = set().union(*(harm.reported for harm in found))
    people = evidence.trials.set_index("trial_id").people
    named = evidence.protocol["harms"]
    said = [(capital(named[harm.harm]["words"]), _harm_words(harm, evidence)) for harm in found]
    compares = any(len(compared(harm, evidence)) for harm in found)
    return {
        "outcome": label,
        "trials": f"{len(reported)} of {max(map(_total, found), default=0)}",
        "people": number(people[sorted(reported)].sum(), 0) + (" (randomised)" if reported else ""),
        "effect": said[0][1] if len(said) == 1 else "\n".join(f"{name}: {words}." for name, words in said),
        "rating": "not rated",
        "words": f"The numbers on {label.lower()} are shown and not pooled."
        if compares
        else f"No study gave numbers that allow a conclusion about {label.lower()}.",
    }


def _total(harm: Harm) -> int:
    spoken = {trial_id for ids in harm.statements.values() for trial_id in ids}
    return len({*harm.counts.trial_id, *spoken, *harm.unrecorded})


def _harm_words(harm: Harm, evidence: Evidence) -> str:
    """Say what trials report on a harm: counts, then statements, then how many of them do not mention it."""
    trials, said = evidence.trials.set_index("trial_id"), []
    for trial_id, rows in harm.counts.groupby("trial_id", sort=False):
        card = evidence.cards[trial_id]
        arms = [f"{_arm(card, row.arm)} {row.events:g} of {row.n:g}" for row in rows.itertuples()]
        said.append(f"{rows.label.iloc[0]}: {', '.join(arms)}")
    for statement, ids in harm.statements.items():
        chosen = trials.loc[list(ids)]
        silent = f"{count(len(ids), 'study')}, {count(chosen.people.sum(), 'participant')}"
        names = silent if statement in SILENT else listed(list(chosen.label))
        said.append(f"{STATEMENT_WORDS[statement].capitalize()}: {names}")
    if harm.unrecorded:
        said.append(f"No data yet: {listed(list(trials.label[list(harm.unrecorded)]))}")
    return ". ".join([*said, *_comparison_words(harm, evidence, trials.label)]) or "No study was found"


def _comparison_words(harm: Harm, evidence: Evidence, labels: pd.Series) -> list[str]:
    """Say the risk ratio and difference of each trial, where more than one counts both arms."""
    found = compared(harm, evidence)
    if found.trial_id.nunique() < 2:
        return []
    return [
        f"{labels[row.trial_id]}: risk ratio {number(row.rr)} (95% CI {interval(row.rr_low, row.rr_high)}), "
        f"risk difference {number(row.rd)} ({interval(row.rd_low, row.rd_high)})"
        for row in found.itertuples()
    ]
