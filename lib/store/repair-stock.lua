--[[
repair-stock: write what upkeep has counted, unless the stock has changed since it was read; have a SKU
in the list of those that are tracked where it has stock, and only there.
KEYS[1] order_skus         ZSET    the SKUs that are tracked
KEYS[2] order_stock:<sku>  STRING
ARGV[1] SKU
ARGV[2] expected  the stock that was read; empty to see to the list only
ARGV[3] stock     what to write
ARGV[4] isRepair  1 to repair, 0 to look only
Returns  {1} where something was wrong and the stock has not changed since, {0} else
Twice    the second call finds it right
Bills    1 call + 1 to look, 1 more to see to the list, 1 more to repair
Typical  3
]]
local stored = redis.call('GET', KEYS[2])
if ARGV[2] ~= '' then
  if stored ~= ARGV[2] then
    return { 0 }
  end
  if ARGV[4] == '1' then
    redis.call('SET', KEYS[2], ARGV[3])
  end
  return { 1 }
end
local isListed = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not isListed == not stored then
  return { 0 }
end
if ARGV[4] == '1' then
  if stored then
    redis.call('ZADD', KEYS[1], 0, ARGV[1])
  else
    redis.call('ZREM', KEYS[1], ARGV[1])
  end
end
return { 1 }
