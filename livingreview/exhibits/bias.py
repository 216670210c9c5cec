"""Shows the risk of bias of the results on function by our own appraisal, and as others rated it."""

import pandas as pd

from livingreview.charts import NOT_ASSESSED, Figure, lights
from livingreview.exhibits.places import lasting_address, place_words, trial_address
from livingreview.exhibits.words import ANSWER_WORDS, AT_LEAST, RISK_WORDS, ROB2_WORDS
from livingreview.formats import count, is_missing, listed, weeks
from livingreview.reviews import Review
from livingreview.rob2 import NOT_SEEN, QUESTIONS, judged, unseen
from livingreview.tables import Table, html_table, paragraph

TITLE = "Risk of bias by our own assessment"
NO_APPRAISAL = "not yet assessed"
EVERY = "all results"
FEW = 4  # trials that an alternative text names; more are counted


def bias_figure(review: Review) -> Figure:
    """Show our appraisal of every randomised trial by domain, as judgements or as what remains possible."""
    rows = _results(review.evidence)
    marks, trials = _marks(rows)
    domains = list(ROB2_WORDS.values())
    assessed = rows[rows.overall.ne(NOT_ASSESSED)]
    confirmed = int(assessed.confirmed.ne("").sum())
    low = int(assessed.overall.eq("low").sum())
    caption = (
        f"{low or 'None'} of the {count(len(assessed), 'result')} assessed can be judged to be at low risk "
        "of bias overall. Rows are studies, whose results share a row where they are judged alike, and "
        "columns the domains of RoB 2 (effect of assignment). A filled mark is a judgement. An open mark "
        "with two signs is a range, because some questions could not be answered; it covers the judgements "
        "that remain possible. "
        f"{_provisional_words(confirmed, len(assessed))}"
    )
    return Figure(
        lights(marks, trials, domains, title=TITLE),
        _alt(rows),
        caption,
        _results_table(rows, TITLE, trial=True),
        narrow=lights(marks, trials, domains, title=TITLE, narrow=True),
    )


def _provisional_words(confirmed: int, assessed: int) -> str:
    """Say how many assessments a named person has confirmed; the others are provisional."""
    if not confirmed:
        return f"All {assessed} assessments are provisional; none has been confirmed by a named person."
    others = "none is" if confirmed == assessed else "the others are"
    return f"A named person has confirmed {confirmed} of the {assessed} assessments; {others} provisional."


def bias_answers_table(review: Review) -> Table:
    """List the answers behind our appraisals, with what supports each and where it was read."""
    evidence = review.evidence
    rows = [row for trial_id in _trials(evidence) for row in _answers(evidence, trial_id)]
    frame = pd.DataFrame(rows, columns=["trial_id", "label", *_ANSWER_COLUMNS, "address"])
    return html_table(
        frame,
        caption="Answers to the signalling questions, with their support and source",
        columns={"label": "Study", **_ANSWER_COLUMNS},
        links=_LINKS,
        filters={"label": "choice", "question": "choice"},
    )


def published_bias_table(review: Review) -> Table:
    """List every published judgement of risk of bias that was seen, trial by trial."""
    evidence = review.evidence
    found = _published(evidence)
    trials = [evidence.cards[trial_id]["label"] for trial_id in _trials(evidence, published=True)]
    silent = len(set(trials) - set(found.label))
    caption = (
        f"Published judgements of the risk of bias of {count(len(trials) - silent, 'trial')}, made with "
        f"older tools than RoB 2; for the other {silent} we found none, which does not mean that "
        "their risk is low. This review does not use them"
    )
    return _published_table(found, caption, trial=True)


def bias_html(evidence, trial_id: str) -> str:
    """Show on the page of a trial our appraisal of its results, and the ratings of others beside it."""
    return _appraisal_html(evidence, trial_id) + _published_html(evidence, trial_id)


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
    answers = pd.DataFrame(_answers(evidence, trial_id, all_questions=True))
    judgements = "Judgements by domain, as ranges where questions could not be answered"
    return (
        paragraph(f"{appraisal['tool']}; effect of {appraisal['effect']}. {' '.join(status)}")
        + _results_table(rows, judgements, trial=False).html
        + html_table(
            answers, caption="Answers to the signalling questions", columns=_ANSWER_COLUMNS, links=_LINKS
        ).html
    )


def _published_html(evidence, trial_id: str) -> str:
    found = _published(evidence)
    found = found[found.trial_id == trial_id]
    if found.empty:
        return paragraph(
            "No published judgement of this study was found, which does not mean that its risk is low."
        )
    return _published_table(found, "Ratings by other reviews, with older tools", trial=False).html


_ANSWER_COLUMNS = {
    "question": "Question",
    "result": "Result",
    "answer": "Answer",
    "support": "Support",
    "where": "Source",
}
_LINKS = {
    "label": lambda row: trial_address(row["trial_id"], "bias"),
    "where": lambda row: row["address"],
}


def _trials(evidence, *, published: bool = False) -> list[str]:
    """List the trials that a synthesis may use, and any other that was appraised (or that others rated)."""
    rows = evidence.trials[evidence.trials.unit == "trial"]
    wanted = rows.status.eq("included")
    rated = {trial_id for trial_id, card in evidence.cards.items() if card.get("risk_of_bias")}
    more = rows.trial_id.isin(rated if published else evidence.appraisals)
    return list(rows[wanted | more].sort_values(["question", "trial_id"]).trial_id)


