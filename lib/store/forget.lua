--[[
forget: remove orders that ended long ago, with everything that is kept of them.
KEYS[1] order_ended:<client>:<segment>  ZSET  id -> endedAtMs
KEYS[2] order_segments                  ZSET  names of the ended segments
KEYS[3] order_totals                    HASH  produced, canceled -> how many are kept
KEYS[4] order_pending:<client>          ZSET  id -> dueAtMs
KEYS[5] order_pending:!<client>         ZSET  id -> dueAtMs
KEYS[6] order_owners                    HASH  id -> <token>:<claims>:<holder>
KEYS[7] and on: order:<id> and order_state:<id>  STRING, for each order, 500 at most; then
        order_stock:<sku>               STRING for each stock that they took from
ARGV[1] name of the segment
ARGV[2] stocks  integer, how many there are
ARGV[3] and on  the epoch of each stock; then for each order: id; how it ended: produced, canceled, or
        '' where nothing tells; with '-' only its entry in this segment goes, as the order itself is
        elsewhere; and what it took: <number of the stock>:<units>, ...
Returns  {n}: how many entries were removed
Twice    the second call finds them gone and removes nothing
Bills    1 call + 7, and 1 for each way to end; 1 more where the segment is empty then; 2 more
         where they took from stocks
Typical  9
]]
local changedStock = require 'shared/stock'
local stocks = tonumber(ARGV[2])
local ids, kinds, took = {}, {}, {}
for at = 3 + stocks, #ARGV, 3 do
  ids[#ids + 1], kinds[#kinds + 1], took[#took + 1] = ARGV[at], ARGV[at + 1], ARGV[at + 2]
end
local scores = redis.call('ZMSCORE', KEYS[1], unpack(ids))
local gone, ended, goneKeys, totals = {}, {}, {}, { produced = 0, canceled = 0 }
local units = {}
for i, id in ipairs(ids) do
  if scores[i] then
    gone[#gone + 1] = id
    if kinds[i] ~= '-' then
      goneKeys[#goneKeys + 1], goneKeys[#goneKeys + 2] = KEYS[5 + 2 * i], KEYS[6 + 2 * i]
    end
    if totals[kinds[i]] then
      totals[kinds[i]] = totals[kinds[i]] + 1
      ended[#ended + 1] = id
      for stock, count in string.gmatch(took[i], '(%d+):(%d+)') do
        units[tonumber(stock)] = (units[tonumber(stock)] or 0) + count
      end
    end
  end
end
if #gone == 0 then
  return { 0 }
end
local stockKeys = { unpack(KEYS, 7 + 2 * #ids) }
local values = next(units) and redis.call('MGET', unpack(stockKeys)) or {}
-- A torn move may have left it pending too, where it would be claimed beside a new order of its key; and
-- a drain that holds it to complete that move must not settle the new order.
if #ended > 0 then
  redis.call('ZREM', KEYS[4], unpack(ended))
  redis.call('ZREM', KEYS[5], unpack(ended))
  redis.call('HDEL', KEYS[6], unpack(ended))
end
-- The records come before their ids: what fails here is found again by its id.
if #goneKeys > 0 then
  redis.call('UNLINK', unpack(goneKeys))
end
local changes, texts = {}, {}
for stock, count in pairs(units) do
  local key = stockKeys[stock]
  local text = changedStock(values[stock], ARGV[2 + stock], 0, 0, count)
  if text and not texts[key] then
    texts[key] = text
    changes[#changes + 1], changes[#changes + 2] = key, text
  end
end
if #changes > 0 then
  redis.call('MSET', unpack(changes))
end
redis.call('ZREM', KEYS[1], unpack(gone))
for kind, count in pairs(totals) do
  if count > 0 then
    redis.call('HINCRBY', KEYS[3], kind, -count)
  end
end
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('ZREM', KEYS[2], ARGV[1])
end
return { #gone }
