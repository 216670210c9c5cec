"""Shows everything the book holds on one trial, benefit and harm side by side, each row with its source."""

import re
from dataclasses import dataclass
from html import escape
from math import isfinite
from operator import itemgetter
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from livingreview.effects.measures import measure_of
from livingreview.effects.sources import KIND_WORDS, SOURCE_KINDS
from livingreview.evidence import arm_details, trial_status
from livingreview.exhibits.bias import bias_html
from livingreview.exhibits.harms import trial_harms_html
from livingreview.exhibits.places import (
    entry_place,
    named_source,
    named_sources,
    place_words,
    registry_address,
    row_anchor,
    source_words,
    to_source,
)
from livingreview.exhibits.words import (
    ALLOCATION_WORDS,
    ESTIMATE_WORDS,
    contrast_words,
    reported_words,
    sized,
    status_words,
)
from livingreview.formats import MINUS, is_missing, listed, percent, weeks
from livingreview.plausibility import plausibility
from livingreview.reviews import Analysis, Review
from livingreview.tables import Column, Row, bullets, paragraph, table

COUNTED = {
    "role": "Role",
    "randomized": "Participants randomised",
    "completed": "Participants who completed",
}
# Of what every intervention has, a card without a word says so.
ITEMS_OF = ("minutes", "weeks")
PEOPLE = {"adverse_events": "Harms", "dropouts": "Dropouts", "adherence": "Adherence"}
FUNDING = "Funding and interests"
ALWAYS = ("Characteristics of participants", "Participants", "Registration", "Country", FUNDING)
TEAM = "review team"  # named with its article in a sentence

