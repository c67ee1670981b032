-- Close a room that nobody is in any more, or that is over, unless something is still to go out.
--
-- KEYS  1 head   2 people   3 log   4 due   5 pump   6 rates
-- ARGV  1 epoch   2 '1' if it is over: whoever is in it was told
-- Returns 1 if it is closed now, 0 if not
local head = redis.call('HMGET', KEYS[1], 'epoch', 'at', 'fan')
if not head[1] then return 1 end
if head[1] ~= ARGV[1] or head[2] ~= head[3] then return 0 end
if ARGV[2] ~= '1' and redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6])
return 1
