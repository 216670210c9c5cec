"""Citations: what a reference manager reads back is what was cited, whatever signs a title holds."""

import dataclasses
import json
import re
import shutil
import subprocess
import warnings
from pathlib import Path

import pytest
import rispy
import yaml
from cited import HOSTILE, ORGANISATION, PUBLISHED, chapter, work
from jsonschema import Draft7Validator
from pybtex.database import parse_string

from alsreview.__main__ import main
from alsreview.commands.versions import CITATIONS
from alsreview.evidence.citation import CARD, citation_faults, parse_card, read_card
from alsreview.release.archive import pack
from alsreview.release.card import Author, authors
from alsreview.release.cite import FORMATS, cite, file_name
from alsreview.release.manifest import make_manifest
from alsreview.release.past import past_work, present_work, released_versions
from alsreview.release.zenodo import to_text, zenodo

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads((ROOT / "tests" / "reference" / "cff-1.2.0.schema.json").read_text(encoding="utf-8"))
TEX = {
    "{\\textbackslash}": "\\", "{\\textbraceleft}": "{", "{\\textbraceright}": "}", "{\\textasciitilde}": "~",
    "{\\textasciicircum}": "^", "{\\textless}": "<", "{\\textgreater}": ">", "{\\textquotedbl}": '"',
    "\\&": "&", "\\%": "%", "\\$": "$", "\\#": "#", "\\_": "_",
}  # fmt: skip


def with_line(line: str) -> str:
    """Give a citation file that is well but for one line, which replaces its own or is the last."""
    lines = {"title": "title: T", "version": "version: '2026.1'", "authors": "authors: [{name: A}]"}
    return "\n".join((lines | {line.partition(":")[0]: line}).values())


def plain(tex):
    for command, sign in TEX.items():
        tex = tex.replace(command, sign)
    return tex


def read_bibtex(text):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ((key, entry),) = parse_string(text, "bibtex").entries.items()
    return key, entry


@pytest.mark.parametrize("title", HOSTILE)
def test_bibtex_gives_back_the_title_and_keeps_an_organisation_whole(title):
    for cited in (work(title=title), work(title="T", chapter=title, page="chapters/x")):
        key, entry = read_bibtex(cite(cited, "bibtex"))
        assert key == cited.key
        shown = entry.fields["title"]
        assert shown[0] == "{" and shown[-1] == "}"
        assert plain(shown[1:-1]) == " ".join(title.split())
        (author,) = entry.persons["author"]
        assert not author.first_names and len(author.last_names) == 1
        assert plain(author.last_names[0][1:-1]) == ORGANISATION


@pytest.mark.parametrize("title", HOSTILE)
def test_ris_gives_back_one_record_with_the_title_and_the_organisation(title):
    (record,) = rispy.loads(cite(work(title=title), "ris"))
    assert record["title"] == " ".join(title.split())
    assert record["authors"] == [f"{ORGANISATION},"]
    assert (record["year"], record["date"], record["type_of_reference"]) == ("2026", "2026/04/03/", "EBOOK")


@pytest.mark.parametrize("title", HOSTILE)
def test_csl_json_has_its_required_fields_and_a_literal_author(title):
    (item,) = json.loads(cite(work(title=title), "csl-json"))
    assert item["type"] == "book" and item["id"] == "als-review-2026.1"
    assert item["title"] == " ".join(title.split())
    assert item["author"] == [{"literal": ORGANISATION}]
    assert item["issued"] == {"date-parts": [[2026, 4, 3]]}
    assert item["version"] == "2026.1"


@pytest.mark.parametrize("title", HOSTILE)
def test_cff_keeps_its_schema_with_and_without_dois(title):
    for cited in (
        work(title=title),
        work(title=title, released=False, version="2026.0"),
        work(
            title=title,
            card=PUBLISHED,
            chapter="C",
            page="chapters/c",
            figure="F",
            mark="f",
            label="Figure 2",
        ),
        chapter(title=title, card=PUBLISHED),
    ):
        text = cite(cited, "cff")
        assert "&id" not in text
        read = yaml.load(text, Loader=yaml.BaseLoader)
        Draft7Validator(SCHEMA).validate(read)
        assert read["title"] == " ".join(title.split()) and read["authors"] == [{"name": ORGANISATION}]


def test_the_reviews_own_citation_file_keeps_its_schema():
    Draft7Validator(SCHEMA).validate(read_card(ROOT))


def test_the_schema_refuses_what_is_wrong():
    wrong = yaml.load(cite(work(), "cff"), Loader=yaml.BaseLoader) | {
        "doi": "https://doi.org/10.5281/zenodo.1"
    }
    assert not Draft7Validator(SCHEMA).is_valid(wrong)


