"""Shows which studies are included, whom they studied, what they report, and the records left out."""

import re
from functools import partial

import pandas as pd

from livingreview.certainty import rated_analyses
from livingreview.charts import BASES, Figure, evidence_map, evidence_map_alt
from livingreview.effects.estimates import is_result
from livingreview.effects.sources import KIND_WORDS, SOURCE_KINDS
from livingreview.exhibits.places import entry_place, registry_address, source_address, to_row, to_trial
from livingreview.exhibits.words import ALLOCATION_WORDS, capital, part_words
from livingreview.formats import is_missing, listed
from livingreview.reviews import Review
from livingreview.tables import Column, Table, table

# Long numbers may be broken, or they would push the words aside.
CLASSES = "lr-table lr-breaks"


# Included studies


def trials_table(review: Review) -> Table:
    """List the included trials and composites, newest last, with their source type and their analyses."""
    evidence, used = review.evidence, _analyses_of(review)

    def comparators(trial: dict) -> str | None:
        arms = evidence.cards[trial["trial_id"]]["arms"].values()
        return listed([arm["label"] for arm in arms if arm["role"] == "comparator"]) or None

    columns = {
        "Study": Column("label", link=to_trial),
        "Intervention": Column(lambda trial: review.questions[trial["question"]]["label"], filter="choice"),
        "Comparator": comparators,
        "Year": Column("year", filter="least"),
        "Participants": Column("people", filter="least"),
        "Allocation": lambda trial: (
            "pooled trials" if trial["unit"] == "composite" else ALLOCATION_WORDS[trial["allocation"]]
        ),
        "Source type": Column(lambda trial: _source_words(evidence, trial["trial_id"]), filter="choice"),
        "Contributes to": lambda trial: ", ".join(used.get(trial["trial_id"], [])) or "no synthesis",
    }
    chosen = evidence.trials[evidence.trials.status == "included"]
    years = [int(re.search(r"[0-9]{4}", trial_id)[0]) for trial_id in chosen.trial_id]
    return table("Included studies", chosen.assign(year=years).sort_values(["year", "trial_id"]), columns)


def _source_words(evidence, trial_id: str) -> str:
    """Name the best kind of source of a trial's results and, if better, that of its characteristics."""
    sources = evidence.cards[trial_id]["sources"].values()
    best = min((each["kind"] for each in sources), key=SOURCE_KINDS.index)
    rows = [row for part in ("results", "reported") for row in evidence.rows[part].get(trial_id, [])]
    kinds = [row["source_kind"] for row in rows if is_result(row)]
    found = min(kinds, key=SOURCE_KINDS.index, default=best)
    return KIND_WORDS[found] + ("" if found == best else f" (characteristics: {KIND_WORDS[best]})")


def _analyses_of(review: Review) -> dict[str, list[str]]:
    """Collect, by trial, the analyses that use its estimate, alone or in a composite, or its direction."""
    covers, rated = review.evidence.trials.set_index("trial_id").covers, rated_analyses(review.evidence)
    found: dict[str, list[str]] = {}
    for analysis_id, analysis in review.items():
        taken = analysis.result.trials.trial_id if analysis.choice["synthesis"] == "pool" else ()
        inside = {trial: " (in a pooled estimate)" for unit in taken for trial in covers[unit]}
        known = analysis.directions
        # The same outcome in other units has the same directions.
        counted = known.trial_id[known.counted] if analysis_id in rated else ()
        counted = dict.fromkeys(counted, " (direction)")
        for trial_id, how in (counted | inside | dict.fromkeys(taken, "")).items():
            found.setdefault(trial_id, []).append(analysis.choice["title"] + how)
    return found


def applicability_table(review: Review, question: str) -> Table:
    """List the participants of each randomised trial of a question, and where they differ from it."""
    evidence = review.evidence
    flags: dict[str, list[str]] = {}
    for flag in evidence.grade.rules["indirect"]:
        flags.setdefault(flag["trial"], []).append(f"{flag['what']}: {flag['text']}")
    trials = evidence.trials
    rows = [
        trial
        | {"who": population.get("text"), "where": entry_place(card, population)}
        | {"flag": "; ".join(flags.get(trial["trial_id"], [])) or None}
        for trial in trials[trials.question.eq(question) & trials.status.eq("included")].to_dict("records")
        for card in [evidence.cards[trial["trial_id"]]]
        for population in [card.get("population", {})]
    ]
    columns = {
        "Study": Column("label", link=to_row),
        "Participants": "people",
        "Characteristics": "who",
        "Source": "where",
        "Differs from the question": "flag",
    }
    caption = f"Participants in the included studies: {review.questions[question]['label']}"
    return table(caption, rows, columns)


# What they report


