"""The chapters are prose with short cells, and no computed number is typed into them."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CHAPTERS = sorted([ROOT / "index.md", *(ROOT / "chapters").glob("*.md")])
EXECUTED = [path for path in CHAPTERS if "{code-cell}" in path.read_text()]
CELL = re.compile(r"^```\{code-cell\} python3\n(.*?)^```", re.MULTILINE | re.DOTALL)


def cells(path: Path) -> list[list[str]]:
    """Give the lines of each cell without its options, blank lines and imports."""
    found = []
    for body in CELL.findall(path.read_text()):
        body = re.sub(r"^(from|import)\b[^(\n]*\(.*?\)\n", "", body, flags=re.MULTILINE | re.DOTALL)
        lines = [
            line
            for line in body.splitlines()
            if line.strip() and not line.startswith((":", "import ", "from "))
        ]
        found.append(lines)
    return found


def prose(path: Path) -> str:
    text = re.sub(r"\A---.*?^---$", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    return CELL.sub("", text)


@pytest.mark.parametrize("path", EXECUTED, ids=lambda path: path.stem)
def test_a_cell_has_at_most_five_lines_and_calls_the_module(path):
    for lines in cells(path):
        assert len(lines) <= 5, lines
        assert not [
            line
            for line in lines
            if re.match(r"\s*(for|while|def|if|class|with)\b", line) or "lambda" in line
        ]


def test_every_chapter_is_in_the_table_of_contents():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    listed = {toc["root"]} | {chapter["file"] for part in toc["parts"] for chapter in part["chapters"]}
    assert listed == {path.relative_to(ROOT).with_suffix("").as_posix() for path in CHAPTERS}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_line_of_prose_holds_one_sentence(path):
    for line in prose(path).splitlines():
        if not line.startswith(("|", "#", "-", "[", "<", "\\")):
            assert not re.search(r"[a-z)`][.!?] [A-Z]", line.replace("e.g. ", "")), line


ENTRIES = set(re.findall(r"^@\w+\{([^,\s]+),", (ROOT / "references.bib").read_text(), re.MULTILINE))


def cited(path: Path) -> set[str]:
    found = re.findall(r"\{cite(?::[tp])?\}`([^`]+)`", path.read_text())
    return {key.strip() for keys in found for key in keys.split(",")}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_citation_has_its_entry(path):
    assert cited(path) <= ENTRIES


def test_every_entry_is_cited_by_a_chapter_or_the_data():
    data = " ".join(path.read_text() for path in (ROOT / "data").rglob("*.yml"))
    unused = ENTRIES - set().union(*map(cited, CHAPTERS)) - set(re.findall(r"cite: (\w+)", data))
    assert not unused


@pytest.mark.parametrize("path", EXECUTED, ids=lambda path: path.stem)
def test_every_figure_has_a_label_that_names_its_files(path):
    cell = r"(\S*)\n```\{code-cell\} python3\n:tags: \[remove-input\]\n(?:from .*\n)*(\w+)\("
    cells = re.findall(cell, path.read_text())
    for label, call in cells:
        assert not call.endswith("_figure") or re.fullmatch(r"\(fig-[a-z-]+\)=", label), (label, call)


def test_no_two_exhibits_share_a_label():
    labels = re.findall(r"^\(((?:fig|tab)-\S+)\)=$", "\n".join(map(Path.read_text, CHAPTERS)), re.MULTILINE)
    assert len(labels) == len(set(labels)) > 0


RESULTS = ["exercise", "nibs"]


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_chapter_types_no_pooled_number(name):
    """Only figures that others printed, cited on the same line, may stand as digits with a decimal."""
    for line in prose(ROOT / "chapters" / f"{name}.md").splitlines():
        assert not re.search(r"\d\.\d", line) or "{cite}" in line, line


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_chapter_opens_with_what_was_found_and_ends_with_how_certain_it_is(name):
    text = (ROOT / "chapters" / f"{name}.md").read_text()
    order = ["summary_of_findings(", "programmes_table(", "forest_figure(", "domains_table("]
    places = [*map(text.index, order[:-1]), text.rindex(order[-1])]
    assert places == sorted(places)
    for word in ("survival", "quality of life", "fatigue", "respiratory function", "## harms"):
        assert word in text.lower(), f"{name} says nothing on {word}"


def test_each_kind_of_stimulation_has_its_own_findings_at_the_top_of_the_chapter():
    text = (ROOT / "chapters" / "nibs.md").read_text()
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    findings = [re.findall(r'summary_of_findings\(review, "(\w+)"\)', part) for part in parts]
    assert findings[0] == ["tdcs", "rtms", "tsms"] and not any(findings[1:])


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_text_promises_neither_an_effect_nor_its_absence(path):
    text = re.sub(
        r"does not say that exercise or stimulation works, nor that it does not", "", path.read_text()
    )
    assert not re.search(
        r"\b(exercise|stimulation) (works|does not work|is effective|is ineffective)\b", text
    )