def test_apa_and_vancouver_of_a_version_a_chapter_and_a_figure():
    whole, part = work(), chapter(card=PUBLISHED)
    assert cite(whole) == (
        f"{ORGANISATION}. (2026, April 3). A review (Version 2026.1, evidence hash 0123456789abcdef)."
    )
    assert cite(whole, "vancouver") == (
        f"{ORGANISATION}. A review. Version 2026.1. 2026 Apr 3. Evidence hash 0123456789abcdef."
    )
    assert cite(part) == (
        f"{ORGANISATION}. (2026, April 3). Does it help? In A review "
        "(Version 2026.1, evidence hash 0123456789abcdef). https://doi.org/10.5281/zenodo.11"
    )
    assert cite(part, "vancouver") == (
        f"{ORGANISATION}. Does it help? In: A review [Internet]. Version 2026.1. 2026 Apr 3. "
        "Evidence hash 0123456789abcdef. Available from: "
        "https://example.org/als/2026.1/chapters/help.html doi: 10.5281/zenodo.11"
    )
    figure = chapter(
        figure="The estimates", mark="figure-2", label="Figure 2", card={"url": "https://example.org/als/"}
    )
    assert cite(figure) == (
        f"{ORGANISATION}. (2026, April 3). The estimates [Figure 2]. In Does it help? In A review "
        "(Version 2026.1, evidence hash 0123456789abcdef). "
        "https://example.org/als/2026.1/chapters/help.html#figure-2"
    )


PEOPLE = (
    {"given-names": "Ada Marie", "family-names": "Curie"},
    {"given-names": "Jean-Paul", "name-particle": "de", "family-names": "Witt"},
    {"name": "A Network"},
)


def test_people_are_taken_apart_and_organisations_are_not():
    assert authors({"authors": PEOPLE}) == (
        Author("Curie", "Ada Marie"),
        Author("de Witt", "Jean-Paul"),
        Author("A Network"),
    )
    cited = work(names=PEOPLE)
    assert cite(cited).startswith("Curie, A. M., de Witt, J. P., & A Network. (2026")
    assert cite(cited, "vancouver").startswith("Curie AM, de Witt JP, A Network. A review")
    (record,) = rispy.loads(cite(cited, "ris"))
    assert record["authors"] == ["Curie, Ada Marie", "de Witt, Jean-Paul", "A Network,"]
    (item,) = json.loads(cite(cited, "csl-json"))
    assert item["author"][1:] == [{"family": "de Witt", "given": "Jean-Paul"}, {"literal": "A Network"}]
    names = read_bibtex(cite(cited, "bibtex"))[1].persons["author"]
    assert [str(name) for name in names] == ["{Curie}, Ada Marie", "{de Witt}, Jean-Paul", "{A Network}"]


def test_vancouver_names_six_authors_and_others():
    seven = [{"given-names": "X", "family-names": f"Author{number}"} for number in range(7)]
    assert cite(work(names=seven), "vancouver").startswith(
        "Author0 X, Author1 X, Author2 X, Author3 X, Author4 X, Author5 X, et al. A review"
    )


@pytest.mark.parametrize(
    ("version", "said"), [("2026.0", "Draft 2026.0"), ("2026.1", "Draft after version 2026.1")]
)
def test_a_draft_is_cited_as_one_and_has_neither_address_nor_doi(version, said):
    draft = chapter(released=False, version=version, card=PUBLISHED)
    for form in FORMATS:
        text = cite(draft, form)
        assert "zenodo.11" not in text and "example.org" not in text, form
        assert said in text, form
    assert "date-released" not in yaml.safe_load(cite(draft, "cff"))
    assert f"Version {version}" not in cite(draft)
    assert draft.key != chapter(version=version).key


def test_dois_and_addresses_are_given_where_they_exist_and_never_otherwise():
    for form in FORMATS:
        bare, full = cite(chapter(), form), cite(chapter(card=PUBLISHED), form)
        assert "doi" not in bare.lower() and "http" not in bare, form
        assert "10.5281/zenodo.11" in full, form
    for form in ("bibtex", "ris", "csl-json", "cff"):
        full = cite(chapter(card=PUBLISHED), form)
        assert "10.5281/zenodo.10" in full and "https://example.org/als/2026.1/chapters/help.html" in full, (
            form
        )
    fields = read_bibtex(cite(chapter(card=PUBLISHED), "bibtex"))[1].fields
    assert fields["doi"] == "10.5281/zenodo.11"
    assert yaml.safe_load(cite(work(card=PUBLISHED), "cff"))["identifiers"][0] == PUBLISHED["identifiers"][0]


