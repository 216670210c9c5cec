"""Turns chapters and evidence into web pages and a PDF."""

from alsreview.book.build import Built, build, build_html, build_pdf
from alsreview.book.extension import setup
from alsreview.book.serve import serve

__all__ = ["Built", "build", "build_html", "build_pdf", "serve", "setup"]
