"""A trial is begun with what registries say of it, whole or not at all, and never with a figure."""

import json
import re
from datetime import date

import pytest
import yaml
from invented_review import edit
from loopback import Fault, as_json, loopback
from pybtex.database import parse_string

from alsreview.__main__ import main
from alsreview.evidence import check_evidence, load_evidence, together
from alsreview.extraction import Wish, add, plain_numbers
from alsreview.extraction.crossref import read_work
from alsreview.extraction.lookup import look_up
from alsreview.extraction.reference import with_change, with_entry
from alsreview.extraction.registry import read_study
from alsreview.extraction.report import Report
from alsreview.surveillance import Store, Web, known_services, open_web

TODAY = date(2027, 1, 4)
DOI, PMID, NCT = "10.9999/omega.27", "12345678", "NCT01234567"
WORK = {
    "DOI": DOI,
    "title": ["Training &amp; <i>function</i> in 100 % of people"],
    "author": [{"given": "Ada B.", "family": "Ómega"}, {"name": "The Invented Group"}],
    "container-title": ["Journal of Invented {Trials}"],
    "published": {"date-parts": [[2027, 3]]},
    "volume": "12",
    "issue": "3",
    "page": "101-110",
    "clinical-trial-number": [{"clinical-trial-number": "nct01234567", "registry": "10.18810/x"}],
}
STUDY = {
    "protocolSection": {
        "identificationModule": {"nctId": NCT, "briefTitle": "Training", "officialTitle": "Training in ALS"},
        "statusModule": {"studyFirstPostDateStruct": {"date": "2025-02-03"}},
        "designModule": {
            "designInfo": {
                "allocation": "RANDOMIZED",
                "interventionModel": "PARALLEL",
                "maskingInfo": {"masking": "SINGLE", "whoMasked": ["OUTCOMES_ASSESSOR"]},
            },
            "enrollmentInfo": {"count": 7531, "type": "ACTUAL"},
        },
        "armsInterventionsModule": {
            "armGroups": [
                {"label": "Endurance: bicycle", "type": "EXPERIMENTAL"},
                {"label": "Usual care", "type": "NO_INTERVENTION"},
            ]
        },
        "contactsLocationsModule": {"locations": [{"country": "Italy"}, {"country": "Italy"}]},
    },
    "resultsSection": {"outcomeMeasuresModule": {"outcomeMeasures": [{"value": "8642"}]}},
}
ARTICLE = """<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article><Journal>
<JournalIssue><Volume>12</Volume><Issue>3</Issue><PubDate><Year>2027</Year></PubDate></JournalIssue>
<Title>Journal of Invented Trials</Title></Journal><ArticleTitle>Training and function.</ArticleTitle>
<Pagination><MedlinePgn>101-10</MedlinePgn></Pagination>
<AuthorList><Author><LastName>Omega</LastName><ForeName>Ada</ForeName></Author></AuthorList>
<PublicationTypeList><PublicationType UI="{ui}">{kind}</PublicationType></PublicationTypeList>
</Article></MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId>
<ArticleId IdType="doi">{doi}</ArticleId></ArticleIdList></PubmedData></PubmedArticle></PubmedArticleSet>"""
HEAD = "record_id,title,question,doi,pmid,registration,url,found_in,search,decision,reason,date,trial_id,note"


def article(ui="D016449", kind="Randomized Controlled Trial", doi=DOI):
    return ARTICLE.format(pmid=PMID, doi=doi, ui=ui, kind=kind).encode()


@pytest.fixture
def hub():
    """Registries that all know the one trial."""
    with loopback() as server:
        server.replies[f"crossref/works/{DOI.replace('/', '%2F')}"] = as_json({"message": WORK})
        server.replies[f"clinicaltrials/studies/{NCT}"] = as_json(STUDY)
        server.replies["ncbi/efetch.fcgi"] = article()
        server.found["ncbi"] = {f'"{DOI}"[AID]': [{"pmid": PMID, "title": "Training and function"}]}
        yield server


