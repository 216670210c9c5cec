"""Shows the risk of bias of the results on function by our own appraisal, and as others rated it."""

from functools import partial

import pandas as pd

from livingreview.charts import NOT_ASSESSED, Figure, lights
from livingreview.exhibits.places import entry_place, lasting_address, trial_address
from livingreview.formats import count, is_missing, listed, weeks
from livingreview.reviews import Review
from livingreview.rob2 import NOT_SEEN, QUESTIONS, judged, unseen
from livingreview.tables import Column, Table, paragraph, table

DOMAINS = {
    "randomisation": "Randomisation process",
    "deviations": "Deviations from intended interventions",
    "missing_data": "Missing outcome data",
    "measurement": "Measurement of the outcome",
    "reporting": "Selection of the reported result",
    "overall": "Overall",
}
AT_LEAST = {"some concerns to high": "at least some concerns"}
# Only overall is there room to say what a whole range means.
ANY = {"low to high": "low to high: not assessable from the available reports"}
ANSWER_WORDS = {
    "Y": "yes",
    "PY": "probably yes",
    "PN": "probably no",
    "N": "no",
    "NI": "no information",
    "NA": "not applicable",
    "not_seen": "unanswered",
}
FEW = 4  # trials that an alternative text names; more are counted
# What heads a table of several studies.
STUDY = {"Study": Column("label", link=lambda row: trial_address(row["trial_id"], "bias"), filter="choice")}
SOURCE = {"Source": Column("where", link=lambda row: row["address"])}


def bias_figure(review: Review) -> Figure:
    """Show our appraisal of every randomised trial by domain, as judgements or as what remains possible."""
    title, rows = "Risk of bias by our own assessment", _results(review.evidence)
    marks, trials = _marks(rows)
    drawn = partial(lights, marks, trials, list(DOMAINS.values()), title=title)
    assessed = rows[rows.overall.ne(NOT_ASSESSED)]
    low = int(assessed.overall.eq("low").sum())
    caption = (
        f"{low or 'None'} of the {count(len(assessed), 'result')} assessed can be judged to be at low risk "
        "of bias overall. Rows are studies, whose results share a row where they are judged alike, and "
        "columns the domains of RoB 2 (effect of assignment). A filled mark is a judgement. An open mark "
        "with two signs is a range, because some questions could not be answered; it covers the judgements "
        "that remain possible. "
        f"{_provisional_words(int(assessed.confirmed.ne('').sum()), len(assessed))}"
    )
    return Figure(drawn(), _alt(rows), caption, _results_table(title, rows, STUDY), drawn(narrow=True))


def _provisional_words(confirmed: int, assessed: int) -> str:
    """Say how many assessments a named person has confirmed; the others are provisional."""
    if not confirmed:
        return f"All {assessed} assessments are provisional; none has been confirmed by a named person."
    others = "none is" if confirmed == assessed else "the others are"
    return f"A named person has confirmed {confirmed} of the {assessed} assessments; {others} provisional."


def _alt(rows: pd.DataFrame) -> str:
    """Say how the results are judged, domain by domain; a few are named, many are counted."""

    def whom(same: pd.DataFrame) -> str:
        labels = [*same.label.unique()]
        return count(len(same), "result") if len(labels) > FEW else listed(labels)

    said, assessed = [], rows[rows.overall.ne(NOT_ASSESSED)]
    for domain, heading in DOMAINS.items() if len(assessed) else ():
        found = [f"{look} for {whom(same)}" for look, same in assessed.groupby(domain)]
        said.append(f"{heading}: {'; '.join(found)}.")
    absent = rows.label[rows.overall.eq(NOT_ASSESSED)]
    return " ".join([*said, *([f"Not assessed: {listed([*absent])}."] if len(absent) else [])])


