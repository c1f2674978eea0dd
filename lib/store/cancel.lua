--[[
cancel: mark an order that has not begun to be produced, or is dead. It becomes due at once; the next
drain moves it to its ended segment.
KEYS[1] order_state:<id>         STRING  absent while the order simply waits
KEYS[2] order_owners             HASH    id -> <token>:<claims>:<holder>
KEYS[3] order_pending:<client>   ZSET    id -> dueAtMs
KEYS[4] order_pending:!<client>  ZSET  id -> dueAtMs
KEYS[5] order_dead:<client>      ZSET    id -> deadAtMs
KEYS[6] order_clients            ZSET    client -> when a drain should look at it next
KEYS[7] order_totals             HASH    canceled; leaving: those of them that a drain has yet to move
KEYS[8] order:<id>               STRING
KEYS[9] and on, for each SKU that it reserved: order_stock:<sku>, order_allowance:<digest>  STRING
ARGV[1] id
ARGV[2] expected  the state that the caller has read; empty where there is none
ARGV[3] state     the state to write
ARGV[4] nowMs     integer, Unix milliseconds
ARGV[5] client    whose order it is
ARGV[6] alone     the name of its unanswered orders
ARGV[7] isDead    1 where the order is dead
ARGV[8] head      the beginning of the record that was read
ARGV[9] and on    for each SKU that it reserved: units, epoch, epoch of the limit or empty
Returns  {'canceled'}, {'producing'} where it has been claimed, {'changed'} where its state is another
Twice    the second call finds its own state and answers the same
Bills    1 call + 7 or 8, 1 more where it has reserved something; 1 call + 1 where it is canceled already
Typical  9
]]
local id, expected, state, nowMs = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local giveBack = require 'shared/give-back'
local values = redis.call('MGET', KEYS[1], KEYS[8], unpack(KEYS, 9))
local stored = values[1] or ''
if stored == state then
  return { 'canceled' }
end
if redis.call('HEXISTS', KEYS[2], id) == 1 then
  return { 'producing' }
end
if stored ~= expected or string.sub(values[2] or '', 1, #ARGV[8]) ~= ARGV[8] then
  return { 'changed' }
end
-- What it has reserved goes back in the command that cancels it: neither is ever without the other. MGET
-- and MSET do not see a state of another type; GET does.
if #ARGV > 8 then
  redis.call('GET', KEYS[1])
end
local writes = { KEYS[1], state }
giveBack(writes, { unpack(KEYS, 9) }, { unpack(values, 3) }, { unpack(ARGV, 9) }, nowMs)
local function write()
  if #writes > 2 then
    redis.call('MSET', unpack(writes))
  else
    redis.call('SET', KEYS[1], state, 'GET')
  end
end
local client = ARGV[5]
if ARGV[7] == '1' then
  -- The state comes last: what fails before it is moved back among the dead by the next drain.
  redis.call('ZADD', KEYS[3], nowMs, id)
  redis.call('ZADD', KEYS[6], 'LT', nowMs, client)
  redis.call('ZREM', KEYS[5], id)
  write()
else
  -- The state comes first: an order that is due before its time must not be produced.
  write()
  if redis.call('ZADD', KEYS[3], 'XX', 'CH', nowMs, id) == 0
    and redis.call('ZADD', KEYS[4], 'XX', 'CH', nowMs, id) == 1 then
    client = ARGV[6]
  end
  redis.call('ZADD', KEYS[6], 'LT', nowMs, client)
end
redis.call('HINCRBY', KEYS[7], 'canceled', 1)
redis.call('HINCRBY', KEYS[7], 'leaving', 1)
return { 'canceled' }
