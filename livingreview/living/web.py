"""Asks web services over HTTP: at their pace, again after a failure, and from a cache of some hours."""

import email.utils
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import stamina
import stamina.instrumentation
from hishel import SqliteStorage
from hishel.httpx import CacheTransport
from lxml import etree

from livingreview.evidence.citation import CARD, read_card
from livingreview.formats import count

NCBI_KEY = "NCBI_API_KEY"
ELSEWHERE = "ALSREVIEW_SERVICES"
CACHE = Path("_build") / "search" / "answers.db"
HOURS = 12
TRIES = 4
# A service that asks for a longer pause is left alone; the next run asks it again.
LONGEST_WAIT = 90.0
LONGEST_ANSWER = 60.0
LARGEST = 64_000_000
_BUSY = {408, 425, 429, 500, 502, 503, 504}
_PARSER = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
# By default stamina logs each retry as a warning, which tells a person at a terminal nothing.
stamina.instrumentation.set_on_retry_hooks(())


@dataclass(frozen=True)
class Service:
    """A web service.

    Attributes
    ----------
    name : as messages print it
    base : its address, ending in a slash
    per_second : requests that it allows
    form : whether a request is sent as a form, where no log of addresses shows a key
    extra : further parameters of a form, which no cache, log or message may hold
    """

    name: str
    base: str
    per_second: float
    form: bool = False
    extra: tuple[tuple[str, str], ...] = ()


SERVICES = {
    # Three requests a second without a key and ten with one: E-utilities, chapter 2, NBK25497.
    "ncbi": Service("PubMed", "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/", 3, form=True),
    "europepmc": Service("Europe PMC", "https://www.ebi.ac.uk/europepmc/webservices/rest/", 2),
    "clinicaltrials": Service("ClinicalTrials.gov", "https://clinicaltrials.gov/api/v2/", 0.8),
    "crossref": Service("Crossref", "https://api.crossref.org/", 1),
}


class Web:
    """A client of several web services.

    Parameters
    ----------
    services : the services by key; see `known_services`
    cache : file that keeps answers for `HOURS`; None keeps nothing
    agent : how requests introduce themselves
    seconds : how long to wait for a connection, and for each part of an answer
    """

    def __init__(
        self,
        services: Mapping[str, Service],
        cache: Path | None,
        *,
        agent: str = "livingreview",
        seconds: float = 30,
    ):
        self.services = services
        self._storage = SqliteStorage(database_path=cache, default_ttl=HOURS * 3600) if cache else None
        self._asked: dict[str, set[str]] = {}
        wire = _Wire(services)
        # Redirects are not followed: the methods print the request that was sent.
        self._client = httpx.Client(
            transport=CacheTransport(wire, self._storage) if self._storage else wire,
            headers={"User-Agent": agent},
            timeout=httpx.Timeout(seconds),
            follow_redirects=False,
        )

    def __enter__(self) -> "Web":
        return self

    def __exit__(self, *_) -> None:
        self._client.close()

    def ask(self, service: str, path: str, words: Mapping[str, object] | None = None) -> bytes:
        """Ask a service and return the body of its answer.

        Parameters
        ----------
        service : key of the service
        path : below the service's address; what is put into it is quoted by the caller
        words : parameters of the request

        Raises
        ------
        ConnectionError
            When the service does not answer, or is ill or too busy after several tries.
        FileNotFoundError
            When it does not know what was asked for (404).
        ValueError
            When it refuses the request.
        """
        one, tries = self.services[service], 0
        address = httpx.URL(
            f"{one.base}{path}", params={name: str(value) for name, value in (words or {}).items()}
        )
        self._asked.setdefault(service, set()).add(str(address))
        extensions = {"service": service, "caching": {"key": str(address)}}
        request = self._client.build_request("GET", address, extensions=extensions)
        try:
            for attempt in stamina.retry_context(
                _pause, attempts=TRIES, timeout=None, wait_initial=1, wait_max=LONGEST_WAIT, wait_jitter=0
            ):
                with attempt:
                    tries = attempt.num
                    return self._read(one, request)
        except (httpx.TransportError, httpx.DecodingError, _Busy) as error:
            raise ConnectionError(
                f"{one.name}: no answer after {count(tries, 'try')} ({_reason(error)})"
            ) from None

    def json(self, service: str, path: str, words: Mapping[str, object] | None = None):
        """Ask for JSON and parse it; what cannot be parsed raises ValueError and is not kept."""
        body = self.ask(service, path, words)
        try:
            return json.loads(body)
        except ValueError as error:
            raise self._unread(service, "JSON", error) from None

    def xml(self, service: str, path: str, words: Mapping[str, object] | None = None) -> etree._Element:
        """Ask for XML and parse it, without resolving entities or fetching anything."""
        body = self.ask(service, path, words)
        try:
            return etree.fromstring(body, etree.XMLParser(**_PARSER))
        except etree.XMLSyntaxError as error:
            raise self._unread(service, "XML", error) from None

    def forget(self, service: str) -> None:
        """Remove from the cache what this run had from a service, so that the next run asks again."""
        for key in self._asked.pop(service, set()) if self._storage else ():
            for entry in self._storage.get_entries(key):
                self._storage.remove_entry(entry.id)

    def _unread(self, service: str, form: str, error: Exception) -> ValueError:
        self.forget(service)
        return ValueError(f"{self.services[service].name}: expected {form}, found none ({error})")

    def _read(self, service: Service, request: httpx.Request) -> bytes:
        body, began = bytearray(), time.monotonic()
        answer = self._client.send(request, stream=True)
        try:
            for part in answer.iter_bytes():
                body += part
                if time.monotonic() - began > LONGEST_ANSWER:
                    raise httpx.ReadTimeout("the answer took too long")
                if len(body) > LARGEST:
                    raise ValueError(f"{service.name}: expected less than {LARGEST:,} bytes, found more")
        finally:
            answer.close()
        if answer.status_code == 200:
            return bytes(body)
        said = f"{answer.status_code} {answer.reason_phrase}".strip()
        if answer.status_code in _BUSY:
            raise _Busy(said, _retry_after(answer))
        if answer.status_code == 404:
            raise FileNotFoundError(f"{service.name}: {said}: it does not know what was asked for")
        raise ValueError(f"{service.name}: {said}: it refuses the request; has its interface changed?")


