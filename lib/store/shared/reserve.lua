-- Reserves what an order wants, all of it or nothing, in the lists that it is given: the texts of stocks
-- and allowances, by number. Answers why not, or an empty text and what the record is to say of it.
return function(wants, stocks, allowances, names, nowMs)
  local changedStock = require 'shared/stock'
  local changedAllowance = require 'shared/allowance'
  local held, lacking, over = {}, {}, {}
  for sku, allowance, units in string.gmatch(wants, '(%d+):(%d+):(%d+)') do
    sku, allowance, units = tonumber(sku), tonumber(allowance), tonumber(units)
    if stocks[sku] then
      local left, epoch, most, limit =
        string.match(stocks[sku], '^(-?%d+):[^:]+:[^:]+:[^:]+:[^:]+:(%w+):(%d*):(%w*)')
      held[#held + 1] = { sku = sku, allowance = allowance, units = units, epoch = epoch, limit = limit }
      if tonumber(left) < units then
        lacking[#lacking + 1] = string.format('%d=%.0f', sku, math.max(0, tonumber(left)))
      elseif most ~= '' then
        local has, current = string.match(allowances[allowance] or '', '^(%d+):(%w+):')
        has = current == limit and tonumber(has) or 0
        if has + units > tonumber(most) then
          over[#over + 1] = string.format('%d=%.0f', sku, math.max(0, most - has))
        end
      end
    end
  end
  if #lacking > 0 or #over > 0 then
    return #lacking > 0 and 'out ' .. table.concat(lacking, ' ') or 'over ' .. table.concat(over, ' ')
  end
  for n, one in ipairs(held) do
    stocks[one.sku] = changedStock(stocks[one.sku], one.epoch, one.units, 0, 0)
    if one.limit ~= '' then
      allowances[one.allowance] = changedAllowance(allowances[one.allowance], one.limit, one.units, nowMs)
    end
    held[n] = string.format('[%s,%.0f,"%s","%s"]', names[one.sku], one.units, one.epoch, one.limit)
  end
  return '', #held > 0 and ',"reserved":[' .. table.concat(held, ',') .. ']' or ''
end
