--[[
guard: runs a client's script as Upstash does. `scripts.ts` puts it in front of every script, on
one line, so that the lines of the script keep their numbers. It is in the way of every command, so
it is written for speed.

redis     Redis's own table; the script gets one that checks each call first
commands  name -> 0 where it has no keys, 1 where its first argument is its only key, or
          {first, last, step}; only names that occur in the script, in the case they occur in
growing   the names among them that may add data, each between spaces
flagged   whether the script carries allow-key-locking
script    the client's script, as a function
ARGV      the last one is for the guard, and is taken off: '' in the usual case, 'refuse' where
          undeclared keys are refused without the flag too, or the rules in force as JSON
Returns   {commands run, whether a failure was injected, an undeclared key or false, value}, and
          the line where the script failed, if it did: value is the error then
]]
return (function(redis, commands, growing, flagged, script)
  local executed, hasFailed, undeclared, raised, line = 0, false, false
  local rules = table.remove(ARGV)
  local refuses = rules ~= ''
  rules = #rules > 6 and cjson.decode(rules)
  if rules then refuses = rules.refuses end
  local declared, full = {}, {}
  for i = 1, #KEYS do declared[KEYS[i]] = true end
  for _, key in ipairs(rules and rules.full or {}) do full[key] = true end

  local function keysOf(name, ...)
    local at = commands[name]
    if at == 0 then return {} end
    if at == 1 then return {(...)} end
    if not at then
      -- Not seen in the script's text, or with keys that depend on other arguments.
      local keys = redis.pcall('COMMAND', 'GETKEYS', name, ...)
      return keys.err and {} or keys
    end
    local arguments, keys = {...}, {}
    if at[1] == 1 and at[2] == -1 and at[3] == 1 then return arguments end
    local last = at[2] < 0 and #arguments + 1 + at[2] or at[2]
    for i = at[1], last, at[3] do keys[#keys + 1] = arguments[i] end
    return keys
  end

  local function refusalOfKeys(keys)
    for i = 1, #keys do
      local key = keys[i]
      if not declared[key] and not declared[tostring(key)] then
        undeclared = undeclared or tostring(key)
        if flagged then
          return "ERR Dynamic keys are not allowed in Lua scripts when 'allow-key-locking' flag is set. Key was: " .. key
        end
        if refuses then return 'ERR Script touches a key that is not in KEYS: ' .. key end
      end
    end
  end

  local function refusalByRules(name, keys, ...)
    if executed >= rules.failAt and executed < rules.failUntil then
      hasFailed = true
      return rules.failure
    end
    name = string.upper(name)
    for _, key in ipairs(keys) do
      local bytes = #tostring(key)
      if bytes > rules.nameBytesMax then return string.format(rules.keyTooLong, bytes) end
    end
    if string.find(rules.members, ' ' .. name .. ' ', 1, true) then
      for _, member in ipairs({...}) do
        local bytes = #tostring(member)
        if bytes > rules.nameBytesMax then return string.format(rules.memberTooLong, bytes) end
      end
    end
    if not string.find(growing, ' ' .. name .. ' ', 1, true) then return nil end
    if rules.databaseFull then return rules.databaseFull end
    for _, key in ipairs(keys) do
      if full[key] then return rules.recordFull end
    end
  end

  local redisPcall = redis.pcall
  local function run(name, ...)
    executed = executed + 1
    local at, key, second = commands[name or ''], ...
    local isSingle = at == 1 or at and at ~= 0 and second == nil
    if rules or not (at == 0 or isSingle and declared[key]) then
      local keys = name and keysOf(name, ...) or {}
      local refusal = refusalOfKeys(keys) or rules and refusalByRules(name, keys, ...)
      if refusal then return {err = refusal} end
    end
    return redisPcall(name, ...)
  end

  -- The line of the script, however many functions of this guard lie between.
  local function lineFrom(level)
    for at = level, level + 3 do
      local _, where = pcall(error, '', at)
      local found = string.match(where, ':(%d+): $')
      if found then return tonumber(found) end
    end
    return 1
  end

  local function call(...)
    local reply = run(...)
    if type(reply) == 'table' and reply.err then
      raised, line = reply, lineFrom(4)
      error(reply)
    end
    return reply
  end

  local guarded = setmetatable({call = call, pcall = run}, {__index = redis})
  local succeeded, value = xpcall(function() return script(guarded) end, function(failure)
    if type(failure) == 'table' then
      if failure ~= raised then line = lineFrom(5) end
      return {err = failure.err or 'ERR unknown error'}
    end
    line = tonumber(string.match(tostring(failure), '^user_script:(%d+):')) or lineFrom(5)
    return {err = 'ERR ' .. tostring(failure)}
  end)
  if succeeded then line = nil end
  return {executed, hasFailed and 1 or 0, undeclared, value, line}
end)
