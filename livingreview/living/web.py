"""Asks web services over HTTP: at their pace, again after a failure, and from a cache of some hours."""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import httpx
import stamina
import stamina.instrumentation
from hishel import SqliteStorage
from hishel.httpx import CacheTransport
from lxml import etree

from livingreview.evidence.citation import CARD, read_card
from livingreview.formats import count

NCBI_KEY = "NCBI_API_KEY"
CACHE = Path("_build") / "search" / "answers.db"
HOURS = 12
TRIES = 4
# How long to wait for a connection, and for each part of an answer.
SECONDS = 30.0
# A service that asks for a longer pause is left alone; the next run asks it again.
LONGEST_WAIT = 90.0
_BUSY = {408, 425, 429, 500, 502, 503, 504}
_T = TypeVar("_T")
# By default stamina logs each retry as a warning, which tells a person at a terminal nothing.
stamina.instrumentation.set_on_retry_hooks(())


@dataclass(frozen=True)
class Service:
    """A web service.

    Attributes
    ----------
    base : its address, ending in a slash
    per_second : requests that it allows
    secrets : further parameters, which no cache, log or message may hold; all are then sent as a form, since
        logs hold addresses
    """

    base: str
    per_second: float
    secrets: Mapping[str, str] | None = None


PUBMED, EUROPEPMC, CLINICALTRIALS, CROSSREF = "PubMed", "Europe PMC", "ClinicalTrials.gov", "Crossref"
SERVICES = {
    # Three requests a second without a key and ten with one: E-utilities, chapter 2, NBK25497.
    PUBMED: Service("https://eutils.ncbi.nlm.nih.gov/entrez/eutils/", 3, {}),
    EUROPEPMC: Service("https://www.ebi.ac.uk/europepmc/webservices/rest/", 2),
    CLINICALTRIALS: Service("https://clinicaltrials.gov/api/v2/", 0.8),
    CROSSREF: Service("https://api.crossref.org/", 1),
}


class Web:
    """A client of the services for a review, which keeps their answers for `HOURS` below ``_build``.

    Requests introduce themselves with the review's address and the first e-mail address in its CITATION.cff,
    and PubMed is asked with the key of the environment.
    """

    def __init__(self, root: Path):
        card = read_card(root) if (root / CARD).is_file() else {}
        people = [*(card.get("contact") or ()), *card.get("authors", ())]
        contact = next((person["email"] for person in people if person.get("email")), "")
        where = [card.get("url") or card.get("repository-code"), contact and f"mailto:{contact}"]
        said = "; ".join(["living systematic review", *filter(None, where)])
        agent = f"livingreview/{card.get('version', '0')} ({said})"
        key, pubmed = os.environ.get(NCBI_KEY, ""), SERVICES[PUBMED]
        told = {"tool": "livingreview", "email": contact, "api_key": key}
        secrets = {name: value for name, value in told.items() if value}
        pubmed = replace(pubmed, per_second=10 if key else pubmed.per_second, secrets=secrets)
        self._services = SERVICES | {PUBMED: pubmed}
        self._cache, self._distrusted = root / CACHE, False
        self._cache.parent.mkdir(parents=True, exist_ok=True)
        storage = SqliteStorage(database_path=self._cache, default_ttl=HOURS * 3600)
        # Redirects are not followed: the methods print the request that was sent.
        self._client = httpx.Client(
            transport=CacheTransport(_Wire(), storage), headers={"User-Agent": agent}, timeout=SECONDS
        )

    def __enter__(self) -> "Web":
        return self

    def __exit__(self, kind, *_) -> None:
        self._client.close()
        if kind or self._distrusted:
            self._cache.unlink(missing_ok=True)

    def forget(self) -> None:
        """Keep no answer of this run, so that the next one asks again."""
        self._distrusted = True

    def ask(self, service: str, path: str, words: Mapping[str, object], read: Callable[[bytes], _T]) -> _T:
        """Ask a service and read its answer.

        Parameters
        ----------
        service : its name
        path : below the service's address; what is put into it is quoted by the caller
        words : parameters of the request
        read : reads the body; what it cannot read has another form than is documented

        Raises
        ------
        ConnectionError
            When the service does not answer, or is ill or too busy after several tries.
        FileNotFoundError
            When it does not know what was asked for (404).
        ValueError
            When it refuses the request, or ``read`` its answer.
        """
        body = self._send(service, path, {name: str(value) for name, value in words.items()})
        try:
            return read(body)
        except (LookupError, TypeError, AttributeError, json.JSONDecodeError, etree.XMLSyntaxError) as error:
            told = f"its answer cannot be read ({error!r}); has its interface changed?"
        except ValueError as error:
            told = f"{error}"
        raise ValueError(f"{service}: {told}")

    def _send(self, service: str, path: str, words: Mapping[str, str]) -> bytes:
        """Send a request, again after a failure, and return the body of the answer."""
        one = self._services[service]
        extensions = {"service": one}
        request = self._client.build_request("GET", one.base + path, params=words, extensions=extensions)
        try:
            for attempt in stamina.retry_context(
                _pause, attempts=TRIES, timeout=None, wait_initial=1, wait_max=LONGEST_WAIT, wait_jitter=0
            ):
                with attempt:
                    tries = attempt.num
                    return self._client.send(request).raise_for_status().content
        except (httpx.HTTPStatusError, httpx.TransportError, httpx.DecodingError) as error:
            said, status = _reason(error), getattr(getattr(error, "response", None), "status_code", None)
        if status == 404:
            raise FileNotFoundError(f"{service}: {said}: it does not know what was asked for")
        if status and status not in _BUSY:
            raise ValueError(f"{service}: {said}: it refuses the request; has its interface changed?")
        raise ConnectionError(f"{service}: no answer after {count(tries, 'try')} ({said})")


