"""Shows everything the book holds on one trial, benefit and harm side by side, each row with its source."""

from dataclasses import dataclass
from pathlib import PurePosixPath

import pandas as pd

from livingreview.effects.sources import KIND_WORDS, SOURCE_KINDS
from livingreview.evidence import arm_details
from livingreview.exhibits.bias import bias_html
from livingreview.exhibits.harms import trial_harms_html
from livingreview.exhibits.places import named_sources, place_words, registry_address, to_source
from livingreview.exhibits.printed import rows_html, sources_html
from livingreview.exhibits.trial_analyses import used_table
from livingreview.exhibits.words import ALLOCATION_WORDS, contrast_words, status_words
from livingreview.formats import listed
from livingreview.plausibility import plausibility
from livingreview.reviews import Review
from livingreview.tables import bullets, html_table, paragraph

COUNTED = {
    "role": "Role",
    "randomized": "Participants randomised",
    "completed": "Participants who completed",
}
# Of what every intervention has, a card without a word says so.
ITEMS_OF = ("minutes", "weeks")
PEOPLE = {"adverse_events": "Harms", "dropouts": "Dropouts", "adherence": "Adherence"}
FUNDING = "Funding and interests"
NOTHING = "The sources that we read do not report this."


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
        Part("At a glance", "glance", _glance(card, evidence)),
        Part("What was compared", "arms", _arms(card, evidence.columns)),
        Part("Results in the analyses", "used", used_table(review, trial_id)),
        Part("Harms, deaths, withdrawals and adherence", "harms", _people(evidence, trial_id, card)),
        Part("All figures as published", "rows", rows_html(evidence, trial_id, card)),
        Part("Data queries", "queries", _queries(evidence, trial_id, card)),
        Part("Risk of bias", "bias", bias_html(evidence, trial_id)),
        Part("Sources", "sources", sources_html(card)),
        Part("Missing data and disagreements between sources", "gaps", _gaps(card)),
    ]


def _glance(card: dict, evidence) -> str:
    labels = evidence.trials.set_index("trial_id").label
    asked = evidence.protocol["questions"][card["question"]]
    population, people = card.get("population", {}), card.get("people", {})
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
        *_funding(card),
        ("Best available source", KIND_WORDS[_best(card)], None),
    ]
    always = {"Characteristics of participants", "Participants", "Registration", "Country", FUNDING}
    shown = [row for row in rows if row[1] is not None or row[0] in always]
    frame = pd.DataFrame(shown, columns=["item", "text", "where"])
    frame = frame.astype(object).assign(where=frame["where"].fillna(""))
    columns = {"item": "Item", "text": "Description", "where": "Source and remarks"}
    link = registry_address(card.get("registration"))
    links = {"text": lambda row: link if row["item"] == "Registration" else None}
    return html_table(frame, caption="Characteristics of the study", columns=columns, links=links).html


def _funding(card: dict) -> list[tuple]:
    return [(FUNDING, entry.get("text"), _where(card, entry)) for entry in card.get("funding") or [{}]]


def _best(card: dict) -> str:
    return min((source["kind"] for source in card["sources"].values()), key=SOURCE_KINDS.index)


def _where(card: dict, entry: dict) -> str | None:
    """Say in words where an entry of the card was read."""
    if not entry:
        return None
    note = f"; {entry['note']}" if entry.get("note") else ""
    return place_words(card, entry["source"], entry["locator"]) + note


def _arms(card: dict, dictionary: dict) -> str:
    """Tabulate the arms side by side: what TIDieR asks of an intervention."""
    arms = card.get("arms", {})
    if not arms:
        return paragraph(NOTHING)
    items = COUNTED | _item_labels(dictionary) | {"where": "Source"}
    wanted = {*COUNTED, "what", "where", *ITEMS_OF}
    told = {name: _arm(card, arm) for name, arm in arms.items()}
    rows = [
        {"item": words} | {name: told[name].get(item) for name in arms}
        for item, words in items.items()
        if item in wanted or any(item in arm for arm in told.values())
    ]
    columns = {"item": "Item"} | {name: arm["label"] for name, arm in arms.items()}
    table = html_table(
        pd.DataFrame(rows), caption="Interventions and participants by arm", columns=columns
    ).html
    return table + "".join(_contrast(card, each) for each in card.get("contrasts", {}).values())


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


def _contrast(card: dict, contrast: dict) -> str:
    note = f" {contrast['note']}." if contrast.get("note") else ""
    until = f" It applies up to week {contrast['until_weeks']:g}." if contrast.get("until_weeks") else ""
    return paragraph(f"Comparison: {contrast_words(card['arms'], contrast)}.{until}{note}")


def _people(evidence, trial_id: str, card: dict) -> str:
    html = trial_harms_html(evidence, trial_id)
    rows = [
        {"on": words, "text": entry["text"], "source": entry["source"], "where": _where(card, entry)}
        for section, words in PEOPLE.items()
        for entry in card.get(section) or [{}]
        if entry
    ]
    # Withdrawals are computed from the card, whether or not anybody looked for harms.
    entered = any(row["file"].endswith("harms.csv") for row in evidence.rows["harms"].get(trial_id, []))
    said = "" if entered or card.get("adverse_events") else paragraph("No data on harms have been entered.")
    said += "" if card.get("adherence") else paragraph("The sources that we read do not mention adherence.")
    if not rows:
        return html + said
    columns = {"on": "Topic", "text": "Reported", "where": "Source"}
    links = {"where": to_source(card)}
    table = html_table(
        pd.DataFrame(rows), caption="Adherence and other remarks as reported", columns=columns, links=links
    )
    return html + table.html + said


def _queries(evidence, trial_id: str, card: dict) -> str:
    """List what arithmetic alone finds odd; a query is not a fault."""
    mine = [query for query in plausibility(evidence) if query.trial_id == trial_id]
    if not mine:
        within = "No figure contradicts another within a source; "
        said = within + "disagreements between sources are listed below."
        none = "Our checks found no inconsistency in the figures."
        return paragraph(said if card.get("contradictions") else none)
    said = [f"{PurePosixPath(q.path).name}, line {q.line}, {q.column}: {q.what} ({q.why})" for q in mine]
    return paragraph(
        "These figures should be checked against the report; each of them may be right."
    ) + bullets(said)


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