def _marks(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return one row per mark, and the labels of all rows; results of a trial that look alike share one."""
    marks, labels = [], []
    for label, own in rows.groupby("label", sort=False):
        alike = own.groupby(list(DOMAINS), sort=False)
        for looks, same in alike:
            name = label if alike.ngroups == 1 else f"{label}: {', '.join(same.result)}"
            labels.append(name)
            marks += [
                {"label": name, "domain": heading, "judgement": look, "tool": "this review"}
                for heading, look in zip(DOMAINS.values(), looks, strict=True)
                if look not in ("", NOT_ASSESSED)
            ]
    return pd.DataFrame(marks, columns=["label", "domain", "judgement", "tool"]), labels


def bias_answers_table(review: Review) -> Table:
    """List the answers behind our appraisals, with what supports each and where it was read."""
    evidence = review.evidence
    trials = _trials(evidence, evidence.appraisals)
    rows = [row for trial_id in trials for row in _answers(evidence, trial_id)]
    caption = "Answers to the signalling questions, with their support and source"
    return _answers_table(caption, rows, STUDY)


def published_bias_table(review: Review) -> Table:
    """List every published judgement of risk of bias that was seen, trial by trial."""
    found = _published(review.evidence)
    rated = {row["trial_id"] for row in found}
    trials = _trials(review.evidence, rated)
    silent = len(set(trials) - rated)
    caption = (
        f"Published judgements of the risk of bias of {count(len(trials) - silent, 'trial')}, made with "
        f"older tools than RoB 2; for the other {silent} we found none, which does not mean that "
        "their risk is low. This review does not use them"
    )
    return _published_table(caption, found, STUDY)


def bias_html(evidence, trial_id: str) -> str:
    """Show on the page of a trial our appraisal of its results, and the ratings of others beside it."""
    own = _appraisal_html(evidence, trial_id)
    found = [row for row in _published(evidence) if row["trial_id"] == trial_id]
    if found:
        return own + _published_table("Ratings by other reviews, with older tools", found, {}).html
    nothing = "No published judgement of this study was found, which does not mean that its risk is low."
    return own + paragraph(nothing)


def _appraisal_html(evidence, trial_id: str) -> str:
    appraisal = evidence.appraisals.get(trial_id)
    if covers := evidence.cards[trial_id].get("covers"):
        labels = listed([evidence.cards[each]["label"] for each in covers])
        return paragraph(f"Assessed for each trial: {labels}; the worst judgement applies.")
    if appraisal is None:
        return paragraph("No result of this study has been assessed with RoB 2.")
    if "not_assessed" in appraisal:
        return paragraph(f"Not assessed with RoB 2: {appraisal['not_assessed']}.")
    rows = _results(evidence)
    rows = rows[rows.trial_id == trial_id]
    status = [
        f"{row.result}: {row.confirmed or 'provisional, not confirmed by a named person'}."
        for row in rows.itertuples()
    ]
    judgements = "Judgements by domain, as ranges where questions could not be answered"
    answers = _answers(evidence, trial_id, all_questions=True)
    return (
        paragraph(f"{appraisal['tool']}; effect of {appraisal['effect']}. {' '.join(status)}")
        + _results_table(judgements, rows, {}).html
        + _answers_table("Answers to the signalling questions", answers, {}).html
    )


def _trials(evidence, more) -> list[str]:
    """List the trials that a synthesis may use, and any other that is one of ``more``."""
    rows = evidence.trials[evidence.trials.unit == "trial"]
    wanted = rows.status.eq("included") | rows.trial_id.isin(more)
    return list(rows[wanted].sort_values(["question", "trial_id"]).trial_id)


def _results(evidence) -> pd.DataFrame:
    """Return one row per appraised result, and one per trial without any."""
    rows = []
    for trial_id in _trials(evidence, evidence.appraisals):
        appraisal = evidence.appraisals.get(trial_id, {"not_assessed": "not yet assessed"})
        of_trial = {"trial_id": trial_id, "label": evidence.cards[trial_id]["label"]}
        for result in appraisal.get("results", []):
            rows.append(
                of_trial
                | {domain: str(found) for domain, found in judged(result).items()}
                | {"result": _result_words(evidence, result), "unseen": ", ".join(_unseen(result))}
            )
            if told := result.get("confirmed"):
                rows[-1]["confirmed"] = f"confirmed by {told['by']} on {told['date']}: {told['reason']}"
        if "not_assessed" in appraisal:
            rows.append(of_trial | {"result": appraisal["not_assessed"], "overall": NOT_ASSESSED})
    columns = ["trial_id", "label", "result", *DOMAINS, "unseen", "confirmed"]
    return pd.DataFrame([dict.fromkeys(columns, "") | row for row in rows], columns=columns)


def _result_words(evidence, result: dict) -> str:
    label, time = evidence.outcomes["outcomes"][result["outcome"]]["label"], result.get("timepoint_weeks")
    return f"{label}, {'time not stated' if is_missing(time) else weeks(time)}"


def _unseen(result: dict) -> list[str]:
    return unseen({question: told["answer"] for question, told in result["answers"].items()})


def _results_table(caption: str, rows: pd.DataFrame, first: dict) -> Table:
    domains = {heading: domain for domain, heading in DOMAINS.items()}
    columns = first | {"Result": "result"} | domains | {"Unanswered questions": "unseen"}
    if first:
        columns["Confirmed"] = lambda row: (
            row["confirmed"] or ("" if row["overall"] == NOT_ASSESSED else "no, provisional")
        )
    shown = rows.replace({domain: AT_LEAST for domain in DOMAINS}).replace({"overall": ANY})
    return table(caption, shown, columns)


def _answers(evidence, trial_id: str, *, all_questions: bool = False) -> list[dict]:
    """List the answers of a trial by question; where results differ, one row for each of them."""
    card, results = evidence.cards[trial_id], evidence.appraisals.get(trial_id, {}).get("results", [])
    rows = []
    for question, asks in QUESTIONS.items():
        told: dict[tuple, list[str]] = {}
        for result in results:
            answer = result["answers"].get(question)
            if answer or (all_questions and question in _unseen(result)):
                given = tuple((answer or {"answer": NOT_SEEN}).items())
                told.setdefault(given, []).append(_result_words(evidence, result))
        for given, names in told.items():
            answer = dict(given)
            rows.append(
                {
                    "trial_id": trial_id,
                    "label": card["label"],
                    "question": f"{question} {asks}",
                    "result": "all results" if len(names) == len(results) else "; ".join(names),
                    "answer": ANSWER_WORDS[answer["answer"]],
                    "support": answer.get("support"),
                    "where": entry_place(card, answer),
                    "address": lasting_address(card, answer["source"]) if "source" in answer else None,
                }
            )
    return rows


def _answers_table(caption: str, rows: list[dict], first: dict) -> Table:
    question = Column("question", filter="choice" if first else "")
    columns = {"Question": question, "Result": "result", "Answer": "answer", "Support": "support"}
    return table(caption, rows, first | columns | SOURCE)


def _published(evidence) -> list[dict]:
    return [
        {key: entry.get(key) for key in ("tool", "domain", "judgement", "note")}
        | {"trial_id": trial_id, "label": card["label"]}
        | {"where": entry_place(card, entry), "address": lasting_address(card, entry["source"])}
        for trial_id, card in evidence.cards.items()
        for entry in card.get("risk_of_bias", [])
    ]


def _published_table(caption: str, found: list[dict], first: dict) -> Table:
    columns = {"Domain": "domain", "Judgement": "judgement", "Rated by": "tool"}
    return table(caption, found, first | columns | SOURCE | {"Note": "note"})
