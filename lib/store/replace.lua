--[[
replace: give an order that has not begun to be produced a new content, under the same key.
KEYS[1] order:<id>                      STRING
KEYS[2] order_state:<id>                STRING
KEYS[3] order_owners                    HASH    id -> <token>:<claims>:<holder>
KEYS[4] order_clients                   ZSET    client -> its ready score, or when its next order is due
KEYS[5] order_queue:<client>            LIST    ids, the oldest at the tail
KEYS[6] order_pending:<client>          ZSET    id -> dueAtMs
KEYS[7] order_ended:<client>:<segment>  ZSET    id -> endedAtMs: where it is if it was canceled
KEYS[8] order_totals                    HASH    canceled; leaving
ARGV[1] id
ARGV[2] client
ARGV[3] expectedHead   the beginning of the record that was read
ARGV[4] expectedState  the state that was read; empty where there was none
ARGV[5] record         the record to write
ARGV[6] dueAtMs        integer, Unix milliseconds: when it is to be produced
ARGV[7] isScheduled    1 where that is still to come
ARGV[8] was            waiting | leaving (canceled, and not moved yet) | ended (canceled)
ARGV[9] readyScore     integer: the score of a client whose queue is not empty
Returns  {'replaced'}, {'producing'} where it has been claimed, {'changed'} where it is another by now
Twice    the second call finds its own record and answers the same
Bills    1 call + 6 where it waits, up to 5 more where it was canceled; 1 call + 1 for a repeat
]]
local id, client, record, dueAtMs = ARGV[1], ARGV[2], ARGV[5], ARGV[6]
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
redis.call('SET', KEYS[1], record)
local lookAtMs = ARGV[7] == '1' and dueAtMs or ARGV[9]
if ARGV[8] == 'ended' then
  if ARGV[7] == '1' then
    redis.call('ZADD', KEYS[6], dueAtMs, id)
  else
    redis.call('LPUSH', KEYS[5], id)
  end
  redis.call('DEL', KEYS[2])
  redis.call('ZREM', KEYS[7], id)
  redis.call('HINCRBY', KEYS[8], 'canceled', -1)
else
  -- In the queue it stays where it is; the drain puts it off until its time.
  redis.call('ZADD', KEYS[6], 'XX', dueAtMs, id)
  if ARGV[8] == 'leaving' then
    redis.call('DEL', KEYS[2])
    redis.call('HINCRBY', KEYS[8], 'canceled', -1)
    redis.call('HINCRBY', KEYS[8], 'leaving', -1)
  end
end
redis.call('ZADD', KEYS[4], 'LT', lookAtMs, client)
return { 'replaced' }