@pytest.fixture
def ask(review, hub, monkeypatch):
    """Add a trial to the invented review, by default with all registries."""
    monkeypatch.setenv("ALSREVIEW_SERVICES", hub.url)

    def run(trial_id="omega2027", *, online=True, sheet=None, question="", anyway=False, **numbers):
        wish = Wish(trial_id, plain_numbers(**numbers), question, sheet, anyway)
        if not online:
            return add(review, wish, None, TODAY)
        with open_web(review, store=Store(None), sleep=lambda _: None) as web:
            return add(review, wish, web, TODAY)

    return run


def files(root) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def card(root, trial_id="omega2027") -> dict:
    return yaml.safe_load((root / f"data/trials/{trial_id}/trial.yml").read_text())


@pytest.fixture
def screened(review):
    """The same with a record of each trial, a registered trial, and a record that waits."""
    rows = ["NCT00000000,An invented trial,exercise,,,NCT00000000,,registry,,ongoing,,2020-01-01,,"]
    for trial_id, known in load_evidence(review).cards.items():
        decision = "excluded,historical_controls" if known.get("excluded") else "included,"
        told = f"{trial_id},{trial_id},{known['question']},,1,,,literature,,{decision},2020-01-01,{trial_id},"
        rows += [told] if known["unit"] == "trial" else []
    (review / "data/screening.csv").write_text("\n".join([HEAD, *sorted(rows)]) + "\n")
    return review


@pytest.mark.parametrize("by", [{"doi": f"https://doi.org/{DOI.upper()}"}, {"pmid": PMID}])
def test_the_card_holds_what_the_registries_say(review, hub, ask, by):
    added = ask(**by)
    assert check_evidence(review) == [] and added.refused == ()
    found = card(review)
    assert (
        found["registration"] == NCT
        and found["allocation"] == "randomized"
        and found["question"] == "exercise"
    )
    assert found["label"] == "Omega 2027" and found["unit"] == "trial"
    report = found["sources"]["report"]
    assert (report["doi"], report["pmid"], report["cite"]) == (DOI, PMID, "omega2027")
    assert report["seen"] == TODAY and report["url"] == f"https://doi.org/{DOI}"
    title = {"doi": "Training & function in 100 % of people", "pmid": "Training and function"}
    assert found["title"] == title[next(iter(by))]
    assert found["design"] == "Parallel randomized trial, as registered"
    assert found["blinding"] == "Blinded as registered: outcome assessors" and found["country"] == "Italy"
    assert found["arms"] == {
        "endurance_bicycle": {"label": "Endurance: bicycle", "role": "intervention"},
        "usual_care": {"label": "Usual care", "role": "comparator"},
    }
    assert found["sources"]["registry"]["kind"] == "registry"


def test_no_figure_of_a_result_is_written_even_where_a_registry_has_one(review, ask):
    added = ask(doi=DOI)
    written = "".join((review / name).read_text() for name in added.files if "omega" in name)
    assert "7531" not in written and "8642" not in written
    for table in ("arms.csv", "reported.csv", "harms.csv"):
        (line,) = (review / "data/trials/omega2027" / table).read_text().splitlines()
        assert line.startswith(("arm,outcome", "contrast,outcome", "arm,harm")) and "checked" not in line
    evidence = load_evidence(review)
    assert evidence.arms[evidence.arms.trial_id == "omega2027"].empty


def test_the_card_explains_every_column_and_the_keys_that_are_left_to_read(review, ask):
    ask(doi=DOI)
    text = (review / "data/trials/omega2027/trial.yml").read_text()
    columns = load_evidence(review).columns
    for table in ("arms.csv", "reported.csv", "harms.csv"):
        for name, rule in columns[table].items():
            assert f"#   {name}: {rule['meaning']}" in text
    assert "#   contrasts: Comparisons the trial allows (intervention, comparator, kind" in text
    assert "#   arms:" not in text


