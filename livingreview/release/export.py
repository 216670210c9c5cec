"""Write the evidence and its analyses for other programs: tidy tables whose every column is described.

Each table is written as CSV, as a sheet of a workbook and into a database, so that no text in it is ever run
as a formula.
"""

import json
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter
import yaml

from livingreview.evidence import Evidence, load_evidence
from livingreview.formats import FORMULA, harmless, is_missing
from livingreview.release.archive import file_digest, pack
from livingreview.release.cite import Work, cite
from livingreview.release.results import results
from livingreview.release.stamp import Stamp
from livingreview.statistics import Pooled, synthesise

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
METAFOR_TESTS = {"wald": "z", "hk": "knha", "hk_adhoc": "adhoc"}
METAFOR_NAMES = {"label": "slab", "se": "sei", "n_intervention": "n1i", "n_comparator": "n2i"}
SQL = {"string": "TEXT", "date": "TEXT", "number": "REAL", "integer": "INTEGER"}
README = """{title}
{stamp}

datapackage.json      describes every CSV file and column (Frictionless Data Package)
*.csv                 the tables, one row per line, empty cells for what was not seen
metafor/*.csv         one file per analysis for R: with(read.csv("metafor/ID.csv"),
                      metafor::rma(yi, vi, method = method[1], test = test[1], level = level[1]))
{name}.xlsx       the same tables as sheets
{name}.sqlite     the same tables in a database, with one called columns that describes them
references.bib        the references of the review, in BibTeX

Where data/ is part of this folder, dictionary.yml gives the meaning of each of its columns and keys.

Texts that a spreadsheet would run
A text that begins with = + - @, a tab or a line break has an apostrophe put before it in the CSV files;
take that one sign off to have the text as it is in the data. Numbers are never changed: a negative number
stays a number. In the workbook such texts are cells of text, and the database holds them as they are.

Licence: CC BY 4.0. {citation}
"""


def export(root: Path, folder: Path, stamp: Stamp) -> Path:
    """Write all tables, in every form, into a folder that is new or empty: all of it or nothing."""
    folder = Path(folder).resolve()
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise ValueError(f"{folder}: holds other files; expected a folder that is new or empty")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".export-") as scratch:
        fresh = Path(scratch) / "fresh"
        (fresh / "metafor").mkdir(parents=True)
        _write(fresh, _tables(root, stamp), stamp)
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
        dictionary = yaml.safe_dump(
            load_evidence(root).columns, sort_keys=False, allow_unicode=True, width=110
        )
        (bundle / "dictionary.yml").write_text(dictionary, encoding="utf-8")
        pack(bundle, target, stamp.seconds)


# ---- tables


@dataclass(frozen=True, eq=False)
class Table:
    """A table, with what columns.yml says of each column; ``texts`` are its rows as printed."""

    name: str
    meaning: str
    rules: dict[str, dict]
    rows: pd.DataFrame
    texts: pd.DataFrame

    @property
    def kinds(self) -> dict[str, str]:
        """The type of each column; any that is no number and no date is text."""
        return {name: rule["type"] if rule["type"] in SQL else "string" for name, rule in self.rules.items()}


def _tables(root, stamp: Stamp) -> list[Table]:
    """Return every table of the export, each row with the version and the evidence hash."""
    evidence = load_evidence(root)
    analyses = evidence.protocol["analyses"]
    frames = {name: getattr(evidence, FRAMES.get(name, name)) for name in HOMES}
    frames["trials"] = frames["trials"].assign(covers=[" ".join(ids) for ids in evidence.trials.covers])
    effects, steps = _effects(evidence, analyses)
    frames |= {
        "effects": effects,
        "steps": steps,
        "results": results(evidence),
        **dict(_metafor(effects, analyses)),
    }
    every = {"version": stamp.label, "evidence_hash": stamp.evidence}
    return [_table(name, frame.assign(**every), evidence.columns) for name, frame in frames.items()]


