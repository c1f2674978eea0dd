-- Changes how many units of a limited SKU a customer has. nil where there is nothing to take from.
return function(text, epoch, units, nowMs)
  local count, current = string.match(text or '', '^(%d+):(%w+):')
  if current ~= epoch then
    if units < 0 then
      return nil
    end
    count = 0
  end
  return string.format('%.0f:%s:%s', math.max(0, count + units), epoch, nowMs)
end
