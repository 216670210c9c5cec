-- What pandoc's own writers leave out: in Typst the alt texts of formulas, notes and figures.
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

function filter.Link(el)
  if not el.classes:includes('lr-page') then return nil end
  el.classes = {}
  return { el, pandoc.RawInline('typst', string.format('#on-page(%s);', quoted(el.target:sub(2)))) }
end

function filter.Span(el)
  if el.classes:includes('lr-footnote') then return pandoc.Note({ pandoc.Para(el.content) }) end
end

local LYING = '#lying['

-- A long table of many columns lies on pages of its own.
function filter.Table(el)
  if not el.classes:includes('lr-landscape') then return nil end
  return { pandoc.RawBlock('typst', LYING), el, pandoc.RawBlock('typst', ']') }
end

local outer = {}

-- A numbered formula: the number is set by Typst, at the margin.
function outer.Div(el)
  if not el.classes:includes('lr-math') then return nil end
  local math, number
  el:walk({
    Math = function(m) math = m end,
    Span = function(s) if s.classes:includes('eqno') then number = pandoc.utils.stringify(s) end end,
  })
  local label = el.identifier ~= '' and (' #label(' .. quoted(el.identifier) .. ')') or ''
  return math and pandoc.RawBlock('typst', '#[' .. formula(math, number) .. label .. ']') or nil
end

function filter.Figure(el)
  -- The text goes on where a figure has to wait for the next page.
  return pandoc.RawBlock('typst', string.format(
    '#figure([%s], caption: [%s], kind: image, supplement: none, placement: auto)%s',
    typst(el.content), typst(el.caption.long),
    el.identifier ~= '' and (' #label(' .. quoted(el.identifier) .. ')') or ''))
end

function filter.Div(el)
  if el.classes:includes('admonition') then
    local title = table.remove(el.content, 1)
    return { pandoc.RawBlock('typst', '#note[' .. typst({ title }) .. '][' .. typst(el.content) .. ']') }
  end
  if el.classes:includes('lr-contents') then return pandoc.RawBlock('typst', '#contents') end
  if el.classes:includes('citation-list') or el.classes:includes('lr-small') then
    return pandoc.RawBlock('typst', '#small[\n' .. typst(el.content) .. '\n]')
  end
  if el.classes:includes('lr-summary') then
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

local LED = { BulletList = true, OrderedList = true, Table = true }

-- Words that lead to a list or a table stay on the page of its start, and a title in bold on that of its text.
local function led(blocks)
  local found = pandoc.Blocks({})
  for place, each in ipairs(blocks) do
    local follows = blocks[place + 1]
    if follows and follows.t == 'Div' then follows = follows.content[1] end
    local titled = each.t == 'Para' and #each.content == 1 and each.content[1].t == 'Strong'
    if each.t == 'Para' and follows and (titled or LED[follows.t]) then
      each = pandoc.RawBlock('typst', '#block(sticky: true)[' .. typst({ each }) .. ']')
    end
    found:insert(each)
  end
  return found
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
  return led(blocks)
end

-- Word's own styles set the rest: a note only needs a title in bold, and a cell of a table no space for paragraphs.
local word = { Span = filter.Span }

function word.Div(el)
  if not el.classes:includes('admonition') then return nil end
  el.content[1] = pandoc.Para({ pandoc.Strong(el.content[1].content) })
  return el
end

function word.Table(el)
  return el:walk({ Para = function(p) return pandoc.Plain(p.content) end })
end

if FORMAT == 'docx' then return { word } end
return { outer, filter }
