"""Keeps answers of web services for some hours, so that a run that is repeated does not ask twice."""

import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

HOURS = 12


class Store:
    """A folder of answers.

    Parameters
    ----------
    folder : where they are kept, outside ``data/``; nowhere when None
    hours : for how long an answer is good
    """

    def __init__(self, folder: Path | None, hours: float = HOURS):
        self.folder = folder
        self.hours = hours
        self.used: dict[str, list[Path]] = {}

    def find(self, service: str, path: str, words: Mapping[str, str]) -> bytes | None:
        """Give the answer to a request; nothing when there is none, or it is too old."""
        place = self._place(service, path, words)
        if place is None or not place.is_file():
            return None
        # The clock may have been set back since: an answer of tomorrow is as good as none.
        if not 0 <= time.time() - place.stat().st_mtime < self.hours * 3600:
            return None
        self.used.setdefault(service, []).append(place)
        return place.read_bytes()

    def keep(self, service: str, path: str, words: Mapping[str, str], body: bytes) -> None:
        """Keep an answer, all or nothing."""
        place = self._place(service, path, words)
        if place is None:
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f"{place.name}.{os.getpid()}.part")
        part.write_bytes(body)
        os.replace(part, place)
        self.used.setdefault(service, []).append(place)

    def forget(self, service: str) -> None:
        """Throw away what this run had from a service: what could not be read once is asked for again."""
        for place in self.used.pop(service, ()):
            place.unlink(missing_ok=True)

    def _place(self, service: str, path: str, words: Mapping[str, str]) -> Path | None:
        if self.folder is None:
            return None
        asked = json.dumps([service, path, sorted(words.items())])
        return self.folder / service / hashlib.sha256(asked.encode()).hexdigest()[:32]