def test_the_reference_is_an_entry_that_bibtex_reads_in_its_place(review, ask):
    ask(doi=DOI)
    text = (review / "references.bib").read_text()
    entries = parse_string(text, "bibtex").entries
    assert list(entries) == ["alpha2001", "omega2027", "survey2000"]
    entry = entries["omega2027"]
    assert entry.type == "article" and entry.fields["pages"] == "101--110"
    assert [str(person) for person in entry.persons["author"]] == ["Ómega, Ada B.", "{The Invented Group}"]
    assert entry.fields["title"] == r"Training \& function in 100 \% of people"
    assert entry.fields["doi"] == DOI and entry.fields["year"] == "2027"


def test_a_trial_that_is_only_registered_is_cited_by_its_registry(review, ask):
    ask(nct=NCT)
    entry = parse_string((review / "references.bib").read_text(), "bibtex").entries["omega2027"]
    assert entry.type == "misc" and entry.fields["url"].endswith(NCT)
    assert [str(person) for person in entry.persons["author"]] == ["{ClinicalTrials.gov}"]


def test_a_report_whose_authors_nobody_tells_is_no_article_that_stops_the_book(review, hub, ask):
    work = {name: told for name, told in WORK.items() if name != "author"}
    hub.replies[f"crossref/works/{DOI.replace('/', '%2F')}"] = as_json({"message": work})
    hub.found["ncbi"] = {}
    ask(doi=DOI)
    entry = parse_string((review / "references.bib").read_text(), "bibtex").entries["omega2027"]
    assert entry.type == "misc" and entry.fields["doi"] == DOI


def test_an_entry_that_is_there_stays_as_it_is(review, ask):
    with (review / "references.bib").open("a") as file:
        file.write("\n@misc{omega2027,\n  title = {Mine},\n}\n")
    before = (review / "references.bib").read_bytes()
    added = ask(doi=DOI)
    assert (review / "references.bib").read_bytes() == before
    assert any("has an entry omega2027 already" in note for note in added.notes)


@pytest.mark.parametrize(
    ("changelog", "expected"),
    [
        ("# Changes\n\n## 2026.0\n\n### Evidence\n- One.\n", "## 2026.0\n\n### Evidence\nLINE\n- One.\n"),
        (
            "# Changes\n\n## Unreleased\n\n### Text\n- One.\n",
            "## Unreleased\n\n### Evidence\nLINE\n\n### Text\n- One.\n",
        ),
        (
            "# Changes\n\n## 2026.1\n\n### Evidence\n- One.\n",
            "## Unreleased\n\n### Evidence\nLINE\n\n## 2026.1\n\n### Evidence\n- One.\n",
        ),
        ("# Changes\n", "## Unreleased\n\n### Evidence\nLINE\n"),
    ],
)
def test_the_changelog_gets_a_line_in_a_section_that_is_not_yet_a_version(changelog, expected):
    line = "- Adds omega2027 (Omega 2027): its card, with no figure read yet."
    changed = with_change(changelog, "omega2027")
    assert changed.startswith("# Changes\n")
    assert changed[changed.index("## ") :].rstrip() == expected.replace("LINE", line).rstrip()


def test_offline_the_same_stub_is_made_and_says_so(review, hub, ask):
    added = ask(online=False, doi=DOI, nct=NCT, question="nibs")
    assert hub.asked == []
    assert any("nobody was asked" in note for note in added.notes)
    assert check_evidence(review) == []
    found = card(review)
    assert found["design"] == "Not yet read" and found["allocation"] == "unclear"
    assert found["sources"]["report"]["what"].startswith("Its number alone")


def test_a_question_that_nothing_tells_is_asked_for(review, ask):
    with pytest.raises(ValueError, match=r"expected --question \(one of exercise, nibs\)"):
        ask(online=False, doi=DOI)
    assert any("question: exercise, from the words" in note for note in ask(doi=DOI).notes)


