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
from invented_review import cases, edit, land
from made_up import begin, commit, git
from pypdf import PdfReader

from livingreview import exhibits
from livingreview.__main__ import main
from livingreview.evidence.dictionary import engine_file
from livingreview.evidence.trials import EXAMPLE
from livingreview.instance import engine, make, testing
from livingreview.release.stamp import documents
from livingreview.reviews import Review

ROOT = Path(__file__).parents[1]
ODD = '"Quotes" & <b>markup</b> {{ x }} *a* $5 [l](u) {cite}`k`: 100% תרגול'
ASKED = {
    "module": "hipreview", "population": "people over 65 with hip osteoarthritis", "intervention": "exercise",
    "outcome": "pain", "unit": "mm on a 100 mm scale", "better": "lower", "author": "Reader, Ada",
    "engine": f"git+https://example.org/engine@{'0' * 40}",
}  # fmt: skip


def new(folder: Path, **asked: str) -> int:
    told = {name: text for name, text in (ASKED | asked).items() if text is not None}
    return main(["new", str(folder), *(part for name, text in told.items() for part in (f"--{name}", text))])


def made(folder: Path, **asked: str) -> Path:
    assert new(folder, **asked) == 0
    return folder


@pytest.fixture(scope="module")
def hip(tmp_path_factory) -> Path:
    """A new review, to look at."""
    return made(tmp_path_factory.mktemp("new") / "hip")


@pytest.fixture
def own(hip, tmp_path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copytree(hip, tmp_path / "hip"))


def give_environment(review: Path) -> Path:
    """Give a review an environment of its own: this engine, and the packages that the tests run with."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", review / ".venv"], check=True)
    (packages,) = (review / ".venv/lib").glob("python*/site-packages")
    (packages / "engine.pth").write_text("\n".join(map(str, [ROOT, *site.getsitepackages()])))
    (review / ".venv/installed").touch()
    return review


def run(review: Path, *words: str) -> subprocess.CompletedProcess:
    clean = {name: text for name, text in os.environ.items() if name not in ("PYTHONPATH", "DRAFT")}
    return subprocess.run(words, cwd=review, env=clean, capture_output=True, text=True)


# ---- Made


def test_a_new_review_is_well_and_has_nothing_of_its_templates_and_no_logic(hip):
    names = {path.relative_to(hip).as_posix() for path in hip.rglob("*") if path.is_file()}
    parts = {"README.md", "Makefile", "LICENSE", "LICENSE-DATA", "CITATION.cff"}
    chapters = {f"chapters/{name}.md" for name in ("background", "methods", "results", "discussion")}
    assert parts | chapters | {"hipreview/__init__.py", f"data/trials/{EXAMPLE}/arms.csv"} <= names
    for name in names:
        text = (hip / name).read_text()
        assert "[[" not in text and "[%" not in text
        lines = [line for line in text.split("\n") if line] if name.endswith(".py") else []
        assert all(line.startswith(('"""', "from livingreview", "review =")) for line in lines), name
    assert main(["check", "--root", str(hip)]) == 0


MEASURES = engine_file("columns.yml")["protocol.yml"]["analyses"]["fields"]["measure"]["choices"]
BETTER = [*((measure, "lower") for measure in MEASURES), ("MD", "higher"), ("HR", "higher")]


@pytest.mark.parametrize(("measure", "better"), BETTER)
def test_every_measure_has_a_study_with_an_estimate_of_no_difference(tmp_path, monkeypatch, measure, better):
    # To list the packages installed takes longer than all the rest.
    monkeypatch.setattr(make, "lock", lambda engine: engine)
    asked = {"measure": measure, "better": better, "comparator": "a placebo tablet"}
    review = Review(made(tmp_path / "hip", **asked))
    found = review["exercise_pain"]
    assert (found.result.k, found.result.estimate) == (1, 0)
    assert found.result.ci_low == pytest.approx(-found.result.ci_high) and found.result.ci_high > 0
    # A higher hazard is a shorter time.
    assert found.choice["higher_is_better"] == ((better == "higher") != (measure == "HR"))
    assert found.choice["contrast_kinds"] == ["placebo"]
    findings = BeautifulSoup(exhibits.summary_of_findings(review, "exercise").html, "lxml").tbody
    cells = findings.get_text("|", strip=True)
    assert cells.startswith("Pain|1|40|") and cells.endswith("certainty of the evidence has not been rated.")


def test_make_uses_the_python_that_has_the_engine_or_installs_a_lock_that_changed(own):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def steps(target: str, python: str) -> str:
        words = ("make", "--no-print-directory", "--dry-run", target, f"PYTHON={python}")
        return run(own, "env", f"PATH={path}", f"PYTHONPATH={ROOT}", *words).stdout

    assert steps("check", "python3") == "python3 -m livingreview check\n"
    (own / ".venv").mkdir()
    (own / ".venv/installed").touch()
    python = ".venv/bin/python -m livingreview"
    assert steps("site", "python3") == f"{python} build\n{python} site\n"
    # An environment that is older than the lock, or was not made to the end, is made again.
    os.utime(own / ".venv/installed", (0, 0))
    for _ in range(2):
        said = steps("check", "false")
        assert said.index("pip install") < said.index("livingreview check")
        (own / ".venv/installed").unlink(missing_ok=True)


