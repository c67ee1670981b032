-- What the sweep has to know of a room.
--
-- KEYS  1 head   2 people   3 due
-- ARGV  1 now (ms)
-- Returns {epoch, seq, fan, people, {participants whose time is up, with scores}}, or {} if it is not open
local head = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'fan')
if not head[1] then return {} end
return {head[1], tonumber(head[2]), tonumber(head[3]), redis.call('HLEN', KEYS[2]),
  redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, 50)}
