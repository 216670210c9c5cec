"""A new review: made from a few answers, grown, released, moved to another engine; and what is refused."""

import os
import re
import shutil
import site
import subprocess
import sys
import unittest
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from made_up import commit, git

from livingreview import exhibits
from livingreview.__main__ import main
from livingreview.evidence.dictionary import read_dictionary
from livingreview.evidence.trials import EXAMPLE
from livingreview.instance import make, pin, testing
from livingreview.instance.answers import FORMS
from livingreview.release.stamp import documents
from livingreview.reviews import Review

ROOT = Path(__file__).parents[1]
RECORDED = ROOT / "tests/instance"
ODD = '"Quotes" & <b>markup</b> {{ x }} *a* $5 [l](u) {cite}`k`: 100% תרגול'
ASKED = {
    "module": "hipreview", "population": "people over 65 with hip osteoarthritis", "intervention": "exercise",
    "outcome": "pain", "unit": "mm on a 100 mm scale", "better": "lower", "author": "Reader, Ada",
    "engine": f"git+https://example.org/engine@{'0' * 40}",
}  # fmt: skip
TABLE = """arm,role,outcome,timepoint_weeks,n,n_basis,mean,sd,locator
Exercise,intervention,pain,26,{n},analysed,{mean},20,Table 2
Control,comparator,pain,26,{n},analysed,40,20,Table 2
"""


def new(folder: Path, **asked: str) -> int:
    options = [
        part for name, text in (ASKED | asked).items() if text is not None for part in (f"--{name}", text)
    ]
    return main(["new", str(folder), *options])


def made(folder: Path, **asked: str) -> Path:
    assert new(folder, **asked) == 0
    return folder


def give_environment(review: Path, *first: Path) -> Path:
    """Give a review an environment of its own: this engine, and the packages that the tests run with."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", review / ".venv"], check=True)
    (packages,) = (review / ".venv/lib").glob("python*/site-packages")
    (packages / "engine.pth").write_text("\n".join(map(str, [ROOT, *site.getsitepackages()])))
    (review / ".venv/installed").touch()
    return review


def run(review: Path, *words: str) -> subprocess.CompletedProcess:
    clean = {name: text for name, text in os.environ.items() if name not in ("PYTHONPATH", "DRAFT")}
    return subprocess.run(words, cwd=review, env=clean, capture_output=True, text=True)


def livingreview(review: Path, *words: str) -> str:
    done = run(review, ".venv/bin/python", "-m", "livingreview", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def add(review: Path, trial_id: str, n: int, mean: float) -> None:
    """Add a study from a table, and say what its report would have said."""
    (review / "table.csv").write_text(TABLE.format(n=n, mean=mean))
    doi = f"10.5555/{trial_id}"
    livingreview(review, "add", trial_id, "--doi", doi, "--offline", "--from-csv", "table.csv")
    (review / "table.csv").unlink()
    card = review / f"data/trials/{trial_id}/trial.yml"
    text = card.read_text().replace("allocation: unclear", "allocation: randomized")
    contrasts = "contrasts:\n  ours: {intervention: exercise, comparator: control, kind: control}\n"
    card.write_text(text.replace("sources:\n", f"{contrasts}sources:\n", 1))


# ---- Made


def test_a_new_review_has_every_part_and_nothing_of_its_templates(tmp_path):
    review = made(tmp_path / "hip")
    names = {path.relative_to(review).as_posix() for path in review.rglob("*") if path.is_file()}
    parts = {
        "README.md",
        "Makefile",
        "LICENSE",
        "LICENSE-DATA",
        "CITATION.cff",
        ".github/workflows/review.yml",
    }
    chapters = {
        f"chapters/{name}.md" for name in ("background", "methods", "results", "discussion", "references")
    }
    assert parts | chapters | {"hipreview/__init__.py", f"data/trials/{EXAMPLE}/arms.csv"} <= names
    texts = [(review / name).read_text() for name in names]
    assert not [text for text in texts if "[[" in text or "[%" in text]
    assert main(["check", "--root", str(review)]) == 0


def test_it_has_no_logic_but_that_of_the_engine(tmp_path):
    review = made(tmp_path / "hip")
    for path in review.rglob("*.py"):
        lines = path.read_text().splitlines()
        assert all(not line or line.startswith(('"""', "from livingreview", "review =")) for line in lines), (
            path
        )


