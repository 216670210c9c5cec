"""Services are asked at their pace, again after a failure, and nothing they send is trusted."""

import logging
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import Fault, loopback

from alsreview.surveillance import Store, Web, known_services, open_web
from alsreview.surveillance.services import SERVICES, agent
from alsreview.surveillance.web import TRIES

NOWHERE = Path("/nowhere")
WORDS = {"db": "pubmed", "term": "x", "retmode": "json"}


class Clock:
    """A clock that only waiting moves."""

    def __init__(self):
        self.now, self.waits = 100.0, []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.waits.append(round(seconds, 3))
        self.now += seconds


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with loopback() as running:
        yield running


def opened(server, folder=None, *, seconds=2.0, **environment):
    clock = Clock()
    services = {
        name: replace(service, base=f"{server.url}/{name}/")
        for name, service in known_services(folder or NOWHERE, environment).items()
    }
    store = Store(folder and folder / "_build" / "search")
    return Web(services, store, seconds=seconds, sleep=clock.sleep, clock=clock), clock


def test_an_answer_is_given_as_it_came(server):
    server.replies["crossref/works/10.1/x"] = b'{"status": "ok"}'
    with opened(server)[0] as web:
        assert web.ask("crossref", "works/10.1/x") == b'{"status": "ok"}'
        assert web.json("crossref", "works/10.1/x") == {"status": "ok"}


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
def test_a_service_that_fails_once_is_asked_again(server, fault):
    server.faults["ncbi"] = [fault]
    web, clock = opened(server)
    with web:
        assert web.json("ncbi", "esearch.fcgi", WORDS)["esearchresult"]["count"] == "0"
    assert len(server.asked) == 2 and clock.waits == [1.0]


def test_each_try_waits_longer_and_then_the_service_is_down(server):
    server.faults["europepmc"] = [Fault(500) for _ in range(9)]
    web, clock = opened(server)
    with web, pytest.raises(ConnectionError, match=r"Europe PMC: no answer after 4 tries \(500 "):
        web.ask("europepmc", "search", {"query": "x"})
    assert len(server.asked) == TRIES == 4 and clock.waits == [1.0, 2.0, 4.0]


def test_a_service_that_does_not_answer_in_time_is_down(server):
    server.faults["ncbi"] = [Fault(seconds=0.4) for _ in range(TRIES)]
    web, _ = opened(server, seconds=0.1)
    with web, pytest.raises(ConnectionError, match="it took too long"):
        web.ask("ncbi", "esearch.fcgi", WORDS)


def test_no_server_at_all_is_a_service_that_is_down(server):
    server.url = "http://127.0.0.1:9"
    web, _ = opened(server)
    with web, pytest.raises(ConnectionError, match=r"PubMed: .*the connection failed"):
        web.ask("ncbi", "esearch.fcgi", WORDS)


def test_a_server_says_how_long_to_wait(server):
    server.faults["ncbi"] = [Fault(429, headers={"Retry-After": "7"})]
    web, clock = opened(server)
    with web:
        web.ask("ncbi", "esearch.fcgi", WORDS)
    assert clock.waits == [7.0]


def test_a_server_may_say_a_date_to_wait_for(server):
    then = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 20))
    server.faults["ncbi"] = [Fault(503, headers={"Retry-After": then})]
    web, clock = opened(server)
    with web:
        web.ask("ncbi", "esearch.fcgi", WORDS)
    assert 15 < clock.waits[0] <= 20


def test_nobody_waits_an_hour(server):
    server.faults["ncbi"] = [Fault(429, headers={"Retry-After": "3600"})]
    web, clock = opened(server)
    with web, pytest.raises(ConnectionError, match="asked again in 3600 seconds"):
        web.ask("ncbi", "esearch.fcgi", WORDS)
    assert clock.waits == [] and len(server.asked) == 1


@pytest.mark.parametrize(("key", "wait"), [({}, 1 / 3), ({"NCBI_API_KEY": "k"}, 1 / 10)])
def test_pubmed_is_asked_three_times_a_second_and_ten_with_a_key(server, key, wait):
    web, clock = opened(server, **key)
    with web:
        for term in "abc":
            web.ask("ncbi", "esearch.fcgi", WORDS | {"term": term})
    assert clock.waits == [round(wait, 3)] * 2


def test_two_services_do_not_wait_for_each_other():
    hosts = {service.base.split("/")[2] for service in SERVICES.values()}
    assert len(hosts) == len(SERVICES)


def test_the_key_travels_in_no_address_and_in_no_log(server, caplog):
    caplog.set_level(logging.DEBUG)
    server.faults["ncbi"] = [Fault(500) for _ in range(TRIES)]
    web, _ = opened(server, NCBI_API_KEY="a-secret-key")
    with web, pytest.raises(ConnectionError) as raised:
        web.ask("ncbi", "esearch.fcgi", WORDS)
    method, path, words, _ = server.asked[0]
    assert (method, path, words["api_key"]) == ("POST", "ncbi/esearch.fcgi", "a-secret-key")
    assert "esearch.fcgi" in caplog.text
    assert "a-secret-key" not in caplog.text + str(raised.value) + repr(raised.value.__context__)


