-- What the sweep has to know of a room.
--
-- KEYS  1 head   2 people   3 due
-- ARGV  1 now (ms)
-- Returns {epoch, at, fan, people, room JSON, {participants whose time is up, with scores}}, or {} if it is not open
local head = redis.call('HMGET', KEYS[1], 'epoch', 'at', 'fan', 'room')
if not head[1] then return {} end
return {head[1], head[2], head[3], redis.call('HLEN', KEYS[2]), head[4],
  redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, 50)}
