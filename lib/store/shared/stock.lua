-- Changes how many units of a stock are reserved, sold, and sold by orders that are no longer kept. What
-- is available follows, so that no unit comes or goes. nil where the SKU is not tracked, or was
-- tracked anew since.
return function(text, epoch, reserved, sold, forgotten)
  local number = '(-?%d+):'
  local pattern = '^' .. string.rep(number, 5) .. '((%w+).*)$'
  local available, held, gone, past, moved, rest, current = string.match(text or '', pattern)
  if current ~= epoch then
    return nil
  end
  return string.format('%.0f:%.0f:%.0f:%.0f:%.0f:%s', available - reserved - sold, held + reserved,
    gone + sold, past + forgotten, moved + math.max(math.abs(reserved), math.abs(forgotten)), rest)
end