@pytest.mark.parametrize("measure", FORMS)
def test_every_measure_has_a_study_with_an_estimate_of_no_difference(tmp_path, measure):
    review = made(tmp_path / "hip", measure=measure)
    found = Review(review)["exercise_pain"]
    assert (found.result.k, found.result.estimate) == (1, 0)
    assert found.result.ci_low == pytest.approx(-found.result.ci_high) and found.result.ci_high > 0


def test_the_measures_offered_are_those_that_an_analysis_can_have():
    rules, _ = read_dictionary(ROOT)
    assert list(FORMS) == rules["protocol.yml"]["analyses"]["fields"]["measure"]["choices"]


@pytest.mark.parametrize("better", ["higher", "lower"])
@pytest.mark.parametrize("measure", ["MD", "RR", "HR"])
def test_the_direction_of_benefit_is_that_of_the_outcome(tmp_path, measure, better):
    review = made(tmp_path / "hip", measure=measure, better=better)
    choice = Review(review)["exercise_pain"].choice
    # A higher hazard is a shorter time.
    assert choice["higher_is_better"] == ((better == "higher") != (measure == "HR"))


@pytest.mark.parametrize(("comparator", "kind"), [("a placebo tablet", "placebo"), ("usual care", "control")])
def test_a_placebo_is_named_as_one(tmp_path, comparator, kind):
    review = Review(made(tmp_path / "hip", comparator=comparator))
    assert review["exercise_pain"].choice["contrast_kinds"] == [kind]
    assert review["exercise_pain"].result.k == 1


def test_an_existing_empty_folder_is_taken(tmp_path):
    made(tmp_path)
    assert (tmp_path / "README.md").is_file()


def test_make_uses_the_python_that_has_the_engine(tmp_path):
    review = made(tmp_path / "hip")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = run(review, "env", f"PATH={path}", f"PYTHONPATH={ROOT}", "make", "check", "PYTHON=python3")
    assert done.returncode == 0 and "The evidence is well formed" in done.stdout, done.stdout + done.stderr
    assert not (review / ".venv").exists()


def test_the_command_to_build_names_a_python_only_where_make_would_take_one_that_does_not_suit(
    tmp_path, monkeypatch, capsys
):
    python3 = tmp_path / "bin/python3"
    python3.parent.mkdir()
    monkeypatch.setenv("PATH", str(python3.parent))
    for name, status, told in (("hip", 0, "make book"), ("knee", 1, f"make book PYTHON={sys.executable}")):
        python3.write_text(f"#!/bin/sh\nexit {status}\n")
        python3.chmod(0o755)
        made(tmp_path / name)
        assert capsys.readouterr().out.endswith(f"  cd {tmp_path / name} && {told}\n")


def test_make_site_lays_out_the_versions_after_the_book(tmp_path):
    review = give_environment(made(tmp_path / "hip"))
    said = run(review, "make", "--no-print-directory", "--dry-run", "site").stdout.splitlines()
    assert said == [f".venv/bin/python -m livingreview {command}" for command in ("build", "site")]


def test_a_lock_that_changed_is_installed_before_anything_runs(tmp_path):
    review = give_environment(made(tmp_path / "hip"))
    os.utime(review / ".venv/installed", (0, 0))
    said = run(review, "make", "--dry-run", "check").stdout
    assert said.index("pip install") < said.index("livingreview check")
    # An environment that was not made to the end is made again.
    (review / ".venv/installed").unlink()
    said = run(review, "make", "--dry-run", "check", "PYTHON=false").stdout
    assert said.index("pip install") < said.index("livingreview check")


def test_its_workflow_has_no_right_that_it_does_not_need(tmp_path):
    review = made(tmp_path / "hip")
    zizmor = Path(sys.executable).with_name("zizmor")
    done = run(review, zizmor, "--offline", "--no-progress", "--persona=pedantic", review / ".github")
    assert done.returncode == 0 and "No findings" in done.stdout + done.stderr, done.stdout + done.stderr
    # One action, one commit: that of this repository.
    ours = "".join(path.read_text() for path in (ROOT / ".github/workflows").glob("*.yml"))
    used = re.findall(r"uses: (.*)", (review / ".github/workflows/review.yml").read_text())
    assert used and all(each in ours for each in used)


