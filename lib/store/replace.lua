--[[
replace: give an order that has not begun to be produced a new content, under the same key.
KEYS[1] order:<id>                      STRING
KEYS[2] order_state:<id>                STRING
KEYS[3] order_owners                    HASH    id -> <token>:<claims>:<holder>
KEYS[4] order_clients                   ZSET    client -> its ready score, or when its next order is due
KEYS[5] order_pending:<client>          ZSET    id -> dueAtMs
KEYS[6] order_ended:<client>:<segment>  ZSET    id -> endedAtMs: where it is if it was canceled
KEYS[7] order_totals                    HASH    canceled; leaving
ARGV[1] id
ARGV[2] client
ARGV[3] expectedHead   the beginning of the record that was read
ARGV[4] expectedState  the state that was read; empty where there was none
ARGV[5] record         the record to write
ARGV[6] dueAtMs        integer, Unix milliseconds: when it is to be produced
ARGV[7] was            waiting | leaving (canceled, and not moved yet) | ended (canceled)
Returns  {'replaced'}, {'producing'} where it has been claimed, {'changed'} where it is another by now
Twice    the second call finds its own record and answers the same
Bills    1 call + 6 where it waits, 3 more where it was canceled; 1 call + 1 for a repeat
Typical  7
]]
local id, client, record, dueAtMs, was = ARGV[1], ARGV[2], ARGV[5], ARGV[6], ARGV[7]
local stored = redis.call('GET', KEYS[1]) or ''
if stored == record then
  return { 'replaced' }
end
if redis.call('HEXISTS', KEYS[3], id) == 1 then
  return { 'producing' }
end
if string.sub(stored, 1, #ARGV[3]) ~= ARGV[3]
  or (redis.call('GET', KEYS[2]) or '') ~= ARGV[4] then
  return { 'changed' }
end
-- Due first, and never later than before: what comes to a drain before its time is put off.
if was == 'ended' then
  redis.call('ZADD', KEYS[5], dueAtMs, id)
else
  redis.call('ZADD', KEYS[5], 'XX', 'LT', dueAtMs, id)
end
redis.call('ZADD', KEYS[4], 'LT', dueAtMs, client)
redis.call('SET', KEYS[1], record)
if was == 'waiting' then
  return { 'replaced' }
end
local failure = was == 'ended' and redis.pcall('ZREM', KEYS[6], id)
if type(failure) ~= 'table' then
  failure = redis.pcall('DEL', KEYS[2])
end
if type(failure) == 'table' then
  -- It stays canceled, with the content that it had, so that it can be replaced by the same again.
  redis.pcall('SET', KEYS[1], stored)
  return failure
end
redis.call('HINCRBY', KEYS[7], 'canceled', -1)
if was == 'leaving' then
  redis.call('HINCRBY', KEYS[7], 'leaving', -1)
end
return { 'replaced' }
