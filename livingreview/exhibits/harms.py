"""Shows what trials report on harms: every statement with its source, and each harm over all trials."""

import pandas as pd

from livingreview.certainty import SILENT, Harm, compared, harm_trials
from livingreview.evidence import Evidence
from livingreview.exhibits.places import place_words, row_anchor, to_source, trial_address
from livingreview.exhibits.words import STATEMENT_WORDS
from livingreview.formats import count, interval, is_missing, listed, number, weeks
from livingreview.reviews import Review
from livingreview.tables import Table, html_table

_ONE_ROW = ["trial_id", "arm", "timepoint_weeks", "told", "source", "locator", "note"]


def harms_table(review: Review, group: str) -> Table:
    """Print what the trials of a part of the review report on harms, deaths and withdrawals, and where."""
    evidence = review.evidence
    trials = evidence.trials[evidence.trials.group.eq(group) & evidence.trials.status.eq("included")]
    trials = trials[trials.unit == "trial"]
    rows = [
        row
        for trial in trials.itertuples()
        for row in _rows(evidence, trial.trial_id, trial.label)
        or [{"trial_id": trial.trial_id, "label": trial.label, "told": "No data yet"}]
    ]
    asked = [name for name, each in review.questions.items() if each["group"] == group]
    counted = [trial_id for question in asked for trial_id in harm_trials(question, evidence)]
    others = [trial.label for trial in trials.itertuples() if trial.trial_id not in counted]
    note = (
        f"; {listed(others)} made another comparison and are not part of the summary"
        if len(others) > 1
        else ""
    )
    note = (
        f"; {others[0]} made another comparison and is not part of the summary" if len(others) == 1 else note
    )
    columns = {"label": "Study", "harm": "Harm", "arm": "Arm", "told": "Reported", "note": "Note"}
    columns |= {"where": "Source"}
    return html_table(
        pd.DataFrame(rows, columns=["trial_id", "source", *columns]),
        caption=f"Harms, deaths and withdrawals as reported{note}",
        columns=columns,
        links={"label": lambda row: trial_address(row["trial_id"], "harms")},
    )


def trial_harms_html(evidence: Evidence, trial_id: str) -> str:
    """Print what one trial reports on harms; nothing where no row was recorded."""
    rows = _rows(evidence, trial_id, evidence.cards[trial_id]["label"])
    if not rows:
        return ""
    columns = {"harm": "Harm", "arm": "Arm", "told": "Reported", "note": "Note", "where": "Source"}
    return html_table(
        pd.DataFrame(rows, columns=["source", "place", *columns]),
        caption="Harms, deaths and withdrawals as reported",
        columns=columns,
        links={"where": to_source(evidence.cards[trial_id])},
        row_id=lambda row: row_anchor(trial_id, row["place"]),
    ).html


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
    said = [(_capital(named[harm.harm]["words"]), harm_words(harm, evidence)) for harm in found]
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


def harm_words(harm: Harm, evidence: Evidence) -> str:
    """Say what trials report on a harm: counts, then statements, then how many of them do not mention it."""
    trials = evidence.trials.set_index("trial_id")
    said = _count_words(harm, evidence)
    for statement, ids in harm.statements.items():
        chosen = trials.loc[list(ids)]
        silent = f"{count(len(ids), 'study')}, {count(chosen.people.sum(), 'participant')}"
        names = silent if statement in SILENT else listed(list(chosen.label))
        said.append(f"{STATEMENT_WORDS[statement].capitalize()}: {names}")
    if harm.unrecorded:
        said.append(f"No data yet: {listed(list(trials.label[list(harm.unrecorded)]))}")
    return ". ".join([*said, *_comparison_words(harm, evidence, trials.label)]) or "No study was found"


def _count_words(harm: Harm, evidence: Evidence) -> list[str]:
    """Say the counts of each trial, arm by arm."""
    said = []
    for trial_id, rows in harm.counts.groupby("trial_id", sort=False):
        arms = [
            f"{_arm(evidence, trial_id, row.arm)} {row.events:g} of {row.n:g}" for row in rows.itertuples()
        ]
        said.append(f"{rows.label.iloc[0]}: {', '.join(arms)}")
    return said


def _comparison_words(harm: Harm, evidence, labels: pd.Series) -> list[str]:
    """Say the risk ratio and difference of each trial, where more than one counts both arms."""
    found = compared(harm, evidence)
    if found.trial_id.nunique() < 2:
        return []
    return [
        f"{labels[row.trial_id]}: risk ratio {number(row.rr)} (95% CI {interval(row.rr_low, row.rr_high)}), "
        f"risk difference {number(row.rd)} ({interval(row.rd_low, row.rd_high)})"
        for row in found.itertuples()
    ]


def _total(harm: Harm) -> int:
    spoken = {trial_id for ids in harm.statements.values() for trial_id in ids}
    return len({*harm.counts.trial_id, *spoken, *harm.unrecorded})


def _arm(evidence, trial_id: str, arm: str) -> str:
    return "All participants" if arm == "all" else evidence.cards[trial_id]["arms"][arm]["label"]


def _rows(evidence, trial_id: str, label: str) -> list[dict]:
    """Give the rows of a trial; harms of which it says the same in the same place share one."""
    mine = evidence.harms[evidence.harms.trial_id == trial_id]
    mine = mine.assign(told=[_told(row) for row in mine.itertuples()])
    named = evidence.protocol.get("harms", {})
    order = list(named)
    rows = []
    for _, same in mine.groupby(_ONE_ROW, sort=False, dropna=False):
        first = same.iloc[0]
        ranked = sorted(same.harm, key=order.index)
        rows.append(
            {
                "trial_id": trial_id,
                "label": label,
                "source": first.source,
                "place": f"{first.file}:{first.line}",
                "rank": order.index(ranked[0]) + len(order) * (first.statement in SILENT),
                "harm": _capital(listed([named[harm]["words"] for harm in ranked])),
                "arm": _arm(evidence, trial_id, first.arm),
                "told": first.told,
                "note": None if is_missing(first.note) else first.note,
                "where": place_words(evidence.cards[trial_id], first.source, first.locator),
            }
        )
    return sorted(rows, key=lambda row: row["rank"])


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _told(row) -> str:
    """Say the counts of a row, with their time, or its statement."""
    if is_missing(row.events):
        return _capital(STATEMENT_WORDS[row.statement])
    when = "" if is_missing(row.timepoint_weeks) else f" by {weeks(row.timepoint_weeks)}"
    return f"{row.events:g} of {row.n:g}{when}"
