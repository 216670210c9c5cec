"""The check of addresses finds those in text, bibliography and data, and blames only what is gone."""

import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from alsreview.book.links import Link, check_links, find_links, report

ANSWERS = {
    "/well": 200,
    "/gone": 404,
    "/robots": 403,
    "/often": 429,
    "/ill": 503,
    "/head": 405,
    "/moved": 302,
}


class Server(BaseHTTPRequestHandler):
    """Answers as ANSWERS says; /head refuses the short question only, /moved leads to /well."""

    def do_GET(self):
        code = ANSWERS.get(self.path.partition("?")[0], 404)
        if self.path == "/head" and self.command == "GET":
            code = 200
        self.send_response(code)
        self.send_header("Content-Length", "0")
        if code == 302:
            self.send_header("Location", "/well")
        if code == 429:
            self.send_header("Retry-After", "86400")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *_args):
        pass


@pytest.fixture(scope="module")
def host():
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_addresses_are_found_in_every_kind_of_source(tmp_path):
    for name, text in {
        "references.bib": "@article{a,\n  doi = {10.1016/S1474-4422(16)30110-X},\n}\n",
        "index.md": "See [this](https://a.example/x_(y)), or <https://b.example/>.\n",
        "chapters/one.md": "Run it on http://localhost:8000.\n\nhttps://a.example/x_(y).\n",
        "data/trials/t/trial.yml": 'abstract: {doi: "10.1155/2018/1", url: "https://c.example/t?a=1&b=2"}\n',
        "data/ongoing.csv": 'url,note\n"https://d.example/a,b",no\n',
        "README.txt": "https://unread.example/\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert find_links(tmp_path) == {
        "https://a.example/x_(y)": ("chapters/one.md:3", "index.md:1"),
        "https://b.example/": ("index.md:1",),
        "https://c.example/t?a=1&b=2": ("data/trials/t/trial.yml:1",),
        "https://d.example/a,b": ("data/ongoing.csv:2",),
        "https://doi.org/10.1016/S1474-4422(16)30110-X": ("references.bib:2",),
        "https://doi.org/10.1155/2018/1": ("data/trials/t/trial.yml:1",),
    }


def test_every_doi_of_the_bibliography_is_asked(root):
    expected = (root / "references.bib").read_text(encoding="utf-8").count("doi = {")
    asked = [places for places in find_links(root).values() if any("references.bib" in p for p in places)]
    assert len(asked) >= expected > 0


def test_only_what_is_gone_is_broken_and_a_refusal_is_not(host):
    links = check_links({host + path: ("index.md:1",) for path in ANSWERS})
    assert {link.address.removeprefix(host): link.verdict for link in links} == {
        "/well": "answers",
        "/moved": "answers",
        "/head": "answers",
        "/gone": "broken",
        "/robots": "unsure",
        "/often": "unsure",
        "/ill": "unsure",
    }


def test_a_server_that_does_not_exist_is_broken_and_no_network_is_no_verdict(host):
    nowhere = {"https://nowhere.invalid/": ("index.md:1",)}
    _, gone = check_links({f"{host}/well": (), **nowhere})
    assert (gone.verdict, gone.said) == ("broken", "no such server")
    with pytest.raises(ValueError, match="is there a network"):
        check_links(nowhere)


def test_a_closed_port_is_not_judged():
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as closed:
        port = closed.server_port
    (link,) = check_links({f"http://127.0.0.1:{port}/": ("index.md:1",)})
    assert (link.verdict, link.said) == ("unsure", "the connection failed")


def test_the_report_names_the_broken_with_their_places_and_is_empty_without_any():
    broken = Link("https://a.example/", ("index.md:1", "data/ongoing.csv:2"), "broken", "404 Not Found")
    unsure = Link("https://b.example/", ("index.md:3",), "unsure", "403 Forbidden")
    said = report([broken, unsure])
    assert "1 link of 2 did not respond." in said
    assert "- `https://a.example/`: 404 Not Found (`index.md:1`, `data/ongoing.csv:2`)" in said
    assert "https://b.example/" in said.partition("Not judged")[2]
    assert report([unsure]) == ""


def test_the_command_reports_and_exits_with_one_only_when_an_address_is_gone(review, host, tmp_path):
    def links():
        words = ("links", "--root", str(review), "--report", str(tmp_path / "new" / "links.md"))
        return subprocess.run(
            [sys.executable, "-m", "alsreview", *words], capture_output=True, text=True, timeout=60
        )

    for path in review.rglob("*"):
        # Invented addresses have no server; only ours are asked.
        if path.suffix in (".bib", ".md", ".csv", ".yml"):
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace("https://", f"{host}/well?"), encoding="utf-8")
    (review / "index.md").write_text(f"{host}/well and {host}/robots\n")
    done = links()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "unsure (403 Forbidden)" in done.stdout
    assert (tmp_path / "new" / "links.md").read_text() == ""
    (review / "index.md").write_text(f"{host}/gone\n")
    done = links()
    assert done.returncode == 1
    assert f"index.md:1: {host}/gone: broken (404 Not Found)" in done.stdout
    assert f"`{host}/gone`" in (tmp_path / "new" / "links.md").read_text()