def _effects(evidence: Evidence, analyses: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tabulate the effects of every analysis and alternative, and the steps that led to each."""
    parts, steps = [], []
    for analysis_id, choice in analyses.items():
        if choice["synthesis"] != "pool":
            continue
        for alternative in (None, *choice.get("alternatives", {})):
            used = synthesise(analysis_id, evidence, alternative)
            key = {"analysis_id": analysis_id, "alternative": alternative}
            if isinstance(used, Pooled) or len(used.trials):
                parts.append(used.trials.assign(**key, measure=choice["measure"], unit=choice["unit"]))
            steps += [
                {**key, "trial_id": trial.trial_id, "step": number, "what": what}
                for trial in used.trials.itertuples()
                for number, what in enumerate(trial.steps, 1)
            ]
    effects = pd.concat(parts) if parts else pd.DataFrame(columns=["rows", "analysis_id", "alternative"])
    return effects.assign(rows=[" ".join(places) for places in effects["rows"]]), pd.DataFrame(steps)


def _metafor(effects: pd.DataFrame, analyses: dict) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield for each analysis what ``rma(yi, vi)`` takes, named as metafor names it."""
    own = effects[effects.alternative.isna()].rename(columns=METAFOR_NAMES)
    for analysis_id, rows in own.groupby("analysis_id", sort=False):
        # The id becomes the name of a file.
        if not re.fullmatch(r"[a-z0-9_]+", analysis_id):
            raise ValueError(
                f"data/protocol.yml: analyses: expected small letters, digits and _, found {analysis_id!r}"
            )
        choice = analyses[analysis_id]
        told = {"method": choice["method"], "test": METAFOR_TESTS[choice["interval"]]}
        yield f"metafor/{analysis_id}", rows.assign(**told, level=100 * choice["level"])


def _table(name: str, frame: pd.DataFrame, dictionary: dict) -> Table:
    """Describe a frame by columns.yml, whose order its columns take."""
    exports = dictionary.get("exports", {})
    entry = exports.get(name.split("/")[0])
    if entry is None:
        raise ValueError(f"data/columns.yml: exports: expected the table {name}, found none")
    first, *more = HOMES.get(name, ("",))
    home = dictionary.get(first, {})
    for word in more:
        home = home[word]["fields"]
    order = ["trial_id", "analysis_id", "alternative", *entry["fields"], *home, *exports["every"]["fields"]]
    known = exports["every"]["fields"] | home | entry["fields"]
    rules = {name: known[name] for name in dict.fromkeys(order) if name in frame and name in known}
    records = frame.to_dict("records")
    rows = [[_value(record[name], rule["type"]) for name, rule in rules.items()] for record in records]
    texts = [
        [_text(value, name, record) for value, name in zip(row, rules, strict=True)]
        for row, record in zip(rows, records, strict=True)
    ]
    tables = (pd.DataFrame(cells, columns=list(rules), dtype=object) for cells in (rows, texts))
    return Table(name, entry["meaning"], rules, *tables)


def _value(value, kind: str):
    if is_missing(value) or (value == "" and kind in ("integer", "number", "date")):
        return None
    if kind == "integer":
        return int(value)
    if kind == "number":
        # The digits beyond the tenth differ between processors.
        return float(f"{value:.10g}") if np.isfinite(value) else None
    return str(value)


def _text(value, name: str, record: dict) -> str:
    """Write a value; a number that was printed keeps its last zeros, and no text is run as a formula."""
    if isinstance(value, float):
        return record.get("printed", {}).get(name, f"{value:.10g}").lstrip("+")
    return "" if value is None else harmless(value) if isinstance(value, str) else str(value)


# ---- files


def _write(folder: Path, made: list[Table], stamp: Stamp) -> None:
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
    for table in made:
        _save(folder / f"{table.name}.csv", table.texts.to_csv(index=False, lineterminator="\n"))
    _write_xlsx(folder / f"{stamp.name}.xlsx", made, about, stamp)
    _write_sqlite(folder / f"{stamp.name}.sqlite", made, about)
    readme = README.format(title=stamp.title, stamp=said, name=stamp.name, citation=about["citation"])
    _save(folder / "README.txt", readme)
    _save(folder / "datapackage.json", _package(folder, stamp.name, made, about))


def _save(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")


def _write_xlsx(path: Path, tables: list[Table], about: dict[str, str], stamp: Stamp) -> None:
    """Write the tables as the sheets of one workbook; texts are cells of text, never formulas or links."""
    created = datetime.fromtimestamp(stamp.seconds, UTC).replace(tzinfo=None)
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": stamp.title, "comments": about["stamp"], "created": created})
        head, quoted = book.add_format({"bold": True}), book.add_format({"quote_prefix": True})
        sheet = book.add_worksheet("about")
        for number, row in enumerate(about.items()):
            _write_row(sheet, number, row, quoted)
        for place, table in enumerate(tables, 1):
            # A workbook takes 31 characters, and a number keeps shortened names apart.
            name = table.name.replace("/", "_")
            sheet = book.add_worksheet(name if len(name) <= 31 else f"{name[:27]}~{place:03d}")
            sheet.write_row(0, 0, list(table.rules), head)
            sheet.freeze_panes(1, 0)
            for number, row in enumerate(table.rows.itertuples(index=False), 1):
                _write_row(sheet, number, row, quoted)


def _write_row(sheet, number: int, row: tuple, quoted) -> None:
    for column, value in enumerate(row):
        if not isinstance(value, str):
            sheet.write(number, column, value)
        # The mark keeps a text a text even after somebody has edited the cell.
        elif sheet.write_string(number, column, value, quoted if value.startswith(FORMULA) else None):
            raise ValueError(
                f"a text of {len(value)} characters does not fit in a workbook: {value[:40]!r}..."
            )


def _write_sqlite(path: Path, tables: list[Table], about: dict[str, str]) -> None:
    """Write the tables into one database, with ``about`` and a table ``columns`` that describes them."""
    columns = [
        (
            table.name.replace("/", "_"),
            name,
            kind,
            table.rules[name]["meaning"],
            table.rules[name].get("unit"),
        )
        for table in tables
        for name, kind in table.kinds.items()
    ]
    names = ["table_name", "name", "type", "meaning", "unit"]
    with sqlite3.connect(path) as base:
        pd.DataFrame(about.items(), columns=["name", "value"]).to_sql("about", base, index=False)
        pd.DataFrame(columns, columns=names).to_sql("columns", base, index=False)
        for table in tables:
            kinds = {name: SQL[kind] for name, kind in table.kinds.items()}
            table.rows.to_sql(table.name.replace("/", "_"), base, index=False, dtype=kinds)
    base.close()


def _package(folder: Path, name: str, made: list[Table], about: dict[str, str]) -> str:
    """Describe the folder as a Frictionless Data Package."""
    package = {"profile": "tabular-data-package", "name": name}
    package |= {key: about[key] for key in ("title", "version", "evidence_hash", "commit", "citation")}
    package |= {"description": about["stamp"], "created": f"{about['date']}T00:00:00Z"}
    package["licenses"] = [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}]
    package["resources"] = [_resource(folder, table) for table in made]
    return json.dumps(package, ensure_ascii=False, indent=2) + "\n"


def _resource(folder: Path, table: Table) -> dict:
    path = folder / f"{table.name}.csv"
    fields = [
        {"name": name, "type": kind, "description": table.rules[name]["meaning"]}
        | ({"unit": table.rules[name]["unit"]} if table.rules[name].get("unit") else {})
        | ({"constraints": {"enum": table.rules[name]["choices"]}} if "choices" in table.rules[name] else {})
        for name, kind in table.kinds.items()
    ]
    return {
        "profile": "tabular-data-resource",
        "name": table.name.replace("/", "-").replace("_", "-"),
        "path": f"{table.name}.csv",
        "description": table.meaning,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{file_digest(path)}",
        "schema": {"fields": fields, "missingValues": [""]},
    }
