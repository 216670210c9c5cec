-- Says in Typst what pandoc's writer leaves out: alt texts of formulas, notes, figures.
local function quoted(text)
  return '"' .. text:gsub('\\', '\\\\'):gsub('"', '\\"'):gsub('\n', ' ') .. '"'
end

local function typst(blocks)
  return (pandoc.write(pandoc.Pandoc(blocks), 'typst'):gsub('%s+$', ''))
end

local function formula(el, number)
  local set = typst({ pandoc.Plain({ el }) })
  return string.format('#formula(%s, %s, %s)', quoted(el.text), number and quoted(number) or 'none', set)
end

local filter = {}

function filter.Math(el)
  return pandoc.RawInline('typst', formula(el) .. ';')
end

function filter.Image(el)
  local alt = el.attributes.alt or pandoc.utils.stringify(el.caption)
  return pandoc.RawInline('typst', string.format('#image(%s, alt: %s);', quoted(el.src), quoted(alt)))
end

function filter.Span(el)
  if el.classes:includes('als-footnote') then return pandoc.Note({ pandoc.Para(el.content) }) end
end

-- Columns share the page by what they hold: long texts get more, yet no word is cut if it can be helped.
local PAGE_LETTERS = 88
-- A long address may break after a slash or a point, where a zero-width space says so.
local LONG, BREAK = 18, '\u{200B}'

local function with_breaks(str)
  if (utf8.len(str.text) or 0) <= LONG then return nil end
  return pandoc.Str((str.text:gsub('([/.])(%w)', '%1' .. BREAK .. '%2')))
end

local function column_needs(table_)
  local longest, word = {}, {}
  local function read(rows, weight)
    for _, row in ipairs(rows) do
      for place, cell in ipairs(row.cells) do
        local text = pandoc.utils.stringify(cell.contents)
        longest[place] = math.max(longest[place] or 1, utf8.len(text) or #text)
        for part in text:gsub(BREAK, ' '):gmatch('%S+') do
          word[place] = math.max(word[place] or 1, weight * (utf8.len(part) or #part))
        end
      end
    end
  end
  read(table_.head.rows, 1.1)  -- bold letters are wider
  for _, body in ipairs(table_.bodies) do read(body.body, 1) end
  return longest, word
end

-- What a line of the smallest letters holds upright, and how many rows are worth a page on its side.
local UPRIGHT, ROWS = 140, 12
local LYING = '#lying['

function filter.Table(el)
  el = el:walk({ Str = with_breaks })
  local longest, word = column_needs(el)
  local whole, sum, words, need = 0, 0, 0, {}
  for place = 1, #el.colspecs do
    local letters = longest[place] or 1
    -- A short entry, such as an interval or a name in front, stays on one line.
    local kept = letters <= (place == 1 and 20 or 16) and letters or (word[place] or 1)
    need[place] = math.max(1.1 * kept + 3, 3.2 * math.sqrt(letters))
    whole, sum, words = whole + letters + 2, sum + need[place], words + 1.1 * (word[place] or 1) + 3
  end
  if whole > PAGE_LETTERS then
    for place, spec in ipairs(el.colspecs) do el.colspecs[place] = { spec[1], need[place] / sum } end
  end
  if words <= UPRIGHT or #el.bodies[1].body <= ROWS then return el end
  return { pandoc.RawBlock('typst', LYING), el, pandoc.RawBlock('typst', ']') }
end

local outer = {}

-- A numbered formula: the number is set by Typst, at the margin.
function outer.Div(el)
  if not el.classes:includes('als-math') then return nil end
  local math, number
  el:walk({
    Math = function(m) math = m end,
    Span = function(s) if s.classes:includes('eqno') then number = pandoc.utils.stringify(s) end end,
  })
  local label = el.identifier ~= '' and (' #label(' .. quoted(el.identifier) .. ')') or ''
  return math and pandoc.RawBlock('typst', '#[' .. formula(math, number) .. label .. ']') or nil
end

function filter.Figure(el)
  return pandoc.RawBlock('typst', string.format('#figure([%s], caption: [%s], kind: image, supplement: none)%s',
    typst(el.content), typst(el.caption.long),
    el.identifier ~= '' and (' #label(' .. quoted(el.identifier) .. ')') or ''))
end

function filter.Div(el)
  if el.classes:includes('admonition') then
    local title = table.remove(el.content, 1)
    return { pandoc.RawBlock('typst', '#note[' .. typst({ title }) .. '][' .. typst(el.content) .. ']') }
  end
  if el.classes:includes('als-summary') then
    return pandoc.RawBlock('typst', '#told[' .. typst(el.content) .. ']')
  end
  -- A box of its own would keep headings from their text, and a page on its side cannot start in one.
  if el.identifier == '' then return el.content end
  local first = el.content[1]
  if first and first.t == 'RawBlock' and first.text == LYING then
    local mark = string.format('#metadata(none) #label(%s)', quoted(el.identifier))
    el.content:insert(2, pandoc.RawBlock('typst', mark))
    return el.content
  end
end

-- The words that name a table go with it onto its page.
function filter.Blocks(blocks)
  for place = 1, #blocks - 1 do
    local said, side = blocks[place], blocks[place + 1]
    if said.t == 'RawBlock' and said.text:find('#told[', 1, true) == 1 and side.t == 'RawBlock'
      and side.text == LYING then
      blocks[place], blocks[place + 1] = side, said
    end
  end
  return blocks
end

return { outer, filter }
