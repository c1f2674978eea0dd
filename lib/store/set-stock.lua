--[[
set-stock: set or add stock of SKUs. Setting it begins to track a SKU.
KEYS[1] order_skus  ZSET  the SKUs that are tracked
KEYS[2] and on: order_stock:<sku>  STRING, for each change; a SKU may have several; then, for each
        change: order_untracked:<sku>  STRING  the ids of changes of the last stock it had
ARGV[1] skusMax     integer: how many SKUs may be tracked
ARGV[2] and on      for each change: SKU; set | add; units; limit of each customer, '-' to end it, empty to
        leave it as it is; an id that no other change has
Returns  for each change 'ok <stock>', 'short <stock>' where it would go below 0, 'untracked' where
         something is added to a SKU that is not tracked, or the change was made before it was
         untracked; 'full' where too many are
Twice    the second call finds its ids and answers the same, unless there were eight more changes, or
         the SKU was untracked a day ago
Bills    1 call + 2; 2 more where a SKU is new
Typical  3
]]
local CHANGES_KEPT = 8
local skus, skusMax = nil, tonumber(ARGV[1])
local count = (#ARGV - 1) / 5
local texts = redis.call('MGET', unpack(KEYS, 2))
local current, answers, changes, fresh = {}, {}, {}, {}
local function has(changeIds, changeId)
  return string.find(',' .. changeIds .. ',', ',' .. changeId .. ',', 1, true)
end
-- The latest first.
local function with(changeId, changeIds)
  local kept = { changeId }
  for one in string.gmatch(changeIds, '%w+') do
    kept[#kept + 1] = #kept < CHANGES_KEPT and one or nil
  end
  return table.concat(kept, ',')
end
for n = 1, count do
  local key, at = KEYS[1 + n], 5 * n - 3
  local sku, kind, units = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  local limit, changeId = ARGV[at + 3], ARGV[at + 4]
  local text, earlier = current[key] or texts[n], texts[count + n] or ''
  if text then
    local available, reserved, sold, forgotten, moved, epoch, most, mostEpoch, changeIds = string.match(text,
      '^(-?%d+):(-?%d+):(-?%d+):(-?%d+):(%d+):(%w+):(%d*):(%w*):([%w,]*)$')
    local left = kind == 'add' and available + units or units
    if has(changeIds, changeId) then
      answers[n] = 'ok ' .. text
    elseif left < 0 then
      answers[n] = 'short ' .. text
    else
      if limit == '-' then
        most, mostEpoch = '', ''
      elseif limit ~= '' then
        most, mostEpoch = limit, mostEpoch == '' and changeId or mostEpoch
      end
      text = string.format('%.0f:%s:%s:%s:%.0f:%s:%s:%s:%s', left, reserved, sold, forgotten,
        moved + math.abs(left - available) + 1, epoch, most, mostEpoch, with(changeId, changeIds))
      current[key], answers[n] = text, 'ok ' .. text
    end
  elseif kind == 'add' or has(earlier, changeId) then
    answers[n] = 'untracked'
  else
    skus = skus or redis.call('ZCARD', KEYS[1])
    if skus >= skusMax then
      answers[n] = 'full'
    else
      local hasLimit = limit ~= '' and limit ~= '-'
      text = string.format('%.0f:0:0:0:0:%s:%s:%s:%s', units, changeId, hasLimit and limit or '',
        hasLimit and changeId or '', with(changeId, earlier))
      skus = skus + 1
      fresh[#fresh + 1], fresh[#fresh + 2] = 0, sku
      current[key], answers[n] = text, 'ok ' .. text
    end
  end
end
for key, text in pairs(current) do
  changes[#changes + 1], changes[#changes + 2] = key, text
end
-- Listed first: upkeep takes out of the list what has no stock.
if #fresh > 0 then
  redis.call('ZADD', KEYS[1], unpack(fresh))
end
if #changes > 0 then
  redis.call('MSET', unpack(changes))
end
return answers
