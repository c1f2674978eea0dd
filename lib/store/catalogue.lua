--[[
catalogue: have an ended segment in the catalogue if there is one, and out of it if there is none.
KEYS[1] order_segments                  ZSET  names of the ended segments
KEYS[2] order_ended:<client>:<segment>  ZSET  id -> endedAtMs
ARGV[1] name of the segment
ARGV[2] isRepair  1 to repair, 0 to look only
Returns  {'uncatalogued'}, {'empty'} where the catalogue has one that is not there, or {'right'}
Twice    the second call finds it right
Bills    1 call + 2, and 1 to repair
Typical  3
]]
local isThere = redis.call('EXISTS', KEYS[2]) == 1
local isListed = redis.call('ZSCORE', KEYS[1], ARGV[1])
if isThere and not isListed then
  if ARGV[2] == '1' then
    redis.call('ZADD', KEYS[1], 0, ARGV[1])
  end
  return { 'uncatalogued' }
end
if isListed and not isThere then
  if ARGV[2] == '1' then
    redis.call('ZREM', KEYS[1], ARGV[1])
  end
  return { 'empty' }
end
return { 'right' }
