-- Close a room that nobody is in any more, unless something is still to go out.
--
-- KEYS  1 head   2 people   3 log   4 due   5 pump
-- ARGV  1 epoch
-- Returns 1 if it is closed now, 0 if not
local head = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'fan')
if not head[1] then return 1 end
if head[1] ~= ARGV[1] or tonumber(head[3]) < tonumber(head[2]) then return 0 end
if redis.call('EXISTS', KEYS[2], KEYS[5]) > 0 then return 0 end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
return 1
