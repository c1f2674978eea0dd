-- Reserves what an order wants, all of it or nothing, in the lists that it is given: the texts of stocks
-- and allowances, by number. A stock is read once, and is a table from then on, of which
-- `shared/stock-text` makes a text. Answers why not, or an empty text and what the record is to say of it.
return function(wants, stocks, allowances, names, nowMs)
  local changedAllowance = require 'shared/allowance'
  local held, lacking, over = {}, {}, {}
  for sku, allowance, units in string.gmatch(wants, '(%d+):(%d+):(%d+)') do
    sku, allowance, units = tonumber(sku), tonumber(allowance), tonumber(units)
    local stock = stocks[sku]
    if type(stock) == 'string' then
      local left, reserved, between, moved, rest, epoch, most, limit = string.match(stock,
        '^(-?%d+):(-?%d+):(-?%d+:%-?%d+):(%d+):((%w+):(%d*):(%w*).*)$')
      stock = { left = tonumber(left), reserved = tonumber(reserved), between = between,
        moved = tonumber(moved), rest = rest, epoch = epoch, most = tonumber(most), limit = limit }
      stocks[sku] = stock
    end
    if stock then
      held[#held + 1] = { sku = sku, stock = stock, allowance = allowance, units = units }
      if stock.left < units then
        lacking[#lacking + 1] = string.format('%d=%.0f', sku, math.max(0, stock.left))
      elseif stock.most then
        local has, current = string.match(allowances[allowance] or '', '^(%d+):(%w+):')
        has = current == stock.limit and tonumber(has) or 0
        if has + units > stock.most then
          over[#over + 1] = string.format('%d=%.0f', sku, math.max(0, stock.most - has))
        end
      end
    end
  end
  if #lacking > 0 or #over > 0 then
    return #lacking > 0 and 'out ' .. table.concat(lacking, ' ') or 'over ' .. table.concat(over, ' ')
  end
  for n, one in ipairs(held) do
    local stock, units = one.stock, one.units
    stock.left, stock.reserved, stock.moved = stock.left - units, stock.reserved + units, stock.moved + units
    if stock.limit ~= '' then
      allowances[one.allowance] = changedAllowance(allowances[one.allowance], stock.limit, units, nowMs)
    end
    held[n] = string.format('[%s,%.0f,"%s","%s"]', names[one.sku], units, stock.epoch, stock.limit)
  end
  return '', #held > 0 and ',"reserved":[' .. table.concat(held, ',') .. ']' or ''
end
