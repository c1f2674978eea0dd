--[[
restore: put right an order that is in no place, or among the dead without being dead, unless it has
changed since it was read.
KEYS[1] order_state:<id>         STRING
KEYS[2] order_owners             HASH  id -> <token>:<claims>:<holder>
KEYS[3] order_pending:<client>   ZSET  id -> dueAtMs
KEYS[4] order_pending:!<client>  ZSET  id -> dueAtMs
KEYS[5] order_dead:<client>      ZSET  id -> deadAtMs
KEYS[6] order_clients            ZSET  client -> when a drain should look at it next
ARGV[1] id
ARGV[2] client
ARGV[3] expected    the state that was read; empty where there was none
ARGV[4] isDead      1 where that state is dead
ARGV[5] stays       1 where the order has ended, or is in the queue: it is not made due
ARGV[6] state       what to write where an ended segment holds an order without a state; else empty
ARGV[7] dueAtMs     integer, Unix milliseconds: when it is claimed
ARGV[8] leaseEndMs  the same for one that somebody holds
ARGV[9] isRepair    1 to repair, 0 to look only
Returns  {'stranded'} or {'misplaced'} as it was found, {'placed'} where nothing is wrong with it
Twice    the second call finds it in its place
Bills    1 call + 4 at most to look, and 4 at most to repair
]]
local id, expected = ARGV[1], ARGV[3]
if (redis.call('GET', KEYS[1]) or '') ~= expected then
  return { 'placed' }
end
local isAmongDead = redis.call('ZSCORE', KEYS[5], id)
if isAmongDead and ARGV[4] == '1' then
  return { 'placed' }
end
local waits = redis.call('ZSCORE', KEYS[3], id) or redis.call('ZSCORE', KEYS[4], id)
if not isAmongDead and (waits or ARGV[5] == '1') then
  return { 'placed' }
end
if ARGV[9] == '1' then
  if ARGV[6] ~= '' then
    redis.call('SET', KEYS[1], ARGV[6])
  elseif not waits and ARGV[5] ~= '1' then
    local isHeld = redis.call('HEXISTS', KEYS[2], id) == 1
    local dueAtMs = isHeld and ARGV[8] or ARGV[7]
    redis.call('ZADD', KEYS[3], dueAtMs, id)
    redis.call('ZADD', KEYS[6], 'LT', dueAtMs, ARGV[2])
  end
  if isAmongDead then
    redis.call('ZREM', KEYS[5], id)
  end
end
return { isAmongDead and 'misplaced' or 'stranded' }
