"""Lay out every recorded version as one site, in which each keeps its address and its bytes."""

import json
import re
import shutil
import tempfile
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from livingreview.book.pages import with_policy
from livingreview.book.versions import render, successor
from livingreview.evidence import find_root, load_evidence
from livingreview.exhibits.history import search_events
from livingreview.release import Stamp, stamp
from livingreview.release.cite import past_work
from livingreview.release.freshness import freshness
from livingreview.release.git import Git
from livingreview.release.rebuild import PAGES, obtain
from livingreview.release.records import Record, read_records
from livingreview.release.results import answers, kept_results, since

LIST = "versions.json"  # every site has it, so a folder without it is somebody else's
FORMAT = 1  # of that list, which the frozen pages of all versions read
FRONT = "index.html"
_ADDRESS = re.compile(r"https?://[^\s/?#\"<>]+(/[^\s?#\"<>]*)?")
_NO_PAGES = ("data/", "_static/")
_LISTED = ("version", "date", "path", "doi", "evidence_hash", "answers", "since", "pages")


def build_site(
    root=None, out=None, *, url: str = "", echo: Callable[[str], None] = lambda line: None
) -> Path:
    """Lay out all versions, the newest also as ``latest/``, and the draft in ``_build/html`` if there is one.

    The folder ``out``, ``_build/site`` unless given, is replaced as a whole; where a version cannot be had as
    recorded, the old site stays.  The address is that of CITATION.cff unless given.
    """
    root = find_root(root)
    out, said = (Path(out) if out else root / "_build" / "site").resolve(), stamp(root)
    url = url or said.url
    if url and not _ADDRESS.fullmatch(url):
        raise ValueError(
            f"{url!r} is not the address of a site: expected https://host/ or https://host/folder/"
        )
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not (out / LIST).is_file()):
        raise ValueError(f"{out}: holds something else than a site; name a new or empty folder")
    records = read_records(root)[::-1]
    built = (root / PAGES / FRONT).is_file() and not said.released
    if not records and not built:
        raise ValueError(
            "no version is recorded and no draft is in _build/html; build the book first: make book"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".site-") as scratch:
        folder = Path(scratch) / "site"
        folder.mkdir()
        for record in records:
            with zipfile.ZipFile(obtain(root, record, echo)) as archive:
                archive.extractall(folder / record.version)
            echo(f"version {record.version}")
        if records:
            shutil.copytree(folder / records[0].version, folder / "latest")
        if built:
            name = "draft" if records else "latest"
            shutil.copytree(root / PAGES, folder / name, ignore=shutil.ignore_patterns(".*"))
        _write_around(root, folder, said, _entries(root, records), f"{url.rstrip('/')}/" if url else "")
        if not url:
            echo("no address is known, so no sitemap is written: give --url, or url in CITATION.cff")
        if out.exists():
            out.rename(Path(scratch) / "old")
        folder.rename(out)
    return out


def _entries(root: Path, records: list[Record]) -> list[dict]:
    """Return what the site tells of each version, newest first as given."""
    kept, found = kept_results(root), []
    frames = [kept[record.version] for record in records]
    for place, record in enumerate(records):
        made, before = past_work(root, record.version).stamp, frames[place + 1 :]
        config = yaml.safe_load(Git(root).bytes("show", f"{record.commit}:_config.yml"))
        # Pages that moved, without ``.html``; what stands at their addresses only leads on.
        moved = config.get("sphinx", {}).get("config", {}).get("lr_moved") or {}
        pages = [name for name in record.files if name.endswith(".html") and not name.startswith(_NO_PAGES)]
        entry = {
            "version": record.version,
            "date": record.date,
            "path": f"{record.version}/",
            "doi": made.doi,
            "evidence_hash": record.evidence_hash,
            "answers": answers(frames[place]),
            # How the answers changed to the latest version, and from the version before.
            "since": since(frames[place], frames[0]) if place else "",
            "news": since(before[0], frames[place]) if before else "",
            "pages": [name for name in pages if name.removesuffix(".html") not in moved],
            "moved": moved,
            "documents": [name for name in record.builds[0]["documents"] if name in record.files],
            "files": record.files,
            "commit": record.commit,
            "moment": made.day.isoformat(),
        }
        found.append(entry)
    return found


