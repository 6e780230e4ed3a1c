-- Replaces the watch record, if it still says what this node has read.
-- KEYS: the watch record.
-- ARGV: what it said, or nothing if it was absent; what it is to say.
-- Returns what it says afterwards.
local found = redis.call('GET', KEYS[1]) or ''
if found ~= ARGV[1] then return found end
redis.call('SET', KEYS[1], ARGV[2])
return ARGV[2]
