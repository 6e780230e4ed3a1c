-- One step of a claim in steps: gives up a token, if it is still held by this claim.
-- KEYS: one token.
-- ARGV: who holds it.
local UNKNOWN = 0
local STORED = 4
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return UNKNOWN end
redis.call('DEL', KEYS[1])
return STORED
