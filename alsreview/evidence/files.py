"""Reads text files into rows and mappings that remember their lines."""

import csv
import io
from pathlib import Path

import yaml

from alsreview.schema import Fault


def read_text(path: Path, name: str) -> tuple[str, list[Fault]]:
    """Read a UTF-8 file, or say which byte is not UTF-8."""
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
    if faults:
        return {}, {}, faults
    lines: dict = {}
    try:
        loader = yaml.CSafeLoader(text)
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            return {}, {}, [Fault(name, 1, "file", "expected a YAML mapping")]
        faults = _walk(node, (), lines, name)
        return loader.construct_document(node), lines, faults
    except (yaml.YAMLError, ValueError) as error:
        return {}, {}, [_malformed(error, name)]


def _malformed(error, name: str) -> Fault:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return Fault(name, mark.line + 1 if mark else 1, "file", f"malformed YAML: {problem}")


def _walk(node, path: tuple, lines: dict, name: str) -> list[Fault]:
    """Note the line of every key and list keys given twice, of which YAML would drop one."""
    faults = []
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            here = (*path, key.value)
            line = key.start_mark.line + 1
            if here in seen:
                faults.append(
                    Fault(name, line, ".".join(map(str, here)), "expected each key once, found it twice")
                )
            seen.add(here)
            lines[here] = line
            faults += _walk(value, here, lines, name)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*path, index)] = value.start_mark.line + 1
            faults += _walk(value, (*path, index), lines, name)
    return faults


def printed_rows(root: Path, trial_id: str, table: str) -> list[dict]:
    """Give the rows of a trial's CSV file as they are written there, each with its ``line``.

    Notes
    -----
    As numbers they would lose their last zeros, which say how exactly a figure was printed.
    """
    name = f"data/trials/{trial_id}/{table}"
    rows = read_table(root / name, name)[1] if (root / name).is_file() else []
    return [cells | {"line": line} for line, cells in rows]
