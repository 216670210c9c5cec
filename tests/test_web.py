"""Services are asked at their pace, again after a failure, and nothing they send is trusted."""

import logging
import sqlite3
import time

import httpx
import pytest
from loopback import Loopback

from livingreview.living import Web
from livingreview.living.sources import ask_pubmed
from livingreview.living.web import CACHE, EUROPEPMC, PUBMED, SECONDS, TRIES

WORDS = {"db": "pubmed", "term": "x", "retmode": "json", "retmax": "9"}
ILL = (500, {}, b"<html>down</html>")
TIMEOUT = httpx.ReadTimeout("")


@pytest.fixture
def services(monkeypatch):
    return Loopback(monkeypatch)


def ask(web, service=PUBMED, path="esearch.fcgi"):
    return web.ask(service, path, WORDS, lambda body: body)


ONCE = {
    "500": ILL,
    "429": (429, {}, b""),
    "a pause": (429, {"Retry-After": "1"}, b""),
    "truncated": httpx.RemoteProtocolError("cut"),
    "garbled": (200, {"Content-Encoding": "gzip"}, b"this is no gzip"),
}


@pytest.mark.parametrize("fault", ONCE.values(), ids=ONCE)
def test_a_service_that_fails_once_is_asked_again(services, tmp_path, fault):
    services.faults[PUBMED] = [fault]
    with Web(tmp_path) as web:
        assert b'"count"' in ask(web)
    assert len(services.asked) == 2 and services.pauses == [1.0]


@pytest.mark.parametrize(
    ("fault", "seconds", "said"),
    [
        (ILL, [1.0, 2.0, 4.0], "after 4 tries (500 Internal Server Error)"),
        (TIMEOUT, [1.0, 2.0, 4.0], "after 4 tries (it took too long)"),
        ((429, {"Retry-After": "3600"}, b""), [], "after 1 try (429 Too Many Requests, to be asked again"),
    ],
)  # fmt: skip
def test_a_service_that_stays_ill_is_down(services, tmp_path, fault, seconds, said):
    services.faults[EUROPEPMC] = [fault] * 9
    with Web(tmp_path) as web, pytest.raises(ConnectionError) as raised:
        ask(web, EUROPEPMC, "search")
    assert str(raised.value).startswith(f"Europe PMC: no answer {said}") and services.pauses == seconds
    assert {request.extensions["timeout"]["read"] for request, _ in services.asked} == {SECONDS}


def test_the_key_stands_in_no_address_no_log_and_no_cache(services, tmp_path, caplog, monkeypatch):
    monkeypatch.setenv("NCBI_API_KEY", "a-secret-key")
    caplog.set_level(logging.DEBUG)
    services.faults[PUBMED] = [ILL] * TRIES
    with Web(tmp_path) as web:
        with pytest.raises(ConnectionError) as raised:
            ask(web)
        ask(web)
    request, words = services.asked[-1]
    assert request.method == "POST" and "a-secret-key" not in str(request.url)
    assert words == WORDS | {"tool": "livingreview", "api_key": "a-secret-key"}
    said, kept = caplog.text + str(raised.value), (tmp_path / CACHE).read_bytes()
    assert "esearch.fcgi" in said and "a-secret-key" not in said
    assert b"esearch.fcgi" in kept and b"a-secret-key" not in kept


def test_an_answer_is_kept_for_some_hours_unless_the_run_failed_and_each_service_has_its_pace(
    services, tmp_path, monkeypatch
):
    for key in ("", "another"):
        monkeypatch.setenv("NCBI_API_KEY", key)
        with Web(tmp_path) as web:
            ask(web)
    assert len(services.asked) == 1
    with sqlite3.connect(tmp_path / CACHE) as held:
        (until,) = held.execute("SELECT max(expires_at) FROM entries").fetchone()
    assert 11.9 < (until - time.time()) / 3600 < 12.1
    # What a run does not trust, or cannot read, is asked for again.
    with Web(tmp_path) as web:
        web.forget()
    with Web(tmp_path) as web:
        ask(web)
    with pytest.raises(ValueError, match="PubMed: invalid literal"), Web(tmp_path) as web:
        web.ask(PUBMED, "esearch.fcgi", WORDS, int)
    with Web(tmp_path) as web:
        ask(web)
    assert len(services.asked) == 3 and services.pauses == []
    monkeypatch.setenv("NCBI_API_KEY", "")
    with Web(tmp_path) as web:
        for number in range(3):
            web.ask(PUBMED, "esearch.fcgi", WORDS | {"term": number}, bytes)
    assert services.pauses == [0.333, 0.333]


def test_an_entity_in_xml_reads_no_file_and_does_not_grow(services, tmp_path):
    secret = tmp_path / "words"
    secret.write_text("a-secret")
    file = f'<!ENTITY f SYSTEM "file://{secret}">'
    laughs = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "x"}">' for i in range(9))
    article = (
        "<!DOCTYPE PubmedArticleSet [{}]><PubmedArticleSet><a><MedlineCitation><PMID>1</PMID>"
        "</MedlineCitation><ArticleTitle>before &{}; after</ArticleTitle></a></PubmedArticleSet>"
    )
    texts = (article.format(file, "f"), article.format(laughs, "e8"))
    services.faults[PUBMED] = [(200, {}, text.encode()) for text in texts]
    with Web(tmp_path) as web:
        assert "a-secret" not in ask_pubmed(web, "1").title
        with pytest.raises(ValueError, match="PubMed: its answer cannot be read .XMLSyntaxError"):
            ask_pubmed(web, "2")
