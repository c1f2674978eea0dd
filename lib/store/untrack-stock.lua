--[[
untrack-stock: track a SKU no longer. What orders have reserved of it is nobody's.
KEYS[1] order_skus         ZSET    the SKUs that are tracked
KEYS[2] order_stock:<sku>  STRING
ARGV[1] SKU
Returns  {1} where it was tracked, {0} where it was not
Twice    the second call finds nothing
Bills    1 call + 2
]]
local found = redis.call('DEL', KEYS[2])
redis.call('ZREM', KEYS[1], ARGV[1])
return { found }