@pytest.mark.parametrize(
    "trial_id", ["../../x", "x", "Omega2027", "omega2027ab", "omega", "2027", "a/b2027", ""]
)
def test_an_id_that_cannot_be_a_folder_is_refused(review, ask, trial_id):
    before = files(review)
    with pytest.raises(ValueError, match="expected first author and year such as lunetta2016"):
        ask(trial_id, doi=DOI)
    assert files(review) == before


def test_a_trial_that_exists_is_left_alone(review, ask):
    before = files(review)
    with pytest.raises(ValueError, match="data/trials/alpha2001 exists: .* such as alpha2001b"):
        ask("alpha2001", doi=DOI)
    assert files(review) == before


def test_two_reports_of_one_trial_are_one_trial(review, ask):
    edit(
        review / "data/trials/alpha2001/trial.yml",
        "allocation: randomized",
        f"allocation: randomized\nregistration: {NCT}",
    )
    for numbers in ({"nct": NCT}, {"doi": DOI}):
        with pytest.raises(
            ValueError, match=f"{NCT} belongs to alpha2001: .*sources of data/trials/alpha2001"
        ):
            ask(**numbers)
    edit(
        review / "data/trials/beta2002/trial.yml",
        "kind: primary_abstract,",
        f'kind: primary_abstract, doi: "{DOI.upper()}",',
    )
    with pytest.raises(ValueError, match="belongs to beta2002"):
        ask(doi=DOI)


def test_a_paper_that_is_only_cited_second_hand_is_no_report_of_that_trial(review, ask):
    edit(
        review / "data/trials/epsilon2005/trial.yml",
        "kind: secondary_meta_analysis,",
        f'kind: secondary_meta_analysis, doi: "{DOI}",',
    )
    ask(doi=DOI)
    assert check_evidence(review) == []


def test_a_retracted_report_stops_unless_it_is_to_be_kept_as_excluded(screened, hub, ask):
    review, before = screened, files(screened)
    hub.replies["ncbi/efetch.fcgi"] = article("D016441", "Retracted Publication")
    with pytest.raises(
        ValueError, match=r"retracted \(PubMed, as a retracted publication\): nothing was written"
    ):
        ask(doi=DOI)
    told = WORK | {"updated-by": [{"type": "retraction", "DOI": "10.9999/notice"}]}
    hub.replies[f"crossref/works/{DOI.replace('/', '%2F')}"] = as_json({"message": told})
    with pytest.raises(ValueError, match="Crossref, by doi:10.9999/notice"):
        ask(doi=DOI)
    assert files(review) == before
    ask(doi=DOI, anyway=True)
    assert card(review)["excluded"].startswith("Retracted (Crossref")
    row = (review / "data/screening.csv").read_text().splitlines()[-2]
    assert check_evidence(review) == [] and "excluded,retracted,2027-01-04,omega2027" in row + str(
        files(review)
    )


@pytest.mark.parametrize(
    "word", ["RETRACTED: Training", "Retracted article: Training", "WITHDRAWN: Training"]
)
def test_a_title_that_says_retracted_is_believed(review, hub, ask, word):
    hub.replies[f"crossref/works/{DOI.replace('/', '%2F')}"] = as_json({"message": WORK | {"title": [word]}})
    with pytest.raises(ValueError, match="is retracted"):
        ask(doi=DOI)


def test_the_notice_of_a_retraction_is_no_trial(review, hub, ask):
    told = WORK | {"update-to": [{"type": "retraction", "DOI": "10.9999/THE.REPORT"}]}
    hub.replies[f"crossref/works/{DOI.replace('/', '%2F')}"] = as_json({"message": told})
    with pytest.raises(ValueError, match="a notice on 10.9999/the.report, not the report of a trial"):
        ask(doi=DOI)


