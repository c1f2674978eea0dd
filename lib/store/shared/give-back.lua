-- Adds to what is written that an order gives back what it has reserved. Of each reservation there are
-- two keys, of the stock and of the customer's allowance, with their values, and three arguments: units,
-- epoch, and the limit's epoch.
return function(writes, keys, values, args, nowMs)
  local changedStock = require 'shared/stock'
  local changedAllowance = require 'shared/allowance'
  for n = 1, #args / 3 do
    local units, epoch, limit = tonumber(args[3 * n - 2]), args[3 * n - 1], args[3 * n]
    local changed = { changedStock(values[2 * n - 1], epoch, -units, 0, 0),
      limit ~= '' and changedAllowance(values[2 * n], limit, -units, nowMs) }
    for at = 1, 2 do
      if changed[at] then
        writes[#writes + 1], writes[#writes + 2] = keys[2 * n - 2 + at], changed[at]
      end
    end
  end
end
