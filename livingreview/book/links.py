"""Checks the addresses in the review's sources with Sphinx's ``linkcheck`` builder."""

import csv
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from livingreview.formats import count

_SOURCES = ("*.md", "*.bib", "CITATION.cff", "chapters/**/*.md", "data/**/*.yml", "data/**/*.csv")
_URL = re.compile(r"https?://(?!localhost\b)[^\s\"'<>{}|\\^`\[\]]+")
_DOI = re.compile(r"\bdoi\s*[:=]\s*[\"{]*(10\.\d{4,9}/[^\s\"}]+)", re.I)
# A server that refuses robots, is busy or ill says nothing of the address.
_UNSURE = re.compile(r"^(401|403|405|406|408|425|429|5\d\d)\b|timed out|Connection (refused|aborted|reset)")
_NO_HOST = re.compile(r"resolve|getaddrinfo|Name or service not known", re.I)
_OPTIONS = {
    "root_doc": "sources",
    "suppress_warnings": "toc.not_included",
    "linkcheck_timeout": "30",
    "linkcheck_anchors": "0",
    "linkcheck_report_timeouts_as_broken": "0",
    "linkcheck_rate_limit_timeout": "60",
}


@dataclass(frozen=True)
class Link:
    """An address that did not answer: where it stands as file:line, why, and whether it is gone for sure."""

    place: str
    address: str
    said: str
    gone: bool


def check_links(root: Path) -> tuple[list[Link], int]:
    """Ask every address in the chapters, the bibliography and the data.

    Returns
    -------
    (links, asked)
        The addresses that did not answer, and how many there are in all.

    Raises
    ------
    ValueError
        When no server is found at all: that says nothing of the addresses.
    """
    with tempfile.TemporaryDirectory(prefix="links-") as scratch:
        folder, options = Path(scratch), [f"-D{name}={value}" for name, value in _OPTIONS.items()]
        _write_sources(root, folder)
        command = [sys.executable, "-m", "sphinx", "-b", "linkcheck", "-C", "-q", *options, ".", "out"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if not (folder / "out/output.json").is_file():
            raise ValueError(f"Sphinx could not check the addresses: {done.stderr.strip()[-500:]}")
        lines = (folder / "out/output.json").read_text(encoding="utf-8").splitlines()
    answers = [json.loads(line) for line in lines]
    failed = [answer for answer in answers if answer["status"] in ("broken", "timeout")]
    if failed and len(failed) == len(answers) and all(_NO_HOST.search(answer["info"]) for answer in failed):
        raise ValueError("no address has a server that can be found: is there a network?")
    found = {
        Link(
            f"{answer['filename'].removesuffix('.rst')}:{answer['lineno']}",
            answer["uri"],
            answer["info"].splitlines()[0][:120] if answer["info"] else answer["status"],
            answer["status"] == "broken" and not _UNSURE.search(answer["info"]),
        )
        for answer in failed
    }
    return sorted(found, key=lambda link: (not link.gone, link.place)), len({a["uri"] for a in answers})


def _write_sources(root: Path, folder: Path) -> None:
    """Write a page for each source that holds its addresses alone, each on the line where it stands."""
    (folder / "sources.rst").write_text("")
    for path in sorted({path for pattern in _SOURCES for path in root.glob(pattern)}):
        page: list[str] = []
        for number, text in _pieces(path):
            links = [f"`x <{address}>`__" for address in dict.fromkeys(_addresses(text))]
            page += [""] * (number - len(page))
            page[number - 1] += "".join(f"{' ' if page[number - 1] else '- '}{link}" for link in links)
        place = folder / f"{path.relative_to(root).as_posix()}.rst"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("\n".join(page), encoding="utf-8")


def _pieces(path: Path) -> Iterator[tuple[int, str]]:
    """Yield lines; of a table, cells, since a comma may stand in an address."""
    with path.open(encoding="utf-8", newline="") as lines:
        if path.suffix == ".csv":
            rows = csv.reader(lines)
            yield from ((rows.line_num, cell) for row in rows for cell in row)
        else:
            yield from enumerate(lines, start=1)


def _addresses(text: str) -> Iterator[str]:
    for doi in _DOI.findall(text):
        yield f"https://doi.org/{quote(doi.rstrip('.,;'), safe='/:;()._-')}"
    for url in _URL.findall(text):
        url = url.rstrip(".,;:!?*_")
        # A bracket around the address is not part of it; one inside it is.
        while url.endswith(")") and url.count(")") > url.count("("):
            url = url[:-1].rstrip(".,;:!?")
        yield quote(url, safe="/:;()._-~?#[]@!$&'*+,=%")


def report(links: list[Link], asked: int) -> str:
    """Write as Markdown the addresses that are gone, then those not judged; empty if none is gone."""
    gone = [link for link in links if link.gone]
    if not gone:
        return ""
    unsure = [link for link in links if not link.gone]
    lines = [f"{count(len(gone), 'link')} of {asked} did not answer.", "", *map(_item, gone)]
    if unsure:
        lines += ["", "Not judged, because the server refuses robots or is ill:", "", *map(_item, unsure)]
    return "\n".join([*lines, ""])


def _item(link: Link) -> str:
    return f"- `{link.address}`: `{link.said.replace('`', ' ')}` (`{link.place}`)"
