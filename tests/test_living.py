"""The whole story: a version is out, a trial lands, a search finds nothing, a source lies."""

import json
import re
import shutil
from datetime import date, timedelta
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
import test_freshness
import test_search
from bs4 import BeautifulSoup
from conftest import MiniBook
from docutils import nodes
from docutils.utils import new_document
from invented_review import edit
from loopback import Fault
from made_up import commit, git
from pypdf import PdfReader

from livingreview.__main__ import main
from livingreview.book.prose import _say_retired, freshness_foot
from livingreview.book.site import build_site
from livingreview.evidence import load_evidence
from livingreview.exhibits import searches_table
from livingreview.living import record, search
from livingreview.release.archive import digests, file_digest, pack
from livingreview.release.cut import release
from livingreview.release.freshness import freshness
from livingreview.release.records import Record, write_record
from livingreview.release.results import from_text, history, moved, results, to_text
from livingreview.release.stamp import archive_name
from livingreview.reviews import Review
from livingreview.statistics import synthesise

ready, held, server = test_search.ready, test_search.held, test_search.server
ATOM = "{http://www.w3.org/2005/Atom}"
URL = "https://review.example/"
DAY, WEEK = date.today() + timedelta(days=1), timedelta(weeks=1)
# A version of the year before, so that the next one is the first of this year.
FIRST, SECOND = f"{date.today().year - 1}.1", f"{date.today().year}.1"
CHAPTERS = ("number", "versions")
VERSIONS = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3, language: python}
---

# Versions

The last recorded version is {{ versions.latest }} of {{ versions.latest_date }}.

```{code-cell} python3
:tags: [remove-input]
from livingreview.exhibits import moments_table, searches_table
from livingreview.reviews import Review
review = Review()
moments_table(review)
```

```{code-cell} python3
:tags: [remove-input]
searches_table(review)
```
"""
CONTRACT = test_freshness.CONTRACT.replace("Europe PMC", "Europe PMC, ClinicalTrials.gov")
ARMS = """arm,outcome,timepoint_weeks,n,mean,sd,se,events,source,locator,note,n_basis
training,score,26,40,30,5,,,report,abstract,,analysed
usual,score,26,40,20,5,,,report,abstract,,analysed
"""
CARD = """title: Another invented trial
label: Omega 2030
unit: trial
question: exercise
allocation: randomized
design: Invented
people: {n: 80, source: report, locator: abstract}
arms:
  training: {label: Training, role: intervention}
  usual: {label: Usual care, role: comparator}
contrasts:
  training_vs_usual: {intervention: training, comparator: usual, kind: control}
sources:
  report: {kind: primary_abstract, doi: 10.9999/omega.30, seen: 2030-05-01}
