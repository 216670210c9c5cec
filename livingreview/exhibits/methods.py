"""Shows the methods: protocol, search strategies, sources, the dictionary of the data and the checklists."""

from collections.abc import Iterator
from html import escape

import pandas as pd

from livingreview.effects.measures import measure_of
from livingreview.effects.sources import KIND_WORDS
from livingreview.evidence import open_needs, place_titles
from livingreview.exhibits.words import INTERVAL_WORDS
from livingreview.formats import DASH, MINUS
from livingreview.reviews import Review
from livingreview.tables import Column, Table, table

# What a type is called where its own name is not a word.
TYPES = {
    "integer": "whole number",
    "p_value": "p value",
    "printed": "figure as printed",
    "printed_p": "p value as printed",
    "flag": "true or false",
    "key": "name",
    "records": "list of records",
    "named": "named records",
}
# Names in the data have no blanks, so they are broken where they must be.
WIDE = "lr-table lr-names"
LIMITS = {"at_least": "{} or more", "above": "above {}", "at_most": "{} or less"}
ANSWERED, PARTLY, NOT_YET = "reported", "partly reported", "not reported"


# Protocol


def protocol_table(review: Review) -> Table:
    """Print the analyses of the protocol."""
    columns = {
        "Analysis": "title",
        "Question": "asks",
        "Measure": lambda choice: getattr(measure_of(choice), "label", "directions only"),
        "Weeks": _window_words,
        "Types of estimate, in order of preference": lambda choice: ", ".join(choice.get("estimates", [])),
        "Model": lambda choice: (
            f"{choice['method']}, {INTERVAL_WORDS[choice['interval']]}" if "method" in choice else ""
        ),
    }
    analyses = review.evidence.protocol["analyses"].values()
    return table("The analyses of this review", analyses, columns)


def _window_words(choice: dict) -> str:
    window = choice.get("window")
    return f"nearest {window['nearest']:g}, from {window['from']:g} to {window['to']:g}" if window else "any"


def alternatives_protocol_table(review: Review) -> Table:
    """Print the defensible alternatives of the protocol, with the reason for each."""
    rows = [
        other | {"title": choice["title"]}
        for choice in review.evidence.protocol["analyses"].values()
        for other in choice.get("alternatives", {}).values()
    ]
    columns = {"Analysis": "title", "Sensitivity analysis": "label", "Reason": "why"}
    return table("Sensitivity analyses of the pooled results", rows, columns)


def differences_table(review: Review) -> Table:
    """List the changes to the methods by date, each with its reason and the result before and after."""
    protocol = review.evidence.protocol
    titles = {name: choice["title"] for name, choice in protocol["analyses"].items()}
    columns = {
        "Date": lambda change: f"{change['date']:%-d %B %Y}",
        "Change": "what",
        "Reason": "why",
        "Analyses": lambda change: "; ".join(titles[name] for name in change.get("analyses", [])) or None,
        "Result before": "before",
        "Result after": "after",
    }
    changes = sorted(protocol.get("changes", []), key=lambda change: change["date"])
    return table("Differences between protocol and review", changes, columns)


# Searches and sources


def search_queries_table(review: Review) -> Table:
    """List the queries with their day, their reason and what each must find again."""
    columns = {
        "Source": "source",
        "Query": "name",
        "Written": lambda query: f"{query['written']:%-d %B %Y}",
        "Rationale": "reason",
        "Known records the search must retrieve": lambda query: ", ".join(query["must_find"]),
    }
    return table("Search strategies", _queries(review), columns)


def search_queries_text(review: Review) -> Table:
    """Print every query as it is sent, and who has peer-reviewed the queries.

    In a table the queries would be a narrow column.
    """
    parts = [
        f"<p>{escape(query['source'])}, {escape(query['name'])} (<code>{escape(key)}</code>):<br>\n"
        f"<code>{escape(sent)}</code></p>"
        for query in _queries(review)
        for key, sent in query["parameters"].items()
    ]
    # Once for all sources that say the same.
    reviewed = dict.fromkeys(file["peer_review"] for file in review.evidence.queries.values())
    parts.append(f"<p>{escape(' '.join(reviewed) or 'There is no query yet.')}</p>")
    return Table("\n".join(parts))


def _queries(review: Review) -> list[dict]:
    """List the queries; one that bears the name of a group of the review is named by what it is about."""
    groups = review.evidence.protocol["groups"]
    return [
        told | {"source": file["source"], "name": groups[name]["words"] if name in groups else name}
        for file in review.evidence.queries.values()
        for name, told in file["queries"].items()
    ]


def sources_table(review: Review) -> Table:
    """Count the rows of data by the kind of source they were read in, best kind first."""
    evidence = review.evidence
    rows = (
        pd.concat([evidence.results, evidence.reported])
        .groupby("source_kind")
        .agg(rows=("line", "size"), trials=("trial_id", "nunique"))
    )
    found = rows.reindex(list(KIND_WORDS), fill_value=0).reset_index(names="kind")
    columns = {"Source type": lambda row: KIND_WORDS[row["kind"]], "Rows of data": "rows", "Trials": "trials"}
    return table("Rows of data by type of source", found, columns)


# The dictionary of the data


