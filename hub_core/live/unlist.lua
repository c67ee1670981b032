-- Take a room out of the list of open rooms, unless it was entered anew: it was opened again.
--
-- KEYS  1 the list (zset)
-- ARGV  1 meeting id   2 the score that was seen
if redis.call('ZSCORE', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('ZREM', KEYS[1], ARGV[1]) end
return 1