@pytest.mark.parametrize(
    ("numbers", "service"),
    [
        ({"doi": "10.9999/unknown"}, "Crossref"),
        ({"nct": "NCT09999999"}, "ClinicalTrials.gov"),
        ({"pmid": "1"}, "PubMed"),
    ],
)
def test_a_number_that_its_registry_does_not_know_is_refused(review, ask, numbers, service):
    before = files(review)
    with pytest.raises(ValueError, match=f"{service}: .*it does not know .*compare it with the paper"):
        ask(question="exercise", **numbers)
    assert files(review) == before


@pytest.mark.parametrize(
    ("numbers", "named"),
    [
        ({"doi": "omega"}, "--doi"),
        ({"pmid": "12a"}, "--pmid"),
        ({"nct": "ISRCTN12345678"}, "--nct"),
        ({}, "--doi, --pmid or --nct"),
    ],
)
def test_a_number_of_another_form_is_refused(review, ask, numbers, named):
    with pytest.raises(ValueError, match=named):
        ask(**numbers)


def test_a_registry_that_is_down_fills_nothing_and_is_named(review, hub, ask):
    hub.faults = {"crossref": [Fault(503)] * 9}
    added = ask(doi=DOI, question="exercise")
    assert any(
        "Crossref: no answer" in note and "no retraction was looked for there" in note for note in added.notes
    )
    assert card(review)["title"] == "Training and function" and check_evidence(review) == []


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"message": {"DOI": "10.1/other"}}', b'{"message": null}', b"<html>"]
)
def test_an_answer_of_another_form_is_refused(review, hub, ask, body):
    hub.replies[f"crossref/works/{DOI.replace('/', '%2F')}"] = body
    before = files(review)
    with pytest.raises(ValueError, match="Crossref: expected"):
        ask(doi=DOI)
    assert files(review) == before


def test_fields_of_another_kind_are_left_empty(review, hub, ask):
    odd = {"DOI": DOI, "title": "x", "author": "Ada", "published": {"date-parts": [[None]]}, "page": 7}
    hub.replies[f"crossref/works/{DOI.replace('/', '%2F')}"] = as_json({"message": odd})
    hub.replies[f"clinicaltrials/studies/{NCT}"] = as_json(
        {
            "protocolSection": {
                "identificationModule": {"nctId": NCT},
                "designModule": [],
                "armsInterventionsModule": {"armGroups": ["x"]},
            }
        }
    )
    ask(doi=DOI, nct=NCT, question="exercise")
    assert check_evidence(review) == [] and "arms" not in card(review)


def test_a_chapter_of_a_book_and_a_title_in_another_language_are_read_as_the_search_reads_them(hub, tmp_path):
    book = (
        f"<BookDocument><PMID>{PMID}</PMID><VernacularTitle>Entra\u00eenement.</VernacularTitle>"
        "<Book><PubDate><Year>2027</Year></PubDate></Book><AuthorList><Author><LastName>Omega</LastName>"
        "<Initials>A</Initials></Author></AuthorList></BookDocument>"
    )
    hub.replies["ncbi/efetch.fcgi"] = (
        f"<PubmedArticleSet><PubmedBookArticle>{book}</PubmedBookArticle></PubmedArticleSet>".encode()
    )
    services = known_services(tmp_path, {"ALSREVIEW_SERVICES": hub.url})
    with Web(services, Store(None)) as web:
        found = look_up(web, plain_numbers(pmid=PMID)).report
    assert (found.title, found.authors, found.year) == ("Entra\u00eenement", (("Omega", "A"),), "2027")


@pytest.mark.parametrize(
    "odd",
    [
        {"published": {"date-parts": [2016]}},
        {"published": {"date-parts": 5}},
        {"published": [2016]},
        {"author": 5, "clinical-trial-number": 5},
        {"title": [], "container-title": 5, "volume": {"a": 1}},
    ],
)
def test_what_crossref_says_in_another_form_is_as_good_as_not_said(hub, odd):
    told = read_work({"DOI": DOI} | odd)
    assert (told.doi, told.title, told.authors, told.year, told.journal) == (DOI, "", (), "", "")


