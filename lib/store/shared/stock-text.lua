-- The text of a stock that `shared/reserve` has read; anything else is returned as it came.
return function(stock)
  if type(stock) ~= 'table' then
    return stock
  end
  return string.format('%.0f:%.0f:%s:%.0f:%s', stock.left, stock.reserved, stock.between, stock.moved, stock.rest)
end
