-- Open a room unless it is open, or is another one than the caller takes it for.
--
-- What an earlier epoch may have left behind goes first: a stream refuses ids below its last one.
-- The log begins with an entry of its own, so that whoever is at this position can tell whether
-- anything is missing between there and what follows.
--
-- KEYS  1 head   2 people   3 log   4 due   5 pump   6 rates
-- ARGV  1 epoch   2 position   3 room JSON   4 seconds to keep the room
--       5 the epoch that is to be replaced, the people in it remaining ('' for none), and
--       6 the id of its last change: should there be a newer one, it is not replaced
-- Returns 1 if it was opened, 0 if not
local head = redis.call('HMGET', KEYS[1], 'epoch', 'last')
if ARGV[5] == '' then
  if head[1] then return 0 end
  redis.call('DEL', KEYS[2], KEYS[4])
elseif head[1] ~= ARGV[5] or head[2] ~= ARGV[6] then
  return 0
end
redis.call('DEL', KEYS[3], KEYS[5], KEYS[6])
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'at', ARGV[2], 'last', '', 'fan', ARGV[2], 'room', ARGV[3])
redis.call('XADD', KEYS[3], ARGV[2], 'i', '', 'f', '', 'r', '', 'n', '')
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('EXPIRE', KEYS[3], ARGV[4])
return 1
