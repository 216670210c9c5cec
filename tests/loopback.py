"""A server on this machine that speaks the documented formats of the services, from records we invent.

PubMed after "The E-utilities In-Depth" (NBK25499), Europe PMC after its RESTful reference, and
ClinicalTrials.gov after the description of its API, version 2. No answer here is a copy of a real one.
"""

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from livingreview.living import web


@dataclass
class Fault:
    """One wrong answer; the request after it is answered well."""

    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict, kw_only=True)
    seconds: float = field(default=0.0, kw_only=True)
    cut: bool = field(default=False, kw_only=True)


class Loopback:
    """What the services hold, what goes wrong, and what was asked.

    ``found`` maps service and query to records (``*`` is any other query), ``faults`` a service to the wrong
    answers it gives first, ``replies`` any other path to a body; ``asked`` lists every request.
    """

    def __init__(self):
        self.found = {"ncbi": {}, "europepmc": {}, "clinicaltrials": {}}
        self.faults, self.replies, self.asked, self.url = {}, {}, [], ""

    def stand_for(self, monkeypatch, **how):
        """Stand for every service, at a pace that spares nobody."""
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        for name, service in web.SERVICES.items():
            here = replace(service, **{"base": f"{self.url}/{name}/", "per_second": 1000} | how)
            monkeypatch.setitem(web.SERVICES, name, here)

    def records(self, service, query):
        held = self.found[service]
        return held.get(query, held.get("*", []))

    def answer(self, path, words):
        """Give status and body of a request."""
        service, _, rest = path.lstrip("/").partition("/")
        if path.lstrip("/") in self.replies:
            return 200, self.replies[path.lstrip("/")]
        speak = {
            ("ncbi", "esearch.fcgi"): self._esearch,
            ("ncbi", "efetch.fcgi"): self._efetch,
            ("europepmc", "search"): self._europepmc,
            ("clinicaltrials", "studies"): self._studies,
        }.get((service, rest))
        return (200, speak(words)) if speak else (404, b"Not Found")

    def _esearch(self, words):
        records = self.records("ncbi", words["term"])
        start, most = int(words.get("retstart", 0)), int(words.get("retmax", 20))
        ids = [record["pmid"] for record in records][start : start + most]
        told = {"count": str(len(records)), "retmax": str(len(ids)), "retstart": str(start), "idlist": ids}
        return as_json({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": told})

    def _efetch(self, words):
        held = {record["pmid"]: record for records in self.found["ncbi"].values() for record in records}
        told = [_article(held[pmid]) for pmid in words["id"].split(",") if pmid in held]
        return (
            '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, '
            '1st January 2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
            f"<PubmedArticleSet>{''.join(told)}</PubmedArticleSet>"
        ).encode()

    def _europepmc(self, words):
        records = self.records("europepmc", words["query"])
        size, mark = int(words.get("pageSize", 25)), words.get("cursorMark", "*")
        start = 0 if mark == "*" else int(mark.removeprefix("mark"))
        page = records[start : start + size]
        told = {"version": "6.9", "hitCount": len(records), "resultList": {"result": page}}
        # The last page, which is empty, gives the mark that it was asked with.
        told["nextCursorMark"] = f"mark{start + len(page)}" if page else mark
        return as_json(told)

    def _studies(self, words):
        query = json.dumps([words.get("query.cond"), words.get("query.intr")])
        records = self.records("clinicaltrials", query)
        size, start = int(words.get("pageSize", 10)), int(words.get("pageToken", 0))
        told = {"studies": [_study(record) for record in records[start : start + size]]}
        if words.get("countTotal") == "true" and not start:
            told["totalCount"] = len(records)
        if start + size < len(records):
            told["nextPageToken"] = str(start + size)
        return as_json(told)


def as_json(said):
    return json.dumps(said).encode()


ARTICLE = """<PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article><Journal><JournalIssue>
<PubDate><Year>{year}</Year></PubDate></JournalIssue><Title>{journal}</Title></Journal>
<ArticleTitle>{title}</ArticleTitle><AuthorList>{people}</AuthorList><DataBankList>{banks}</DataBankList>
</Article></MedlineCitation><PubmedData><ArticleIdList>{ids}</ArticleIdList><ReferenceList><Reference>
<ArticleIdList><ArticleId IdType="doi">10.9999/a-reference</ArticleId></ArticleIdList></Reference>
</ReferenceList></PubmedData></PubmedArticle>"""
BANK = (
    "<DataBank><DataBankName>ClinicalTrials.gov</DataBankName><AccessionNumberList>"
    "<AccessionNumber>{}</AccessionNumber></AccessionNumberList></DataBank>"
)


def _article(record):
    ids = {"pubmed": record["pmid"]} | ({"doi": record["doi"]} if record.get("doi") else {})
    return ARTICLE.format(
        **{"year": 2025, "journal": "Invented Journal"} | record,
        people="".join(
            f"<Author><LastName>{escape(last)}</LastName><Initials>{escape(first)}</Initials></Author>"
            for last, first in record.get("authors", ())
        ),
        banks="".join(BANK.format(escape(number)) for number in record.get("registry", ())),
        ids="".join(f'<ArticleId IdType="{kind}">{escape(told)}</ArticleId>' for kind, told in ids.items()),
    )


def _study(record):
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": record["nct"],
                "briefTitle": record["title"],
                "secondaryIdInfos": [{"id": other} for other in record.get("others", ())],
            },
            "statusModule": {"studyFirstSubmitDate": record.get("submitted", "2025-03-01")},
            "sponsorCollaboratorsModule": {
                "leadSponsor": {"name": record.get("sponsor", "Invented Sponsor")}
            },
        }
    }


@contextmanager
def loopback():
    """Run the server for as long as the block lasts."""
    held = Loopback()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def _serve(self, raw):
            address = urlsplit(self.path)
            words = dict(parse_qsl(raw, keep_blank_values=True))
            held.asked.append((self.command, address.path.lstrip("/"), words, dict(self.headers)))
            faults = held.faults.get(address.path.lstrip("/").partition("/")[0], [])
            if faults:
                fault = faults.pop(0)
                time.sleep(fault.seconds)
                return self._give(fault.status, fault.body, fault.headers, fault.cut)
            self._give(*held.answer(address.path, words))

        def _give(self, status, body, headers=None, cut=False):
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) + (100 if cut else 0)))
            self.end_headers()
            self.wfile.write(body)
            if cut:
                self.close_connection = True

        def do_GET(self):
            self._serve(urlsplit(self.path).query)

        def do_POST(self):
            self._serve(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def handle(self):
            # A client that gave up has closed the line.
            try:
                super().handle()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    held.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
