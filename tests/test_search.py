"""A search finds what is new, says why, and never takes silence for an answer."""

from dataclasses import replace
from datetime import date

import pytest
from invented_review import cases, contents, edit
from loopback import ANSWERS, Loopback

from livingreview.__main__ import main
from livingreview.evidence import check_evidence, evidence_hash, load_evidence
from livingreview.exhibits import flow_figure
from livingreview.living import Run, Web, record, report, search
from livingreview.living.records import Known, Record
from livingreview.living.search import SOURCES, read_ris
from livingreview.living.web import CLINICALTRIALS, EUROPEPMC, PUBMED
from livingreview.reviews import Review

TODAY = date(2031, 5, 4)
PARAMETERS = {
    "pubmed": {"term": "als AND rowing"},
    "europepmc": {"query": "als AND rowing"},
    "clinicaltrials": {"query.cond": "als", "query.intr": "rowing"},
}
NAMES = {"pubmed": PUBMED, "europepmc": EUROPEPMC, "clinicaltrials": CLINICALTRIALS}
ALPHA = {"pmid": "101", "title": "Alpha", "authors": [("Alpha", "A")], "year": 2001}
BETA = {"pmid": "102", "doi": "10.1000/BETA", "title": "Beta", "year": 2002}
NEW = {
    "pmid": "50000001",
    "doi": "10.1000/rowing",
    "title": "Rowing on a lake or on land in <i>amyotrophic</i> lateral sclerosis &amp; after it",
    "authors": [("van der Ruder", "R"), ("Stroke", "S"), ("Bow", "B"), ("Cox", "C")],
    "year": 2030,
}
PLAIN = "Rowing on a lake or on land in amyotrophic lateral sclerosis & after it"
STUDY = {"nct": "NCT00000909", "title": "Rowing in the dark"}


def result(told, title=None):
    """Tell a record of PubMed as Europe PMC would."""
    said = {"id": told["pmid"], "source": "MED", "pmid": told["pmid"], "title": title or told["title"]}
    doi = {"doi": told["doi"]} if "doi" in told else {}
    return said | doi | {"pubYear": str(told["year"]), "authorString": "Any B."}


@pytest.fixture
def server(monkeypatch):
    """The services, each with what the review knows."""
    services = Loopback(monkeypatch)
    services.found = {
        PUBMED: [ALPHA, BETA],
        EUROPEPMC: [result(ALPHA)],
        CLINICALTRIALS: [{"nct": "NCT00000101", "title": "Alpha trial"}],
    }
    return services


def searched(root, today=TODAY):
    run = search(root, today=today)
    record(root, run)
    return run


def waiting(**records) -> Run:
    """Give a run of a search that found these records, by their id."""
    run = {"search_id": "2031-05-04-x-exercise", "date": "2031-05-04", "source": "X", "query": "exercise"}
    found = {"found": run["date"], "search_id": run["search_id"], "source": "X", "reason": "exercise: new"}
    empty = dict.fromkeys(("authors", "year", "journal", "doi", "pmid", "registry"), "")
    rows = [empty | found | {"record_id": name} | told for name, told in records.items()]
    return Run([run | {"records": str(len(rows)), "new": str(len(rows)), "note": ""}], rows)


# What the services say


PAGES = {
    "pubmed": [{"pmid": str(n), "title": f"Title {n}"} for n in range(1, 6)],
    "europepmc": [result(NEW | {"pmid": str(n)}) for n in range(1, 6)],
    "clinicaltrials": [{"nct": f"NCT0000000{n}", "title": "T"} for n in range(1, 6)],
}


@pytest.mark.parametrize("slug", SOURCES)
def test_a_source_is_read_page_by_page(server, tmp_path, slug, monkeypatch):
    for name in ("PUBMED_BATCH", "EUROPEPMC_PAGE", "CLINICALTRIALS_PAGE"):
        monkeypatch.setattr(f"livingreview.living.sources.{name}", 2)
    server.found[NAMES[slug]] = PAGES[slug]
    with Web(tmp_path) as web:
        records = SOURCES[slug](web, PARAMETERS[slug])
    assert PARAMETERS[slug].items() <= server.asked[0][1].items()
    server.found[NAMES[slug]] = []
    with Web(tmp_path / "anew") as web:
        assert SOURCES[slug](web, PARAMETERS[slug]) == []
    assert [(each.pmid or each.registration)[-1] for each in records] == ["1", "2", "3", "4", "5"]
    if slug == "clinicaltrials":
        first = records[0]
        assert first.registry == ("NCT00000001", "2020-001234-12") and first.registered
        assert (first.year, first.names) == (2025, ["Invented Sponsor"])