def test_an_unknown_evidence_hash_is_left_out():
    known = work()
    cited = dataclasses.replace(known, stamp=dataclasses.replace(known.stamp, evidence=""))
    for form in FORMATS:
        text = cite(cited, form)
        assert "vidence" not in text, form
    Draft7Validator(SCHEMA).validate(yaml.load(cite(cited, "cff"), Loader=yaml.BaseLoader))


def test_files_are_named_by_version_and_page():
    assert file_name(work(), "bibtex") == "als-review-2026.1.bib"
    assert file_name(work(), "cff") == "CITATION.cff"
    assert file_name(chapter(), "ris") == "als-review-2026.1-help.ris"


def test_an_unknown_form_is_refused_and_the_command_knows_them_all():
    with pytest.raises(ValueError, match="'mla' is not a form of citation: expected one of apa, vancouver"):
        cite(work(), "mla")
    assert tuple(FORMATS) == CITATIONS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "1: file: malformed YAML: "),
        (b"\xff", "1: file: malformed YAML: "),
        ("- a", "1: file: expected a YAML mapping"),
        ("a: b", "1: authors: expected what a citation needs, found nothing"),
        ("title: 5\nauthors: [{name: A}]", "1: version: expected what a citation needs, found nothing"),
        (with_line("title:"), "1: title: expected what a citation needs, found nothing"),
        (with_line("version: ["), "3: file: malformed YAML: "),
        (with_line("version: [1]"), "2: version: expected text, found ['1']"),
        (with_line("authors: 5"), "3: authors: expected a list of mappings, found '5'"),
        (with_line("authors: [A]"), "3: authors: expected a list of mappings, found ['A']"),
        (with_line("authors: [{orcid: x}]"), "3: authors: expected a name or family-names for each author"),
        (with_line("authors: [{name: [x]}]"), "3: authors: expected entries with a text for each key"),
        (with_line("identifiers: [{type: doi}]"), "4: identifiers: expected a type and a value for each"),
        (with_line("keywords: a"), "4: keywords: expected a list of texts, found 'a'"),
        (with_line("license: {a: b}"), "4: license: expected a list of texts, found {'a': 'b'}"),
        (
            with_line("date-released: soon"),
            "4: date-released: expected a date such as 2026-11-22, found 'soo",
        ),
    ],
)
def test_a_citation_file_that_cannot_be_cited_is_a_fault_with_its_place(text, said, tmp_path):
    raw = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ValueError, match=f"^here:{re.escape(said)}"):
        parse_card(raw, "here")
    (tmp_path / CARD).write_bytes(raw)
    assert any(str(fault).startswith(f"{CARD}:{said}") for fault in citation_faults(tmp_path))


def test_no_command_ends_in_a_traceback_for_a_bad_citation_file(review, capsys):
    (review / CARD).write_text(with_line("version: ["))
    for words in (["check"], ["cite"], ["site"], ["export", f"{review}/out"]):
        assert main([*words, "--root", str(review)]) == 1, words
        said = capsys.readouterr()
        assert f"{CARD}:3: file: malformed YAML" in said.out + said.err, words


def test_a_missing_citation_file_is_named(tmp_path):
    with pytest.raises(ValueError, match="^CITATION.cff: not found"):
        read_card(tmp_path)


# The deposit


def test_the_committed_deposit_is_the_one_of_the_citation_file():
    now = present_work(ROOT)
    assert (ROOT / ".zenodo.json").read_text(encoding="utf-8") == to_text(zenodo(now.stamp, now.card))


def test_the_deposit_says_what_the_citation_file_says():
    deposit, card = json.loads((ROOT / ".zenodo.json").read_text(encoding="utf-8")), read_card(ROOT)
    for name in ("title", "version", "keywords"):
        assert deposit[name] == card[name]
    assert deposit["publication_date"] == card["date-released"]
    assert deposit["license"] == card["license"][0]
    assert [creator["name"] for creator in deposit["creators"]] == [
        author["name"] for author in card["authors"]
    ]
    assert ("doi" in deposit) == ("doi" in card)


