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

function filter.Link(el)
  if not el.classes:includes('als-page') then return nil end
  el.classes = {}
  return { el, pandoc.RawInline('typst', string.format('#on-page(%s);', quoted(el.target:sub(2)))) }
end

function filter.Span(el)
  if el.classes:includes('als-footnote') then return pandoc.Note({ pandoc.Para(el.content) }) end
end

-- Columns share the page by what they hold: long texts get more, yet no word is cut if it can be helped.
local PAGE_LETTERS = 88
-- The line in points, upright and on its side; a cell's inset left and right.  The template says the same.
local LINE, SIDE, INSET = 464, 711, 8
local LONG, SYLLABLES = 14, 10

local function size_of(columns)
  return columns > 9 and 6.5 or columns > 6 and 7.5 or 8.5
end

-- Parts between which a line may end.  The template's rule for keys and addresses allows the same places.
local function parts_of(word)
  local key = word:find('%a%a[._/][%a*]') or (#word >= LONG and word:find('%a') and word:find('%d'))
  local cut = word:gsub('([-/])(%a)', '%1 %2'):gsub('ALSFRS%- R', 'ALSFRS-R'):gsub('–', '– ')
  if key then
    cut = cut:gsub('([-/_])([%w*])', '%1 %2'):gsub('(%a)%.([%w*])', '%1. %2'):gsub('%.([%a*])', '. %1')
  end
  return cut:gmatch('%S+')
end

-- About how wide a part is, in widths of its letters' size.
local function breadth(part)
  local wide = 0
  for _, code in utf8.codes(part) do
    local letter = utf8.char(code)
    wide = wide + (letter:find('[fijlrtI.,:;()/\'-]') and 0.45 or letter:find('[mwMW%%]') and 0.95
      or letter:find('%u') and 0.75 or 0.62)
  end
  return wide
end

-- Hyphens help lower-case words of some length alone, and neither a head nor the name of a row.
local function stays_whole(part, named)
  return named or #part < SYLLABLES or part:find('%d') or not part:find('%l')
end

local function column_needs(table_)
  local longest, word, whole = {}, {}, {}
  local function read(rows, weight, in_head)
    for _, row in ipairs(rows) do
      for place, cell in ipairs(row.cells) do
        local text = pandoc.utils.stringify(cell.contents)
        longest[place] = math.max(longest[place] or 1, utf8.len(text) or #text)
        for found in text:gmatch('%S+') do
          for part in parts_of(found) do
            word[place] = math.max(word[place] or 1, weight * (utf8.len(part) or #part))
            if stays_whole(part, in_head or place == 1) then
              whole[place] = math.max(whole[place] or 0, weight * breadth(part))
            end
          end
        end
      end
    end
  end
  read(table_.head.rows, 1.1, true)  -- bold letters are wider
  for _, body in ipairs(table_.bodies) do read(body.body, 1, false) end
  return longest, word, whole
end

-- Raise each share to the least that its column can do with; the others give way alike.
local function at_least(shares, least)
  local raised = {}
  repeat
    local free, wanted, again = 1, 0, false
    for place, share in ipairs(shares) do
      if raised[place] then free = free - least[place] else wanted = wanted + share end
    end
    for place, share in ipairs(shares) do
      if not raised[place] and share * free < least[place] * wanted then raised[place], again = true, true end
    end
    if not again then
      for place, share in ipairs(shares) do
        shares[place] = raised[place] and least[place] or share * free / wanted
      end
    end
  until not again
  return shares
end

local function shares_of(need, whole, line)
  local shares, least, sum, floor = {}, {}, 0, 0
  for place = 1, #need do
    least[place] = ((whole[place] or 0) * size_of(#need) + INSET) / line
    sum, floor = sum + need[place], floor + least[place]
  end
  for place = 1, #need do
    shares[place] = need[place] / sum
    -- Where not even the words fit, all columns are short of room alike.
    if floor >= 1 then shares[place] = least[place] / floor end
  end
  return floor < 1 and at_least(shares, least) or shares
end

-- What a line of the smallest letters holds upright, and how many rows are worth a page on its side.
local UPRIGHT, ROWS = 140, 12
local LYING = '#lying['

function filter.Table(el)
  local longest, word, uncut = column_needs(el)
  local whole, words, need = 0, 0, {}
  for place = 1, #el.colspecs do
    local letters = longest[place] or 1
    -- A short entry, such as an interval or a name in front, stays on one line.
    local kept = letters <= (place == 1 and 20 or 16) and letters or (word[place] or 1)
    need[place] = math.max(1.1 * kept + 3, 3.2 * math.sqrt(letters))
    whole, words = whole + letters + 2, words + 1.1 * (word[place] or 1) + 3
  end
  local lies = words > UPRIGHT and #el.bodies[1].body > ROWS
  if whole > PAGE_LETTERS then
    local shares = shares_of(need, uncut, lies and SIDE or LINE)
    for place, spec in ipairs(el.colspecs) do el.colspecs[place] = { spec[1], shares[place] } end
  end
  if not lies then return el end
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

local LISTS = { BulletList = true, OrderedList = true }

-- Words that lead to a list stay on the page of its first item.
local function led(blocks)
  local found = pandoc.Blocks({})
  for place, each in ipairs(blocks) do
    local follows = blocks[place + 1]
    if each.t == 'Para' and follows and LISTS[follows.t] then
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

return { outer, filter }