missing: [Everything else]
readers: {extracted: nobody}
"""


def keep(root, version: str, day: str) -> None:
    """Keep what the review says now as a version, and archive a page of it."""
    kept = to_text(results(load_evidence(root)).assign(date=day))
    (root / "data/releases").mkdir(exist_ok=True)
    (root / f"data/releases/{version}.csv").write_text(kept)
    commit(root, f"Release {version}")
    pages, archive = root / "_build/pages", root / "_build/releases" / version / archive_name(root, version)
    pages.mkdir(parents=True)
    archive.parent.mkdir(parents=True)
    (pages / "index.html").write_text("The first version.")
    pack(pages, archive, 0)
    made = {archive.name: {"bytes": archive.stat().st_size, "sha256": file_digest(archive)}}
    head = git(root, "rev-parse", "HEAD")
    files = {name: (digest,) for name, digest in digests(pages).items()}
    build = {"python": "3", "system": "x", "libraries": "x", "text_sha256": "0" * 64, "documents": made}
    write_record(root, Record(version, head, day, "0" * 16, "0" * 64, (build,), files))
    commit(root, f"Record version {version}")


@pytest.fixture
def living(held):
    """The invented review, with a promise, queries and three chapters, as a repository with one version."""
    edit(
        held / "data/protocol.yml",
        "last_search: Never.\n",
        f"last_search: Never.\nreplays: [2002]\n{CONTRACT}",
    )
    book = MiniBook(held).fill()
    book.write("chapters/versions.md", VERSIONS)
    book.write("_toc.yml", f"{book.read('_toc.yml')}  - file: chapters/versions\n")
    printed = "chapters/number, chapters/versions"
    book.write("_config.yml", book.read("_config.yml").replace("chapters/number", printed))
    book.write("CHANGELOG.md", "# Changes\n\n## Unreleased\n\n### Evidence\n- Nothing yet.\n")
    book.write("pyproject.toml", '[project]\nversion = "0"\n')
    book.write(".gitignore", "_build/\n__pycache__/\n")
    git(held, "init", "-q", "-b", "main")
    for name, said in (("name", "Nobody"), ("email", "nobody@example.org")):
        git(held, "config", f"user.{name}", said)
    keep(held, FIRST, f"{FIRST[:4]}-01-02")
    return held


def entries(root) -> dict[str, str]:
    """Read the feed: title to summary, newest first."""
    feed = ElementTree.parse(build_site(root, url=URL) / "feed.xml").getroot()
    assert feed.find(f"{ATOM}updated").text == feed.find(f"{ATOM}entry/{ATOM}updated").text
    found = feed.findall(f"{ATOM}entry")
    assert all(each.find(f"{ATOM}{part}") is not None for each in found for part in ("id", "link", "updated"))
    assert len({each.find(f"{ATOM}id").text for each in found}) == len(found)
    return {each.find(f"{ATOM}title").text: each.find(f"{ATOM}summary").text for each in found}


def gained(root, moment: str) -> tuple[str, ...]:
    """Name the studies that the first analysis gained."""
    labels = load_evidence(root).trials.set_index("trial_id").label.to_dict()
    return moved(history(load_evidence(root)), labels)[moment][0].gained


def later(root, day: date) -> None:
    """Search on a day so much later that no answer kept from before is good any more."""
    for path in (root / "_build").glob("[!r]*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    record(root, search(root, today=day))


def shown(page: str) -> str:
    """Give the words of a page, on one line."""
    return " ".join(BeautifulSoup(page, "lxml").article.get_text(" ").split())


def printed(pdf) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(pdf).pages).split())


def pooled(root) -> str:
    """Say the result as the chapter of the small book does."""
    return f"The pooled difference is {synthesise('function', load_evidence(root)).estimate:.6f} points."


def test_a_trial_lands_then_a_search_finds_nothing_then_a_source_lies(living, server, capsys):
    assert (
        list(entries(living)) == [f"Version {FIRST}"]
        and not freshness(load_evidence(living)).told["searched"]
    )
    old = pooled(living)

    # A trial lands: the command begins its folder, a person fills it in.
    at = ["--root", str(living)]
    assert (
        main(["add", "omega2030", "--offline", "--doi", "10.9999/omega.30", "--question", "exercise", *at])
        == 0
    )
    folder = living / "data/trials/omega2030"
    (folder / "trial.yml").write_text(CARD)
    (folder / "arms.csv").write_text(ARMS)
    (folder / "reported.csv").unlink(missing_ok=True)
    edit(living / "data/screening.csv", ",awaiting,allocation_unclear,", ",included,,")
    assert main(["check", *at]) == 0
    capsys.readouterr()
    assert main(["diff", FIRST, *at]) == 0
    said = capsys.readouterr().out
    assert "omega2030" in said and "Training and function" in said
    assert gained(living, "present draft") == ("Omega 2030",)
    commit(living, "Add trial omega2030")

    # The next version is built and packed, and says so on its pages, in its PDF, in the list and in the feed.
    release(living, SECOND, dry_run=False, echo=print)
    assert f"## {SECOND}\n\n### Evidence\n- Adds omega2030" in (living / "CHANGELOG.md").read_text()
    told = entries(living)
    assert list(told) == [f"Version {SECOND}", f"Version {FIRST}"]
    assert ", with omega2030." in told[f"Version {SECOND}"]
    kept = from_text((living / f"data/releases/{SECOND}.csv").read_text()).date.iloc[0]
    due = date.fromisoformat(kept) + timedelta(days=183)
    assert f"next version due by {due:%-d %B %Y}" in freshness(load_evidence(living)).words
    site, new = living / "_build/site", pooled(living)
    number, history_page = (shown((site / SECOND / f"chapters/{name}.html").read_text()) for name in CHAPTERS)
    paper = printed(living / f"_build/site/{SECOND}/review.pdf")
    assert new != old and "Omega 2030" in number and "Omega 2030" in paper
    assert new in number and old not in number and new in paper and old not in paper
    assert (
        f"The last recorded version is {SECOND} of " in history_page and "added: Omega 2030" in history_page
    )
    # The PDF breaks words at the ends of lines.
    unbroken = re.sub(r"(?<=[a-z])- (?=[a-z])", "", paper)
    assert "added: Omega 2030" in unbroken and gained(living, SECOND) == ("Omega 2030",)

    # A search that finds nothing is news.
    later(living, DAY)
    now = freshness(load_evidence(living)).told
    assert (now["searched"], now["waiting"]) == (str(DAY), 0)
    told = entries(living)
    assert list(told)[0] == f"Search of {DAY}" and told[f"Search of {DAY}"].endswith("nothing new.")
    # A replay is told on the page and is no version that could be chosen or cited.
    assert history(load_evidence(living)).moment.iloc[0] == "end of 2002"
    offered = json.loads((site / "versions.json").read_text())["versions"]
    assert [each["version"] for each in offered] == [SECOND, FIRST]
    assert (site / "freshness.json").read_text() == freshness(load_evidence(living)).to_json()
    page = (site / "versions/index.html").read_text()
    assert f"{DAY}</time>: {told[f'Search of {DAY}']}" in page
    events = BeautifulSoup(searches_table(Review(living)).html, "lxml").get_text(" ", strip=True)
    assert f"{DAY} {told[f'Search of {DAY}']}" in " ".join(events.split())
    before = {path.name: path.read_bytes() for path in (living / "data").glob("*.csv")}

    # A source that is down finishes nothing, and one that lacks a trial it must hold is not believed.
    server.faults["ncbi"] = [Fault(500)] * 50
    later(living, DAY + WEEK)
    searched = load_evidence(living).searches
    assert set(searched.source[searched.date == DAY + WEEK]) == {"ClinicalTrials.gov", "Europe PMC"}
    assert freshness(load_evidence(living)).told["searched"] == str(DAY), (
        "as fresh as the source that was down"
    )
    server.faults.clear()
    server.found["europepmc"]["*"] = []
    now = {path.name: path.read_bytes() for path in (living / "data").glob("*.csv")}
    assert now["candidates.csv"] == before["candidates.csv"]
    with pytest.raises(ValueError, match="Europe PMC"):
        later(living, DAY + 2 * WEEK)
    assert now == {path.name: path.read_bytes() for path in (living / "data").glob("*.csv")}


# ---- the book


def test_every_page_says_how_fresh_the_review_is_kept(real_book, root):
    told = freshness_foot(freshness(load_evidence(root)))
    pages = sorted(real_book.html.parent.rglob("*.html"))
    for page in (page for page in pages if "_static" not in page.parts):
        text = page.read_text(encoding="utf-8")
        if "lr-stamp" in text:
            assert told in text and "lr-freshness.js" in text, page
    assert told in real_book.html.read_text(encoding="utf-8")


def test_a_retired_review_says_so_under_the_heading_of_every_chapter(review):
    edit(
        review / "data/protocol.yml",
        "last_search: Never.\n",
        f"last_search: Never.\nretired: {{date: 2030-01-01, reason: Answered.}}\n{CONTRACT}",
    )
    title = nodes.title("", "A chapter")
    doctree = new_document("chapter")
    doctree += nodes.section("", title, nodes.paragraph("", "Text."), ids=["a"])
    _say_retired(SimpleNamespace(srcdir=str(review)), doctree)
    box = title.parent[1]
    assert box.astext() == "This review was retired on 1 January 2030: Answered. It is kept as it was."
    assert box["classes"] == ["lr-notice", "lr-retired"]
    living = new_document("chapter")
    edit(review / "data/protocol.yml", "retired: {date: 2030-01-01, reason: Answered.}\n", "")
    living += nodes.section("", nodes.title("", "A chapter"), ids=["a"])
    _say_retired(SimpleNamespace(srcdir=str(review)), living)
    assert len(living[0]) == 1
