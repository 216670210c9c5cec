"""Knows what a row may say, given the dictionary it is handed."""

from livingreview.schema.faults import DataError, Fault, Place
from livingreview.schema.printed import Printed, printed_figure, printed_p
from livingreview.schema.records import check_header, check_record, check_row

__all__ = [
    "DataError",
    "Fault",
    "Place",
    "Printed",
    "check_header",
    "check_record",
    "check_row",
    "printed_figure",
    "printed_p",
]
