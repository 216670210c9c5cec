"""Turns chapters and evidence into web pages and a PDF."""

from livingreview.book.build import Built, build, serve, server

__all__ = ["Built", "build", "serve", "server", "setup"]


def setup(app) -> dict[str, bool]:
    """Register the Sphinx extension; other commands need not wait until Sphinx is imported."""
    from livingreview.book.extension import setup

    return setup(app)