@pytest.mark.parametrize("trials", [0, 1])
def test_every_exhibit_of_the_chapters_shows_few_trials_or_none(tmp_path, trials):
    folder = made(tmp_path / "hip")
    if not trials:
        shutil.rmtree(folder / "data/trials" / EXAMPLE)
    review = Review(folder)
    chapters = "".join(path.read_text() for path in (folder / "chapters").glob("*.md"))
    called = re.findall(r"^(\w+)\((review.*)\)$", chapters, re.M)
    assert len(called) == 6
    shown = {name: eval(f"{name}({given})", vars(exhibits) | {"review": review}) for name, given in called}
    assert len(BeautifulSoup(shown["trials_table"].html, "lxml").select("tbody tr")) == trials
    assert ("The square is the estimate" in shown["forest_figure"].caption) == bool(trials)
    assert "Each square" not in shown["forest_figure"].caption


@pytest.mark.parametrize("measure", ["MD", "SMD", "RR"])
def test_findings_whose_certainty_no_rule_rates_are_shown_as_not_rated(tmp_path, measure):
    review = Review(made(tmp_path / "hip", measure=measure))
    cells = BeautifulSoup(exhibits.summary_of_findings(review, "exercise").html, "lxml").tbody.get_text(
        "|", strip=True
    )
    assert cells.startswith("Pain|1|40|") and cells.endswith(
        "not rated|The certainty of the evidence has not been rated."
    )


def test_a_difference_is_shown_in_the_unit_of_its_scale(tmp_path):
    review = Review(made(tmp_path / "hip"))
    figure = exhibits.forest_figure(review["exercise_pain"])
    for chart in (figure.chart, figure.narrow):
        assert "mm on a 100 mm scale" in chart.to_json() and "points" not in chart.to_json()


# ---- Asked on a terminal


def test_a_terminal_is_asked_for_what_is_missing_until_it_can_stand(tmp_path, monkeypatch, capsys):
    told = iter(["numpy", "hipreview", "", "exercise", "", "pain", "mm", "MD", "", "lower", "", "", ""])
    asked = []
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or next(told))
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    assert main(["new", str(tmp_path / "hip"), "--title", "Hips"]) == 0
    assert "expected a name that no folder of the review or installed package has" in capsys.readouterr().out
    assert [text for text in asked if "itle" in text] == []
    protocol = yaml.safe_load((tmp_path / "hip/data/protocol.yml").read_text())
    assert protocol["questions"]["exercise"]["comparator"] == "usual care"
    assert protocol["analyses"]["exercise_pain"]["measure"] == "MD"


# ---- Refused


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"module": None}, "--module: expected a name such as hipreview"),
        ({"module": "2hips"}, "found '2hips'"),
        ({"module": "hip-review"}, "found 'hip-review'"),
        ({"module": "class"}, "found 'class'"),
        ({"module": "numpy"}, "that no folder of the review or installed package has, found 'numpy'"),
        ({"module": "data"}, "that no folder of the review or installed package has, found 'data'"),
        ({"measure": "WMD"}, f"--measure: expected one of {', '.join(FORMS)}, found 'WMD'"),
        ({"better": "up"}, "--better: expected one of higher, lower, found 'up'"),
        ({"id": "a b"}, "--id: expected small letters, digits and _, beginning with a letter, found 'a b'"),
        ({"id": "review"}, "--id: expected another name than 'review'"),
        ({"id": "exercise"}, "--id: expected another name than 'exercise'"),
        ({"title": " "}, "--title: expected text"),
        ({"title": "A\x07bell"}, "--title: expected characters that can be printed, found U+0007"),
        ({"repository": "owner/hip"}, "--repository: expected an address such as"),
        ({"engine": "nowhere"}, "expected the folder of the engine, or git+https://"),
        (
            {"engine": "git+ssh://git@example.org/engine"},
            "expected the folder of the engine, or git+https://",
        ),
    ],
)
def test_what_cannot_stand_is_refused_and_nothing_is_written(tmp_path, capsys, asked, told):
    assert new(tmp_path / "hip", **asked) == 1
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_all_that_is_wrong_is_said_at_once(tmp_path, capsys):
    assert new(tmp_path / "hip", module=None, measure="WMD", repository="x") == 1
    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines()] == [
        "--module", "--measure", "--repository"
    ]  # fmt: skip


