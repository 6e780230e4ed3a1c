-- One step of a claim in steps: holds a token for a while, unless it is known or held already.
-- KEYS: one token.
-- ARGV: who holds it from now on; for how long in milliseconds, or 0 to look only.
local UNKNOWN = 0
local FIRST_KNOWN = 1
local STORED = 4
local HELD = 5
local found = redis.call('GET', KEYS[1])
if found == '1' then return FIRST_KNOWN end
if found then return HELD end
if ARGV[2] == '0' then return UNKNOWN end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return STORED
