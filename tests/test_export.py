"""The export holds what the review holds, harms nobody who opens it, and is the same each time."""

import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import rispy
from frictionless import Package, validate
from invented_review import edit
from pybtex.database import parse_file

from alsreview.evidence import load_evidence, trial_status
from alsreview.release.export import export
from alsreview.release.sheets import harmless
from alsreview.release.stamp import Stamp
from alsreview.statistics import synthesise

STAMP = Stamp(
    title="An invented review",
    version="2020.1",
    authors=("Nobody",),
    doi="",
    concept_doi="",
    url="",
    evidence="0123456789abcdef",
    seconds=1_600_000_000,
    commit="",
    released=True,
)
# What a cell may try, and what must come of it in a CSV file.
CELLS = {
    "=cmd()": "'=cmd()",
    "+1+cmd()": "'+1+cmd()",
    "-x": "'-x",
    "@SUM(A1)": "'@SUM(A1)",
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "{{ 7 * 7 }}": "{{ 7 * 7 }}",
    "```{raw} html": "```{raw} html",
    'a "quoted", text': 'a "quoted", text',
    "=HYPERLINK(\"http://example.org\",\"x\")": "'=HYPERLINK(\"http://example.org\",\"x\")",
}  # fmt: skip


@pytest.fixture
def made(review, tmp_path) -> Path:
    """The export of the invented review."""
    return export(review, tmp_path / "out", STAMP)


@pytest.fixture(scope="module")
def real(root, tmp_path_factory) -> Path:
    """The export of the real review."""
    return export(root, tmp_path_factory.mktemp("real") / "out", STAMP)


def rows(path: Path) -> list[dict]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def query(folder: Path, sql: str) -> list[tuple]:
    with sqlite3.connect(folder / "als-review.sqlite") as base:
        return base.execute(sql).fetchall()


@pytest.mark.evidence
def test_the_package_is_valid_for_frictionless(real, made):
    for folder in (real, made):
        report = validate(str(folder / "datapackage.json"))
        assert report.valid, report.flatten(["path", "rowNumber", "fieldName", "message"])


def test_frictionless_would_notice_a_changed_number(made):
    path = made / "arms.csv"
    path.write_text(
        path.read_text().replace("alpha2001,training,score,26,,16,", "alpha2001,training,score,x,,16,")
    )
    assert not validate(str(made / "datapackage.json")).valid


def test_every_column_says_what_it_means(made):
    for resource in Package(str(made / "datapackage.json")).resources:
        for field in resource.schema.fields:
            assert field.description and field.type in ("string", "number", "integer", "date"), field
    fields = {
        field.name: field
        for field in Package(str(made / "datapackage.json")).get_resource("arms").schema.fields
    }
    assert fields["sd"].description == "Standard deviation as printed"


def test_every_row_names_version_and_evidence(made):
    paths = [*made.glob("*.csv"), *made.glob("metafor/*.csv")]
    assert len(paths) >= 10
    for path in paths:
        for row in rows(path):
            assert (row["version"], row["evidence_hash"]) == ("2020.1", "0123456789abcdef"), path
    assert dict(query(made, "SELECT * FROM about"))["evidence_hash"] == "0123456789abcdef"
    assert openpyxl.load_workbook(made / "als-review.xlsx")["about"]["B2"].value == "2020.1"
    for name in ("README.txt", "als-review.bib", "als-review.ris", "datapackage.json"):
        text = (made / name).read_text(encoding="utf-8")
        assert "2020.1" in text and "0123456789abcdef" in text, name


@pytest.mark.evidence
def test_the_tables_hold_every_row_of_the_evidence(root, real):
    evidence = load_evidence(root)
    for name in ("trials", "groups", "contrasts", "sources", "arms", "reported"):
        count = len(getattr(evidence, name))
        assert len(rows(real / f"{name}.csv")) == count > 0
        assert query(real, f'SELECT count(*) FROM "{name}"') == [(count,)]
        assert openpyxl.load_workbook(real / "als-review.xlsx")[name].max_row == count + 1


def test_numbers_stay_as_they_were_printed(review, tmp_path):
    edit(review / "data/trials/alpha2001/arms.csv", "26,16,20,4", "26,16,20.50,4.00")
    made = export(review, tmp_path / "out", STAMP)
    first = rows(made / "arms.csv")[0]
    assert (first["mean"], first["sd"], first["n"], first["se"]) == ("20.50", "4.00", "16", "")
    assert query(made, "SELECT mean, sd, n, se FROM arms LIMIT 1") == [(20.5, 4.0, 16, None)]


