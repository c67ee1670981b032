-- Hand out what waits for somebody; to whoever asks again because no answer came, once more.
--
-- KEYS  1 mail (list)   2 the same, as it was handed out to this one who asks
-- ARGV  1 seconds to keep that
-- Returns the frames
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('RENAME', KEYS[1], KEYS[2])
  redis.call('EXPIRE', KEYS[2], ARGV[1])
end
return redis.call('LRANGE', KEYS[2], 0, -1)
