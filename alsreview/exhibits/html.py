"""Writes plain text as HTML."""

from html import escape


def paragraph(text: str) -> str:
    """Write a paragraph; nothing for no text."""
    return f"<p>{escape(text)}</p>" if text else ""


def bullets(texts: list[str]) -> str:
    """Write a list."""
    return f"<ul>{''.join(f'<li>{escape(str(text))}</li>' for text in texts)}</ul>"
