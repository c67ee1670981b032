-- Open a room unless it is open.
--
-- What an earlier epoch may have left behind goes first: a stream refuses ids below its last one.
--
-- KEYS  1 head   2 people   3 log   4 due   5 pump
-- ARGV  1 epoch   2 room JSON   3 seconds to keep the room
-- Returns 1 if it was opened, 0 if it was open
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'seq', 0, 'fan', 0, 'room', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