@pytest.mark.parametrize("updates", [5, "x", [7], {"type": "retraction"}])
@pytest.mark.parametrize("key", ["updated-by", "update-to"])
def test_a_retraction_that_cannot_be_read_does_not_pass_for_none(key, updates):
    with pytest.raises(ValueError, match=f"Crossref: expected '{key}'"):
        read_work(WORK | {key: updates})


@pytest.mark.parametrize(
    "odd",
    [
        {"armsInterventionsModule": {"armGroups": 5}},
        {"armsInterventionsModule": {"armGroups": [{"label": "A", "type": ["x"]}]}},
        {"designModule": {"designInfo": {"allocation": ["x"], "interventionModel": {}, "maskingInfo": 5}}},
        {"designModule": {"designInfo": {"maskingInfo": {"whoMasked": [["x"]]}}}},
        {"contactsLocationsModule": {"locations": 5}, "statusModule": "x"},
    ],
)
def test_what_the_registry_says_in_another_form_is_as_good_as_not_said(odd):
    told = read_study({"identificationModule": {"nctId": NCT}} | odd)
    assert (told.registration, told.allocation, told.blinding, told.country) == (NCT, "", "", "")
    assert told.arms in ((), (("A", ""),))


@pytest.mark.parametrize("told", ["x", {"ERROR": "down"}, {"idlist": "7"}])
def test_an_answer_that_could_not_be_read_is_asked_for_again(hub, tmp_path, told):
    hub.replies[path := "ncbi/esearch.fcgi"] = as_json({"esearchresult": told})
    services = known_services(tmp_path, {"ALSREVIEW_SERVICES": hub.url})
    for turn in (1, 2):
        with (
            Web(services, Store(tmp_path / "kept")) as web,
            pytest.raises(ValueError, match="PubMed: expected"),
        ):
            look_up(web, plain_numbers(doi=DOI))
        assert sum(asked[1] == path for asked in hub.asked) == turn


def test_what_a_registry_says_is_text_and_nothing_else(review, hub, ask):
    nasty = 'a: [b] "c" #d \n@misc{x, } \\input{e} {f <script>g</script>'
    hub.replies[f"crossref/works/{DOI.replace('/', '%2F')}"] = as_json({"message": WORK | {"title": [nasty]}})
    ask(doi=DOI, question="exercise")
    assert check_evidence(review) == []
    assert card(review)["title"] == 'a: [b] "c" #d @misc{x, } \\input{e} {f g'
    entries = parse_string((review / "references.bib").read_text(), "bibtex").entries
    assert list(entries) == ["alpha2001", "omega2027", "survey2000"]


def test_the_record_of_a_trial_becomes_an_included_one(screened, ask):
    ask(doi=DOI)
    rows = (screened / "data/screening.csv").read_text().splitlines()
    (row,) = [row for row in rows if row.startswith("omega2027,")]
    assert row.endswith(f"{DOI},{PMID},{NCT},,literature,,included,,2027-01-04,omega2027,")
    assert check_evidence(screened) == []


@pytest.mark.parametrize(
    ("allocation", "decision"),
    [("NON_RANDOMIZED", "excluded,not_randomized"), ("NA", "awaiting,allocation_unclear")],
)
def test_a_trial_not_known_to_be_randomized_is_not_included(screened, hub, ask, allocation, decision):
    study = json.loads(json.dumps(STUDY).replace('"RANDOMIZED"', f'"{allocation}"'))
    hub.replies[f"clinicaltrials/studies/{NCT}"] = as_json(study)
    ask(nct=NCT, question="exercise")
    assert check_evidence(screened) == []
    assert f",{decision},2027-01-04,omega2027," in (screened / "data/screening.csv").read_text()


