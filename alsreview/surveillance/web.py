"""Asks web services: politely, again after a failure, and never twice for what it has."""

import email.utils
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from lxml import etree

from alsreview.surveillance.services import Service, agent, known_services
from alsreview.surveillance.store import Store

TRIES = 4
# Longer than this nobody waits; the next run asks again.
LONGEST_WAIT = 90.0
LONGEST_ANSWER = 60.0
LARGEST = 64_000_000
_ILL = {408, 425, 429, 500, 502, 503, 504}
_PARSER = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


class Web:
    """Web services, each asked at its own pace.

    Parameters
    ----------
    services : what there is to ask, by key; see `known_services`
    store : where answers are kept
    agent : how requests introduce themselves
    seconds : how long to wait for a connection, and for each part of an answer
    sleep, clock : what waits, and what tells the time
    """

    def __init__(
        self,
        services: Mapping[str, Service],
        store: Store,
        *,
        agent: str = "alsreview",
        seconds: float = 30,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.services, self.store = services, store
        self._sleep, self._clock = sleep, clock
        self._next: dict[str, float] = {}
        # Not followed: a request that was sent elsewhere is not the one that the methods print.
        self._client = httpx.Client(
            headers={"User-Agent": agent}, timeout=httpx.Timeout(seconds), follow_redirects=False
        )

    def __enter__(self) -> "Web":
        return self

    def __exit__(self, *_) -> None:
        self._client.close()

    def ask(self, service: str, path: str, words: Mapping[str, object] | None = None) -> bytes:
        """Ask a service and give the body of its answer.

        Parameters
        ----------
        service : key of the service
        path : below the service's address; what is put into it is quoted by the caller
        words : parameters of the request

        Raises
        ------
        ConnectionError
            When the service is down: it does not answer, or is ill or too busy after several tries.
        FileNotFoundError
            When it does not know what was asked for (404).
        ValueError
            When it refuses the request.
        """
        asked = {name: str(value) for name, value in (words or {}).items()}
        body = self.store.find(service, path, asked)
        if body is None:
            body = self._insist(self.services[service], path, asked)
            self.store.keep(service, path, asked, body)
        return body

    def json(self, service: str, path: str, words: Mapping[str, object] | None = None):
        """Ask for JSON and read it; what cannot be read raises ValueError and is not kept."""
        body = self.ask(service, path, words)
        try:
            return json.loads(body)
        except ValueError as error:
            raise self._unread(service, "JSON", error) from None

    def xml(self, service: str, path: str, words: Mapping[str, object] | None = None) -> etree._Element:
        """Ask for XML and read it, with no entity of its own and nothing fetched."""
        body = self.ask(service, path, words)
        try:
            return etree.fromstring(body, etree.XMLParser(**_PARSER))
        except etree.XMLSyntaxError as error:
            raise self._unread(service, "XML", error) from None

    def _unread(self, service: str, form: str, error: Exception) -> ValueError:
        self.store.forget(service)
        return ValueError(f"{self.services[service].name}: expected {form}, found none ({error})")

    def _insist(self, service: Service, path: str, words: dict[str, str]) -> bytes:
        """Ask until there is an answer, waiting longer each time, or as long as the service asks."""
        wait = 0.0
        for turn in range(TRIES):
            self._wait(service, wait)
            try:
                answer, body = self._send(service, path, words)
            except (httpx.TransportError, httpx.DecodingError) as error:
                said, wait = _fault(error), 2.0**turn
                continue
            if answer.status_code not in _ILL:
                return self._accept(service, answer, body)
            said = f"{answer.status_code} {answer.reason_phrase}".strip()
            wait = max(2.0**turn, _retry_after(answer))
            if wait > LONGEST_WAIT:
                said = f"{said}, to be asked again in {wait:.0f} seconds"
                break
        raise ConnectionError(f"{service.name}: no answer after {turn + 1} tries ({said})")

    def _wait(self, service: Service, longer: float) -> None:
        host = urlsplit(service.base).netloc
        now = self._clock()
        start = max(self._next.get(host, now), now + longer)
        if start > now:
            self._sleep(start - now)
        self._next[host] = start + 1 / service.per_second

    def _send(self, service: Service, path: str, words: dict[str, str]) -> tuple[httpx.Response, bytes]:
        every = words | dict(service.extra)
        how = {"method": "POST", "data": every} if service.form else {"method": "GET", "params": every}
        body, began = bytearray(), self._clock()
        with self._client.stream(url=f"{service.base}{path}", **how) as answer:
            for part in answer.iter_bytes():
                body += part
                if self._clock() - began > LONGEST_ANSWER:
                    raise httpx.ReadTimeout("the answer took too long")
                if len(body) > LARGEST:
                    raise ValueError(f"{service.name}: expected less than {LARGEST:,} bytes, found more")
        return answer, bytes(body)

    def _accept(self, service: Service, answer: httpx.Response, body: bytes) -> bytes:
        if answer.status_code == 200:
            return body
        said = f"{answer.status_code} {answer.reason_phrase}".strip()
        if answer.status_code == 404:
            raise FileNotFoundError(f"{service.name}: {said}: it does not know what was asked for")
        raise ValueError(f"{service.name}: {said}: it refuses the request; has its interface changed?")


def open_web(root: Path, **options) -> Web:
    """Open the services as the review uses them, with answers kept in ``_build/search``.

    Parameters
    ----------
    root : folder of the review
    options : what `Web` takes beyond that, and ``store``
    """
    store = options.pop("store", None) or Store(root / "_build" / "search")
    return Web(known_services(root), store, agent=agent(root), **options)


def _fault(error: Exception) -> str:
    """Put a failure into words of ours: a server's own do not belong in a report."""
    if isinstance(error, httpx.TimeoutException):
        return "it took too long"
    if isinstance(error, httpx.RemoteProtocolError | httpx.DecodingError):
        return "the answer was cut short or garbled"
    return "the connection failed"


def _retry_after(answer: httpx.Response) -> float:
    """Read how long a server asks us to wait, in seconds or as a date; nothing when it does not say."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isdecimal():
        return float(said)
    try:
        return max(email.utils.parsedate_to_datetime(said).timestamp() - time.time(), 0.0)
    except ValueError:
        return 0.0
