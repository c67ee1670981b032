-- One drainer per room at a time: advance the cursor, take the pump, or learn that another has it.
--
-- KEYS  1 head (hash: seq, fan)   2 log (stream)   3 pump (string: the drainer's token)
-- ARGV  1 token   2 ms to hold the pump   3 last seq that is out and journaled ('' to only ask)
--       4 most entries to hand out at once; 0 to let go of the pump
-- Returns {'drained'}: everything up to the head is out; the pump is free
--         {'busy', fan}: somebody else is at it
--         {'entries', fan, {seq, frame, record, …}}: ours to drain; the pump is held anew
--         {'gone'}: no such room
local head = redis.call('HMGET', KEYS[1], 'seq', 'fan')
if not head[1] then return {'gone'} end
local seq, fan = tonumber(head[1]), tonumber(head[2])
local holder = redis.call('GET', KEYS[3])

-- Said by a drainer that lost the pump meanwhile, it is still true: that much is out. `fan` only rises.
if ARGV[3] ~= '' and tonumber(ARGV[3]) > fan then
  fan = tonumber(ARGV[3])
  redis.call('HSET', KEYS[1], 'fan', fan)
end
if fan >= seq then
  if holder == ARGV[1] then redis.call('DEL', KEYS[3]) end
  return {'drained'}
end
if holder and holder ~= ARGV[1] then return {'busy', fan} end
if ARGV[4] == '0' then
  redis.call('DEL', KEYS[3])
  return {'drained'}
end

redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[2])
local flat = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], (fan + 1) .. '-0', '+', 'COUNT', ARGV[4])) do
  local fields = {}
  for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
  flat[#flat + 1] = string.match(entry[1], '^%d+')
  flat[#flat + 1] = fields.f
  flat[#flat + 1] = fields.r
end
return {'entries', fan, flat}
