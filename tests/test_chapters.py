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


def test_every_citation_has_its_entry_and_every_entry_is_cited():
    entries = set(re.findall(r"^@\w+\{([^,\s]+),", (ROOT / "references.bib").read_text(), re.MULTILINE))
    text = "\n".join(map(Path.read_text, CHAPTERS))
    keys = ",".join(re.findall(r"\{cite(?::[tp])?\}`([^`]+)`", text)).split(",")
    cited = {key.strip() for key in keys}
    data = " ".join(path.read_text() for path in (ROOT / "data").rglob("*.yml"))
    assert cited <= entries and entries <= cited | set(re.findall(r"cite: (\w+)", data))


@pytest.mark.parametrize("name", ["exercise", "nibs"])
def test_a_result_chapter_opens_with_what_was_found_and_types_no_pooled_number(name):
    """Only figures that others printed, cited on the same line, may stand as digits with a decimal."""
    path = ROOT / "chapters" / f"{name}.md"
    for line in prose(path).splitlines():
        assert not re.search(r"\d\.\d", line) or "{cite}" in line, line
    order = ["summary_of_findings(", "programmes_table(", "forest_figure(", "domains_table("]
    text = path.read_text()
    places = [*map(text.index, order[:-1]), text.rindex(order[-1])]
    assert places == sorted(places)