def test_its_workflow_has_no_right_that_it_does_not_need(hip):
    zizmor = Path(sys.executable).with_name("zizmor")
    done = run(hip, zizmor, "--offline", "--no-progress", "--persona=pedantic", hip / ".github")
    assert done.returncode == 0 and "No findings" in done.stdout + done.stderr, done.stdout + done.stderr
    # One action, one commit: that of this repository.
    ours = "".join(path.read_text() for path in (ROOT / ".github/workflows").glob("*.yml"))
    used = re.findall(r"uses: (.*)", (hip / ".github/workflows/review.yml").read_text())
    assert used and all(each in ours for each in used)


def test_every_exhibit_of_the_chapters_can_show_that_there_is_no_trial(own):
    shutil.rmtree(own / "data/trials" / EXAMPLE)
    chapters = "".join(path.read_text() for path in (own / "chapters").glob("*.md"))
    called = re.findall(r"^(\w+)\((review.*)\)$", chapters, re.M)
    assert len(called) == 6
    names = vars(exhibits) | {"review": Review(own)}
    shown = {name: eval(f"{name}({given})", names) for name, given in called}
    assert not BeautifulSoup(shown["trials_table"].html, "lxml").select("tbody tr")
    figure = shown["forest_figure"]
    assert "square" not in figure.caption
    for chart in (figure.chart, figure.narrow):
        assert "mm on a 100 mm scale" in chart.to_json() and "points" not in chart.to_json()


def test_a_terminal_is_asked_for_what_is_missing_until_it_can_stand(tmp_path, monkeypatch, capsys):
    told = iter(["numpy", "hipreview", "", "exercise", "", "pain", "mm", "MD", "", "lower", "", "", ""])
    asked = []
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or next(told))
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    # An empty folder that is there already is taken.
    assert main(["new", str(tmp_path), "--title", "Hips"]) == 0
    assert "expected a name that no folder of the review or installed package has" in capsys.readouterr().out
    assert [text for text in asked if "itle" in text] == []
    protocol = yaml.safe_load((tmp_path / "data/protocol.yml").read_text())
    assert protocol["questions"]["exercise"]["comparator"] == "usual care"
    assert protocol["analyses"]["exercise_pain"]["measure"] == "MD"


# ---- Refused


@pytest.mark.parametrize(("asked", "told"), cases("new"))
def test_what_cannot_stand_is_refused_and_nothing_is_written(tmp_path, capsys, asked, told):
    assert new(tmp_path / "hip", **asked) == 1
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_file_or_a_folder_that_is_not_empty_is_refused_and_kept(tmp_path, capsys):
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    refused = {tmp_path: "a folder that is not empty; expected a folder", mine: "a file; expected"}
    for folder, told in refused.items():
        assert new(folder) == 1 and told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [mine] and mine.read_text() == "mine"


def test_a_review_that_would_not_pass_the_check_is_not_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(make, "FORMAT", 99)
    assert new(tmp_path / "hip") == 1
    assert "data/protocol.yml:3: format: expected" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# ---- The pin


