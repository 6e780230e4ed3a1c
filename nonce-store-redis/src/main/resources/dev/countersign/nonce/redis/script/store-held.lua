-- One step of a claim in steps: stores a token for good, if it is still held by this claim.
-- KEYS: one token.
-- ARGV: who holds it; how long to keep it in milliseconds.
local UNKNOWN = 0
local STORED = 4
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return UNKNOWN end
redis.call('SET', KEYS[1], '1', 'PX', ARGV[2])
return STORED
