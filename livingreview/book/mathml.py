"""Turns formulas into native MathML, so that no page needs a script for them."""

from html import escape

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx


def mathml(tex: str, display: str) -> str:
    """Write a TeX formula as MathML that keeps the TeX as its label."""
    markup = convert(tex, display=display)
    return markup.replace("<math ", f'<math aria-label="{escape(tex.strip(), quote=True)}" ', 1)


def _inline(translator, node: nodes.math) -> None:
    translator.body.append(mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def _block(translator, node: nodes.math_block) -> None:
    ids = "".join(f' id="{name}"' for name in node["ids"][:1])
    number = f'<span class="eqno">({node["number"]})</span>' if node.get("number") else ""
    formula = mathml(node.astext(), "block")
    translator.body.append(f'<div class="math lr-math"{ids}>{formula}{number}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Offer Sphinx the renderer called ``mathml``."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
