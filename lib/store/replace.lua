--[[
replace: give an order that has not begun to be produced a new content, under the same key.
KEYS[1] order:<id>                      STRING
KEYS[2] order_state:<id>                STRING
KEYS[3] order_owners                    HASH    id -> <token>:<claims>:<holder>
KEYS[4] order_clients                   ZSET    client -> its ready score, or when its next order is due
KEYS[5] order_pending:<client>          ZSET    id -> dueAtMs
KEYS[6] order_ended:<client>:<segment>  ZSET    id -> endedAtMs: where it is if it was canceled
KEYS[7] order_totals                    HASH    canceled; leaving
KEYS[8] and on: order_stock:<sku>, for each SKU of the old and of the new content; then
        order_allowance:<digest>            STRING  what their customers have of these SKUs
ARGV[1] id
ARGV[2] client
ARGV[3] expectedHead   the beginning of the record that was read
ARGV[4] expectedState  the state that was read; empty where there was none
ARGV[5] record         the record to write
ARGV[6] dueAtMs        integer, Unix milliseconds: when it is to be produced
ARGV[7] was            waiting | leaving (canceled, and not moved yet) | ended (canceled)
ARGV[8] head           the beginning of the record to write
ARGV[9] nowMs          integer, Unix milliseconds
ARGV[10] wants         what the new content wants: <number of the SKU>:<number of the allowance>:<units>, ...
ARGV[11] skus          integer, how many there are
ARGV[12] and on        each SKU as JSON; then for each that the old content has reserved, 5: number of the
                       SKU, number of the allowance, units, epoch, epoch of the limit or empty
Returns  {'replaced'}, {'producing'} where it has been claimed, {'changed'} where it is another by now,
         {'out ...'} or {'over ...'} where there is not enough of a SKU, as submit answers
Twice    the second call finds its own record and answers the same
Bills    1 call + 6 where it waits, 3 more where it was canceled; 1 more where it has to do with
         stock; 1 call + 1 for a repeat
Typical  7
]]
local id, client, record, dueAtMs, was = ARGV[1], ARGV[2], ARGV[5], ARGV[6], ARGV[7]
local reserve = require 'shared/reserve'
local stockText = require 'shared/stock-text'
local changedStock = require 'shared/stock'
local changedAllowance = require 'shared/allowance'
local stored = redis.call('GET', KEYS[1]) or ''
-- No two records of an order begin with the same fingerprints and time.
if string.sub(stored, 1, #ARGV[8]) == ARGV[8] then
  return { 'replaced' }
end
if redis.call('HEXISTS', KEYS[3], id) == 1 then
  return { 'producing' }
end
if string.sub(stored, 1, #ARGV[3]) ~= ARGV[3]
  or (redis.call('GET', KEYS[2]) or '') ~= ARGV[4] then
  return { 'changed' }
end
local skus, nowMs = tonumber(ARGV[11]), ARGV[9]
local values = #KEYS > 7 and redis.call('MGET', unpack(KEYS, 8)) or {}
local stocks, allowances = {}, {}
for i = 1, #values do
  if i <= skus then
    stocks[i] = values[i]
  else
    allowances[i - skus] = values[i]
  end
end
-- What the old content has reserved goes back; a canceled order has given it back before.
for at = 12 + skus, was == 'waiting' and #ARGV or 0, 5 do
  local sku, allowance, units = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  stocks[sku] = changedStock(stocks[sku], ARGV[at + 3], -units, 0, 0) or stocks[sku]
  if ARGV[at + 4] ~= '' then
    allowances[allowance] = changedAllowance(allowances[allowance], ARGV[at + 4], -units, nowMs) or allowances[allowance]
  end
end
local refusal, reserved = reserve(ARGV[10], stocks, allowances, { unpack(ARGV, 12, 11 + skus) }, nowMs)
if refusal ~= '' then
  return { refusal }
end
if reserved ~= '' then
  record = string.sub(record, 1, -2) .. reserved .. '}'
end
local writes, undo, fresh = { KEYS[1], record }, { KEYS[1], stored }, {}
for i = 1, #values do
  local text = i <= skus and stockText(stocks[i]) or i > skus and allowances[i - skus]
  if text ~= values[i] then
    writes[#writes + 1], writes[#writes + 2] = KEYS[7 + i], text
    if values[i] then
      undo[#undo + 1], undo[#undo + 2] = KEYS[7 + i], values[i]
    else
      fresh[#fresh + 1] = KEYS[7 + i]
    end
  end
end
-- Due first, and never later than before: what comes to a drain before its time is put off.
if was == 'ended' then
  redis.call('ZADD', KEYS[5], dueAtMs, id)
else
  redis.call('ZADD', KEYS[5], 'XX', 'LT', dueAtMs, id)
end
redis.call('ZADD', KEYS[4], 'LT', dueAtMs, client)
redis.call('MSET', unpack(writes))
if was == 'waiting' then
  return { 'replaced' }
end
local failure = was == 'ended' and redis.pcall('ZREM', KEYS[6], id)
if type(failure) ~= 'table' then
  failure = redis.pcall('DEL', KEYS[2])
end
if type(failure) == 'table' then
  -- It stays canceled, with the content that it had, so that it can be replaced by the same again.
  redis.pcall('MSET', unpack(undo))
  if #fresh > 0 then
    redis.pcall('UNLINK', unpack(fresh))
  end
  return failure
end
redis.call('HINCRBY', KEYS[7], 'canceled', -1)
if was == 'leaving' then
  redis.call('HINCRBY', KEYS[7], 'leaving', -1)
end
return { 'replaced' }