@pytest.mark.parametrize(("slug", "bodies", "message"), cases("answers"))
def test_an_answer_of_another_form_is_refused_with_what_was_expected(server, tmp_path, slug, bodies, message):
    server.faults[NAMES[slug]] = [(200, {}, body.encode()) for body in bodies]
    with Web(tmp_path) as web, pytest.raises(ValueError) as raised:
        SOURCES[slug](web, PARAMETERS[slug])
    assert message in str(raised.value) and str(raised.value).startswith(f"{NAMES[slug]}: ")


# What is known


TITLE = "Effects of supervised rowing on function in amyotrophic lateral sclerosis: a randomized trial"
ONE = Record((), TITLE, (("van der Ruder", "R"),), 2030)


@pytest.mark.parametrize(("own", "differs", "reason"), cases("known"))
def test_a_record_is_known_by_a_number_or_by_title_author_and_year(own, differs, reason):
    first, known = replace(ONE, **own), Known()
    known.add(first, "known")
    name, why = known.look_up(replace(first, **differs))
    assert why.startswith(reason) and name == ("" if reason else "known")


# A run


def test_a_new_record_waits_with_the_reason_it_was_caught(server, screened):
    # The number that the second source adds is kept.
    server.found[PUBMED].append({key: value for key, value in NEW.items() if key != "doi"})
    retracted = result(NEW | {"pmid": "9", "doi": "10.1000/w"}, "Withdrawn")
    retracted |= {"pubType": "Retracted Publication"}
    server.found[EUROPEPMC] += [result(NEW, PLAIN), retracted]
    server.found[CLINICALTRIALS].append(STUDY)
    hashed = evidence_hash(screened)
    searched(screened)
    assert (screened / "data/searches.csv").read_text().splitlines()[1:] == [
        "2031-05-04-clinicaltrials-rowing,2031-05-04,ClinicalTrials.gov,rowing,2,1,",
        "2031-05-04-europepmc-rowing,2031-05-04,Europe PMC,rowing,3,1,",
        "2031-05-04-pubmed-rowing,2031-05-04,PubMed,rowing,3,1,",
    ]
    rows = {row["record_id"]: row for row in load_evidence(screened).candidates.to_dict("records")}
    assert list(rows) == ["NCT00000909", "pmid50000001", "pmid9"]
    assert rows["pmid9"]["reason"].endswith("; retracted")
    row = rows["pmid50000001"]
    assert row["doi"] == "10.1000/rowing"
    assert row["title"] == PLAIN and row["authors"] == "van der Ruder R; Stroke S; Bow B; et al."
    assert (row["source"], row["search_id"]) == ("PubMed, Europe PMC", "2031-05-04-pubmed-rowing")
    assert row["reason"] == "rowing: no number or title like it is known" and row["found"] == TODAY
    assert check_evidence(screened) == [] and evidence_hash(screened) == hashed
    assert "Records awaiting screening: 3." in flow_figure(Review(screened)).alt
    # A search that finds nothing is recorded, and what waits is not new again.
    before = (screened / "data/candidates.csv").read_bytes()
    run = searched(screened)
    assert run.candidates == [] and (screened / "data/candidates.csv").read_bytes() == before
    assert [row["search_id"] for row in run.searches][0] == "2031-05-04-pubmed-rowing-2"
    assert load_evidence(screened).searches.new.tolist() == [1, 0, 1, 0, 1, 0]
    assert check_evidence(screened) == []


def test_a_source_that_fails_is_told_and_the_others_are_recorded(server, screened, capsys):
    server.found[PUBMED].append(NEW)
    server.faults[EUROPEPMC] = [(404, {}, b"")]
    assert main(["search", "--root", str(screened)]) == 1
    assert "Europe PMC: 404 Not Found: it does not know what was asked for" in capsys.readouterr().err
    assert load_evidence(screened).searches.source.tolist() == ["ClinicalTrials.gov", "PubMed"]
    # Next time it is asked again, and what it had not said is found.
    other = {"pmid": "50000002", "doi": "10.1000/other", "title": "Another new title"}
    server.found[EUROPEPMC].append(result(NEW | other))
    run = searched(screened, date(2031, 5, 5))
    assert run.faults == [] and [row["record_id"] for row in run.candidates] == ["pmid50000002"]