def test_a_folder_that_is_not_empty_is_refused_and_kept(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert new(tmp_path) == 1
    assert "a folder that is not empty; expected a folder that is new or empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_is_refused(tmp_path, capsys):
    (tmp_path / "hip").write_text("mine")
    assert new(tmp_path / "hip") == 1
    assert "a file; expected a folder" in capsys.readouterr().err


def test_a_review_that_would_not_pass_the_check_is_not_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(make, "FORMAT", 99)
    assert new(tmp_path / "hip") == 1
    assert "data/protocol.yml:3: format: expected" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# ---- The pin


def test_the_pin_of_a_running_checkout_is_its_commit():
    head = git(ROOT, "rev-parse", "HEAD")
    assert re.fullmatch(rf"livingreview @ git\+(https|file)://.*@{head}", pin.engine_here())


def test_the_lock_has_what_the_engine_needs():
    lines = pin.lock("livingreview @ git+https://example.org/engine@1").splitlines()
    named = {line.partition("==")[0] for line in lines if "==" in line}
    declared = re.search(r"^dependencies = \[(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.M | re.S)[1]
    needed = {name.lower().replace("_", "-") for name in re.findall(r'^  "([\w-]+)', declared, re.M)}
    assert len(needed) > 20 and needed <= named


@pytest.mark.parametrize("name", ["Makefile", "pyproject.toml", ".github/workflows/review.yml"])
def test_a_second_pin_fails_the_tests_of_the_review(tmp_path, name):
    review = made(tmp_path / "hip")
    case = testing.ReviewTest("test_the_engine_is_pinned_in_one_file")
    case.root = review
    assert not _failures(case)
    with (review / name).open("a") as file:
        file.write(f"# {ASKED['engine']}\n")
    assert name in _failures(case)


def _failures(case: unittest.TestCase) -> str:
    result = unittest.TestResult()
    case.run(result)
    return "".join(text for _, text in result.failures + result.errors)


def test_a_tag_or_branch_is_pinned_as_its_commit(tmp_path):
    engine = tmp_path / "engine"
    engine.mkdir()
    git(engine, "init", "--quiet", "--initial-branch=main")
    git(engine, "config", "user.name", "Nobody")
    git(engine, "config", "user.email", "nobody@example.org")
    commit(engine, "Begin", {"a": "1"})
    git(engine, "tag", "-a", "v1", "-m", "One")
    first = git(engine, "rev-parse", "HEAD")
    commit(engine, "Go on", {"a": "2"})
    second, address = git(engine, "rev-parse", "HEAD"), f"livingreview @ git+{engine.as_uri()}@"
    moved = {name: pin.moved(f"{address}{first}", name) for name in ("v1", "main", "", second)}
    assert moved == {
        "v1": address + first,
        "main": address + second,
        "": address + second,
        second: address + second,
    }
    with pytest.raises(ValueError, match="no tag or branch 'v2'; give one, or all 40 digits of a commit"):
        pin.moved(f"{address}{first}", "v2")


# ---- Built, grown, released and moved to another engine


@pytest.mark.book
def test_a_title_in_any_letters_builds_and_the_tests_of_the_review_pass(tmp_path):
    review = give_environment(made(tmp_path / "hip", title=ODD, intervention="תרגול", id="main"))
    done = run(review, "make", "test")
    assert done.returncode == 0 and "Ran 3 tests" in done.stderr, done.stdout + done.stderr
    page = BeautifulSoup((review / "_build/html/index.html").read_text(), "lxml")
    shown = ODD.replace('"Quotes"', "“Quotes”")
    assert page.h1.get_text().removesuffix("#").strip() == shown
    assert page.title.get_text() == f"{shown} — {ODD}"
    assert (review / f"_build/html/chapters/trials/{EXAMPLE}.html").is_file()


@pytest.mark.book
def test_a_review_grows_is_released_and_moves_to_another_engine(tmp_path):
    engine, (first, second) = _engines(tmp_path)
    review = give_environment(made(tmp_path / "hip", engine=f"git+file://localhost{engine}@{first}"))
    git(review, "init", "--quiet", "--initial-branch=main")
    git(review, "config", "user.name", "Nobody")
    git(review, "config", "user.email", "nobody@example.org")
    commit(review, "Begin the review")
    python = review / ".venv/bin/python"

    # An invented study is not released.
    year = yaml.safe_load((review / "CITATION.cff").read_text())["version"].partition(".")[0]
    done = run(review, python, "-m", "livingreview", "release", f"{year}.1")
    assert done.returncode == 1 and f"data/trials/{EXAMPLE} is invented: remove it" in done.stderr
    shutil.rmtree(review / "data/trials" / EXAMPLE)
    livingreview(review, "check")

    # The second study makes the sentence on the first page false.
    add(review, "smith2016", 40, 30)
    livingreview(review, "check")
    add(review, "jones2018", 50, 34)
    done = run(review, python, "-m", "livingreview", "check")
    line = (review / "index.md").read_text().splitlines().index(":::{holds} exercise_pain.k < 2") + 1
    told = f"index.md:{line}: statement: no longer holds: exercise_pain.k is 2"
    assert done.returncode == 1 and told in done.stdout, done.stdout
    text = (review / "index.md").read_text()
    text = text.replace("exercise_pain.k < 2", "exercise_pain.k == 2 and exercise_pain.estimate < 0")
    told = "The difference was {{ exercise_pain.estimate }} mm (95% CI {{ exercise_pain.ci }})."
    (review / "index.md").write_text(
        text.replace("No answer yet: fewer than two studies have a usable result.", told)
    )
    livingreview(review, "check")
    commit(review, "Add two studies")

    said = livingreview(review, "release", f"{year}.1")
    place, article = f"_build/releases/{year}.1/hipreview-{year}.1.zip", f"_build/site/{year}.1/hipreview.pdf"
    assert f"The pages and documents are in {place}\n" in said
    assert livingreview(review, "verify", place).startswith("recorded: ")
    livingreview(review, "site")
    assert livingreview(review, "verify", article).startswith("recorded: ")
    assert all(f"{each}" in (review / "README.md").read_text() for each in (place, article))
    record = yaml.safe_load((review / f"data/releases/{year}.1.yml").read_text())
    assert set(documents(review)) < set(record["builds"][0]["documents"])

    # An engine that is not there changes nothing.
    done = run(review, "make", "upgrade", f"TO={'0' * 40}")
    assert done.returncode == 2 and f"@{'0' * 40} cannot be installed" in done.stderr
    assert git(review, "status", "--porcelain") == ""

    # Another engine: its commit is pinned, and the numbers that it gives otherwise are listed.
    done = run(review, "make", "upgrade", f"TO={second}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nexercise_pain.estimate: −7.8 → −7.78\n" in done.stdout, done.stdout
    assert pin.read_pin(review) == f"livingreview @ git+file://localhost{engine}@{second}"
    changed = git(review, "status", "--porcelain").splitlines()
    assert [each.split()[1] for each in changed] == ["requirements.txt"]
    done = run(review, "make", "upgrade", f"TO={first}")
    assert done.returncode == 2 and "commit this first" in done.stderr


def _engines(folder: Path) -> tuple[Path, tuple[str, str]]:
    """Make a repository with this engine, and with one that prints a decimal more."""
    engine = folder / "engine"
    shutil.copytree(
        ROOT / "livingreview", engine / "livingreview", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", engine)
    git(engine, "init", "--quiet", "--initial-branch=main")
    git(engine, "config", "user.name", "Nobody")
    git(engine, "config", "user.email", "nobody@example.org")
    commit(engine, "Begin")
    first, measures = git(engine, "rev-parse", "HEAD"), engine / "livingreview/effects/measures.py"
    text = measures.read_text()
    assert "    digits: int = 1\n" in text
    commit(engine, "Print a decimal more", {
        "livingreview/effects/measures.py": text.replace("    digits: int = 1\n", "    digits: int = 2\n")
    })  # fmt: skip
    return engine, (first, git(engine, "rev-parse", "HEAD"))


def test_an_environment_that_is_not_the_reviews_own_is_left_alone(tmp_path, capsys):
    review = made(tmp_path / "hip")
    assert main(["upgrade", "--root", str(review)]) == 1
    assert f"this would change the packages of {sys.prefix}" in capsys.readouterr().err


# ---- Old reviews


@pytest.mark.book
def test_a_review_recorded_with_an_earlier_engine_builds(tmp_path):
    review = tmp_path / "instance"
    shutil.copytree(RECORDED, review)
    review = give_environment(review)
    done = run(review, "make", "html")
    assert done.returncode == 0, done.stdout + done.stderr
    page = BeautifulSoup((review / "_build/html/index.html").read_text(), "lxml").get_text()
    # The same in metafor: rma(c(-10, -6, 0), c(20, 16, 1.6), test = "adhoc").
    assert "all invented, the difference was −4.2 mm (95% CI −17.6 to 9.3)." in page