def test_a_negative_number_stays_a_number(made):
    told = [row["estimate"] for row in rows(made / "reported.csv")]
    assert "-2" in told and not any(cell.startswith("'") for cell in told)
    sheet = openpyxl.load_workbook(made / "als-review.xlsx")["reported"]
    head = [cell.value for cell in sheet[1]]
    values = [line[head.index("estimate")] for line in sheet.iter_rows(min_row=2)]
    assert -2 in [cell.value for cell in values if cell.data_type == "n"]


@pytest.mark.parametrize("cell", CELLS)
def test_no_text_is_run_as_a_formula(review, tmp_path, cell):
    path = review / "data/trials/alpha2001/arms.csv"
    lines = list(csv.reader(path.open()))
    lines[1][lines[0].index("note")] = cell
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    made = export(review, tmp_path / "out", STAMP)
    assert rows(made / "arms.csv")[0]["note"] == CELLS[cell]
    assert query(made, "SELECT note FROM arms LIMIT 1") == [(cell,)]
    sheet = openpyxl.load_workbook(made / "als-review.xlsx")["arms"]
    column = [head.value for head in sheet[1]].index("note") + 1
    found = sheet.cell(2, column)
    assert (found.value, found.data_type, found.hyperlink) == (cell, "s", None)
    assert found.quotePrefix == (cell != CELLS[cell])


@pytest.mark.parametrize("sign", ["\t", "\r", "\n", "＝"])
def test_what_a_spreadsheet_skips_before_a_formula_is_guarded_too(sign):
    assert harmless(f"{sign}=cmd()") == f"'{sign}=cmd()"


def test_a_hostile_title_is_text_in_every_bibliography(review, tmp_path):
    hostile = '"=cmd() } 50 % ER  - @article{x, <script> {{ 7 }}"'
    edit(review / "data/trials/beta2002/trial.yml", "title: An invented trial", f"title: {hostile}")
    made = export(review, tmp_path / "out", STAMP)
    entries = parse_file(str(made / "als-review.bib")).entries
    included = [
        name for name, card in load_evidence(review).cards.items() if trial_status(card) == "included"
    ]
    assert list(entries) == included and "x" not in entries
    records = rispy.loads((made / "als-review.ris").read_text(encoding="utf-8"))
    assert [record["id"] for record in records] == included
    titles = {record["id"]: record["title"] for record in records}
    assert titles["beta2002"] == "=cmd() } 50 % ER  - @article{x, <script> {{ 7 }}".replace("  ", " ")


@pytest.mark.evidence
def test_the_reports_of_the_included_trials_are_those_of_the_references(root, real):
    known, found = (
        parse_file(str(path)).entries for path in (root / "references.bib", real / "als-review.bib")
    )
    cards = load_evidence(root).cards
    assert list(found) == [name for name, card in cards.items() if trial_status(card) == "included"]
    for name in found:
        assert dict(found[name].fields) == dict(known[name].fields)
        assert found[name].persons == known[name].persons
    records = {record["id"]: record for record in rispy.loads((real / "als-review.ris").read_text("utf-8"))}
    assert list(records) == list(found)


def test_effects_come_with_every_step(review, made):
    for analysis_id in ("function", "standardized", "stimulation"):
        used = synthesise(analysis_id, root=review).trials
        told = [
            row
            for row in rows(made / "effects.csv")
            if (row["analysis_id"], row["alternative"]) == (analysis_id, "")
        ]
        assert [row["trial_id"] for row in told] == list(used.trial_id)
        assert [float(row["yi"]) for row in told] == pytest.approx(list(used.yi), rel=1e-9)
        for trial in used.itertuples():
            mine = (analysis_id, "", trial.trial_id)
            steps = [
                row
                for row in rows(made / "steps.csv")
                if (row["analysis_id"], row["alternative"], row["trial_id"]) == mine
            ]
            assert [row["what"] for row in steps] == list(trial.steps)
            assert [int(row["step"]) for row in steps] == list(range(1, len(steps) + 1))


def test_the_same_evidence_gives_the_same_bytes(review, tmp_path):
    first = files(export(review, tmp_path / "a", STAMP))
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[3])\n"
        "from alsreview.release.export import export; from test_export import STAMP\n"
        "export(Path(sys.argv[1]), Path(sys.argv[2]), STAMP)"
    )
    here = Path(__file__).parent
    # Another process, another time zone, another order of sets.
    env = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "PYTHONPATH": str(here.parent)}
    command = [sys.executable, "-c", code, str(review), str(tmp_path / "b"), str(here)]
    assert subprocess.run(command, env=env, capture_output=True, text=True).returncode == 0
    assert files(tmp_path / "b") == first


def test_an_earlier_export_may_be_replaced(review, made):
    later = replace(STAMP, version="2020.2")
    assert export(review, made, later) == made
    assert {row["version"] for row in rows(made / "trials.csv")} == {"2020.2"}


