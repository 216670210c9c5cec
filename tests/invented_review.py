"""Helps tests to break the invented review of ``tests/invented``, and to read what is shown of it."""

from pathlib import Path

import pandas as pd
import yaml
from bs4 import BeautifulSoup

from livingreview.__main__ import main
from livingreview.evidence import check_evidence, load_evidence
from livingreview.release.results import results, to_text


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that must stand in a file once."""
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new))


def cases(name: str) -> list[list]:
    """Read the cases of a test, each with what is expected of it."""
    return yaml.safe_load((Path(__file__).parent / f"cases/{name}.yml").read_text(encoding="utf-8"))


def contents(folder: Path) -> dict[str, bytes]:
    """Read every file of a folder, but not what was built, to see later that none has changed."""
    found = (path for path in folder.rglob("*") if path.is_file() and "_build" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def faults(root) -> list[str]:
    return [str(fault) for fault in check_evidence(root)]


def cells(table) -> dict[str, list[str]]:
    """Give the cells of each row of a table, by its head."""
    page = BeautifulSoup(table.html, "lxml")
    return {tr.th.text.strip(): [td.text for td in tr.find_all("td")] for tr in page.select("tbody tr")}


def rows(table) -> list[list[str]]:
    """Give the cells of each row of a table, its head first."""
    body = BeautifulSoup(table.html, "lxml").select("tbody tr")
    return [[cell.text for cell in tr.find_all(["th", "td"])] for tr in body]


def row_of(frame: pd.DataFrame, trial_id: str) -> pd.Series:
    """Return the one row of a trial."""
    return frame.set_index("trial_id").loc[trial_id]


def report(review: Path, trial_id: str, *rows: str) -> None:
    """Replace what a trial reports by rows, each from its outcome to its n; the caller keeps their order."""
    path = review / f"data/trials/{trial_id}/reported.csv"
    header = "contrast,outcome,timepoint_weeks,measure,estimate,se,ci_low,ci_high,p,direction,n,"
    told = [f"training_vs_usual,{row},paper,abstract,,analysed" for row in rows]
    path.write_text("\n".join([header + "source,locator,note,n_basis", *told]) + "\n")


def land(root: Path, trial_id: str, outcome: str, *arms: tuple, question: str = "") -> None:
    """Add a trial from a CSV file, and say on its card what a person finds in the report.

    An arm is its name, n, mean and SD; that of the intervention comes first.
    """
    table, (first, second) = root.parent / "table.csv", (name.lower() for name, *_ in arms)
    rows = ["arm,role,outcome,timepoint_weeks,n,n_basis,mean,sd,locator"]
    for role, (name, n, mean, sd) in zip(("intervention", "comparator"), arms, strict=True):
        rows.append(f"{name},{role},{outcome},26,{n},analysed,{mean},{sd},Table 2")
    table.write_text("\n".join(rows))
    words = ["--doi", f"10.5555/{trial_id}", "--offline", "--question", question, "--from-csv", str(table)]
    assert main(["add", trial_id, *words, "--root", str(root)]) == 0
    card = root / f"data/trials/{trial_id}/trial.yml"
    edit(card, "allocation: unclear", "allocation: randomized")
    contrast = f"ours: {{intervention: {first}, comparator: {second}, kind: control}}"
    edit(card, "\nsources:\n", f"\ncontrasts:\n  {contrast}\nsources:\n")


HIGH = {"1.2": "N"}
LOW = {
    "1.1": "Y", "1.2": "Y", "1.3": "N", "2.1": "N", "2.2": "N", "2.6": "Y", "3.1": "Y",
    "4.1": "N", "4.2": "N", "4.3": "N", "5.1": "Y", "5.2": "N", "5.3": "N",
}  # fmt: skip


def appraise(review: Path, trial_id: str, *results: tuple, more: str = "") -> Path:
    """Write the appraisal of a trial: outcome, weeks (or None) and answers of each result."""
    text = 'tool: "RoB 2 (22 August 2019), signalling questions, partial"\neffect: assignment\nresults:\n'
    for outcome, weeks, answers in results:
        text += f"  - outcome: {outcome}\n" + ("" if weeks is None else f"    timepoint_weeks: {weeks}\n")
        text += "    answers:\n" if answers else "    answers: {}\n"
        for question, answer in answers.items():
            support = "support: As told, source: paper, locator: abstract"
            text += f'      "{question}": {{answer: {answer}, {support}}}\n'
    path = review / f"data/trials/{trial_id}/rob2.yml"
    path.write_text(text + more)
    return path


def keep_version(root, version: str, day: str = "2020-02-01", **changes) -> None:
    """Keep the present results as a version, changed in the primary analysis named function."""
    frame = results(load_evidence(root)).assign(date=day).astype(object)
    for column, value in changes.items():
        frame.loc[frame.analysis_id == "function", column] = value
    (root / "data/releases").mkdir(exist_ok=True)
    (root / f"data/releases/{version}.csv").write_text(to_text(frame))
