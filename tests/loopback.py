"""The services, spoken for in their documented formats, with records that we invent; nothing is sent.

PubMed after "The E-utilities In-Depth" (NBK25499), Europe PMC after its RESTful reference, and
ClinicalTrials.gov after the description of its API, version 2. No answer, here or in `answers`, is a
copy of a real one.
"""

import json
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl

import httpx
from jinja2 import Template

from livingreview.living import web
from livingreview.living.web import CLINICALTRIALS, EUROPEPMC, PUBMED

ANSWERS = Path(__file__).parent / "answers"
ARTICLES = Template((ANSWERS / "pubmed.xml").read_text(), autoescape=True)


class Loopback:
    """What the services hold, what goes wrong, and what was asked.

    ``found`` maps a service to the records that each query finds, ``faults`` to what goes wrong first: an
    error, or the status, headers and body of an answer. ``replies`` has bodies by service and path, and
    ``asked`` lists every request with its parameters. ``pauses`` are those that were made.
    """

    def __init__(self, monkeypatch):
        self.found = {PUBMED: [], EUROPEPMC: [], CLINICALTRIALS: []}
        self.faults, self.replies, self.asked, self.pauses, self.now = {}, {}, [], [], 100.0
        clock = SimpleNamespace(sleep=self._sleep, monotonic=lambda: self.now, time=time.time)
        monkeypatch.setattr(web, "time", clock)
        monkeypatch.setattr("tenacity.nap.time", clock)
        # Reading the certificates takes longer than most tests.
        monkeypatch.setattr("ssl.SSLContext.load_verify_locations", lambda *words, **told: None)
        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda _, request: self._answer(request))

    def _sleep(self, seconds):
        self.pauses.append(round(seconds, 3))
        self.now += seconds

    def _answer(self, request):
        (service,) = (name for name, each in web.SERVICES.items() if str(request.url).startswith(each.base))
        path = str(request.url.copy_with(query=None)).removeprefix(web.SERVICES[service].base)
        words = dict(parse_qsl(request.read().decode())) or dict(request.url.params)
        self.asked.append((request, words))
        if faults := self.faults.get(service):
            fault = faults.pop(0)
            if isinstance(fault, Exception):
                raise fault
            status, headers, body = fault
            return httpx.Response(status, headers=headers, content=body)
        if (service, path) in self.replies:
            return httpx.Response(200, content=self.replies[service, path])
        speak = {
            "esearch.fcgi": self._esearch, "efetch.fcgi": self._efetch, "search": self._europepmc,
            "studies": self._studies,
        }.get(path)  # fmt: skip
        return httpx.Response(200, content=speak(words)) if speak else httpx.Response(404)

    def _esearch(self, words):
        numbers = [record["pmid"] for record in self.found[PUBMED]]
        told = {"count": str(len(numbers)), "retstart": "0", "idlist": numbers[: int(words["retmax"])]}
        return as_json({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": told})

    def _efetch(self, words):
        wanted = words["id"].split(",")
        records = [record for record in self.found[PUBMED] if record["pmid"] in wanted]
        return ARTICLES.render(records=records).encode()

    def _europepmc(self, words):
        records, mark = self.found[EUROPEPMC], words["cursorMark"]
        start = 0 if mark == "*" else int(mark.removeprefix("mark"))
        page = records[start : start + int(words["pageSize"])]
        # The last page, which is empty, gives the mark that it was asked with.
        following = f"mark{start + len(page)}" if page else mark
        return as_json(
            {"hitCount": len(records), "resultList": {"result": page}, "nextCursorMark": following}
        )

    def _studies(self, words):
        records, start = self.found[CLINICALTRIALS], int(words.get("pageToken", 0))
        end = start + int(words["pageSize"])
        told = {"studies": [_study(record) for record in records[start:end]]}
        told |= {"totalCount": len(records)} if words.get("countTotal") == "true" and not start else {}
        return as_json(told | ({"nextPageToken": str(end)} if end < len(records) else {}))


def as_json(said):
    return json.dumps(said).encode()


def _study(record):
    named = {"nctId": record["nct"], "briefTitle": record["title"]}
    return {
        "protocolSection": {
            "identificationModule": named | {"secondaryIdInfos": [{"id": "2020-001234-12"}]},
            "statusModule": {"studyFirstSubmitDate": "2025-03-01"},
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Invented Sponsor"}},
        }
    }
