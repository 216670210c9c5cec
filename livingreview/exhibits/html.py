"""Writes plain text as HTML."""

from html import escape


def paragraph(text: str) -> str:
    """Write a paragraph; nothing for no text."""
    return f"<p>{escape(text)}</p>" if text else ""


def bullets(texts: list[str]) -> str:
    """Write a list."""
    return f"<ul>{''.join(f'<li>{escape(str(text))}</li>' for text in texts)}</ul>"


def numbered(texts: list[str], kind: str) -> str:
    """Write a numbered list of a class; nothing for no text."""
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f'<ol class="{kind}">{items}</ol>' if texts else ""
