"""Checks rows of tables and nested records of cards against the dictionary."""

from livingreview.schema.faults import Fault, Place
from livingreview.schema.values import VALUES, Refused, shown


def check_header(header: list[str], rules: dict, place: Place) -> list[Fault]:
    """List unknown, repeated and missing columns of a table's first line."""
    faults = [place.fault(c, unknown(c, "column", rules)) for c in header if c not in rules]
    faults += [
        place.fault(c, "expected each column once, found it twice")
        for c in set(header)
        if header.count(c) > 1
    ]
    needed = [c for c, rule in rules.items() if rule.get("required") and c not in header]
    return faults + [place.fault(c, "expected this column, found none") for c in needed]


def check_row(cells: dict[str, str], rules: dict, place: Place) -> tuple[dict, list[Fault]]:
    """Type the cells of one row.

    Parameters
    ----------
    cells : column name to text; an empty text is a missing value
    rules : column name to rule, as in ``columns.yml``
    place : where the row stands, with the names its keys may refer to

    Returns
    -------
    (values, faults)
        ``values`` holds ``None`` where a cell is missing or at fault.
    """
    values, faults = dict.fromkeys(rules), []
    for column, cell in cells.items():
        rule = rules.get(column)
        if rule is None:
            continue
        if cell == "":
            if rule.get("required"):
                faults.append(place.fault(column, "expected a value, found an empty cell"))
            continue
        try:
            values[column] = VALUES[rule["type"]](cell, rule, place.names)
        except Refused as refusal:
            faults.append(place.fault(column, str(refusal)))
    return values, faults


def check_record(record, rules: dict, lines: dict, place: Place, at: tuple = ()) -> list[Fault]:
    """List the faults of a mapping read from YAML.

    Parameters
    ----------
    record : the mapping
    rules : key to rule, as in ``columns.yml``
    lines : path of keys to the line it stands on
    place : file and names; its line is used where ``lines`` knows none
    at : path of the mapping inside its file
    """
    here = Place(place.path, lines.get(at, place.line), place.names)
    if not isinstance(record, dict):
        return [here.fault(_dotted(at), f"expected a mapping, found {shown(record)}")]
    faults = [
        here.fault(_dotted((*at, key)), "expected this key, found none")
        for key, rule in rules.items()
        if rule.get("required") and record.get(key) is None
    ]
    for key, value in record.items():
        path = (*at, key)
        spot = Place(place.path, lines.get(path, here.line), place.names)
        if key not in rules:
            faults.append(spot.fault(_dotted(path), unknown(key, "key", rules)))
        elif value is None:
            faults.append(
                spot.fault(
                    _dotted(path),
                    "expected a value, found nothing; leave the key out if the value is not available",
                )
            )
        else:
            faults += _check_value(value, rules[key], lines, spot, path)
    return faults


def _check_value(value, rule, lines, place, path) -> list[Fault]:
    kind, faults = rule["type"], []
    if kind == "record":
        return check_record(value, rule["fields"], lines, place, path)
    if kind == "named":
        if not isinstance(value, dict):
            return [place.fault(_dotted(path), f"expected names with their fields, found {shown(value)}")]
        pairs = value.items()
        faults = [f for key in value for f in _check_item(key, {"type": "text"}, lines, place, (*path, key))]
    elif kind in ("records", "list"):
        if not isinstance(value, list):
            return [place.fault(_dotted(path), f"expected a list, found {shown(value)}")]
        pairs = enumerate(value)
    else:
        pairs, path = [(path[-1], value)], path[:-1]
    for key, item in pairs:
        faults += _check_item(item, rule, lines, place, (*path, key))
    return faults


def _check_item(item, rule, lines, place, path) -> list[Fault]:
    if "fields" in rule:
        return check_record(item, rule["fields"], lines, place, path)
    scalar = (
        dict(rule, type="key" if "of" in rule else rule.get("items", "text"))
        if rule["type"] == "list"
        else rule
    )
    try:
        VALUES[scalar["type"]](item, scalar, place.names)
    except Refused as refusal:
        line = lines.get(path, place.line)
        return [Fault(str(place.path), line, _dotted(path), str(refusal))]
    return []


def unknown(name, kind: str, known: dict) -> str:
    return f"expected a known {kind} ({', '.join(known)}), found {shown(name)}"


def _dotted(path: tuple) -> str:
    return ".".join(map(str, path)) or "file"
