"""A trial is begun with what registries say of it, whole or not at all, and never with a figure."""

import json
from datetime import date

import pytest
import yaml
from invented_review import cases, contents, edit
from loopback import ANSWERS, Loopback, as_json
from pybtex.database import parse_string

from livingreview.__main__ import main
from livingreview.evidence import check_evidence
from livingreview.living import Web, add, plain_numbers
from livingreview.living.card import with_change
from livingreview.living.web import CLINICALTRIALS, CROSSREF, PUBMED

TODAY = date(2027, 1, 4)
DOI, PMID, NCT = "10.9999/omega.27", "12345678", "NCT01234567"
WORK = json.loads((ANSWERS / "crossref.json").read_text())
STUDY = json.loads((ANSWERS / "clinicaltrials.json").read_text())
ARTICLE = {"pmid": PMID, "doi": DOI, "title": "Training and function.", "year": 2027}
WORKS = CROSSREF, f"works/{DOI.replace('/', '%2F')}"


@pytest.fixture
def hub(monkeypatch):
    """Registries that all know the one trial."""
    services = Loopback(monkeypatch)
    services.replies = {
        WORKS: as_json({"message": WORK}),
        (CLINICALTRIALS, f"studies/{NCT}"): as_json(STUDY),
    }
    services.found[PUBMED] = [ARTICLE | {"kind": "Randomized Controlled Trial"}]
    return services


@pytest.fixture
def ask(review, hub):
    """Add a trial to the invented review, by default with all registries."""

    def run(trial_id="omega2027", *, question="", anyway=False, **numbers):
        with Web(review) as web:
            asked = {"question": question, "even_if_retracted": anyway}
            return add(review, trial_id, plain_numbers(**numbers), web, TODAY, **asked)

    return run


def card(root, trial_id="omega2027") -> dict:
    return yaml.safe_load((root / f"data/trials/{trial_id}/trial.yml").read_text())


def test_the_card_and_the_reference_hold_what_the_registries_say_and_no_result(review, ask):
    written, _ = ask(doi=f"https://doi.org/{DOI.upper()}")
    assert check_evidence(review) == [] and card(review) == yaml.safe_load(
        (ANSWERS / "omega2027.yml").read_text()
    )
    text = "".join((review / name).read_text() for name in written if "omega" in name)
    assert "#   population: " in text
    assert "7531" not in text and "8642" not in text
    for table in ("arms.csv", "reported.csv", "harms.csv"):
        (line,) = (review / "data/trials/omega2027" / table).read_text().splitlines()
        assert line.startswith(("arm,outcome", "contrast,outcome", "arm,harm")) and "checked" not in line
    entries = parse_string((review / "references.bib").read_text(), "bibtex").entries
    assert list(entries) == ["alpha2001", "omega2027", "survey2000"]
    found = entries["omega2027"]
    assert found.type == "article" and found.fields["pages"] == "101--110"
    assert [str(person) for person in found.persons["author"]] == ["Ómega, Ada B.", "{The Invented Group}"]
    assert found.fields["title"] == r"Training \& function in 100 \% of people"


TOLD = "with no figure read yet"
LINE = f"- Adds omega2027 (Omega 2027): its card, {TOLD}."
NEW = f"## Unreleased\n\n### Evidence\n{LINE}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("## 2026.0\n\n### Evidence\n- One.\n", f"## 2026.0\n\n### Evidence\n{LINE}\n- One.\n"),
        ("## Unreleased\n\n### Text\n- One.\n", f"{NEW}\n### Text\n- One.\n"),
        ("## 2026.1\n\n- One.\n", f"{NEW}\n## 2026.1\n\n- One.\n"),
        ("", NEW),
    ],
)  # fmt: skip
def test_the_changelog_gets_a_line_in_a_section_that_is_not_yet_a_version(before, after):
    assert (
        with_change(f"# Changes\n\n{before}", "omega2027", TOLD).rstrip() == f"# Changes\n\n{after}".rstrip()
    )


def works(**told):
    return {WORKS: as_json({"message": WORK | told})}


@pytest.mark.parametrize("case", cases("add"), ids=lambda case: case["name"])
def test_what_cannot_be_added_is_refused_and_nothing_is_written(review, hub, ask, case):
    if "answer" in case:
        hub.replies[WORKS] = case["answer"].encode()
    hub.replies |= works(**case["work"]) if "work" in case else {}
    hub.found[PUBMED][0] |= {"kind": case["kind"]} if "kind" in case else {}
    if "edit" in case:
        path, *words = case["edit"]
        edit(review / path, *words)
    before = contents(review)
    with pytest.raises(ValueError, match=case["said"]):
        ask(**{"doi": DOI, "question": "exercise"} | case.get("asked", {}))
    assert contents(review) == before


