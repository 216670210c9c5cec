"""Writes the evidence and its analyses for other programs: a folder that needs no other file."""

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

import yaml

from livingreview.evidence import load_evidence
from livingreview.release.archive import pack
from livingreview.release.bibliography import bibtex_text, included_reports, ris_text
from livingreview.release.sheets import csv_text, write_sqlite, write_xlsx
from livingreview.release.stamp import Stamp
from livingreview.release.tidy import Table, tables

SOURCES = ("references.bib", "CITATION.cff")  # what the module reads beside data/
README = """{title}
{stamp}

datapackage.json      describes every CSV file and column (Frictionless Data Package)
*.csv                 the tables, one row per line, empty cells for what was not seen
metafor/*.csv         one file per analysis for R: with(read.csv("metafor/ID.csv"),
                      metafor::rma(yi, vi, method = method[1], test = test[1], level = level[1]))
{name}.xlsx       the same tables as sheets
{name}.sqlite     the same tables in a database, with one called columns that describes them
{name}.bib, .ris  the reports of the included trials

Where data/ is part of this folder, dictionary.yml gives the meaning of each of its columns and keys.

Texts that a spreadsheet would run
A text that begins with = + - @, a tab or a line break has an apostrophe put before it in the CSV files;
take that one sign off to have the text as it is in the data. Numbers are never changed: a negative number
stays a number. In the workbook such texts are cells of text, and the database holds them as they are.

Licence: CC BY 4.0. {citation}
"""


def export(root: Path, folder: Path, stamp: Stamp) -> Path:
    """Write all tables, in every form, into a folder that is new, empty or an earlier export.

    Parameters
    ----------
    root : folder of the review
    folder : where to write; all of it or nothing
    stamp : what the files say of their version

    Returns
    -------
    the folder

    Raises
    ------
    ValueError
        When the folder holds files that are not an export's.
    """
    folder = Path(folder).resolve()
    _refuse_others(folder, stamp.name)
    made = tables(root, stamp)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".export-") as scratch:
        fresh, past = Path(scratch) / "fresh", Path(scratch) / "past"
        fresh.mkdir()
        _write(fresh, root, made, stamp)
        if folder.exists():
            os.replace(folder, past)
        try:
            os.replace(fresh, folder)
        except OSError:
            if past.exists():
                os.replace(past, folder)
            raise
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
        for name in SOURCES:
            if (root / name).is_file():
                shutil.copy(root / name, bundle)
        pack(bundle, target, stamp.seconds)


def _refuse_others(folder: Path, name: str) -> None:
    """Refuse a folder with files that an export did not write."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ValueError(f"{folder}: a file; expected a folder, new or empty, to export to")
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    others = sorted(found - _written_before(folder, name))
    if others:
        raise ValueError(
            f"{folder}: holds other files ({', '.join(others[:3])}{', ...' if others[3:] else ''}); "
            "expected a folder that is new, empty or an earlier export, so name another"
        )


def _written_before(folder: Path, name: str) -> set[str]:
    """Give the files that an earlier export lists as its own."""
    try:
        package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
        return set(package["files"]) if package["name"] == name else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _write(folder: Path, root: Path, made: list[Table], stamp: Stamp) -> None:
    said = f"{stamp.title}, version {stamp.label} of {stamp.date}, evidence {stamp.evidence}"
    about = {"title": stamp.title, "version": stamp.label, "date": stamp.date}
    about |= {"evidence_hash": stamp.evidence, "commit": stamp.commit, "doi": stamp.doi}
    about |= {"url": stamp.url, "citation": stamp.citation, "licence": "CC-BY-4.0", "stamp": said}
    for table in made:
        _text(folder / f"{table.name}.csv", csv_text(table))
    write_xlsx(folder / f"{stamp.name}.xlsx", made, about, stamp)
    write_sqlite(folder / f"{stamp.name}.sqlite", made, about)
    reports = included_reports(root)
    _text(folder / f"{stamp.name}.bib", bibtex_text(reports, said))
    _text(folder / f"{stamp.name}.ris", ris_text(reports, said))
    readme = README.format(title=stamp.title, stamp=said, name=stamp.name, citation=stamp.citation)
    _text(folder / "README.txt", readme)
    _text(folder / "datapackage.json", _package(folder, stamp.name, made, about))


def _text(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def _package(folder: Path, name: str, made: list[Table], about: dict[str, str]) -> str:
    """Describe the folder as a Frictionless Data Package."""
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    package = {"profile": "tabular-data-package", "name": name}
    package |= {key: about[key] for key in ("title", "version", "evidence_hash", "commit", "citation")}
    package |= {"description": about["stamp"], "created": f"{about['date']}T00:00:00Z"}
    package["licenses"] = [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}]
    package["resources"] = [_resource(folder, table) for table in made]
    package["files"] = sorted([*names, "datapackage.json"])
    return json.dumps(package, ensure_ascii=False, indent=2) + "\n"


def _resource(folder: Path, table: Table) -> dict:
    path = f"{table.name}.csv"
    content = (folder / path).read_bytes()
    fields = [
        {"name": field.name, "type": field.type, "description": field.meaning}
        | ({"unit": field.unit} if field.unit else {})
        | ({"constraints": {"enum": list(field.choices)}} if field.choices else {})
        for field in table.fields
    ]
    return {
        "profile": "tabular-data-resource",
        "name": table.name.replace("/", "-").replace("_", "-"),
        "path": path,
        "description": table.meaning,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "schema": {"fields": fields, "missingValues": [""]},
    }
