"""Gives each page a content security policy: nothing from another host, no script that is not ours."""

import base64
import hashlib
import re

_SCRIPT = re.compile(r"<script(?P<said>[^>]*)>(?P<body>.*?)</script>", re.S)
# A script element with any other type is data: a browser keeps it and runs nothing.
_RUNS = re.compile(r"""\btype=["']?(?:module|text/javascript|application/javascript)\b""")
_CHARSET = re.compile(r"""<meta charset=["']utf-8["'] ?/?>""")


def with_policy(page: str) -> str:
    """Put the policy into a page's head, before anything that it governs.

    Parameters
    ----------
    page : a whole page, as it will be served
    """
    charset = _CHARSET.search(page)
    if charset is None:
        raise ValueError('the page has no <meta charset="utf-8">, after which its policy would stand')
    tag = f'\n<meta http-equiv="Content-Security-Policy" content="{policy(page)}" />'
    return page[: charset.end()] + tag + page[charset.end() :]


def policy(page: str) -> str:
    """Allow the page its own folder, and of the scripts within it exactly those that it was written with."""
    allowed = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", *sorted(_hashes(page))]),
        # Charts set their styles as they are drawn; a style cannot run anything.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in allowed.items())


def _hashes(page: str) -> set[str]:
    return {
        f"'sha256-{base64.b64encode(hashlib.sha256(script['body'].encode()).digest()).decode()}'"
        for script in _SCRIPT.finditer(page)
        if "src=" not in script["said"] and ("type=" not in script["said"] or _RUNS.search(script["said"]))
    }
