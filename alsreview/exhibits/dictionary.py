"""Shows the dictionary of the data: every file, column and key, and every outcome."""

from collections.abc import Iterator

import pandas as pd

from alsreview.evidence import load_evidence
from alsreview.formats import listed
from alsreview.tables import Table, html_table

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
LIMITS = {"at_least": "{} or more", "above": "above {}", "at_most": "{} or less"}


def dictionary_table(file: str, *, root=None) -> Table:
    """List every column or key of a file of the data, those of nested records under the names of both.

    Parameters
    ----------
    file : section of ``columns.yml``, such as ``"arms.csv"`` or ``"trial.yml"``

    Raises
    ------
    ValueError
        When the dictionary has no such section.
    """
    sections = load_evidence(root).columns
    if file not in sections:
        raise ValueError(f"columns.yml: no section {file!r}; it has {', '.join(sections)}")
    rows = [
        {
            "name": name,
            "meaning": rule["meaning"],
            "type": type_words(rule),
            "unit": rule.get("unit"),
            "limits": limit_words(rule),
            "required": "yes" if rule.get("required") else "no",
            "example": _example(rule),
        }
        for name, rule in fields_of(sections[file])
    ]
    columns = {
        "name": "Column" if file.endswith(".csv") else "Key",
        "meaning": "Meaning",
        "type": "Type",
        "unit": "Unit",
        "limits": "Limits",
        "required": "Required",
        "example": "Example",
    }
    caption = f"What {file} may hold"
    return html_table(
        pd.DataFrame(rows, dtype=object),
        caption=caption,
        columns={name: head for name, head in columns.items() if any(row[name] is not None for row in rows)},
        classes="als-table als-breaks",
    )


def fields_of(rules: dict, inside: str = "") -> Iterator[tuple[str, dict]]:
    """Walk through the fields of a section, each before the fields inside it."""
    for name, rule in rules.items():
        yield f"{inside}{name}", rule
        mark = {"records": "[].", "named": ".*."}.get(rule["type"], ".")
        yield from fields_of(rule.get("fields", {}), f"{inside}{name}{mark}")


def type_words(rule: dict) -> str:
    """Say the type of a value, with the choices or the names it is held to."""
    said = TYPES[rule["type"]]
    if rule["type"] == "list" and rule.get("items", "text") not in ("text", "choice"):
        said += f" of {TYPES[rule['items']]}s"
    if "choices" in rule:
        return f"{said}: {', '.join(rule['choices'])}"
    return f"{said} out of {rule['of']}" if "of" in rule else said


def limit_words(rule: dict) -> str | None:
    """Say between which values a number may lie, or the pattern of a text."""
    said = [words.format(f"{rule[key]:g}") for key, words in LIMITS.items() if key in rule]
    said += ["the outcome's range"] if rule.get("range") == "outcome" else []
    said += [f"pattern {rule['pattern']}"] if "pattern" in rule else []
    return listed(said) or None


def _example(rule: dict) -> str | None:
    return str(rule["example"]) if "example" in rule else None


def outcomes_table(*, root=None) -> Table:
    """List every outcome that a row may name, under the heading where it is reported."""
    better = {True: "higher", False: "lower", None: "neither"}
    rows = [
        {
            "name": name,
            "label": outcome["label"],
            "domain": outcome["domain"],
            "unit": outcome["unit"],
            "form": outcome["form"].replace("_", " "),
            "range": " to ".join(f"{end:g}" for end in outcome["range"]) if "range" in outcome else None,
            "better": better[outcome.get("higher_is_better")],
        }
        for name, outcome in load_evidence(root).outcomes["outcomes"].items()
    ]
    columns = {
        "name": "Name in the data",
        "label": "Outcome",
        "domain": "Reported under",
        "unit": "Unit",
        "form": "What the number is",
        "range": "Scale",
        "better": "Which end is better",
    }
    return html_table(
        pd.DataFrame(rows, dtype=object),
        caption="The outcomes that a row of data may name",
        columns=columns,
        filters={"domain": "choice", "form": "choice"},
        classes="als-table als-breaks",
    )
