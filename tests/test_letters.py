"""A letter that none of the book's fonts has is told with its place, and stops nothing."""

import shutil

import pytest
from invented_review import edit

from alsreview.__main__ import main
from alsreview.evidence import unshown_letters


@pytest.fixture
def lettered(review, root):
    """The invented review with the fonts of the book."""
    shutil.copytree(root / "_static/fonts", review / "_static/fonts")
    return review


def test_the_letters_of_latin_greek_and_mathematics_are_known(lettered):
    card = lettered / "data/trials/alpha2001/trial.yml"
    edit(card, "label: Alpha 2001", "label: Čšß ωμέγα ≥ − ± × ‑ 𝑥 é")
    assert unshown_letters(lettered) == []


@pytest.mark.parametrize(
    ("name", "code"),
    [("试验", "U+8BD5 (试)"), ("Я", "U+042F (Я)"), ("ניסוי", "U+05D9 (י)"), ("🙂", "U+1F642")],
)
def test_a_letter_that_no_font_has_is_told_with_line_and_column(lettered, name, code):
    card = lettered / "data/trials/alpha2001/trial.yml"
    edit(card, "label: Alpha 2001", f"label: Alpha {name} 2001")
    line = card.read_text().splitlines().index(f"label: Alpha {name} 2001") + 1
    [found] = unshown_letters(lettered)
    assert (found.path, found.line, found.column) == ("data/trials/alpha2001/trial.yml", line, "label")
    assert code in found.message


def test_a_cell_of_a_table_is_told_by_its_heading(lettered):
    table = lettered / "data/trials/alpha2001/arms.csv"
    lines = table.read_text().splitlines()
    lines[1] = lines[1].rpartition(",")[0] + ",試"
    table.write_text("\n".join(lines) + "\n")
    [found] = unshown_letters(lettered)
    assert (found.line, found.column) == (2, lines[0].rpartition(",")[2])


def test_the_check_warns_and_passes(lettered, capsys):
    edit(lettered / "data/trials/alpha2001/trial.yml", "label: Alpha 2001", "label: Alpha 试 2001")
    main(["check", "--root", str(lettered)])
    said = capsys.readouterr().out
    assert "warning: data/trials/alpha2001/trial.yml:" in said and "label: none of the book's fonts" in said
    assert "The evidence is well formed, with" in said


def test_a_review_without_fonts_is_not_judged(review):
    edit(review / "data/trials/alpha2001/trial.yml", "label: Alpha 2001", "label: Alpha 试 2001")
    assert unshown_letters(review) == []