def test_a_folder_with_other_files_is_refused_and_left_alone(review, made):
    (made / "mine.txt").write_text("mine")
    before = files(made)
    with pytest.raises(ValueError, match=r"holds other files \(mine.txt\); expected a folder that is new"):
        export(review, made, replace(STAMP, version="2020.2"))
    assert files(made) == before


def test_a_file_is_no_folder(review, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(ValueError, match="a file; expected a folder"):
        export(review, tmp_path / "out", STAMP)


def test_an_export_that_fails_leaves_nothing(review, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(sys.modules["alsreview.release.export"], "write_sqlite", fail)
    with pytest.raises(OSError, match="no space left"):
        export(review, tmp_path / "place" / "out", STAMP)
    assert list((tmp_path / "place").iterdir()) == []


def test_a_text_too_long_for_a_workbook_is_refused(review, tmp_path):
    edit(
        review / "data/trials/alpha2001/trial.yml",
        "design: Invented",
        "excluded: " + "x" * 40_000 + "\ndesign: Invented",
    )
    with pytest.raises(ValueError, match="a text of 40000 characters does not fit"):
        export(review, tmp_path / "out", STAMP)


@pytest.mark.parametrize("name", ["../function", "Function", "a b"])
def test_an_analysis_whose_id_cannot_name_a_file_is_refused(review, tmp_path, name):
    edit(review / "data/protocol.yml", "  function:\n", f'  "{name}":\n')
    with pytest.raises(ValueError, match="data/protocol.yml: analyses: expected small letters"):
        export(review, tmp_path / "out", STAMP)
    assert not (tmp_path / "out").exists()


def test_long_ids_of_analyses_have_sheets_of_their_own(review, tmp_path):
    path = review / "data/protocol.yml"
    for name in ("function", "standardized"):
        edit(path, f"\n  {name}:\n", f"\n  training_of_people_with_als_and_their_{name}:\n")
    book = openpyxl.load_workbook(export(review, tmp_path / "out", STAMP) / "als-review.xlsx")
    assert len([name for name in book.sheetnames if name.startswith("metafor")]) == 3


def test_the_command_exports_and_refuses_in_words(root, tmp_path):
    command = [sys.executable, "-m", "alsreview", "export", "--root", str(root)]
    done = subprocess.run([*command, str(tmp_path / "out")], capture_output=True, text=True, cwd=root)
    assert done.returncode == 0 and done.stdout.strip() == str(tmp_path / "out")
    assert json.loads((tmp_path / "out" / "datapackage.json").read_text())["name"] == "als-review"
    (tmp_path / "out" / "mine.txt").write_text("mine")
    done = subprocess.run([*command, str(tmp_path / "out")], capture_output=True, text=True, cwd=root)
    assert done.returncode == 1 and "mine.txt" in done.stderr and "Traceback" not in done.stderr


R = """
for (path in commandArgs(TRUE)) {
  dat <- read.csv(path)
  fit <- with(dat, metafor::rma(yi, vi, slab = slab, method = method[1], test = test[1], level = level[1],
                                control = list(threshold = 1e-10, maxiter = 1000)))
  cat(sprintf("%.10f %.10f %.10f %.10f\\n", fit$beta[1], fit$ci.lb, fit$ci.ub, fit$tau2))
}
"""


def test_metafor_gives_our_pooled_values(review, made, tmp_path):
    if shutil.which("Rscript") is None:
        pytest.fail("Rscript is not on PATH; install it: apt-get install r-base-core r-cran-metafor")
    analyses = ["function", "standardized"]
    (tmp_path / "fit.R").write_text(R)
    paths = [str(made / "metafor" / f"{analysis_id}.csv") for analysis_id in analyses]
    done = subprocess.run(["Rscript", str(tmp_path / "fit.R"), *paths], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for analysis_id, line in zip(analyses, done.stdout.splitlines(), strict=True):
        ours = synthesise(analysis_id, root=review)
        told = [ours.estimate, ours.ci_low, ours.ci_high, ours.tau2]
        assert [float(x) for x in line.split()] == pytest.approx(told, rel=1e-6, abs=1e-6)


@pytest.mark.evidence
def test_every_pooled_analysis_has_a_file_for_metafor(root, real):
    analyses = load_evidence(root).protocol["analyses"]
    pooled = {
        name
        for name, choice in analyses.items()
        if choice["synthesis"] == "pool" and synthesise(name, root=root).k
    }
    assert {path.stem for path in (real / "metafor").iterdir()} == pooled
    for analysis_id in pooled:
        frame, ours = pd.read_csv(real / "metafor" / f"{analysis_id}.csv"), synthesise(analysis_id, root=root)
        assert list(frame.yi) == pytest.approx(list(ours.trials.yi)), analysis_id
        assert list(frame.vi) == pytest.approx(list(ours.trials.vi)), analysis_id