# The heads of columns that are not the names in the data, and the words of codes in them.
HEADS = {
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
CODE_WORDS = {
    "run_in": "run-in",
    "randomized": "randomised",
    "favours_intervention": "in favour of the intervention",
    "favours_comparator": "in favour of the comparator",
    "no_difference": "no difference",
}


@dataclass(frozen=True)
class Part:
    """One section of a trial's page: its heading, a name for links, and its HTML."""

    heading: str
    name: str
    html: str


def trial_parts(review: Review, trial_id: str) -> list[Part]:
    """Put together the page of a trial from its folder.

    Parameters
    ----------
    trial_id : folder of ``data/trials``

    Returns
    -------
    the sections in the order of the page
    """
    evidence, card = review.evidence, review.evidence.cards[trial_id]
    return [
        Part("At a glance", "glance", _glance(evidence, card)),
        Part("What was compared", "arms", _arms(card, evidence.columns)),
        Part("Results in the analyses", "used", _used(review, trial_id)),
        Part("Harms, deaths, withdrawals and adherence", "harms", _people(evidence, trial_id, card)),
        Part("All figures as published", "rows", _rows(evidence, trial_id, card)),
        Part("Data queries", "queries", _queries(evidence, trial_id, card)),
        Part("Risk of bias", "bias", bias_html(evidence, trial_id)),
        Part("Sources", "sources", _sources(card)),
        Part("Missing data and disagreements between sources", "gaps", _gaps(card)),
    ]


def _glance(evidence, card: dict) -> str:
    labels = evidence.trials.set_index("trial_id").label
    asked = evidence.protocol["questions"][card["question"]]
    population, people = card.get("population", {}), card.get("people", {})
    best = min((source["kind"] for source in card["sources"].values()), key=SOURCE_KINDS.index)
    funding = card.get("funding") or [{}]
    rows = [
        ("Title of the report", card["title"], None),
        ("Question", asked["label"], asked.get("modality")),
        ("Allocation", ALLOCATION_WORDS[card["allocation"]], None),
        ("Status in this review", status_words(card), None),
        ("Trials included", listed([labels[each] for each in card.get("covers", [])]) or None, None),
        ("Design", card["design"], None),
        ("Blinding", card.get("blinding"), None),
        ("Country", card.get("country"), None),
        ("Characteristics of participants", population.get("text"), _where(card, population)),
        ("Participants", people.get("n"), _where(card, people)),
        ("Registration", card.get("registration"), card.get("registration_note")),
        *((FUNDING, entry.get("text"), _where(card, entry)) for entry in funding),
        ("Best available source", KIND_WORDS[best], None),
    ]
    registered = registry_address(card.get("registration"))
    columns = {
        "Item": lambda row: row[0],
        "Description": Column(
            lambda row: row[1], link=lambda row: registered if row[0] == "Registration" else None
        ),
        "Source and remarks": lambda row: row[2] or "",
    }
    shown = [row for row in rows if row[1] is not None or row[0] in ALWAYS]
    return table("Characteristics of the study", shown, columns).html


def _where(card: dict, entry: dict) -> str | None:
    """Say in words where an entry of the card was read."""
    place = entry_place(card, entry)
    return f"{place}; {entry['note']}" if entry.get("note") else place


def _arms(card: dict, dictionary: dict) -> str:
    """Tabulate the arms side by side: what TIDieR asks of an intervention."""
    arms = card.get("arms", {})
    if not arms:
        return paragraph("The sources that we read do not report this.")
    told = {name: _arm(card, arm) for name, arm in arms.items()}
    items = COUNTED | _item_labels(dictionary) | {"where": "Source"}
    wanted = {*COUNTED, "what", "where", *ITEMS_OF}
    rows = [
        {"item": words} | {name: arm.get(item) for name, arm in told.items()}
        for item, words in items.items()
        if item in wanted or any(item in arm for arm in told.values())
    ]
    columns = {"Item": "item"} | {arm["label"]: name for name, arm in arms.items()}
    html = table("Interventions and participants by arm", rows, columns).html
    for contrast in card.get("contrasts", {}).values():
        until = f" It applies up to week {contrast['until_weeks']:g}." if contrast.get("until_weeks") else ""
        note = f" {contrast['note']}." if contrast.get("note") else ""
        html += paragraph(f"Comparison: {contrast_words(arms, contrast)}.{until}{note}")
    return html


def _item_labels(dictionary: dict) -> dict[str, str]:
    """Return the label of each item that may describe an intervention, as the dictionary gives it."""
    fields = dictionary["trial.yml"]["arms"]["fields"].values()
    described = [field["fields"] for field in fields if "what" in field.get("fields", {})]
    return {item: rule["label"] for items in described for item, rule in items.items() if "label" in rule}


def _arm(card: dict, arm: dict) -> dict:
    doing = arm_details(arm)
    counts = {key: _count(arm[key]) for key in ("randomized", "completed") if key in arm}
    return {"role": arm["role"]} | counts | doing | {"where": _where(card, doing)}


def _count(entry: dict) -> str:
    when = f" at {entry['weeks']:g} weeks" if "weeks" in entry else ""
    note = f" ({entry['note']})" if "note" in entry else ""
    return f"{entry['n']}{when}{note}"


def _used(review: Review, trial_id: str) -> str:
    """Show, for each analysis of a trial's question, its effect with the conversions, or what it reports."""
    card = review.evidence.cards[trial_id]
    if trial_status(card) != "included":
        return f"<p>It is not part of any synthesis ({escape(status_words(card))}).</p>"
    rows = [
        {"title": analysis.choice["title"]} | entered
        for analysis in review.values()
        if analysis.choice["question"] == card["question"]
        for entered in _entered(analysis, trial_id)
    ]
    columns = {
        "Analysis": "title",
        "Effect (95% CI)": "effect",
        "Weight": "weight",
        "Derivation, or reported result": "how",
        "From": Column("from", link=lambda row: f"#{row['anchor']}"),
    }
    return table(
        "Contribution to each analysis, with its weight where results are pooled", rows, columns
    ).html


def _entered(analysis: Analysis, trial_id: str) -> list[dict]:
    """Tell how a trial entered an analysis: every step from the printed row to the effect, or why not."""
    choice, result, pools = analysis.choice, analysis.result, analysis.choice["synthesis"] == "pool"
    used = result.trials[result.trials.trial_id == trial_id] if pools and result.k else ()
    if len(used):
        printed = measure_of(choice).printed
        return [
            {
                "effect": f"{sized(*map(printed, (row.yi, row.ci_low, row.ci_high)))} {choice['unit']}",
                "weight": percent(row.weight, 1) if isfinite(result.p) else None,
                "how": "; ".join([ESTIMATE_WORDS[row.estimate_kind] + _at(row.timepoint_weeks), *row.steps]),
                "from": ", ".join(place.rpartition("/")[2].replace(":", ", line ") for place in row.rows),
                "anchor": row_anchor(trial_id, row.rows[0]),
            }
            for row in used.itertuples()
        ]
    said = []
    for row in analysis.directions[analysis.directions.trial_id == trial_id].to_dict("records"):
        outcome = f"{row['outcome_label']}: " if row["basis"] != "nothing seen" else ""
        said.append({"how": outcome + reported_words(row) + ("" if row["counted"] else " (not counted)")})
    return said


def _at(when: float) -> str:
    return "" if is_missing(when) else f" at {weeks(when)}"


def _people(evidence, trial_id: str, card: dict) -> str:
    html = trial_harms_html(evidence, trial_id)
    rows = [
        entry | {"on": words, "place": _where(card, entry)}
        for section, words in PEOPLE.items()
        for entry in card.get(section) or []
    ]
    if rows:
        columns = {"Topic": "on", "Reported": "text", "Source": Column("place", link=to_source(card))}
        html += table("Adherence and other remarks as reported", rows, columns).html
    # Withdrawals are computed from the card, whether or not anybody looked for harms.
    entered = any(row["file"].endswith("harms.csv") for row in evidence.rows["harms"].get(trial_id, []))
    if not entered and not card.get("adverse_events"):
        html += paragraph("No data on harms have been entered.")
    if not card.get("adherence"):
        html += paragraph("The sources that we read do not mention adherence.")
    return html


def _rows(evidence, trial_id: str, card: dict) -> str:
    """Show every row of a trial's files, each with a name that links can lead to, and who read them."""
    # A trial that was just added has neither arms nor contrasts.
    arms, contrasts = card.get("arms", {}), card.get("contrasts", {})
    compared = {name: contrast_words(arms, each) for name, each in contrasts.items()}
    by_arm = evidence.rows["results"].get(trial_id, [])
    between = evidence.rows["reported"].get(trial_id, [])
    first = {"Arm": lambda row: arms[row["arm"]]["label"]}
    html = _printed_table(evidence, card, "arms.csv", by_arm, first, "Results by arm")
    # The only comparison of a trial stands above the table already.
    first = {"Comparison": lambda row: compared[row["contrast"]]} if len(contrasts) > 1 else {}
    html += _printed_table(evidence, card, "reported.csv", between, first, "Differences between arms")
    return html + paragraph(_readers(card, by_arm + between))


def _printed_table(evidence, card: dict, file: str, rows: list[dict], first: dict, caption: str) -> str:
    """Print the rows of a file, without the columns that they leave empty."""
    if not rows:
        return ""
    # As numbers they would lose the zeros they end in.
    shown = [
        {name: text or None for name, text in row["printed"].items()}
        | {"anchor": row_anchor(row["trial_id"], f"{file}:{row['line']}"), "by": _checked(row)}
        for row in rows
    ]
    filled = {name for row in shown for name, text in row.items() if text}
    declared = list(evidence.columns[file])
    numbers = declared[declared.index("timepoint_weeks") + 1 : declared.index("source")]

    def outcome(row: Row) -> str:
        known = evidence.outcomes["outcomes"][row["outcome"]]
        return known["label"] if known["unit"] == "not stated" else f"{known['label']} ({known['unit']})"

    def place(row: Row) -> str:
        return place_words(card, row["source"], row["locator"])

    columns = first | {"Outcome": outcome, "Week": "timepoint_weeks"}
    columns |= {HEADS.get(name, name): Column(name, _as_printed) for name in numbers if name in filled}
    columns |= {"Source": Column(place, link=to_source(card))}
    columns |= {head: name for head, name in (("Note", "note"), ("Checked by", "by")) if name in filled}
    caption += " as published, with their source"
    return table(caption, shown, columns, row_id=itemgetter("anchor"), classes="lr-table lr-rows").html


def _as_printed(text: str) -> str:
    """Print a cell as it is written but for its minus sign, and a code in words."""
    return CODE_WORDS.get(text) or re.sub(r"^-(?=[\d.])", MINUS, text)


def _checked(row: dict) -> str | None:
    """Say who compared a row with its source, when and with what outcome."""
    if is_missing(row["checked"]):
        return None
    when = "" if is_missing(row.get("checked_on")) else f", {row['checked_on']}"
    note = "" if is_missing(row.get("checked_note")) else f": {row['checked_note']}"
    return f"{row['checked']}{when}{note}"


def _readers(card: dict, rows: list[dict]) -> str:
    """Say who read the rows, and how many of them a second reader compared with their source."""
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


def _queries(evidence, trial_id: str, card: dict) -> str:
    """List what arithmetic alone finds odd; a query is not a fault."""
    mine = [query for query in plausibility(evidence) if query.trial_id == trial_id]
    if mine:
        said = [f"{PurePosixPath(q.path).name}, line {q.line}, {q.column}: {q.what} ({q.why})" for q in mine]
        head = "These figures should be checked against the report; each of them may be right."
        return paragraph(head) + bullets(said)
    if card.get("contradictions"):
        return paragraph(
            "No figure contradicts another within a source; disagreements between sources are listed below."
        )
    return paragraph("Our checks found no inconsistency in the figures.")


def _sources(card: dict) -> str:
    """List the sources of a trial with their lasting addresses and the day each was read."""
    rows = [source | {"source": key} for key, source in card["sources"].items()]

    def website(row: dict) -> str | None:
        site = urlsplit(row.get("url", "")).netloc
        return None if site == named_source(card, row["source"])[0] else site or None

    columns = {
        "Source": source_words,
        "Kind": lambda row: KIND_WORDS[row["kind"]],
        "DOI or stable address": Column(
            lambda row: named_source(card, row["source"])[0], link=to_source(card)
        ),
        "Website": Column(website, link=lambda row: row.get("url")),
        "Date consulted": "seen",
    }
    return table("Sources, with their kind", rows, columns).html


def _gaps(card: dict) -> str:
    lists = {
        "Still needed for a meta-analysis:": card["missing"],
        "Disagreements between sources:": [entry["text"] for entry in card.get("contradictions", [])],
        "Other remarks:": card.get("notes", []),
    }
    return "".join(
        paragraph(head) + bullets([named_sources(card, str(text)) for text in texts])
        for head, texts in lists.items()
        if texts
    )
