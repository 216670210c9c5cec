"""Turns the evidence and its analyses into tidy tables whose every column is described."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from livingreview.evidence import load_evidence
from livingreview.formats import is_missing
from livingreview.release.results import results
from livingreview.release.stamp import Stamp
from livingreview.statistics import Pooled, synthesise

# Where columns.yml describes the columns that a table takes from the files of the trials.
HOMES = {
    "trials": ("trial.yml",),
    "groups": ("trial.yml", "arms"),
    "contrasts": ("trial.yml", "contrasts"),
    "sources": ("trial.yml", "sources"),
    "arms": ("arms.csv",),
    "reported": ("reported.csv",),
    "harms": ("harms.csv",),
}
# The frame of a table of another name; the names of tables are those of earlier exports.
FRAMES = {"groups": "arms", "arms": "results"}
TYPES = {"integer": "integer", "number": "number", "date": "date"}  # anything else is text
METAFOR_TESTS = {"wald": "z", "hk": "knha", "hk_adhoc": "adhoc"}


@dataclass(frozen=True)
class Field:
    """A column: its name, its type (``string``, ``number``, ``integer`` or ``date``) and its meaning."""

    name: str
    type: str
    meaning: str
    unit: str = ""
    choices: tuple = ()


@dataclass(frozen=True, eq=False)
class Table:
    """Rows to be written.

    Attributes
    ----------
    name, meaning : what it is
    fields : its columns
    rows : one tuple per row; numbers, texts, dates and ``None``
    texts : the same rows with numbers as text, as printed where they were printed
    """

    name: str
    meaning: str
    fields: tuple[Field, ...]
    rows: list[tuple]
    texts: list[tuple]


def tables(root, stamp: Stamp) -> list[Table]:
    """Give every table of the export, each row with the version and the evidence hash."""
    evidence = load_evidence(root)
    frames = {name: getattr(evidence, FRAMES.get(name, name)) for name in HOMES}
    frames["trials"] = frames["trials"].assign(covers=[" ".join(ids) for ids in evidence.trials.covers])
    effects, steps = _effects(evidence)
    frames |= {"effects": effects, "steps": steps, "results": results(root)}
    made = [_table(name, frame, evidence.columns, stamp) for name, frame in frames.items()]
    return made + [
        _table(f"metafor/{analysis_id}", frame, evidence.columns, stamp)
        for analysis_id, frame in _metafor(effects, evidence.protocol["analyses"])
    ]


def _effects(evidence) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tabulate the effects of every analysis and alternative, and the steps that led to each."""
    parts, steps = [], []
    for analysis_id, choice in evidence.protocol["analyses"].items():
        if choice["synthesis"] != "pool":
            continue
        for alternative in (None, *choice.get("alternatives", {})):
            used = synthesise(analysis_id, evidence, alternative=alternative)
            key = {"analysis_id": analysis_id, "alternative": alternative}
            if isinstance(used, Pooled) or len(used.trials):
                parts.append(used.trials.assign(**key, measure=choice["measure"], unit=choice["unit"]))
            steps += [
                {**key, "trial_id": trial.trial_id, "step": number, "what": what}
                for trial in used.trials.itertuples()
                for number, what in enumerate(trial.steps, 1)
            ]
    effects = pd.concat(parts) if parts else pd.DataFrame(columns=["rows"])
    effects = effects.assign(rows=[" ".join(places) for places in effects["rows"]])
    return effects, pd.DataFrame(steps)


def _metafor(effects: pd.DataFrame, analyses: dict):
    """Yield for each analysis what ``rma(yi, vi)`` takes, named as metafor names it."""
    names = {"label": "slab", "se": "sei", "n_intervention": "n1i", "n_comparator": "n2i"}
    own = effects[effects.alternative.isna()] if len(effects) else effects
    for analysis_id, rows in own.groupby("analysis_id", sort=False) if len(own) else ():
        # The id becomes the name of a file.
        if not re.fullmatch(r"[a-z0-9_]+", analysis_id):
            raise ValueError(
                f"data/protocol.yml: analyses: expected small letters, digits and _, found {analysis_id!r}"
            )
        choice = analyses[analysis_id]
        test, level = METAFOR_TESTS[choice["interval"]], 100 * choice["level"]
        yield analysis_id, rows.rename(columns=names).assign(method=choice["method"], test=test, level=level)


def fields_of(name: str, columns, dictionary: dict) -> tuple[str, tuple[Field, ...]]:
    """Describe a table and its columns, in the order of the dictionary.

    Raises
    ------
    ValueError
        When ``columns.yml`` describes no such table.
    """
    exports = dictionary.get("exports", {})
    entry = exports.get(name.split("/")[0])
    if entry is None:
        raise ValueError(f"columns.yml: exports: expected the table {name}, found none")
    home = dictionary.get(HOMES[name][0], {}) if name in HOMES else {}
    for word in HOMES.get(name, ())[1:]:
        home = home[word]["fields"]
    first = {"trial_id": None, "analysis_id": None, "alternative": None}
    known = exports["every"]["fields"] | home | entry["fields"]
    order = [*first, *entry["fields"], *home, *exports["every"]["fields"]]
    kept = [column for column in dict.fromkeys(order) if column in set(columns) and column in known]
    return entry["meaning"], tuple(_field(column, known[column]) for column in kept)


def _field(name: str, rule: dict) -> Field:
    kind, choices = TYPES.get(rule["type"], "string"), tuple(rule.get("choices", ()))
    return Field(name, kind, rule["meaning"], rule.get("unit", ""), choices)


def _table(name: str, frame: pd.DataFrame, dictionary: dict, stamp: Stamp) -> Table:
    frame = frame.assign(version=stamp.label, evidence_hash=stamp.evidence)
    meaning, fields = fields_of(name, frame.columns, dictionary)
    records = frame.to_dict("records")
    rows = [tuple(_value(record[field.name], field) for field in fields) for record in records]
    texts = [
        tuple(_text(value, field, record) for value, field in zip(row, fields, strict=True))
        for row, record in zip(rows, records, strict=True)
    ]
    return Table(name, meaning, fields, rows, texts)


def _value(value, field: Field):
    if is_missing(value) or (value == "" and field.type != "string"):
        return None
    if field.type == "integer":
        return int(value)
    if field.type == "number":
        # The digits beyond the tenth differ between processors.
        return float(f"{value:.10g}") if np.isfinite(value) else None
    return value


def _text(value, field: Field, record: dict) -> str:
    """Write a value; a number that was printed keeps its last zeros."""
    if value is None:
        return ""
    printed = record.get("printed", {}).get(field.name)
    if field.type == "number":
        return printed.lstrip("+") if printed else f"{value:.10g}"
    return str(value)
