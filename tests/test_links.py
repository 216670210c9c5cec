"""The check of addresses finds those in text, bibliography and data, and blames only what is gone."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from livingreview.__main__ import main

ANSWERS = {"/well": 200, "/robots": 403}


class Server(BaseHTTPRequestHandler):
    """Answers as ANSWERS says, and that everything else is gone."""

    def do_GET(self):
        self.send_response(ANSWERS.get(self.path.partition("?")[0].partition("(")[0], 404))
        self.send_header("Content-Length", "0")
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


def test_addresses_of_every_source_are_asked_and_what_is_gone_is_reported(tmp_path, host, capsys):
    for name, text in {
        "data/protocol.yml": "{}\n",
        "index.md": f"# One\n\nSee [this]({host}/well(y)), <{host}/well> or http://localhost:8000.\n{host}/gone?1.\n",
        "references.bib": f"@misc{{a,\n  url = {{{host}/robots}},\n}}\n",
        "data/trials/t/trial.yml": f'a: {{url: "{host}/gone?a=1&b=2"}}\n',
        "data/ongoing.csv": f'url,note\n"{host}/well?a,b",no\n{host}/robots?2,{host}/gone?2\n',
        "README.txt": f"{host}/gone?unread\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    words = ["links", "--root", str(tmp_path), "--report", str(tmp_path / "new" / "links.md")]
    assert main(words) == 1
    said = capsys.readouterr().out.splitlines()
    gone = ["data/ongoing.csv:3", "data/trials/t/trial.yml:1", "index.md:4"]
    assert [line.partition(": ")[0] for line in said if "broken (404" in line] == gone
    assert [line for line in said if line.startswith(f"references.bib:2: {host}/robots: not judged (403")]
    assert said[-1] == "8 links asked, 3 broken"
    report = (tmp_path / "new/links.md").read_text()
    assert "3 links of 8 did not answer." in report and f"`{host}/gone?a=1&b=2`" in report
    assert "/robots" in report.partition("Not judged")[2] and "localhost" not in report
    for path in (tmp_path / "index.md", tmp_path / "data/trials/t/trial.yml", tmp_path / "data/ongoing.csv"):
        path.write_text(path.read_text().replace("/gone", "/well"))
    assert main(words) == 0 and (tmp_path / "new/links.md").read_text() == ""


@pytest.mark.evidence
def test_every_doi_of_the_bibliography_is_asked(root, tmp_path):
    from livingreview.book.links import _write_sources

    _write_sources(root, tmp_path)
    dois = (root / "references.bib").read_text(encoding="utf-8").count("doi = {")
    assert (tmp_path / "references.bib.rst").read_text().count("<https://doi.org/10.") >= dois > 0
