--[[
recount: hold the running totals against the ended segments, in which each ended order is once.
KEYS[1] order_totals  HASH  produced; canceled; leaving: canceled orders that no drain has moved yet
KEYS[2] and on: order_ended:<client>:<segment>  ZSET  every ended segment, 1,000 at most
ARGV[1] counted    integer: how many canceled orders were counted
ARGV[2] leaving    integer: how many of them no drain had moved
ARGV[3] uncertain  integer: how many may have been canceled or moved while they were counted
ARGV[4] isRepair   1 to repair, 0 to look only
ARGV[5] produced   as it was read before the segments were asked for; empty where missing
ARGV[6] canceled   likewise
ARGV[7] leaving    likewise
Returns  {1} where the totals were wrong, {0} where they are right, and what they are where they have
         changed since they were read: {2, produced, canceled, leaving}
Twice    the second call finds that they have changed, or that they are right
Bills    1 call + 1, and 1 for each segment; 1 to repair
Typical  3
]]
local ended = 0
for i = 2, #KEYS do
  ended = ended + redis.call('ZCARD', KEYS[i])
end
local totals = redis.call('HMGET', KEYS[1], 'produced', 'canceled', 'leaving')
for i = 1, 3 do
  totals[i] = totals[i] or ''
end
-- What has ended since may be in a segment that the caller does not know.
if totals[1] ~= ARGV[5] or totals[2] ~= ARGV[6] or totals[3] ~= ARGV[7] then
  return { 2, unpack(totals) }
end
for i = 1, 3 do
  totals[i] = tonumber(totals[i]) or 0
end
local canceled, leaving, uncertain = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
-- A total that may be right is kept.
if math.abs(totals[2] - canceled) <= uncertain and math.abs(totals[3] - leaving) <= uncertain then
  canceled, leaving = totals[2], totals[3]
  if totals[1] + canceled - leaving == ended then
    return { 0 }
  end
end
if ARGV[4] == '1' then
  redis.call('HSET', KEYS[1], 'produced', string.format('%.0f', ended - canceled + leaving),
    'canceled', string.format('%.0f', canceled), 'leaving', string.format('%.0f', leaving))
end
return { 1 }