def test_a_registered_trial_that_has_reported_is_ongoing_no_more(screened, hub, ask):
    study = json.loads(json.dumps(STUDY).replace(NCT, "NCT00000000"))
    hub.replies["clinicaltrials/studies/NCT00000000"] = as_json(study)
    added = ask(nct="NCT00000000")
    assert check_evidence(screened) == []
    assert "NCT00000000" not in (screened / "data/ongoing.csv").read_text()
    assert any("NCT00000000 was ongoing, and is now included" in note for note in added.notes)
    assert any("data/ongoing.csv: NCT00000000 is taken out" in note for note in added.notes)


def test_a_candidate_that_becomes_a_trial_leaves_the_list_and_keeps_its_search(screened, ask):
    (screened / "data/searches.csv").write_text(
        "search_id,date,source,query,records,new,note\n2027-01-04-pubmed,2027-01-04,PubMed,exercise,9,1,\n"
    )
    (screened / "data/candidates.csv").write_text(
        "record_id,found,search_id,source,title,authors,year,journal,doi,pmid,registry,reason\n"
        f"pmid{PMID},2027-01-04,2027-01-04-pubmed,PubMed,Training,Omega A,2027,J,,{PMID},,new\n"
    )
    assert check_evidence(screened) == []
    ask(doi=DOI)
    assert check_evidence(screened) == []
    assert len((screened / "data/candidates.csv").read_text().splitlines()) == 1
    assert ",literature,2027-01-04-pubmed,included," in (screened / "data/screening.csv").read_text()


def test_a_record_that_became_another_trial_is_not_taken(screened, ask):
    edit(
        screened / "data/screening.csv",
        "kappa2010,kappa2010,exercise,,1",
        f"kappa2010,kappa2010,exercise,{DOI},1",
    )
    with pytest.raises(ValueError, match="kappa2010 of data/screening.csv became kappa2010"):
        ask(doi=DOI)


def sheet(text: str, encoding="utf-8"):
    return "arms.csv from a friend.csv", text.encode(encoding)


def rows_of(root):
    return (root / "data/trials/omega2027/arms.csv").read_text().splitlines()[1:]


def test_a_spreadsheet_with_a_mark_and_decimal_commas_is_read(review, ask):
    text = (
        "Arm;Role;Outcome;Timepoint_weeks;N;N_basis;Mean;SD;Locator\n"
        "Usual;comparator;score;26;20;analysed;18,5;4,25;Table 2\n"
        "Training;intervention;score;26;21;analysed;20,5;4;Table 2\n"
    )
    added = ask(online=False, doi=DOI, question="exercise", sheet=sheet(text, "utf-8-sig"))
    assert added.refused == ()
    assert rows_of(review) == [
        "training,score,26,,21,analysed,20.5,4,,,report,Table 2,",
        "usual,score,26,,20,analysed,18.5,4.25,,,report,Table 2,",
    ]
    assert card(review)["arms"]["training"] == {"label": "Training", "role": "intervention"}
    assert check_evidence(review) == []


