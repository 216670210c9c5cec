"""The names that the chapters use."""

from livingreview import Review

review = Review()