def test_the_lock_has_what_the_engine_needs(hip):
    named = set(re.findall("^([^=\n]+)==", (hip / "requirements.txt").read_text(), re.M))
    declared = re.search(r"^dependencies = \[(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.M | re.S)[1]
    needed = {name.lower().replace("_", "-") for name in re.findall(r'^  "([\w-]+)', declared, re.M)}
    assert len(needed) > 20 and needed <= named


@pytest.mark.parametrize("name", ["Makefile", ".github/workflows/review.yml"])
def test_a_second_pin_fails_the_tests_of_the_review(own, name):
    with (own / name).open("a") as file:
        file.write(f"# {ASKED['engine']}\n")
    case, result = testing.ReviewTest("test_the_engine_is_pinned_in_one_file"), unittest.TestResult()
    case.root = own
    case.run(result)
    ((_, told),) = result.failures
    assert name in told


def test_a_tag_or_branch_is_pinned_as_its_commit(tmp_path):
    (tmp_path / "a").write_text("1")
    begin(tmp_path)
    git(tmp_path, "tag", "-a", "v1", "-m", "One")
    first = git(tmp_path, "rev-parse", "HEAD")
    commit(tmp_path, "Go on", {"a": "2"})
    second, address = git(tmp_path, "rev-parse", "HEAD"), f"livingreview @ git+{tmp_path.as_uri()}@"
    for name, moved in (("v1", first), ("main", second), ("", second), (second, second)):
        assert engine.moved(f"{address}{first}", name) == f"{address}{moved}"
    with pytest.raises(ValueError, match="no tag or branch 'v2'; give one, or all 40 digits of a commit"):
        engine.moved(f"{address}{first}", "v2")


def test_an_environment_that_is_not_the_reviews_own_is_left_alone(hip, capsys):
    assert main(["upgrade", "--root", str(hip)]) == 1
    assert f"this would change the packages of {sys.prefix}" in capsys.readouterr().err


# ---- Built, grown, released and moved to another engine


@pytest.mark.book
def test_a_review_grows_is_released_and_moves_to_another_engine(tmp_path, capsys):
    address, (first, second) = _engines(tmp_path)
    review = made(tmp_path / "hip", engine=f"{address}@{first}", title=ODD, intervention="תרגול", id="main")
    give_environment(review)
    begin(review)
    at = ["--root", str(review)]

    # An invented study is not released.
    year = yaml.safe_load((review / "CITATION.cff").read_text())["version"].partition(".")[0]
    assert main(["release", f"{year}.1", *at]) == 1
    assert f"data/trials/{EXAMPLE} is invented: remove it" in capsys.readouterr().err
    shutil.rmtree(review / "data/trials" / EXAMPLE)

    # The second study makes the sentence on the first page false.
    land(review, "smith2016", "pain", ("Exercise", 40, 30, 20), ("Control", 40, 40, 20))
    assert main(["check", *at]) == 0
    land(review, "jones2018", "pain", ("Exercise", 50, 34, 20), ("Control", 50, 40, 20))
    capsys.readouterr()
    line = (review / "index.md").read_text().splitlines().index(":::{holds} main.k < 2") + 1
    assert main(["check", *at]) == 1
    assert f"index.md:{line}: statement: no longer holds: main.k is 2" in capsys.readouterr().out
    edit(review / "index.md", "main.k < 2", "main.k == 2 and main.estimate < 0")
    told = "The difference was {{ main.estimate }} mm (95% CI {{ main.ci }})."
    edit(review / "index.md", "No answer yet: fewer than two studies have a usable result.", told)
    commit(review, "Add two studies")

    done = run(review, ".venv/bin/python", "-m", "livingreview", "release", f"{year}.1")
    assert done.returncode == 0, done.stdout + done.stderr
    place, article = f"_build/releases/{year}.1/hipreview-{year}.1.zip", f"_build/site/{year}.1/hipreview.pdf"
    assert f"The pages and documents are in {place}\n" in done.stdout
    assert main(["site", *at]) == 0
    for path in (place, article):
        assert main(["verify", str(review / path), *at]) == 0
        assert path in (review / "README.md").read_text()
    record = yaml.safe_load((review / f"data/releases/{year}.1.yml").read_text())
    assert set(documents(review)) < set(record["builds"][0]["documents"])
    pages = review / f"_build/site/{year}.1"
    page, results = (
        BeautifulSoup((pages / name).read_text(), "lxml") for name in ("index.html", "chapters/results.html")
    )
    shown = ODD.replace('"Quotes"', "“Quotes”")
    assert page.h1.get_text().removesuffix("#").strip() == shown
    assert page.title.get_text() == f"{shown} — {ODD}"
    printed = " ".join(part.extract_text() for part in PdfReader(review / article).pages)
    for text in (results.get_text(), printed):
        assert "Smith 2016" in text and "Jones 2018" in text and "−7.8" in text and EXAMPLE not in text

    # An engine that is not there changes nothing.
    done = run(review, "make", "upgrade", f"TO={'0' * 40}")
    assert done.returncode == 2 and f"@{'0' * 40} cannot be installed" in done.stderr
    assert git(review, "status", "--porcelain") == ""

    # Another engine: its commit is pinned, and the numbers that it gives otherwise are listed.
    done = run(review, "make", "upgrade", f"TO={second}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nmain.estimate: −7.8 → −7.78\n" in done.stdout, done.stdout
    assert engine.read_pin(review) == f"livingreview @ {address}@{second}"
    changed = git(review, "status", "--porcelain").splitlines()
    assert [each.split()[1] for each in changed] == ["requirements.txt"]
    done = run(review, "make", "upgrade", f"TO={first}")
    assert done.returncode == 2 and "commit this first" in done.stderr


def _engines(folder: Path) -> tuple[str, tuple[str, str]]:
    """Make a repository with this engine, and with one that prints a decimal more."""
    place = folder / "engine"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "livingreview", place / "livingreview", ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", place)
    begin(place)
    first, measures = git(place, "rev-parse", "HEAD"), place / "livingreview/effects/measures.py"
    edit(measures, "    digits: int = 1\n", "    digits: int = 2\n")
    commit(place, "Print a decimal more")
    return f"git+file://localhost{place}", (first, git(place, "rev-parse", "HEAD"))


@pytest.mark.book
def test_a_review_recorded_with_an_earlier_engine_passes_its_tests_and_builds(tmp_path):
    review = give_environment(Path(shutil.copytree(ROOT / "tests/instance", tmp_path / "instance")))
    done = run(review, "make", "test")
    assert done.returncode == 0 and "Ran 3 tests" in done.stderr, done.stdout + done.stderr
    page = BeautifulSoup((review / "_build/html/index.html").read_text(), "lxml").get_text()
    # The same in metafor: rma(c(-10, -6, 0), c(20, 16, 1.6), test = "adhoc").
    assert "all invented, the difference was −4.2 mm (95% CI −17.6 to 9.3)." in page
    assert list((review / "_build/html/chapters/trials").glob("*.html"))
