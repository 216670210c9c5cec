"""Write the evidence and its analyses for other programs: tidy tables whose every column is described.

Each table is written as CSV, as a sheet of a workbook and into a database, so that no text in it is ever run
as a formula.
"""

import json
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from livingreview.evidence import Evidence, load_evidence
from livingreview.formats import harmless, is_missing
from livingreview.release.archive import file_digest, pack
from livingreview.release.cite import Work, cite
from livingreview.release.results import results
from livingreview.release.stamp import Stamp
from livingreview.statistics import synthesise

SOURCES = ("references.bib", "CITATION.cff")  # what the module reads beside data/
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
SQL = {"string": "TEXT", "date": "TEXT", "number": "REAL", "integer": "INTEGER"}
README = Path(__file__).with_name("export_readme.txt")


def export(root: Path, folder: Path, stamp: Stamp) -> Path:
    """Write all tables, in every form, into a folder that is new or empty: all of it or nothing."""
    folder = Path(folder).resolve()
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise ValueError(f"{folder}: holds other files; expected a folder that is new or empty")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".export-") as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        _write(fresh, _tables(load_evidence(root), stamp), stamp)
        for name in SOURCES:
            if (root / name).is_file():
                shutil.copy(root / name, fresh)
        fresh.replace(folder)
    return folder


def pack_data(root: Path, target: Path, stamp: Stamp) -> None:
    """Pack the export with the evidence itself, as a folder that the module reads like the review."""
    with tempfile.TemporaryDirectory() as scratch:
        bundle = export(root, Path(scratch) / "bundle", stamp)
        # The checklist names headings of the chapters, which are no part of the data.
        shutil.copytree(root / "data", bundle / "data", ignore=shutil.ignore_patterns(".*", "checklist.yml"))
        # A folder that needs no other file: what stands in data/ is what this review adds to it.
        dictionary = load_evidence(root).columns
        text = yaml.safe_dump(dictionary, sort_keys=False, allow_unicode=True, width=110)
        (bundle / "dictionary.yml").write_text(text, encoding="utf-8")
        pack(bundle, target, stamp.seconds)


# ---- tables


@dataclass(frozen=True, eq=False)
class Table:
    """A table, with what columns.yml says of each column; ``texts`` has the numbers as printed."""

    name: str
    meaning: str
    rules: dict[str, dict]
    values: pd.DataFrame
    texts: pd.DataFrame


def _tables(evidence: Evidence, stamp: Stamp) -> list[Table]:
    """Return every table of the export, each row with the version and the evidence hash."""
    frames = {name: getattr(evidence, FRAMES.get(name, name)) for name in HOMES}
    frames["trials"] = frames["trials"].assign(covers=frames["trials"].covers.map(" ".join))
    frames["effects"], frames["steps"] = _effects(evidence)
    frames["results"] = results(evidence)
    every = {"version": stamp.label, "evidence_hash": stamp.evidence}
    return [_table(name, frame.assign(**every), evidence.columns) for name, frame in frames.items()]


