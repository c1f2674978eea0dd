--[[
recount: hold the running totals against the ended segments, in which each ended order is once.
KEYS[1] order_totals  HASH  produced; canceled; leaving: canceled orders that no drain has moved yet
KEYS[2] and on: order_ended:<client>:<segment>  ZSET  every ended segment, 1,000 at most
ARGV[1] canceled   integer: how many canceled orders were counted
ARGV[2] leaving    integer: how many of them no drain had moved
ARGV[3] uncertain  integer: how many were canceled or moved at about the time of this
ARGV[4] isRepair   1 to repair, 0 to look only
Returns  {1} where the totals were wrong, {0} where they are right
Twice    the second call finds them right
Bills    1 call + 1, and 1 for each segment; 1 to repair
]]
local ended = 0
for i = 2, #KEYS do
  ended = ended + redis.call('ZCARD', KEYS[i])
end
local totals = redis.call('HMGET', KEYS[1], 'produced', 'canceled', 'leaving')
for i = 1, 3 do
  totals[i] = tonumber(totals[i] or 0) or 0
end
local canceled, leaving, uncertain = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if totals[1] + totals[2] - totals[3] == ended and math.abs(totals[2] - canceled) <= uncertain
  and math.abs(totals[3] - leaving) <= uncertain then
  return { 0 }
end
if ARGV[4] == '1' then
  redis.call('HSET', KEYS[1], 'produced', string.format('%.0f', ended - canceled + leaving),
    'canceled', ARGV[1], 'leaving', ARGV[2])
end
return { 1 }