def test_a_source_that_does_not_find_what_is_known_fails_the_run(server, screened, capsys):
    server.found[CLINICALTRIALS].append(STUDY)
    server.found[PUBMED] = [ALPHA, NEW]
    before = contents(screened)
    assert main(["search", "--root", str(screened), "--report", str(screened / "r.md")]) == 1
    assert contents(screened) == before
    told = capsys.readouterr()
    assert "PubMed, rowing: expected to find 10.1000/beta again, found 2 records without" in told.err
    assert "Nothing was written" in told.err and told.out == ""


# Files of other databases

RIS = (ANSWERS / "embase.ris").read_text()


def test_a_ris_file_is_judged_like_a_search_and_recorded(screened, tmp_path, capsys):
    title = RIS.rpartition("TI  - ")[2].partition("\n")[0]
    edit(screened / "data/trials/alpha2001/trial.yml", "title: An invented trial", f"title: {title}")
    path = tmp_path / "embase.ris"
    path.write_bytes(b"\xef\xbb\xbf" + RIS.encode())
    words = ["search", "--root", str(screened), "--import", str(path), "--source", "Embase"]
    assert main(words) == 0 and "Embase, import: 3 records, 1 new" in capsys.readouterr().out
    (row,) = load_evidence(screened).candidates.to_dict("records")
    assert (row["record_id"], row["doi"], row["year"]) == ("doi10.1000/swim", "10.1000/swim", 2029)
    assert row["reason"] == "import: names NCT00000101 of alpha2001"
    (run,) = load_evidence(screened).searches.to_dict("records")
    assert (run["source"], run["note"]) == ("Embase", "Read from the file embase.ris")
    assert check_evidence(screened) == []
    assert main(words) == 0 and "3 records, 0 new" in capsys.readouterr().out


def test_what_waits_is_exported_and_comes_back_the_same(server, screened, tmp_path, capsys):
    server.found[PUBMED].append(NEW)
    server.found[CLINICALTRIALS].append(STUDY)
    searched(screened)
    path = tmp_path / "waiting.ris"
    assert main(["search", "--root", str(screened), "--export", str(path)]) == 0
    assert f"2 records in {path}" in capsys.readouterr().out
    first, second = read_ris(path, "Screening program")
    assert first.registry == ("NCT00000909", "2020-001234-12") and first.registered
    assert (second.pmid, second.title, second.doi, second.year) == ("50000001", PLAIN, "10.1000/rowing", 2030)
    assert (
        main(["search", "--root", str(screened), "--import", str(path), "--source", "Screening program"]) == 0
    )
    assert "2 records, 0 new" in capsys.readouterr().out


def test_a_file_that_is_no_ris_is_refused(screened, tmp_path, capsys):
    path, before = tmp_path / "x.ris", contents(screened)
    for content, message in (
        (b"", "found 0 beginnings and 0 ends"),
        (RIS.encode()[:-8], "found 3 beginnings and 2 ends"),
        (b"TY  - JOUR\nTI  - One\nER  - \nTY  - JOUR\nlost\nER  - \n", "expected a tag such as TI after TY"),
        ("TY  - JOUR\nTI  - \u00e9\nER  - \n".encode("latin-1"), "expected UTF-8 text"),
    ):
        path.write_bytes(content)
        assert main(["search", "--root", str(screened), "--import", str(path), "--source", "Embase"]) == 1
        assert message in capsys.readouterr().err and contents(screened) == before


# For the person who screens


def test_nothing_in_a_report_is_markup_and_it_fits_into_an_issue():
    (row,) = waiting(a={"title": "`@someone` <img src=x>\n# [x](y)", "year": 2030.0}).candidates
    told = report([row], ["PubMed: `down`"])
    assert "- `a`: `'@someone' <img src=x> # [x](y)`, `authors not given`, 2030 (`exercise: new`)" in told
    assert "- `PubMed: 'down'`" in told and told.startswith("1 record of our searches waits")
    told = report([row | {"title": "x" * 400, "authors": "y" * 200, "reason": "z" * 400}] * 5000, [])
    assert len(told) < 65_536 and "and 4880 more in `data/candidates.csv`" in told
    assert report([], []) == ""
