"""Services are asked at their pace, again after a failure, and nothing they send is trusted."""

import logging
import sqlite3
import time
from types import SimpleNamespace

import pytest
from loopback import Fault, loopback

from livingreview.living import open_web, web
from livingreview.living.web import TRIES

WORDS = {"db": "pubmed", "term": "x", "retmode": "json"}


@pytest.fixture
def server():
    with loopback() as running:
        yield running


@pytest.fixture
def waits(monkeypatch):
    """The pauses that were made, on a clock that only they move."""
    found, clock = [], SimpleNamespace(now=100.0, time=time.time)

    def sleep(seconds):
        found.append(round(seconds, 3))
        clock.now += seconds

    clock.sleep, clock.monotonic = sleep, lambda: clock.now
    monkeypatch.setattr(web, "time", clock)
    monkeypatch.setattr("tenacity.nap.time", clock)
    return found


@pytest.fixture
def opened(server, waits, tmp_path, monkeypatch):
    def opened(key=""):
        monkeypatch.setenv("NCBI_API_KEY", key)
        return open_web(tmp_path)

    server.stand_for(monkeypatch, per_second=3)
    return opened


@pytest.mark.parametrize(
    "fault",
    [
        Fault(500),
        Fault(503, b"<html>down</html>"),
        Fault(429),
        Fault(cut=True, body=b'{"count"'),
        Fault(headers={"Content-Encoding": "gzip"}, body=b"this is no gzip"),
    ],
    ids=["500", "503", "429", "truncated", "garbled"],
)
def test_a_service_that_fails_once_is_asked_again(server, opened, waits, fault):
    server.faults["ncbi"] = [fault]
    with opened() as asked:
        assert asked.json("ncbi", "esearch.fcgi", WORDS)["esearchresult"]["count"] == "0"
    assert len(server.asked) == 2 and waits == [1.0]


@pytest.mark.parametrize(
    ("faults", "seconds", "said"),
    [
        ([Fault(500)] * 9, [1.0, 2.0, 4.0], "after 4 tries (500 Internal Server Error)"),
        ([Fault(seconds=0.4)] * TRIES, [1.0, 2.0, 4.0], "after 4 tries (it took too long)"),
        ([Fault(429, headers={"Retry-After": "3600"})], [], "after 1 try (429 Too Many Requests, to be as"),
    ],
)
def test_a_service_that_stays_ill_is_down(server, opened, waits, faults, seconds, said, monkeypatch):
    monkeypatch.setattr(web, "SECONDS", 0.2)
    server.faults["europepmc"] = list(faults)
    with opened() as asked, pytest.raises(ConnectionError) as raised:
        asked.ask("europepmc", "search", {"query": "x"})
    assert str(raised.value).startswith(f"Europe PMC: no answer {said}") and waits == seconds
    assert len(server.asked) == len(seconds) + 1


def test_the_key_stands_in_no_address_no_log_and_no_cache(server, opened, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    server.faults["ncbi"] = [Fault(500) for _ in range(TRIES)]
    with opened("a-secret-key") as asked:
        with pytest.raises(ConnectionError) as raised:
            asked.ask("ncbi", "esearch.fcgi", WORDS)
        asked.ask("ncbi", "esearch.fcgi", WORDS)
    method, path, words, _ = server.asked[-1]
    assert (method, path, words["api_key"]) == ("POST", "ncbi/esearch.fcgi", "a-secret-key")
    said, kept = caplog.text + str(raised.value), (tmp_path / web.CACHE).read_bytes()
    assert "esearch.fcgi" in said and "a-secret-key" not in said
    assert b"esearch.fcgi" in kept and b"a-secret-key" not in kept


def test_an_answer_is_kept_for_some_hours_unless_it_cannot_be_read(server, opened, tmp_path):
    for form, body in (("json", b'{"esearchresult": '), ("xml", b"<a><b></a>")):
        server.faults["ncbi"] = [Fault(body=body)]
        with opened() as asked, pytest.raises(ValueError, match=f"PubMed: expected {form.upper()}, found"):
            getattr(asked, form)("ncbi", "esearch.fcgi", WORDS)
    # Another key asks the same question.
    for key, requests in (("", 3), ("another", 3)):
        with opened(key) as asked:
            assert asked.json("ncbi", "esearch.fcgi", WORDS)["esearchresult"]["count"] == "0"
            assert len(server.asked) == requests
    with sqlite3.connect(tmp_path / web.CACHE) as held:
        (until,) = held.execute("SELECT max(expires_at) FROM entries").fetchone()
    assert 11.9 < (until - time.time()) / 3600 < 12.1
    with opened() as asked:
        asked.forget()
    with opened() as asked:
        asked.ask("ncbi", "esearch.fcgi", WORDS)
        assert len(server.asked) == 4


def test_an_entity_in_xml_reads_no_file_and_does_not_grow(server, opened, tmp_path):
    secret = tmp_path / "words"
    secret.write_text("a-secret")
    file = f'<!DOCTYPE a [<!ENTITY f SYSTEM "file://{secret}">]><a>before &f; after</a>'
    laughs = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "x"}">' for i in range(9))
    server.faults["ncbi"] = [
        Fault(body=text.encode()) for text in (file, f"<!DOCTYPE a [{laughs}]><a>&e8;</a>")
    ]
    with opened() as asked:
        told = asked.xml("ncbi", "efetch.fcgi").xpath("string()")
        assert "before" in told and "a-secret" not in told
        with pytest.raises(ValueError, match="PubMed: expected XML, found none"):
            asked.xml("ncbi", "efetch.fcgi", {"id": "2"})