def evidence_map_figure(review: Review) -> Figure:
    """Show how many trials of each intervention speak of each outcome, and in what way."""
    spoken: dict[tuple, pd.DataFrame] = {}
    for question, asked in review.questions.items():
        for analysis in review.values():
            if (choice := analysis.choice)["question"] == question:
                named = {"group": asked["label"], "domain": capital(choice["domain"])}
                known = analysis.directions
                # One analysis speaks for each outcome.
                spoken.setdefault((question, choice["domain"]), known[known.eligible].assign(**named))
    found = pd.concat(spoken.values(), ignore_index=True)
    # A trial with two comparisons is one trial, and counts by the best that it offers.
    best = found.assign(rank=found.basis.map(list(BASES).index)).sort_values("rank", kind="stable")
    best = best.drop_duplicates(["group", "domain", "label"]).sort_index()
    title = "Outcomes reported, by intervention"
    drawn = partial(evidence_map, best, title=title)
    caption = (
        f"The available reports give no result for {(best.basis == 'nothing seen').sum()} of {len(best)} "
        "combinations of study and outcome, which does not mean that these outcomes were not measured. A "
        "filled square is an estimate, an open square a statement without one, and a dot no result in the "
        "available reports. A blank cell is an outcome that is not part of the question."
    )
    rows = [
        {"domain": domain, "group": group, "trials": len(cell), "people": cell.people.sum()}
        | {basis: int((cell.basis == basis).sum()) for basis in BASES}
        for (group, domain), cell in best.groupby(["group", "domain"], sort=False)
    ]
    columns = {
        "Outcome": "domain",
        "Intervention": "group",
        "Trials": "trials",
        "With an estimate": "estimate",
        "With a statement only": "authors' statement",
        "No result available": "nothing seen",
        "Participants": "people",
    }
    return Figure(drawn(), evidence_map_alt(best), caption, table(title, rows, columns), drawn(narrow=True))


# Records that are not included


def excluded_table(review: Review) -> Table:
    """List every excluded record with the reason."""
    records = _records(review, "excluded")
    order = records.reason.map(records.reason.value_counts())
    records = records.assign(order=order).sort_values(
        ["order", "reason", "record_id"], ascending=[False, True, True]
    )
    columns = {
        "Record": "title",
        "Registry number or identifier": "number",
        "Intervention": "asks",
        "Reason for exclusion": "why",
        "Details": "note",
    }
    last = f", as decided up to {_day(max(records.date))}" if len(records) else ""
    return _records_table(f"Excluded records, with the reason for each{last}", records, columns)


def awaiting_table(review: Review) -> Table:
    """List the records that cannot be classified yet, and what their result could change."""
    records, told = _records(review, "awaiting"), review.evidence.ongoing.set_index("id")
    records = records.assign(
        change=records.record_id.map(told.could_change),
        note=records.record_id.map(told.note).where(records.record_id.isin(told.index), records.note),
        planned=records.record_id.map(told.planned_n),
    )
    columns = {
        "Record": "title",
        "Registry number or identifier": "number",
        "Intervention": "asks",
        "Participants planned": "planned",
        "Reason": "why",
        "Details": "note",
        "What it could add": "change",
    }
    return _records_table("Records awaiting classification", records, columns)


def ongoing_table(review: Review) -> Table:
    """List the registered trials under way: status, expected date, and what they could change."""
    numbers = _records(review, "ongoing").set_index("record_id").registration
    rows = review.evidence.ongoing
    rows = rows[rows.id.isin(numbers.index)]
    rows = rows.assign(number=rows.id.map(numbers))

    def title(row: dict) -> str:
        return row["title"] if is_missing(row["number"]) else f"{row['title']} ({row['number']})"

    columns = {
        "Trial and registry number": Column(title, link=lambda row: row["url"]),
        "Comparison": "intervention",
        "Participants planned": "planned_n",
        "Status when consulted": "status_seen",
        "Expected completion": Column("expected", _day),
        "What it could add": "could_change",
    }
    return table("Ongoing trials, as registered when last consulted", rows, columns, classes=CLASSES)


def reports_table(review: Review) -> Table:
    """List the reports that could not be read in full, those first that could change most."""
    evidence = review.evidence
    labels = evidence.screening.set_index("record_id").title.to_dict()
    labels |= {name: card["label"] for name, card in (evidence.cards | evidence.reviews).items()}
    columns = {
        "Study": lambda row: labels.get(row["record"]),
        "Priority": "priority",
        "Report": Column("report", link=lambda row: None if is_missing(row["url"]) else row["url"]),
        "What it would add": "would_give",
        "Where it was sought": "where",
    }
    rows = evidence.reports[evidence.reports.retrieved == "no"].sort_values(["priority", "record", "report"])
    return table("Reports not read in full, in order of priority", rows, columns, classes=CLASSES)


def _records(review: Review, decision: str) -> pd.DataFrame:
    """Return the records of a decision, each with what it is called and asks and why it was decided."""
    records, cards = review.evidence.screening, review.evidence.cards
    words = part_words(review.evidence.protocol)
    chosen = records[records.decision == decision].astype(object)
    chosen = chosen.where(chosen.notna(), None)
    titles = zip(chosen.trial_id, chosen.title, strict=True)
    return chosen.assign(
        title=[f"{cards[i]['label']}: {title}" if i in cards else title for i, title in titles],
        number=[_number(row) for row in chosen.itertuples()],
        asks=chosen.question.map(words),
        why=chosen.reason.map(words),
    )


def _records_table(caption: str, records: pd.DataFrame, columns: dict) -> Table:
    return table(caption, records, columns | {"Record": Column("title", link=_address)}, classes=CLASSES)


def _number(row) -> str | None:
    """Name the record by what its registry or a library calls it."""
    forms = {"registration": "{}", "doi": "doi:{}", "pmid": "PMID {}"}
    found = [form.format(getattr(row, key)) for key, form in forms.items() if getattr(row, key)]
    return found[0] if found else None


def _address(row: dict) -> str | None:
    """Return the address of the trial's own page, else of the record's source."""
    if row["trial_id"]:
        return to_trial(row)
    numbered = {key: row[key] for key in ("doi", "pmid")}
    return source_address(numbered) or registry_address(row["registration"]) or row["url"]


def _day(day) -> str:
    return f"{day:%-d %B %Y}"
