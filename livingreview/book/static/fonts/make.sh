#!/usr/bin/env bash
# Makes the fonts in this folder from Debian's fonts-noto-core 20201225-1 and the theme's icons.  Needs: pip install fonttools brotli
set -euo pipefail
cd "$(dirname "$0")"
from=${1:-/usr/share/fonts/truetype/noto}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
text="U+0020-007E,U+00A0-024F,U+0259,U+02B0-02FF,U+0300-036F,U+0370-03FF,U+1E00-1EFF,U+2000-206F,U+2070-209F,U+20A0-20BF,U+2100-214F,U+2150-218F,U+FB00-FB04,U+FFFD"
arrows="U+2190-2199,U+21D0-21D4,U+2200-226F,U+2282-2297,U+22C5"
shapes="U+25A0-25A1,U+25AA-25AB,U+25B2-25B7,U+25BC-25C1,U+25C6-25C7,U+25CA-25CB,U+25CF,U+2713,U+2717"
math="U+0020-007E,U+00A0-00FF,U+0300-0338,U+0370-03FF,U+2010-2027,U+2030-205F,U+2070-209F,U+2100-214F,U+2190-21FF,U+2200-22FF,U+2308-230B,U+23DC-23E1,U+27E6-27EB,U+1D400-1D49B,U+1D6A4-1D71B"
plain=(--no-hinting --layout-features= --drop-tables+=MATH,GSUB,GPOS,GDEF)

# Noto Sans has no minus sign, arrows or shapes: they come from its sister fonts, same family, same em.
pyftsubset "$from/NotoSansMath-Regular.ttf" --unicodes="$arrows" "${plain[@]}" --output-file="$work/arrows.ttf"
pyftsubset "$from/NotoSansSymbols2-Regular.ttf" --unicodes="$shapes" "${plain[@]}" --output-file="$work/shapes.ttf"
for style in Regular Italic Bold BoldItalic; do
  pyftsubset "$from/NotoSans-$style.ttf" --unicodes="$text" --no-hinting \
    --layout-features-=smcp,c2sc --output-file="$work/text.ttf"
  pyftmerge --output-file="NotoSans-$style.ttf" "$work/text.ttf" "$work/arrows.ttf" "$work/shapes.ttf"
  # The merge takes the largest line height; the text font's own is put back, and a fixed date.
  python3 - "NotoSans-$style.ttf" "$from/NotoSans-$style.ttf" <<'PY'
import sys
from fontTools.ttLib import TTFont
made, source = TTFont(sys.argv[1], recalcTimestamp=False), TTFont(sys.argv[2])
for table, names in {
    "hhea": ("ascent", "descent", "lineGap"),
    "OS/2": ("sTypoAscender", "sTypoDescender", "sTypoLineGap", "usWinAscent", "usWinDescent"),
    "head": ("created", "modified"),
}.items():
    for name in names:
        setattr(made[table], name, getattr(source[table], name))
made.save(sys.argv[1])
PY
done
pyftsubset "$from/NotoSansMath-Regular.ttf" --unicodes="$math" --no-hinting --layout-features='*' \
  --output-file=NotoSansMath-Regular.ttf

# What a browser takes: the letters that the pages hold, packed; the rest stays in the .ttf files.
latin="U+0020-007E,U+00A0-017F,U+02C6,U+02DA,U+02DC,U+0394,U+03B1-03C9,U+2000-206F,U+2070-209F,U+20AC,U+2122,U+2190-2193,U+2212,U+2248,U+2260,U+2264,U+2265,U+25A0,U+25B2,U+25BC,U+25CF,U+2713,U+2717"
for style in Regular Italic Bold BoldItalic; do
  pyftsubset "NotoSans-$style.ttf" --unicodes="$latin" --flavor=woff2 --layout-features='*' \
    --no-recalc-timestamp --output-file="NotoSans-$style.woff2"
done
# The signs that the theme draws on its buttons and boxes, out of its own font (Font Awesome Free 6, SIL OFL 1.1).
icons="U+F002,U+F00D,U+F010,U+F019,U+F03A,U+F042,U+F057,U+F058,U+F05A,U+F062,U+F064,U+F06A,U+F071,U+F078,U+F0C9,U+F0EB,U+F0F3,U+F104,U+F105,U+F107,U+F185,U+F186,U+F303,U+F35D"
theme=$(../../.venv/bin/python -c "import pydata_sphinx_theme as t; print(t.__path__[0])")
pyftsubset "$theme/theme/pydata_sphinx_theme/static/vendor/fontawesome/webfonts/fa-solid-900.woff2" \
  --unicodes="$icons" --flavor=woff2 --layout-features= --no-recalc-timestamp --output-file=Icons.woff2