class _Wire(httpx.BaseTransport):
    """Sends requests at the pace of each service, with its secrets in the body.

    It stands below the cache: an answer from the cache costs no pause, and the cache holds no key.
    """

    def __init__(self):
        self._next: dict[str, float] = {}
        # A client and no bare transport, since a client heeds HTTPS_PROXY and NO_PROXY.
        self._http = httpx.Client()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        service = request.extensions["service"]
        now = time.monotonic()
        start = max(self._next.get(service.base, now), now)
        if start > now:
            time.sleep(start - now)
        self._next[service.base] = start + 1 / service.per_second
        if service.secrets is not None:
            request = httpx.Request(
                "POST",
                request.url.copy_with(query=None),
                headers=request.headers,
                data={**request.url.params, **service.secrets},
                extensions=request.extensions,
            )
        return self._http.send(request, stream=True)

    def close(self) -> None:
        self._http.close()


def _pause(error: Exception) -> bool | float:
    """Return whether to try again, or after how many seconds."""
    if isinstance(error, httpx.HTTPStatusError):
        wait = _retry_after(error.response)
        return error.response.status_code in _BUSY and wait <= LONGEST_WAIT and (wait or True)
    return isinstance(error, httpx.TransportError | httpx.DecodingError)


def _reason(error: Exception) -> str:
    """Put a failure into our own words: what a server says does not belong in a report."""
    if isinstance(error, httpx.HTTPStatusError):
        wait = _retry_after(error.response)
        later = f", to be asked again in {wait:.0f} seconds" if wait > LONGEST_WAIT else ""
        return f"{error.response.status_code} {error.response.reason_phrase}".strip() + later
    if isinstance(error, httpx.TimeoutException):
        return "it took too long"
    if isinstance(error, httpx.RemoteProtocolError | httpx.DecodingError):
        return "the answer was cut short or garbled"
    return "the connection failed"


def _retry_after(answer: httpx.Response) -> float:
    """Return how many seconds a server asks us to wait; 0 when it gives no number of them."""
    said = answer.headers.get("Retry-After", "").strip()
    return float(said) if said.isdecimal() else 0.0
