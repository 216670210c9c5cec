"""The export holds what the review holds, harms nobody who opens it, and is the same each time."""

import csv
import shutil
import sqlite3
import subprocess
from pathlib import Path

import openpyxl
import pytest
from invented_review import edit

from livingreview.__main__ import main
from livingreview.evidence import load_evidence
from livingreview.release.archive import digests
from livingreview.release.export import FRAMES, export, pack_data
from livingreview.release.results import results
from livingreview.release.stamp import Stamp
from livingreview.statistics import synthesise

CARD = {"title": "An invented review", "version": "2020.1", "authors": [{"name": "Nobody"}]}
STAMP = Stamp(CARD, "0123456789abcdef", 1_600_000_000, "", released=True)
# What a cell may try, and what must come of it in a CSV file and in the workbook.
CELLS = {
    "=cmd()": "'=cmd()",
    "-x": "'-x",
    "@SUM(A1)": "'@SUM(A1)",
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "=HYPERLINK(\"http://example.org\",\"x\")": "'=HYPERLINK(\"http://example.org\",\"x\")",
}  # fmt: skip


@pytest.fixture
def made(review, tmp_path) -> Path:
    """The export of the invented review."""
    return export(review, tmp_path / "out", STAMP)


def rows(path: Path) -> list[dict]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def query(folder: Path, sql: str) -> list[tuple]:
    with sqlite3.connect(folder / "review.sqlite") as base:
        return base.execute(sql).fetchall()


def test_every_row_names_version_and_evidence_and_a_folder_with_other_files_is_left_alone(review, made):
    assert len(list(made.glob("*.csv"))) == 10
    for path in made.glob("*.csv"):
        for row in rows(path):
            assert (row["version"], row["evidence_hash"]) == ("2020.1", "0123456789abcdef"), path
    assert dict(query(made, "SELECT * FROM about"))["evidence_hash"] == "0123456789abcdef"
    (made / "mine.txt").write_text("mine")
    before = digests(made)
    with pytest.raises(ValueError, match="holds other files; expected a folder that is new"):
        export(review, made, STAMP)
    assert digests(made) == before


@pytest.mark.evidence
def test_the_tables_hold_every_row_of_the_evidence_and_the_package_is_valid(root, tmp_path):
    evidence, made = load_evidence(root), export(root, tmp_path / "out", STAMP)
    for name in ("trials", "groups", "contrasts", "sources", "arms", "reported"):
        count = len(getattr(evidence, FRAMES.get(name, name)))
        assert len(rows(made / f"{name}.csv")) == count > 0
        assert query(made, f'SELECT count(*) FROM "{name}"') == [(count,)]
        assert openpyxl.load_workbook(made / "review.xlsx")[name].max_row == count + 1
    from frictionless import validate

    report = validate(str(made / "datapackage.json"))
    assert report.valid, report.flatten(["path", "rowNumber", "fieldName", "message"])


def test_numbers_stay_as_they_were_printed_and_no_text_is_run_as_a_formula(review, tmp_path):
    edit(review / "data/trials/alpha2001/arms.csv", "26,16,20,4", "26,16,20.50,4.00")
    path, cells = review / "data/trials/beta2002/arms.csv", list(CELLS)
    lines = list(csv.reader(path.open()))
    for number, cell in enumerate(cells):
        lines[1 + number % 6][lines[0].index(("note", "locator")[number // 6])] = cell
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    made = export(review, tmp_path / "out", STAMP)
    first = rows(made / "arms.csv")[0]
    assert (first["mean"], first["sd"], first["n"], first["se"]) == ("20.50", "4.00", "16", "")
    assert query(made, "SELECT mean, sd, n, se FROM arms LIMIT 1") == [(20.5, 4.0, 16, None)]
    told = {text for row in rows(made / "arms.csv") for text in row.values()}
    kept = {text for row in query(made, "SELECT note, locator FROM arms") for text in row}
    assert {*CELLS.values()} <= told and {*cells} <= kept
    sheet = openpyxl.load_workbook(made / "review.xlsx")["arms"]
    found = {cell.value: cell for row in sheet.iter_rows() for cell in row}
    for text in CELLS.values():
        assert (found[text].data_type, found[text].hyperlink) == ("s", None)


def test_metafor_gives_our_pooled_values_by_the_call_of_the_readme(review, made, rscript):
    analyses = ["function", "standardized"]
    call = 'rma(yi, vi, data = used, slab = label, method = "REML", test = "adhoc")'
    assert call in (made / "README.txt").read_text("utf-8")
    script = Path(__file__).with_name("reference") / "export.R"
    command = [rscript, script, made / "effects.csv", *analyses]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for analysis_id, line in zip(analyses, done.stdout.splitlines(), strict=True):
        ours = synthesise(analysis_id, load_evidence(review))
        told = [ours.estimate, ours.ci_low, ours.ci_high, ours.tau2]
        assert [float(x) for x in line.split()] == pytest.approx(told, rel=1e-6, abs=1e-6)


def test_the_data_archive_is_read_like_the_review_and_gives_the_same_results(review, tmp_path, capsys):
    pack_data(review, tmp_path / "data.zip", STAMP)
    shutil.unpack_archive(tmp_path / "data.zip", tmp_path / "unpacked")
    assert main(["check", "--root", str(tmp_path / "unpacked")]) == 0, capsys.readouterr().out
    found = [
        results(load_evidence(folder)).drop(columns="evidence_hash")
        for folder in (review, tmp_path / "unpacked")
    ]
    assert found[0].equals(found[1])