def test_a_retracted_report_may_be_kept_as_excluded(screened, hub, ask):
    hub.replies |= works(**{"updated-by": [{"type": "retraction", "DOI": "10.9999/notice"}]})
    ask(pmid=PMID, anyway=True)
    assert card(screened)["excluded"].startswith("Retracted (Crossref") and check_evidence(screened) == []
    assert "excluded,retracted,2027-01-04,,omega2027" in (screened / "data/screening.csv").read_text()


def test_a_registry_that_is_down_fills_nothing_and_is_named(review, hub, ask):
    hub.faults[CROSSREF] = [(503, {}, b"")] * 9
    _, (note,) = ask(doi=DOI, question="exercise")
    assert "Crossref: no answer" in note and "retractions were not checked there" in note
    assert card(review)["title"] == "Training and function" and check_evidence(review) == []


def test_what_crossref_leaves_empty_is_as_good_as_not_said(review, hub, ask):
    empty = dict.fromkeys(("author", "clinical-trial-number", "title", "container-title", "volume", "page"))
    hub.replies |= works(**empty, published={"date-parts": [[None]]}, **{"updated-by": []})
    hub.found[PUBMED] = []
    ask(doi=DOI, question="exercise")
    assert check_evidence(review) == [] and card(review)["title"] == "Omega 2027 (title not read yet)"


def test_what_a_registry_says_is_text_and_nothing_else(review, hub, ask):
    nasty = 'a: [b] "c" #d \n@misc{x, } \\input{e} {f <script>g</script>'
    hub.replies[WORKS] = as_json({"message": WORK | {"title": [nasty]}})
    ask(doi=DOI, question="exercise")
    assert check_evidence(review) == []
    assert card(review)["title"] == 'a: [b] "c" #d @misc{x, } \\input{e} {f g'
    entries = parse_string((review / "references.bib").read_text(), "bibtex").entries
    assert list(entries) == ["alpha2001", "omega2027", "survey2000"]


@pytest.mark.parametrize(
    ("allocation", "decision"),
    [("NON_RANDOMIZED", "excluded,not_randomized"), ("NA", "awaiting,allocation_unclear")],
)
def test_a_trial_not_known_to_be_randomized_is_not_included(screened, hub, ask, allocation, decision):
    study = json.loads(json.dumps(STUDY).replace('"RANDOMIZED"', f'"{allocation}"'))
    hub.replies[CLINICALTRIALS, f"studies/{NCT}"] = as_json(study)
    ask(nct=NCT, question="exercise")
    assert check_evidence(screened) == []
    assert f",{decision},2027-01-04,,omega2027," in (screened / "data/screening.csv").read_text()


def test_a_registered_trial_that_has_reported_is_ongoing_no_more(screened, hub, ask):
    study = json.loads(json.dumps(STUDY).replace(NCT, "NCT00000000"))
    hub.replies[CLINICALTRIALS, "studies/NCT00000000"] = as_json(study)
    _, notes = ask(nct="NCT00000000")
    assert check_evidence(screened) == []
    assert "NCT00000000" not in (screened / "data/ongoing.csv").read_text()
    assert any("NCT00000000 was ongoing, and is now included" in note for note in notes)
    assert any("data/ongoing.csv: NCT00000000 is taken out" in note for note in notes)


CSV = """outcome,arm,role,timepoint_weeks,n,n_basis,mean,sd,locator
score,Usual,comparator,26,20,analysed,18.5,4.25,Table 2
score,Training,Intervention,26,21,analysed,20.5,4,Table 2
"""


def test_results_by_arm_are_read_from_a_csv_file_or_refused_whole_with_the_line(
    review, hub, tmp_path, capsys
):
    words = ["add", "omega2027", "--doi", DOI, "--offline", "--question", "exercise", "--root", str(review)]
    path, before = tmp_path / "x.csv", contents(review)
    words += ["--from-csv", str(path)]
    for old, new, said in cases("add_csv"):
        assert old in CSV
        path.write_bytes(CSV.replace(old, new).encode("latin-1"))
        assert main(words) == 1 and said in capsys.readouterr().err
        assert contents(review) == before
    path.write_text(CSV, encoding="utf-8-sig")
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "note: nobody was asked" in shown and "data/trials/omega2027/trial.yml" in shown
    assert (review / "data/trials/omega2027/arms.csv").read_text().splitlines()[1:] == [
        "training,score,26,,21,analysed,20.5,4,,,report,Table 2,",
        "usual,score,26,,20,analysed,18.5,4.25,,,report,Table 2,",
    ]
    assert card(review)["arms"]["training"] == {"label": "Training", "role": "intervention"}
    assert check_evidence(review) == [] and hub.asked == []
    assert main(words) == 1 and "data/trials/omega2027 exists" in capsys.readouterr().err
