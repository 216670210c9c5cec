"""Knows what a row may say, given the dictionary it is handed."""

from alsreview.schema.faults import DataError, Fault, Place
from alsreview.schema.records import check_header, check_record, check_row

__all__ = ["DataError", "Fault", "Place", "check_header", "check_record", "check_row"]
