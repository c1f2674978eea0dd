--[[
untrack-stock: track a SKU no longer. What orders have reserved of it is nobody's.
KEYS[1] order_skus             ZSET    the SKUs that are tracked
KEYS[2] order_stock:<sku>      STRING
KEYS[3] order_untracked:<sku>  STRING  the ids of its last changes, for a day: one that arrives
        again must not bring the stock back
ARGV[1] SKU
ARGV[2] epoch  of the stock that was read
Returns  {1} where it was that stock, {0} where it is gone, or another by now
Twice    the second call finds nothing
Bills    1 call + 4; 1 call + 1 where it is gone
Typical  5
]]
local DAY_S = 86400
local epoch, changeIds = string.match(redis.call('GET', KEYS[2]) or '', '^[^:]+:[^:]+:[^:]+:[^:]+:[^:]+:(%w+):.*:(.*)$')
if epoch ~= ARGV[2] then
  return { 0 }
end
redis.call('SET', KEYS[3], changeIds, 'EX', DAY_S)
-- The stock comes last: what fails before it is found again by it.
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2])
return { 1 }
