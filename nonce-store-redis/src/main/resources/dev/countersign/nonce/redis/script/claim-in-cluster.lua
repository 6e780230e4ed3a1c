-- A claim in a Cluster: looks for all tokens, and stores all of them or none.
-- KEYS: one or two tokens.
-- ARGV: how long to keep them in milliseconds, or 0 to store nothing.
-- The watch record lies in another slot, where no script may look.
local UNKNOWN = 0
local FIRST_KNOWN = 1
local SECOND_KNOWN = 2
local STORED = 4
local HELD = 5
local held = false
for i = 1, #KEYS do
  local found = redis.call('GET', KEYS[i])
  if found == '1' then return i == 1 and FIRST_KNOWN or SECOND_KNOWN end
  held = held or found
end
if held then return HELD end
if ARGV[1] == '0' then return UNKNOWN end
for i = 1, #KEYS do redis.call('SET', KEYS[i], '1', 'PX', ARGV[1]) end
return STORED
