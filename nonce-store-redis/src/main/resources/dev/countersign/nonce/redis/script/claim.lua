-- A claim outside a Cluster: looks for all tokens, and stores all of them or none.
-- KEYS: the watch record; one or two tokens.
-- ARGV: how long to keep the tokens in milliseconds, or 0 to store nothing; what the watch record must say.
-- The record is read in the same step, so that no claim is stored in a server that was emptied a moment ago.
local UNKNOWN = 0
local FIRST_KNOWN = 1
local SECOND_KNOWN = 2
local OTHER_RECORD = 3
local STORED = 4
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then return i == 2 and FIRST_KNOWN or SECOND_KNOWN end
end
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return OTHER_RECORD end
if ARGV[1] == '0' then return UNKNOWN end
for i = 2, #KEYS do redis.call('SET', KEYS[i], '1', 'PX', ARGV[1]) end
return STORED