def dictionary_table(review: Review, file: str) -> Table:
    """List every column or key of a file of the data, those of nested records under the names of both.

    Parameters
    ----------
    file : section of ``columns.yml``, such as ``"arms.csv"`` or ``"trial.yml"``

    Raises
    ------
    ValueError
        When the dictionary has no such section.
    """
    sections = review.evidence.columns
    if file not in sections:
        raise ValueError(f"columns.yml: no section {file!r}; it has {', '.join(sections)}")
    rows = [rule | {"name": name} for name, rule in fields_of(sections[file])]
    columns = {
        "Column" if file.endswith(".csv") else "Key": "name",
        "Meaning": "meaning",
        "Value": _value_words,
        "Required": lambda rule: "yes" if rule.get("required") else "no",
    }
    return table(f"Columns and keys of {file}", rows, columns, classes=WIDE)


def fields_of(rules: dict, inside: str = "") -> Iterator[tuple[str, dict]]:
    """Walk through the fields of a section, each before the fields inside it."""
    for name, rule in rules.items():
        yield f"{inside}{name}", rule
        mark = {"records": "[].", "named": ".*."}.get(rule["type"], ".")
        yield from fields_of(rule.get("fields", {}), f"{inside}{name}{mark}")


def _value_words(rule: dict) -> str:
    """Say what a value is held to: type, unit, limits and pattern, with an example where there is one."""
    said = [_type_words(rule)]
    said += [f"unit: {rule['unit']}"] if "unit" in rule else []
    said += [words.format(_plain(rule[key])) for key, words in LIMITS.items() if key in rule]
    said += ["within the range of its outcome"] if rule.get("range") == "outcome" else []
    said += [f"of the pattern {rule['pattern']}"] if "pattern" in rule else []
    return ", ".join(said) + (f"; for example {rule['example']}" if "example" in rule else "")


def _type_words(rule: dict) -> str:
    said = TYPES.get(rule["type"], rule["type"])
    if rule["type"] == "list" and rule.get("items", "text") not in ("text", "choice"):
        said += f" of {TYPES.get(rule['items'], rule['items'])}s"
    if "choices" in rule:
        return f"{said}: {', '.join(rule['choices'])}"
    if "of" not in rule:
        return said
    names = "one of the names in" if rule["type"] == "key" else "list of names in"
    return f"{names} {rule['of']}{''.join(f', or {name}' for name in rule.get('also', ()))}"


def _plain(value: float) -> str:
    return f"{value:g}".replace("-", MINUS)


def outcomes_table(review: Review) -> Table:
    """List every outcome that a row may name, under the heading where it is reported."""
    better = {True: "higher", False: "lower", None: "neither"}
    columns = {
        "Name in the data": "name",
        "Outcome": "label",
        "Reported under": Column("domain", filter="choice"),
        "Unit": "unit",
        "Kind of number": Column(lambda outcome: outcome["form"].replace("_", " "), filter="choice"),
        "Scale": lambda outcome: (
            " to ".join(map(_plain, outcome["range"])) if "range" in outcome else "not given"
        ),
        "Better values": lambda outcome: better[outcome.get("higher_is_better")],
    }
    rows = [outcome | {"name": name} for name, outcome in review.evidence.outcomes["outcomes"].items()]
    return table("Outcomes that a row of data may refer to", rows, columns, classes=WIDE)


# Reporting checklists


def checklist_table(review: Review, guideline: str) -> Table:
    """List the items of a guideline, with a link to where each is answered or the reason it is not.

    Parameters
    ----------
    guideline : "PRISMA 2020", "PRISMA-LSR" or "SWiM"
    """
    titles = place_titles(review.evidence.root)

    def place(key: str) -> Column:
        return Column(
            lambda item: _place(item.get(key), titles)[0], link=lambda item: _place(item.get(key), titles)[1]
        )

    columns = {
        "Item": lambda item: f"{item['item'].capitalize()}: {item['topic']}",
        "Item (paraphrased)": "asks",
        "Status": "state",
        "Reported in": place("answered"),
        "Also in": place("also"),
        "What is missing": "lacks",
    }
    rows = [item for item in _items(review) if item["guideline"] == guideline]
    return table(f"Items of {guideline} and where they are reported", rows, columns)


def open_items_table(review: Review) -> Table:
    """Count the items of each guideline that are answered, answered in part, and not yet answered."""
    states = pd.DataFrame(_items(review), columns=["guideline", "state"])
    counts = pd.crosstab(states.guideline, states.state, margins=True, margins_name="Items")
    counts = counts.drop(index="Items").reindex(columns=[ANSWERED, PARTLY, NOT_YET, "Items"], fill_value=0)
    columns = {"Guideline": "guideline"}
    columns |= {name.capitalize(): name for name in (ANSWERED, PARTLY, NOT_YET)} | {"Items": "Items"}
    return table("Items reported, by guideline", counts.reset_index(), columns)


def _items(review: Review) -> list[dict]:
    """List the items of the checklist, each with its state and with what is still missing."""
    needs, rows = open_needs(review.evidence), []
    for item in review.evidence.checklist.get("items", []):
        # First what the data do not hold yet, and then what the item names itself.
        lacks = [needs[need] for need in item.get("needs", ()) if need in needs]
        lacks += [item["not_yet"]] if "not_yet" in item else []
        state = NOT_YET if "answered" not in item else PARTLY if lacks else ANSWERED
        rows.append(item | {"state": state, "lacks": ". ".join(lacks)})
    return rows


def _place(place: str | None, titles: dict[str, str]) -> tuple[str, str | None]:
    """Name a page and its heading as they are written, with their address seen from a chapter."""
    if not place:
        return "", None
    page, mark, heading = place.partition("#")
    names = [titles.get(page) or page, *([titles.get(place, heading)] if heading else [])]
    # The title of a page is a heading too, and is said once.
    return f" {DASH} ".join(dict.fromkeys(names)), f"../{page}.html{mark}{heading}"