def _effects(evidence: Evidence) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tabulate the effects of every analysis and alternative, and the steps that led to each."""
    parts, steps = [], []
    for analysis_id, choice in evidence.protocol["analyses"].items():
        for alternative in (None, *choice.get("alternatives", ())) if choice["synthesis"] == "pool" else ():
            used = synthesise(analysis_id, evidence, alternative).trials
            key = {"analysis_id": analysis_id, "alternative": alternative}
            if len(used):
                parts.append(used.assign(**key, measure=choice["measure"], unit=choice["unit"]))
            steps += [
                {**key, "trial_id": trial.trial_id, "step": number, "what": what}
                for trial in used.itertuples()
                for number, what in enumerate(trial.steps, 1)
            ]
    effects = pd.concat(parts) if parts else pd.DataFrame(columns=["rows", "analysis_id", "alternative"])
    return effects.assign(rows=effects["rows"].map(" ".join)), pd.DataFrame(steps)


def _table(name: str, frame: pd.DataFrame, dictionary: dict) -> Table:
    """Describe a frame by columns.yml, whose order its columns take."""
    entry, every = (dictionary["exports"][section] for section in (name, "every"))
    first, *more = HOMES.get(name, ("",))
    home = dictionary.get(first, {})
    for word in more:
        home = home[word]["fields"]
    order = ["trial_id", "analysis_id", "alternative", *entry["fields"], *home, *every["fields"]]
    known = every["fields"] | home | entry["fields"]
    rules = {column: known[column] for column in dict.fromkeys(order) if column in frame and column in known}
    cells = {column: [_value(cell, rule["type"]) for cell in frame[column]] for column, rule in rules.items()}
    values = pd.DataFrame(cells, dtype=object)
    texts = values.map(_text)
    if "printed" in frame:
        for column in (column for column, rule in rules.items() if rule["type"] == "number"):
            printed = [cells.get(column) for cells in frame["printed"]]
            texts[column] = [
                (told or text).lstrip("+") for told, text in zip(printed, texts[column], strict=True)
            ]
    return Table(name, entry["meaning"], rules, values, texts)


def _kind(rule: dict) -> str:
    """Name the type of a column: any that is no number and no date is text."""
    return rule["type"] if rule["type"] in SQL else "string"


def _value(value, kind: str):
    if is_missing(value) or (value == "" and kind in ("integer", "number", "date")):
        return None
    if kind == "integer":
        return int(value)
    if kind == "number":
        # The digits beyond the tenth differ between processors.
        return float(f"{value:.10g}") if np.isfinite(value) else None
    return str(value)


def _text(value) -> str:
    """Write a value, a text so that no spreadsheet runs it as a formula."""
    if isinstance(value, float):
        return f"{value:.10g}"
    return "" if value is None else harmless(value) if isinstance(value, str) else str(value)


# ---- files


def _write(folder: Path, tables: list[Table], stamp: Stamp) -> None:
    said = f"{stamp.title}, version {stamp.label} of {stamp.date}, evidence {stamp.evidence}"
    about = {
        "title": stamp.title,
        "version": stamp.label,
        "date": stamp.date,
        "evidence_hash": stamp.evidence,
        "commit": stamp.commit,
        "doi": stamp.doi,
        "url": stamp.url,
        "citation": cite(Work(stamp)),
        "licence": "CC-BY-4.0",
        "stamp": said,
    }
    for table in tables:
        table.texts.to_csv(folder / f"{table.name}.csv", index=False, lineterminator="\n")
    described = pd.DataFrame(about.items(), columns=["name", "value"])
    _write_xlsx(folder / f"{stamp.name}.xlsx", tables, described, stamp)
    _write_sqlite(folder / f"{stamp.name}.sqlite", tables, described)
    package = {"profile": "tabular-data-package", "name": stamp.name}
    package |= {key: about[key] for key in ("title", "version", "evidence_hash", "commit", "citation")}
    package |= {"description": said, "created": f"{stamp.date}T00:00:00Z"}
    package["licenses"] = [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}]
    package["resources"] = [_resource(folder, table) for table in tables]
    files = {
        "README.txt": README.read_text("utf-8").format(name=stamp.name, **about),
        "datapackage.json": json.dumps(package, ensure_ascii=False, indent=2) + "\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")


def _write_xlsx(path: Path, tables: list[Table], about: pd.DataFrame, stamp: Stamp) -> None:
    """Write the tables as the sheets of one workbook, with the texts of the CSV files."""
    options = {"options": {"strings_to_formulas": False, "strings_to_urls": False}}
    with pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs=options) as book:
        created = stamp.day.replace(tzinfo=None)
        book.book.set_properties({"title": stamp.title, "created": created})
        about.to_excel(book, sheet_name="about", index=False)
        for table in tables:
            cells = table.values.map(lambda value: harmless(value) if isinstance(value, str) else value)
            cells.to_excel(book, sheet_name=table.name, index=False, freeze_panes=(1, 0))


def _write_sqlite(path: Path, tables: list[Table], about: pd.DataFrame) -> None:
    """Write the tables into one database, with ``about`` and a table ``columns`` that describes them."""
    columns = [
        (table.name, name, _kind(rule), rule["meaning"], rule.get("unit"))
        for table in tables
        for name, rule in table.rules.items()
    ]
    names = ["table_name", "name", "type", "meaning", "unit"]
    with sqlite3.connect(path) as base:
        about.to_sql("about", base, index=False)
        pd.DataFrame(columns, columns=names).to_sql("columns", base, index=False)
        for table in tables:
            kinds = {name: SQL[_kind(rule)] for name, rule in table.rules.items()}
            table.values.to_sql(table.name, base, index=False, dtype=kinds)
    base.close()


def _resource(folder: Path, table: Table) -> dict:
    """Describe a table for a Frictionless Data Package."""
    path = folder / f"{table.name}.csv"
    fields = [
        {"name": name, "type": _kind(rule), "description": rule["meaning"]}
        | ({"unit": rule["unit"]} if rule.get("unit") else {})
        | ({"constraints": {"enum": rule["choices"]}} if "choices" in rule else {})
        for name, rule in table.rules.items()
    ]
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": path.name,
        "description": table.meaning,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{file_digest(path)}",
        "schema": {"fields": fields, "missingValues": [""]},
    }
