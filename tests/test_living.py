"""The whole story: a version is out, a trial lands, a search finds nothing, a source is down."""

import json
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
from invented_review import edit, keep_version, land
from made_up import begin, commit, git

from livingreview.__main__ import main
from livingreview.book.prose import _say_retired
from livingreview.book.site import build_site
from livingreview.evidence import load_evidence
from livingreview.exhibits import searches_table
from livingreview.living import record, search
from livingreview.living.web import PUBMED
from livingreview.release.archive import digests, file_digest, pack
from livingreview.release.freshness import freshness
from livingreview.release.records import Record, write_record
from livingreview.release.results import history, moved
from livingreview.release.stamp import archive_path
from livingreview.reviews import Review

server = test_search.server
ATOM = "{http://www.w3.org/2005/Atom}"
URL = "https://review.example/"
DAY, WEEK = date(2027, 6, 7), timedelta(weeks=1)
FIRST, SECOND = "2026.1", "2027.1"
CONTRACT = test_freshness.CONTRACT.replace("Europe PMC", "Europe PMC, ClinicalTrials.gov")


def keep(root, version: str, day: str) -> None:
    """Keep what the review says now as a version, and archive a page of it."""
    keep_version(root, version, day)
    commit(root, f"Release {version}")
    pages, archive = root / "_build/pages", archive_path(root, version)
    for folder in (pages, archive.parent):
        folder.mkdir(parents=True, exist_ok=True)
    (pages / "index.html").write_text("A version.")
    pack(pages, archive, 0)
    made = {archive.name: {"bytes": archive.stat().st_size, "sha256": file_digest(archive)}}
    head = git(root, "rev-parse", "HEAD")
    files = {name: (digest,) for name, digest in digests(pages).items()}
    build = {"python": "3", "system": "x", "libraries": "x", "text_sha256": "0" * 64, "documents": made}
    write_record(root, Record(version, head, day, "0" * 16, "0" * 64, (build,), files))
    commit(root, f"Record version {version}")


@pytest.fixture
def living(screened):
    """The invented review, with a promise and queries, as a repository with one version."""
    told = f"last_search: Never.\nreplays: [2002]\n{CONTRACT}"
    edit(screened / "data/protocol.yml", "last_search: Never.\n", told)
    book = MiniBook(screened).fill()
    book.write("CHANGELOG.md", "# Changes\n\n## Unreleased\n\n### Evidence\n- Nothing yet.\n")
    book.write(".gitignore", "_build/\n__pycache__/\n")
    begin(screened)
    keep(screened, FIRST, "2026-12-02")
    return screened


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
    shutil.rmtree(root / "_build/search", ignore_errors=True)
    record(root, search(root, today=day))


def test_a_trial_lands_then_a_search_finds_nothing_then_a_source_is_down(living, server, capsys):
    assert list(entries(living)) == [f"Version {FIRST}"]
    assert not freshness(load_evidence(living)).told["searched"]

    # A trial lands: the command begins its folder, a person says what was compared.
    arms = ("Training", 40, 30, 5), ("Usual", 40, 20, 5)
    land(living, "omega2030", "score", *arms, question="exercise")
    edit(living / "data/screening.csv", ",awaiting,allocation_unclear,", ",included,,")
    at = ["--root", str(living)]
    capsys.readouterr()
    assert main(["check", *at]) == main(["diff", FIRST, *at]) == 0
    said = capsys.readouterr().out
    assert "omega2030" in said and "Training and function" in said
    assert gained(living, "present draft") == ("Omega 2030",)

    # The next version says so in the list and in the feed.
    keep(living, SECOND, "2027-06-01")
    told = entries(living)
    assert list(told) == [f"Version {SECOND}", f"Version {FIRST}"]
    assert ", with omega2030." in told[f"Version {SECOND}"]
    assert "next version due by 1 December 2027" in freshness(load_evidence(living)).words
    assert gained(living, SECOND) == ("Omega 2030",)

    # A search that finds nothing is news.
    later(living, DAY)
    now = freshness(load_evidence(living)).told
    assert (now["searched"], now["waiting"]) == (str(DAY), 0)
    told = entries(living)
    assert list(told)[0] == f"Search of {DAY}" and told[f"Search of {DAY}"].endswith("nothing new.")
    # A replay is told on the page and is no version that could be chosen or cited.
    assert history(load_evidence(living)).moment.iloc[0] == "end of 2002"
    site = living / "_build/site"
    offered = json.loads((site / "versions.json").read_text())["versions"]
    assert [each["version"] for each in offered] == [SECOND, FIRST]
    assert (site / "freshness.json").read_text() == freshness(load_evidence(living)).to_json()
    page = (site / "versions/index.html").read_text()
    assert f"{DAY}</time>: {told[f'Search of {DAY}']}" in page
    events = BeautifulSoup(searches_table(Review(living)).html, "lxml").get_text(" ", strip=True)
    assert f"{DAY} {told[f'Search of {DAY}']}" in " ".join(events.split())

    # A review is no fresher than the source that was down.
    server.faults[PUBMED] = [(500, {}, b"")] * 4
    later(living, DAY + WEEK)
    searched = load_evidence(living).searches
    assert set(searched.source[searched.date == DAY + WEEK]) == {"ClinicalTrials.gov", "Europe PMC"}
    assert freshness(load_evidence(living)).told["searched"] == str(DAY)


def test_a_retired_review_says_so_under_the_heading_of_every_chapter(review):
    def shown() -> list:
        doctree = new_document("chapter")
        doctree += nodes.section("", nodes.title("", "A chapter"), nodes.paragraph("", "Text."), ids=["a"])
        _say_retired(SimpleNamespace(srcdir=str(review)), doctree)
        return doctree[0].children

    assert len(shown()) == 2
    retired = f"last_search: Never.\nretired: {{date: 2030-01-01, reason: Answered.}}\n{CONTRACT}"
    edit(review / "data/protocol.yml", "last_search: Never.\n", retired)
    _, box, _ = shown()
    assert box.astext() == "This review was retired on 1 January 2030: Answered. It is kept as it was."
    assert box["classes"] == ["lr-notice", "lr-retired"]