def test_each_row_that_cannot_be_taken_is_named_with_its_line_and_reason(review, ask):
    text = (
        "arm,role,outcome,timepoint_weeks,n,mean,sd,locator,n_basis,mood\n"
        "Training,intervention,score,26,20,18,4,Table 2,analysed,good\n"
        'Training,intervention,score,12,20,"1,234",4,Table 2,analysed,\n'
        "Usual,,score,26,20,18,4,Table 2,analysed,\n"
        "Training,comparator,score,4,20,18,4,Table 2,analysed,\n"
        "Training,intervention,nonsense,26,20,18,4,Table 2,analysed,\n"
        "Training,intervention,score,8,20,1e9,4,Table 2,analysed,\n"
        "Training,intervention,score,9,20,18,4,,analysed,\n"
        "Training,intervention,score,26,20,19,4,Table 3,analysed,\n"
        "Training,intervention\n"
        "\n"
        'Training,intervention,score,13,20,"18,5x",4,Table 2,analysed,\n'
    )
    added = ask(online=False, doi=DOI, question="exercise", sheet=sheet(text))
    told = {int(match[1]): line for line in added.refused if (match := re.search(r"csv:(\d+): ", line))}
    reasons = {
        1: "mood: no column",
        3: "may be a thousand or a decimal",
        4: "role: expected intervention or comparator for the arm 'Usual'",
        5: "is intervention already",
        6: "outcome: expected one of the declared outcomes",
        7: "mean: expected",
        8: "locator: expected a value",
        10: "expected 10 cells, found 2",
        12: "mean: expected a number, found '18,5x'",
    }
    for line, reason in reasons.items():
        assert reason in told.pop(line)
    # Of two rows for one arm, outcome and time, one is left out and the other is kept.
    ((line, twice),) = told.items()
    assert line in (2, 9) and "expected one row for each" in twice
    assert len(rows_of(review)) == 1 and check_evidence(review) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfeA", "expected UTF-8 text; save the sheet as CSV in UTF-8"),
        (b"", "expected the columns arm, outcome"),
        (b"a,b\n1,2\n", "found no arm and no outcome"),
    ],
)
def test_a_file_that_is_no_table_of_arms_is_refused_whole(review, ask, content, said):
    before = files(review)
    with pytest.raises(ValueError, match=said):
        ask(online=False, doi=DOI, question="exercise", sheet=("x.csv", content))
    assert files(review) == before


def test_the_command_tells_what_it_wrote_and_exits_with_one_when_rows_are_left(review, tmp_path, capsys):
    path = tmp_path / "x.csv"
    path.write_text("arm,role,outcome,timepoint_weeks,n,mean,sd,locator\nT,intervention,score,26,x,1,1,p 2\n")
    words = ["add", "omega2027", "--doi", DOI, "--offline", "--question", "exercise", "--root", str(review)]
    assert main([*words, "--from-csv", str(path)]) == 1
    shown = capsys.readouterr().out
    assert "not taken: x.csv:2: n: expected a number, found 'x'" in shown
    assert "note: nobody was asked" in shown and "data/trials/omega2027/trial.yml" in shown
    assert main(["check", "--root", str(review)]) == 0
    assert main([*words]) == 1
    assert "data/trials/omega2027 exists" in capsys.readouterr().err


def test_data_at_fault_are_corrected_before_a_trial_is_added(review, ask):
    edit(review / "data/trials/alpha2001/arms.csv", "training,score,26,16,20,4", "training,score,26,16,x,4")
    before = files(review)
    with pytest.raises(ValueError, match="alpha2001/arms.csv:2: mean"):
        ask(doi=DOI)
    assert files(review) == before


def test_an_entry_goes_last_where_no_key_follows():
    assert with_entry("@misc{a2000,\n}\n", "b2001", Report(title="T")).startswith(
        "@misc{a2000,\n}\n\n@misc{b2001"
    )
    assert with_entry("", "b2001", Report(title="T")).startswith("@misc{b2001")


@pytest.mark.parametrize("written", range(7))
def test_a_run_stopped_between_two_files_is_finished_by_the_next_command(screened, ask, monkeypatch, written):
    put, left = together.replace_file, [written]

    def stop(*words):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        put(*words)

    with monkeypatch.context() as patch:
        patch.setattr(together, "replace_file", stop)
        with pytest.raises(KeyboardInterrupt):
            ask(online=False, doi=DOI, question="exercise")
    assert main(["check", "--root", str(screened)]) == 0
    assert sorted(path.name for path in (screened / "data/trials/omega2027").iterdir()) == [
        "arms.csv",
        "harms.csv",
        "reported.csv",
        "trial.yml",
    ]
    assert "omega2027" in (screened / "data/screening.csv").read_text()
    assert "@misc{omega2027" in (screened / "references.bib").read_text()
    assert "omega2027" in (screened / "CHANGELOG.md").read_text()
