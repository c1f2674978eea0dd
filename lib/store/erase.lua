--[[
erase: remove what an order holds, and make it due, so that the next drain has it erased downstream and
moves what is left of it to its ended segment.
KEYS[1] order:<id>                      STRING
KEYS[2] order_state:<id>                STRING
KEYS[3] order_owners                    HASH    id -> <token>:<claims>:<holder>
KEYS[4] order_clients                   ZSET    client -> its ready score, or when its next order is due
KEYS[5] order_pending:<client>          ZSET    id -> dueAtMs
KEYS[6] order_pending:!<client>  ZSET  id -> dueAtMs
KEYS[7] order_dead:<client>             ZSET    id -> deadAtMs
KEYS[8] order_ended:<client>:<segment>  ZSET    id -> endedAtMs
KEYS[9] order_totals                    HASH    produced, canceled; leaving
KEYS[10] and on, for each SKU that it reserved or took: order_stock:<sku>, order_allowance:<digest>  STRING
ARGV[1] id
ARGV[2] client
ARGV[3] expectedRecord  the beginning of the record that was read
ARGV[4] expectedState   the state that was read; empty where there was none
ARGV[5] record          what stays of the record
ARGV[6] state           the state to write
ARGV[7] nowMs           integer, Unix milliseconds
ARGV[8] was             waiting | leaving (canceled, and not moved yet) | dead | produced | canceled
ARGV[9] alone           the name of its unanswered orders
ARGV[10] and on         for each of these SKUs: units, epoch, epoch of the limit or empty
Returns  {'erased'}, {'producing'} where it has been claimed, {'changed'} where it is another by now
Twice    the second call finds its own record and answers the same
Bills    1 call + 6 to 9, 1 more where it has reserved or taken something; 1 call + 1 for a repeat
]]
local id, record, nowMs, was = ARGV[1], ARGV[5], ARGV[7], ARGV[8]
local giveBack = require 'shared/give-back'
local changedStock = require 'shared/stock'
local stored = redis.call('GET', KEYS[1]) or ''
if stored == record then
  return { 'erased' }
end
if redis.call('HEXISTS', KEYS[3], id) == 1 then
  return { 'producing' }
end
if string.sub(stored, 1, #ARGV[3]) ~= ARGV[3]
  or (redis.call('GET', KEYS[2]) or '') ~= ARGV[4] then
  return { 'changed' }
end
-- What it has reserved goes back in the command that erases it; what it took stays sold.
local writes = { KEYS[1], record, KEYS[2], ARGV[6] }
local values = #KEYS > 9 and redis.call('MGET', unpack(KEYS, 10)) or {}
if was == 'waiting' or was == 'dead' then
  giveBack(writes, { unpack(KEYS, 10) }, values, { unpack(ARGV, 10) }, nowMs)
else
  for n = 1, (#ARGV - 9) / 3 do
    local text = changedStock(values[2 * n - 1], ARGV[8 + 3 * n], 0, 0, tonumber(ARGV[7 + 3 * n]))
    if text then
      writes[#writes + 1], writes[#writes + 2] = KEYS[8 + 2 * n], text
    end
  end
end
local client = ARGV[2]
if was == 'waiting' or was == 'leaving' then
  -- The state comes first: an order that is due before its time must not be produced.
  redis.call('MSET', unpack(writes))
  if redis.call('ZADD', KEYS[5], 'XX', 'CH', nowMs, id) == 0
    and redis.call('ZADD', KEYS[6], 'XX', 'CH', nowMs, id) == 1 then
    client = ARGV[9]
  end
  redis.call('ZADD', KEYS[4], 'LT', nowMs, client)
else
  -- Due first: once it is erased, a repeat does nothing, so a drain must come to it by then. What
  -- fails before that is moved back by the next drain.
  redis.call('ZADD', KEYS[5], nowMs, id)
  redis.call('ZADD', KEYS[4], 'LT', nowMs, client)
  if was == 'dead' then
    redis.call('ZREM', KEYS[7], id)
  end
  redis.call('MSET', unpack(writes))
  if was ~= 'dead' then
    redis.call('ZREM', KEYS[8], id)
  end
end
if was == 'produced' then
  redis.call('HINCRBY', KEYS[9], 'produced', -1)
elseif was ~= 'leaving' then
  redis.call('HINCRBY', KEYS[9], 'leaving', 1)
end
if was == 'waiting' or was == 'dead' then
  redis.call('HINCRBY', KEYS[9], 'canceled', 1)
end
return { 'erased' }