class _Wire(httpx.BaseTransport):
    """Sends requests at the pace of each service, with its secrets in the body.

    It stands below the cache: an answer from the cache costs no pause, and the cache holds no key.
    """

    def __init__(self, services: Mapping[str, Service]):
        self._services = services
        self._next: dict[str, float] = {}
        # A client and no bare transport, since a client heeds HTTPS_PROXY and NO_PROXY.
        self._http = httpx.Client(follow_redirects=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        service = self._services[request.extensions["service"]]
        now = time.monotonic()
        start = max(self._next.get(request.url.host, now), now)
        if start > now:
            time.sleep(start - now)
        self._next[request.url.host] = start + 1 / service.per_second
        if service.form:
            request = httpx.Request(
                "POST",
                request.url.copy_with(query=None),
                headers=request.headers,
                data=dict(request.url.params) | dict(service.extra),
                extensions=request.extensions,
            )
        return self._http.send(request, stream=True)

    def close(self) -> None:
        self._http.close()


class _Busy(Exception):
    """A service is ill or asks us to wait; ``wait`` is for how many seconds, 0 when it does not say."""

    def __init__(self, said: str, wait: float):
        super().__init__(said)
        self.said, self.wait = said, wait


def _pause(error: Exception) -> bool | float:
    """Return whether to try again, or after how many seconds."""
    if isinstance(error, _Busy):
        return error.wait <= LONGEST_WAIT and (error.wait or True)
    return isinstance(error, httpx.TransportError | httpx.DecodingError)


def _reason(error: Exception) -> str:
    """Put a failure into our own words: what a server says does not belong in a report."""
    if isinstance(error, _Busy):
        later = f", to be asked again in {error.wait:.0f} seconds" if error.wait > LONGEST_WAIT else ""
        return f"{error.said}{later}"
    if isinstance(error, httpx.TimeoutException):
        return "it took too long"
    if isinstance(error, httpx.RemoteProtocolError | httpx.DecodingError):
        return "the answer was cut short or garbled"
    return "the connection failed"


def _retry_after(answer: httpx.Response) -> float:
    """Return how many seconds a server asks us to wait; 0 when it does not say."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isdecimal():
        return float(said)
    try:
        return max(email.utils.parsedate_to_datetime(said).timestamp() - time.time(), 0.0)
    except ValueError:
        return 0.0


def open_web(root: Path) -> Web:
    """Open the services as the review uses them, with a cache below ``_build``."""
    (root / CACHE).parent.mkdir(parents=True, exist_ok=True)
    return Web(known_services(root), root / CACHE, agent=agent(root))


def known_services(root: Path, environment: Mapping[str, str] = os.environ) -> dict[str, Service]:
    """Return every service by its key, with the key and the addresses that the environment names.

    Parameters
    ----------
    root : folder of the review, whose CITATION.cff may hold an address to write to
    environment : ``NCBI_API_KEY`` is PubMed's key; ``ALSREVIEW_SERVICES`` is an address below which each
        service stands under its key, such as that of a local copy
    """
    key, elsewhere = environment.get(NCBI_KEY, ""), environment.get(ELSEWHERE, "")
    said = {"tool": "livingreview", "email": contact(root), "api_key": key}
    extra = tuple((name, value) for name, value in said.items() if value)
    known = SERVICES | {"ncbi": replace(SERVICES["ncbi"], per_second=10 if key else 3, extra=extra)}
    if not elsewhere:
        return known
    if not elsewhere.startswith(("http://", "https://")):
        raise ValueError(
            f"{ELSEWHERE}: expected an address such as http://localhost:8001, found {elsewhere!r}"
        )
    # A local copy needs no sparing.
    base = elsewhere.rstrip("/")
    return {name: replace(one, base=f"{base}/{name}/", per_second=1000) for name, one in known.items()}


def contact(root: Path) -> str:
    """Return the first e-mail address in CITATION.cff; empty when there is none."""
    card = _card(root)
    people = [*(card.get("contact") or ()), *card.get("authors", ())]
    return next((person["email"] for person in people if person.get("email")), "")


def agent(root: Path) -> str:
    """Return how requests introduce themselves: the module, the review's version, its address, a contact."""
    card = _card(root)
    where = [card.get("url") or card.get("repository-code"), contact(root) and f"mailto:{contact(root)}"]
    said = "; ".join(["living systematic review", *(part for part in where if part)])
    return f"livingreview/{card.get('version', '0')} ({said})"


def _card(root: Path) -> dict:
    return read_card(root) if (root / CARD).is_file() else {}
