--[[
refile: have an ended order in the segment that its state names, and in no other.
KEYS[1] order_state:<id>        STRING
KEYS[2] order_pending:<client>  ZSET  id -> dueAtMs
KEYS[3] order_pending:!<client>  ZSET  id -> dueAtMs
KEYS[4] order_segments          ZSET  names of the ended segments
KEYS[5] order_ended:<client>:<segment>  ZSET  id -> endedAtMs: the segment that its state names
KEYS[6] order_ended:<client>:<segment>  ZSET  the segment that it was seen in
ARGV[1] id
ARGV[2] expected   the state that was read; empty where there was none
ARGV[3] name       of the segment that its state names; empty where it names none
ARGV[4] endedAtMs  integer, Unix milliseconds
ARGV[5] seen       name of the segment that it was seen in; empty where it was seen in none
ARGV[6] isRepair   1 to repair, 0 to look only
Returns  {'stranded'} where it was missing in its segment, {'misplaced'} where it was in another
         {'placed'} where nothing is wrong with it, or its state has changed
Twice    the second call finds it in its segment
Bills    1 call + 4 at most to look, and 4 at most to repair
]]
local id, name, seen = ARGV[1], ARGV[3], ARGV[5]
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[2] then
  return { 'placed' }
end
local found = 'placed'
if name ~= '' and not redis.call('ZSCORE', KEYS[5], id) then
  -- One that is still leased was cut off on its way: the next drain to claim it completes the move.
  if redis.call('ZSCORE', KEYS[2], id) or redis.call('ZSCORE', KEYS[3], id) then
    return { 'placed' }
  end
  found = 'stranded'
  if ARGV[6] == '1' then
    redis.call('ZADD', KEYS[4], 0, name)
    redis.call('ZADD', KEYS[5], ARGV[4], id)
  end
end
if seen ~= '' and seen ~= name then
  found = 'misplaced'
  if ARGV[6] == '1' then
    redis.call('ZREM', KEYS[6], id)
  end
end
return { found }