def test_what_is_not_known_is_told_from_what_is_refused(server):
    with opened(server)[0] as web:
        with pytest.raises(FileNotFoundError, match="Crossref: 404"):
            web.ask("crossref", "works/10.1/none")
        server.faults["crossref"] = [Fault(400)]
        with pytest.raises(ValueError, match="Crossref: 400 .* has its interface changed"):
            web.ask("crossref", "works/10.1/none")
    assert len(server.asked) == 2


def test_a_service_that_has_moved_is_not_followed(server):
    server.faults["crossref"] = [Fault(301, headers={"Location": server.url + "/ncbi/esearch.fcgi"})]
    with opened(server)[0] as web, pytest.raises(ValueError, match="301"):
        web.ask("crossref", "works/10.1/x")
    assert len(server.asked) == 1


def test_what_cannot_be_read_says_so_and_is_not_kept(server, tmp_path):
    with opened(server, tmp_path)[0] as web:
        server.faults["ncbi"] = [Fault(body=b'{"esearchresult": '), Fault(body=b"<a><b></a>")]
        with pytest.raises(ValueError, match="PubMed: expected JSON, found none"):
            web.json("ncbi", "esearch.fcgi", WORDS)
        with pytest.raises(ValueError, match="PubMed: expected XML, found none"):
            web.xml("ncbi", "efetch.fcgi", {"id": "1"})
        assert web.json("ncbi", "esearch.fcgi", WORDS)["esearchresult"]["count"] == "0"
        assert web.xml("ncbi", "efetch.fcgi", {"id": "1"}).tag == "PubmedArticleSet"


def test_an_entity_in_xml_reads_no_file_and_does_not_grow(server, tmp_path):
    secret = tmp_path / "words"
    secret.write_text("a-secret")
    file = f'<!DOCTYPE a [<!ENTITY f SYSTEM "file://{secret}">]><a>before &f; after</a>'
    laughs = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "x"}">' for i in range(9))
    server.faults["ncbi"] = [
        Fault(body=text.encode()) for text in (file, f"<!DOCTYPE a [{laughs}]><a>&e8;</a>")
    ]
    with opened(server)[0] as web:
        told = web.xml("ncbi", "efetch.fcgi").xpath("string()")
        assert "before" in told and "a-secret" not in told
        with pytest.raises(ValueError, match="PubMed: expected XML, found none"):
            web.xml("ncbi", "efetch.fcgi")


def test_an_answer_without_end_is_refused(server, monkeypatch):
    monkeypatch.setattr("alsreview.surveillance.web.LARGEST", 1000)
    server.replies["crossref/works/x"] = b"x" * 5000
    with (
        opened(server)[0] as web,
        pytest.raises(ValueError, match="Crossref: expected less than 1,000 bytes"),
    ):
        web.ask("crossref", "works/x")


def test_an_answer_is_kept_for_some_hours_and_holds_no_key(server, tmp_path):
    for key in ("one-key", "another-key"):
        with opened(server, tmp_path, NCBI_API_KEY=key)[0] as web:
            web.ask("ncbi", "esearch.fcgi", WORDS)
    assert len(server.asked) == 1
    (kept,) = [path for path in (tmp_path / "_build").rglob("*") if path.is_file()]
    assert b"key" not in kept.read_bytes() and "key" not in str(kept)
    old = time.time() - 13 * 3600
    os.utime(kept, (old, old))
    with opened(server, tmp_path)[0] as web:
        web.ask("ncbi", "esearch.fcgi", WORDS)
        assert len(server.asked) == 2
        web.store.forget("ncbi")
        web.ask("ncbi", "esearch.fcgi", WORDS)
    assert len(server.asked) == 3


def test_a_request_says_who_asks(server, tmp_path, monkeypatch):
    (tmp_path / "CITATION.cff").write_text(
        'title: T\nauthors: [{name: A}]\nversion: "2031.4"\nurl: https://example.org/\n'
        "contact: [{name: A, email: someone@example.org}]\n"
    )
    monkeypatch.setenv("ALSREVIEW_SERVICES", server.url)
    monkeypatch.delenv("NCBI_API_KEY", raising=False)
    with open_web(tmp_path) as web:
        web.ask("ncbi", "esearch.fcgi", WORDS)
    _, _, words, headers = server.asked[0]
    said = "alsreview/2031.4 (living systematic review; https://example.org/; mailto:someone@example.org)"
    assert headers["User-Agent"] == said
    assert (words["tool"], words["email"]) == ("alsreview", "someone@example.org") and "api_key" not in words


def test_a_review_without_an_address_to_write_to_invents_none(tmp_path, root):
    assert agent(tmp_path) == "alsreview/0 (living systematic review)"
    assert "@" in agent(root) or "mailto" not in agent(root)


def test_an_address_that_is_none_is_refused(tmp_path):
    with pytest.raises(ValueError, match="ALSREVIEW_SERVICES: expected an address such as"):
        known_services(tmp_path, {"ALSREVIEW_SERVICES": "localhost:8001"})