def test_a_deposit_has_its_dois_people_and_escapes_its_description():
    people = [{**PEOPLE[0], "orcid": "https://orcid.org/0000-0001-2345-6789", "affiliation": "Here"}]
    cited = work(names=people, card=PUBLISHED | {"abstract": "p < 0.05 & more"})
    deposit = zenodo(cited.stamp, cited.card)
    assert deposit["creators"] == [
        {"name": "Curie, Ada Marie", "affiliation": "Here", "orcid": "0000-0001-2345-6789"}
    ]
    assert deposit["doi"] == "10.5281/zenodo.11"
    assert deposit["related_identifiers"][0]["identifier"] == "10.5281/zenodo.10"
    assert deposit["description"] == "p &lt; 0.05 &amp; more"


# Past versions


def git(root, *words):
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)


def card_text(version, name="The first authors"):
    head = 'cff-version: 1.2.0\nmessage: m\ntitle: "Old & new"\n'
    return f'{head}authors:\n  - name: {name}\nversion: "{version}"\n'


@pytest.fixture
def history(review):
    """An invented review with a release whose tag is there, one whose tag is missing, and later work."""
    shutil.copy(ROOT / "requirements.txt", review)
    git(review, "init", "-q", "-b", "main")
    for number, name in ((1, "The first authors"), (2, "The later authors")):
        version = f"2026.{number}"
        (review / CARD).write_text(card_text(version, name))
        kept = review / "data" / "releases" / f"{version}.csv"
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(f"analysis_id,evidence_hash\nx,{number:016x}\n")
        git(review, "add", "-A")
        git(review, "commit", "-qm", f"Release {version}", "--date=2026-04-03T12:00:00Z")
    git(review, "tag", "2026.1", "HEAD~1")
    git(review, "tag", "other")
    (review / "note.md").write_text("later\n")
    git(review, "add", "-A")
    git(review, "commit", "-qm", "Release notes are kept elsewhere")
    return review


def test_a_past_version_is_cited_from_its_tag_or_its_commit(history):
    first, second = past_work(history, "2026.1"), past_work(history, "2026.2")
    assert [author.name for author in first.authors] == ["The first authors"]
    assert [author.name for author in second.authors] == ["The later authors"]
    assert (first.stamp.evidence, second.stamp.evidence) == ("0000000000000001", "0000000000000002")
    assert first.edition == "Version 2026.1" and second.edition == "Version 2026.2"
    assert present_work(history).edition == "Draft after version 2026.2"
    assert list(map(str, released_versions(history))) == ["2026.1", "2026.2"]


def test_an_archive_is_asked_before_git(history, tmp_path):
    folder, shelf = tmp_path / "version", history / "_releases" / "2026.3"
    (folder / "cite").mkdir(parents=True)
    shelf.mkdir(parents=True)
    archived = work(title="Archived", version="2026.3", names=({"name": "The archive's authors"},))
    (folder / "cite" / CARD).write_text(cite(archived, "cff"), encoding="utf-8")
    manifest = make_manifest(folder, archived.stamp, history / "requirements.txt", {})
    (shelf / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
    with pytest.raises(ValueError, match=f"CITATION.cff of commit {'c' * 40}: not found; fetch"):
        past_work(history, "2026.3")
    pack(folder, shelf / "als-review-2026.3.zip", archived.stamp.seconds)
    assert cite(past_work(history, "2026.3")) == cite(archived)
    (shelf / "als-review-2026.3.zip").write_bytes(b"PK broken")
    with pytest.raises(ValueError, match="not the archive of a version"):
        past_work(history, "2026.3")


def test_a_version_that_is_not_known_is_refused_with_those_that_are(history, tmp_path):
    with pytest.raises(ValueError, match=r"^2026\.9 was not released; known here: 2026\.1, 2026\.2 "):
        past_work(history, "2026.9")
    with pytest.raises(ValueError, match="is not a version"):
        past_work(history, "2026.1; rm")
    git(history, "tag", "2026.5")
    with pytest.raises(ValueError, match=r"version: expected 2026\.5, found 2026\.2"):
        past_work(history, "2026.5")
    with pytest.raises(ValueError, match="known here: none"):
        past_work(tmp_path, "2026.1")


def test_the_address_of_a_past_version_is_where_the_site_is_now(history):
    (history / CARD).write_text(card_text("2026.2") + "url: https://example.org/als\n")
    assert past_work(history, "2026.1").url == "https://example.org/als/2026.1/"


def test_the_command_cites_and_refuses(history, capsys):
    assert main(["cite", "2026.1", "--root", str(history), "--format", "csl-json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["version"] == "2026.1"
    assert main(["cite", "--root", str(history)]) == 0
    assert "(Draft after version 2026.2, evidence hash" in capsys.readouterr().out
    assert main(["cite", "2031.1", "--root", str(history)]) == 1
    assert "known here: 2026.1, 2026.2" in capsys.readouterr().err
