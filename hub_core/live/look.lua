-- How the shares of a round stand; whoever waits for them holds the pump anew.
--
-- KEYS  1 pump (string: the drainer's token)   2… share (string: '' while it is taken, the report when it is done)
-- ARGV  1 token   2 ms to hold the pump
-- Returns what is at each share; nil where nobody has taken it
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('MGET', unpack(KEYS, 2))
