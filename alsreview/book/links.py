"""Asks every address that the review names whether it still answers."""

import csv
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException, responses
from http.cookiejar import CookieJar
from itertools import groupby
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from alsreview.formats import count

_SOURCES = ("*.md", "*.bib", "CITATION.cff", "chapters/**/*.md", "data/**/*.yml", "data/**/*.csv")
_URL = re.compile(r"https?://[^\s\"'<>{}|\\^`\[\]]+")
_DOI = re.compile(r"\bdoi\s*[:=]\s*[\"{]*(10\.\d{4,9}/[^\s\"}]+)", re.I)
_GONE = {404, 410}
_LOCAL = re.compile(r"https?://localhost\b")
_SECONDS = 30
_NO_HOST = "no such server"
_AGENT = {"User-Agent": "Mozilla/5.0 (compatible; alsreview; link check, once a week)", "Accept": "*/*"}


@dataclass(frozen=True)
class Link:
    """An address and how it answered.

    Attributes
    ----------
    address : what was asked
    places : where it stands, as file:line
    verdict : ``"answers"``, ``"broken"``, or ``"unsure"`` when a server refuses robots or is ill
    said : the reason; empty when it answers
    """

    address: str
    places: tuple[str, ...]
    verdict: str
    said: str


def find_links(root: Path) -> dict[str, tuple[str, ...]]:
    """Find the addresses and DOIs in the chapters, the bibliography and the data, and where each stands."""
    found: dict[str, list[str]] = {}
    for path in sorted({path for pattern in _SOURCES for path in root.glob(pattern)}):
        for line, text in _pieces(path):
            for address in _addresses(text):
                found.setdefault(address, []).append(f"{path.relative_to(root).as_posix()}:{line}")
    return {address: tuple(dict.fromkeys(places)) for address, places in sorted(found.items())}


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
        url = url.rstrip(".,;:!?*")
        # A bracket around the address is not part of it; one inside it is.
        while url.endswith(")") and url.count(")") > url.count("("):
            url = url[:-1].rstrip(".,;:!?")
        if not _LOCAL.match(url):
            yield quote(url, safe="/:;()._-~?#[]@!$&'*+,=%")


def check_links(links: Mapping[str, tuple[str, ...]]) -> list[Link]:
    """Ask each address; servers side by side, the addresses of one server one after the other.

    Raises
    ------
    ValueError
        When no server at all is found: that is this machine's network, and says nothing of the links.
    """
    servers = [list(group) for _, group in groupby(sorted(links, key=_server), key=_server)]
    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = dict(answer for group in pool.map(_ask_all, servers) for answer in group)
    if links and all(said == _NO_HOST for _, said in answers.values()):
        raise ValueError("no address has a server that can be found: is there a network?")
    return [Link(address, places, *answers[address]) for address, places in links.items()]


def _server(address: str) -> str:
    return urlsplit(address).netloc


def _ask_all(addresses: list[str]) -> list[tuple[str, tuple[str, str]]]:
    # Publishers send a cookie and turn in circles without it.
    opener = build_opener(HTTPCookieProcessor(CookieJar()))
    return [(address, _ask(opener, address)) for address in addresses]


def _ask(opener: OpenerDirector, address: str) -> tuple[str, str]:
    """Return a verdict and its reason; servers that refuse the short question get the long one."""
    answer = _ask_once(opener, address, "HEAD")
    return answer if answer[0] == "answers" else _ask_once(opener, address, "GET")


def _ask_once(opener: OpenerDirector, address: str, method: str) -> tuple[str, str]:
    try:
        with opener.open(Request(address, headers=_AGENT, method=method), timeout=_SECONDS):
            return "answers", ""
    except HTTPError as error:
        error.close()
        said = f"{error.code} {responses.get(error.code, '')}".strip()
        return ("broken" if error.code in _GONE else "unsure"), said
    except (URLError, OSError, HTTPException, ValueError) as error:
        return _fault(getattr(error, "reason", error))


def _fault(reason: object) -> tuple[str, str]:
    """Put a failure into words of ours: a server's own do not belong into a report."""
    if isinstance(reason, socket.gaierror):
        return "broken", _NO_HOST
    if isinstance(reason, ssl.SSLCertVerificationError):
        return "broken", "its certificate is not valid"
    if isinstance(reason, TimeoutError):
        return "unsure", f"no answer in {_SECONDS} seconds"
    return "unsure", "the connection failed"


def report(links: list[Link]) -> str:
    """Write as Markdown the broken addresses and those nobody could judge; nothing if none is broken."""
    broken = [link for link in links if link.verdict == "broken"]
    unsure = [link for link in links if link.verdict == "unsure"]
    if not broken:
        return ""
    lines = [f"{count(len(broken), 'link')} of {len(links)} did not respond.", ""]
    lines += [_item(link) for link in broken]
    if unsure:
        lines += ["", "Not checked, because the server refuses automated requests or has an error:", ""]
        lines += [_item(link) for link in unsure]
    return "\n".join([*lines, ""])


def _item(link: Link) -> str:
    return f"- `{link.address}`: {link.said} ({', '.join(f'`{place}`' for place in link.places)})"