def _write_around(root: Path, folder: Path, said: Stamp, entries: list[dict], url: str) -> None:
    """Write what stands around the versions: lists, redirects, feed, sitemap and 404 page."""
    evidence = load_evidence(root)
    kept, events = freshness(evidence), search_events(evidence.searches)
    told = {"title": said.title, "authors": said.names, "entries": entries, "searches": events}
    told |= {"url": url, "path": urlsplit(url).path}
    told |= {"freshness": kept, "draft": (folder / "draft").is_dir()}
    # The pages of every version read this list, also those written years ago.  It names the pages that a
    # version has, so that no page has to ask for one that is not there.
    listed = {"format": FORMAT, "title": said.title, "latest": entries[0]["version"] if entries else ""}
    listed["versions"] = [{key: entry[key] for key in _LISTED} for entry in entries]
    files = {
        LIST: json.dumps(listed, ensure_ascii=False, indent=1) + "\n",
        # Always there, for every page asks for it.
        "freshness.json": kept.to_json() if kept else "null\n",
        FRONT: _render("root.html", **told),
        "versions/index.html": _render("versions.html", **told),
        "404.html": _render("404.html", **told),
        "robots.txt": _render("robots.txt", **told),
        ".nojekyll": "",
    }
    if entries:
        items, feed = _feed_items(entries, events), _named(entries[-1], "feed")
        files["feed.xml"] = _render("feed.xml", items=items, feed=feed, **told)
        files |= {f"latest/{page}": text for page, text in _stubs(said.title, entries)}
    if entries and url:
        files["sitemap.xml"] = _render("sitemap.xml", **told)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def _feed_items(entries: list[dict], searches: list) -> list[dict[str, str]]:
    """List the items of the feed, newest first: versions, and searches, also those that found nothing."""
    items = [
        {
            "id": _named(entry, entry["version"]),
            "title": f"Version {entry['version']}",
            "updated": entry["moment"],
            "link": f"{entry['path']}{FRONT}",
            "summary": " ".join([entry["news"], *entry["answers"].values()]).strip(),
        }
        for entry in entries
    ]
    items += [
        {
            # The first version never changes, so neither does what is named by it.
            "id": _named(entries[-1], f"search {event.date}"),
            "title": f"Search of {event.date}",
            "updated": f"{event.date}T00:00:00+00:00",
            "link": "versions/#searches",
            "summary": event.words,
        }
        for event in searches
    ]
    return sorted(items, key=lambda item: item["updated"], reverse=True)


def _named(entry: dict, what: str) -> str:
    """Name something that began with a version, the same for ever and wherever the site moves."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, ' '.join([entry['commit'], what]))}"


def _stubs(title: str, entries: list[dict]) -> Iterator[tuple[str, str]]:
    """Lead from each page that the latest version lacks to its successor, so that deep links survive."""
    latest, moved, last = entries[0]["files"], {}, {}
    for entry in entries:
        moved = {**entry["moved"], **moved}
        last = dict.fromkeys(entry["pages"], entry["version"]) | last
    for page in sorted(last.keys() - latest.keys()):
        way = f"{successor(page.removesuffix('.html'), moved)}.html"
        told = {"page": page, "successor": way if way in latest else "", "last": last[page], "title": title}
        yield page, _render("stub.html", up="../" * page.count("/"), **told)


def _render(name: str, **told) -> str:
    """Fill a template; what it is told is escaped."""
    text = render(f"site/{name}", **told)
    return with_policy(text) if name.endswith(".html") else text
