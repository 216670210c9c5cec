"""Lays out every version of the review, side by side, as one site."""

from alsreview.book.site.layout import Site, build_site

__all__ = ["Site", "build_site"]