def _results(evidence) -> pd.DataFrame:
    """Give one row per appraised result, and one per trial without any."""
    rows = []
    for trial_id in _trials(evidence):
        appraisal = evidence.appraisals.get(trial_id, {"not_assessed": NO_APPRAISAL})
        of_trial = {"trial_id": trial_id, "label": evidence.cards[trial_id]["label"]}
        for result in appraisal.get("results", []):
            answers = {question: told["answer"] for question, told in result["answers"].items()}
            rows.append(
                of_trial
                | {"result": _result_words(evidence, result), "confirmed": _confirmed_words(result)}
                | {domain: str(found) for domain, found in judged(result).items()}
                | {"unseen": ", ".join(unseen(answers))}
            )
        if "not_assessed" in appraisal:
            rows.append(of_trial | {"result": appraisal["not_assessed"], "overall": NOT_ASSESSED})
    columns = ["trial_id", "label", "result", *ROB2_WORDS, "unseen", "confirmed"]
    return pd.DataFrame([dict.fromkeys(columns, "") | row for row in rows], columns=columns)


def _alt(rows: pd.DataFrame) -> str:
    """Say how the results are judged, domain by domain; a few are named, many are counted."""
    assessed = rows[rows.overall.ne(NOT_ASSESSED)]
    said = []
    for domain, heading in ROB2_WORDS.items() if len(assessed) else ():
        found = [f"{look} for {_whom(same)}" for look, same in assessed.groupby(domain)]
        said.append(f"{heading}: {'; '.join(found)}.")
    absent = rows.label[rows.overall.eq(NOT_ASSESSED)]
    return " ".join([*said, *([f"Not assessed: {listed([*absent])}."] if len(absent) else [])])


def _whom(rows: pd.DataFrame) -> str:
    labels = [*rows.label.unique()]
    return count(len(rows), "result") if len(labels) > FEW else listed(labels)


def _result_words(evidence, result: dict) -> str:
    label, time = evidence.outcomes["outcomes"][result["outcome"]]["label"], result.get("timepoint_weeks")
    return f"{label}, {'time not stated' if is_missing(time) else weeks(time)}"


def _confirmed_words(result: dict) -> str:
    told = result.get("confirmed")
    return f"confirmed by {told['by']} on {told['date']}: {told['reason']}" if told else ""


def _marks(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Give one row per mark, with the labels of all rows; results of a trial that look alike share one."""
    marks, labels = [], []
    for label, own in rows.groupby("label", sort=False):
        alike = own.groupby(list(ROB2_WORDS), sort=False)
        for looks, same in alike:
            name = label if alike.ngroups == 1 else f"{label}: {', '.join(same.result)}"
            labels.append(name)
            marks += [
                {"label": name, "domain": heading, "judgement": look, "tool": "this review"}
                for heading, look in zip(ROB2_WORDS.values(), looks, strict=True)
                if look not in ("", NOT_ASSESSED)
            ]
    return pd.DataFrame(marks, columns=["label", "domain", "judgement", "tool"]), labels


def _results_table(rows: pd.DataFrame, caption: str, *, trial: bool) -> Table:
    columns = {"label": "Study"} if trial else {}
    columns |= {"result": "Result", **ROB2_WORDS, "unseen": "Unanswered questions"}
    columns |= {"confirmed": "Confirmed"} if trial else {}
    # Only overall is there room to say what a whole range means.
    shown = rows.replace({name: AT_LEAST for name in ROB2_WORDS}).assign(
        overall=rows.overall.replace(RISK_WORDS),
        confirmed=rows.confirmed.where(
            rows.confirmed.ne("") | rows.overall.eq(NOT_ASSESSED), "no, provisional"
        ),
    )
    return html_table(shown, caption=caption, columns=columns, links=_LINKS)


def _answers(evidence, trial_id: str, *, all_questions: bool = False) -> list[dict]:
    """List the answers of a trial by question; where results differ, one row for each of them."""
    card, results = evidence.cards[trial_id], evidence.appraisals.get(trial_id, {}).get("results", [])
    rows = []
    for question, asks in QUESTIONS.items():
        told: dict[tuple, list[str]] = {}
        for result in results:
            answer = result["answers"].get(question)
            if answer or (all_questions and question in _unseen(result)):
                told.setdefault(tuple((answer or {"answer": NOT_SEEN}).items()), []).append(
                    _result_words(evidence, result)
                )
        for items, names in told.items():
            answer = dict(items)
            seen = "source" in answer
            rows.append(
                {
                    "trial_id": trial_id,
                    "label": card["label"],
                    "question": f"{question} {asks}",
                    "result": EVERY if len(names) == len(results) else "; ".join(names),
                    "answer": ANSWER_WORDS[answer["answer"]],
                    "support": answer.get("support"),
                    "where": place_words(card, answer["source"], answer["locator"]) if seen else None,
                    "address": lasting_address(card, answer["source"]) if seen else None,
                }
            )
    return rows


def _unseen(result: dict) -> list[str]:
    return unseen({question: told["answer"] for question, told in result["answers"].items()})


def _published(evidence) -> pd.DataFrame:
    rows = [
        {
            "trial_id": trial_id,
            "label": card["label"],
            "where": place_words(card, entry["source"], entry["locator"]),
        }
        | {"address": lasting_address(card, entry["source"])}
        | {key: entry.get(key) for key in ("tool", "domain", "judgement", "note")}
        for trial_id, card in evidence.cards.items()
        for entry in card.get("risk_of_bias", [])
    ]
    columns = ["trial_id", "label", "domain", "judgement", "tool", "where", "note", "address"]
    return pd.DataFrame(rows, columns=columns)


def _published_table(found: pd.DataFrame, caption: str, *, trial: bool) -> Table:
    columns = {"label": "Study"} if trial else {}
    columns |= {
        "domain": "Domain",
        "judgement": "Judgement",
        "tool": "Rated by",
        "where": "Source",
        "note": "Note",
    }
    return html_table(found, caption=caption, columns=columns, links=_LINKS)
