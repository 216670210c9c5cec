"""Reads text files into rows and mappings that remember their lines, and writes files whole."""

import csv
import io
import os
import pickle
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import yaml

from livingreview.schema import Fault

_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"
# Far more than a card has, and fewer than Python can follow; an alias within itself has no end.
_LEVELS = 50


def read_text(path: Path, name: str) -> tuple[str, list[Fault]]:
    """Read a UTF-8 file, or return which byte is not UTF-8."""
    raw = path.read_bytes()
    if raw.startswith(b"\xef\xbb\xbf"):
        return "", [Fault(name, 1, "file", "expected plain UTF-8, found a byte-order mark; save without it")]
    try:
        return raw.decode("utf-8"), []
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        found = f"expected UTF-8 text, found byte 0x{raw[error.start]:02x}; save the file as UTF-8"
        return "", [Fault(name, line, "file", found)]


def read_table(path: Path, name: str) -> tuple[list[str], list[tuple[int, dict]], list[Fault]]:
    """Read a CSV file into its header and its rows, each with the line it stands on."""
    text, faults = read_text(path, name)
    if faults:
        return [], [], faults
    header, rows = [], []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) == len(header):
                rows.append((line, dict(zip(header, cells, strict=True))))
            else:
                faults.append(Fault(name, line, "row", f"expected {len(header)} cells, found {len(cells)}"))
            line = reader.line_num + 1
    except csv.Error as error:
        faults.append(Fault(name, reader.line_num, "row", f"malformed CSV: {error}"))
    if not header:
        faults.append(Fault(name, 1, "file", "expected a header line, found an empty file"))
    return header, rows, faults


def read_yaml(path: Path, name: str) -> tuple[dict, dict, list[Fault]]:
    """Read a YAML mapping, with the line of every key as a mapping from its path."""
    text, faults = read_text(path, name)
    return ({}, {}, faults) if faults else pickle.loads(_parsed(text, name))


@lru_cache(maxsize=500)
def _parsed(text: str, name: str) -> bytes:
    """Parse a text once, however often a command reads it, and keep it so that each reader has its own."""
    return pickle.dumps(_parse(text, name))


def _parse(text: str, name: str) -> tuple[dict, dict, list[Fault]]:
    try:
        reader = _Reader(text, name)
        node = reader.loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            return {}, {}, [Fault(name, 1, "file", "expected a YAML mapping")]
        return reader.value(node, ()), reader.lines, reader.faults
    except (yaml.YAMLError, ValueError) as error:
        return {}, {}, [malformed(error, name)]


def malformed(error: Exception, name: str) -> Fault:
    """Return where and why a text is not YAML."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return Fault(name, mark.line + 1 if mark else 1, "file", f"malformed YAML: {problem}")


class _Reader:
    """Makes values of nodes and notes lines on the same walk: half the time of a walk for each."""

    def __init__(self, text: str, name: str):
        self.loader = yaml.CSafeLoader(text)
        self.name = name
        self.lines: dict[tuple, int] = {}
        self.faults: list[Fault] = []

    def value(self, node, path: tuple):
        """Return the value of a node, and note the line of every key in it."""
        if len(path) > _LEVELS:
            message = f"expected at most {_LEVELS} levels, found more, or an alias within itself"
            raise yaml.constructor.ConstructorError(None, None, message, node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._item(value, (*path, index)) for index, value in enumerate(node.value)]
        return node.value if node.tag == _TEXT else self.loader.construct_object(node)

    def _item(self, node, path: tuple):
        self.lines[path] = node.start_mark.line + 1
        return self.value(node, path)

    def _mapping(self, node, path: tuple) -> dict:
        values = {}
        for key, item in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                raise yaml.constructor.ConstructorError(None, None, "expected a plain key", key.start_mark)
            here = (*path, key.value)
            word = self.value(key, here)
            # YAML itself would drop one of the two.
            if word in values:
                where = ".".join(map(str, here))
                self.faults.append(Fault(self.name, line, where, "expected each key once, found it twice"))
            self.lines[here] = line
            values[word] = self.value(item, here)
        return values


def replace_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def replace_files(root: Path, files: Mapping[str, bytes]) -> None:
    """Write files of the review, by path from its root, each whole; git keeps what they held before."""
    for name, content in files.items():
        replace_file(root / name, content)
