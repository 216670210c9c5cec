"""Shows the dictionary of the data: every file, column and key, and every outcome."""

from collections.abc import Iterator

import pandas as pd

from livingreview.formats import MINUS
from livingreview.reviews import Review
from livingreview.tables import Table, html_table

TYPES = {
    "text": "text",
    "integer": "whole number",
    "number": "number",
    "p_value": "p value",
    "printed": "figure as printed",
    "printed_p": "p value as printed",
    "date": "date",
    "choice": "choice",
    "flag": "true or false",
    "key": "name",
    "record": "record",
    "records": "list of records",
    "named": "named records",
    "list": "list",
}
# Names in the data have no blanks, so they are broken where they must be.
WIDE = "lr-table lr-names"
LIMITS = {"at_least": "{} or more", "above": "above {}", "at_most": "{} or less"}


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
    rows = [
        {
            "name": name,
            "meaning": rule["meaning"],
            "value": value_words(rule),
            "required": "yes" if rule.get("required") else "no",
        }
        for name, rule in fields_of(sections[file])
    ]
    columns = {
        "name": "Column" if file.endswith(".csv") else "Key",
        "meaning": "Meaning",
        "value": "Value",
        "required": "Required",
    }
    return html_table(
        pd.DataFrame(rows), caption=f"Columns and keys of {file}", columns=columns, classes=WIDE
    )


def fields_of(rules: dict, inside: str = "") -> Iterator[tuple[str, dict]]:
    """Walk through the fields of a section, each before the fields inside it."""
    for name, rule in rules.items():
        yield f"{inside}{name}", rule
        mark = {"records": "[].", "named": ".*."}.get(rule["type"], ".")
        yield from fields_of(rule.get("fields", {}), f"{inside}{name}{mark}")


def value_words(rule: dict) -> str:
    """Say what a value is held to: type, unit, limits and pattern, with an example where there is one."""
    said = [_type_words(rule)]
    said += [f"unit: {rule['unit']}"] if "unit" in rule else []
    said += [
        words.format(f"{rule[key]:g}".replace("-", MINUS)) for key, words in LIMITS.items() if key in rule
    ]
    said += ["within the range of its outcome"] if rule.get("range") == "outcome" else []
    said += [f"of the pattern {rule['pattern']}"] if "pattern" in rule else []
    return ", ".join(said) + (f"; for example {rule['example']}" if "example" in rule else "")


def _type_words(rule: dict) -> str:
    said = TYPES[rule["type"]]
    if rule["type"] == "list" and rule.get("items", "text") not in ("text", "choice"):
        said += f" of {TYPES[rule['items']]}s"
    if "choices" in rule:
        return f"{said}: {', '.join(rule['choices'])}"
    also = "".join(f", or {name}" for name in rule.get("also", ()))
    if "of" not in rule:
        return said
    names = "one of the names in" if rule["type"] == "key" else "list of names in"
    return f"{names} {rule['of']}{also}"


def outcomes_table(review: Review) -> Table:
    """List every outcome that a row may name, under the heading where it is reported."""
    better = {True: "higher", False: "lower", None: "neither"}
    rows = [
        {
            "name": name,
            "label": outcome["label"],
            "domain": outcome["domain"],
            "unit": outcome["unit"],
            "form": outcome["form"].replace("_", " "),
            "range": " to ".join(f"{end:g}".replace("-", "\u2212") for end in outcome["range"])
            if "range" in outcome
            else "not given",
            "better": better[outcome.get("higher_is_better")],
        }
        for name, outcome in review.evidence.outcomes["outcomes"].items()
    ]
    columns = {
        "name": "Name in the data",
        "label": "Outcome",
        "domain": "Reported under",
        "unit": "Unit",
        "form": "Kind of number",
        "range": "Scale",
        "better": "Better values",
    }
    return html_table(
        pd.DataFrame(rows),
        caption="Outcomes that a row of data may refer to",
        columns=columns,
        filters={"domain": "choice", "form": "choice"},
        classes=WIDE,
    )
