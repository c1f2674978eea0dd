--[[
extend-lock: lengthen a lock that is still one's own.
KEYS[1] order_lock:<slot>  STRING  the token of its holder
ARGV[1] token              the token to compare
ARGV[2] leaseMs            integer, milliseconds from now on
Returns  {1} where the lock was extended, {0} where another holds it or nobody
Twice    the second call does the same again
Bills    1 call + 2; 1 call + 1 where it is not held
Typical  3
]]
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return { 0 }
end
return { redis.call('PEXPIRE', KEYS[1], ARGV[2]) }
