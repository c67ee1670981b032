-- One drainer per room at a time: advance the cursor, take the pump, or learn that another has it.
--
-- KEYS  1 head (hash: epoch, at, fan)   2 log (stream)   3 pump (string: the drainer's token)
-- ARGV  1 epoch   2 token   3 ms to hold the pump
--       4 position up to which all is out and journaled ('' to only ask)
--       5 most entries to hand out at once; 0 to let go of the pump
-- Returns {'drained', fan}: everything up to the head is out; the pump is free
--         {'busy', fan}: somebody else is at it
--         {'entries', fan, {position, id, frame, record, …}}: ours to drain; the pump is held anew
--         {'gone'}: no such room, or another epoch of it
local head = redis.call('HMGET', KEYS[1], 'epoch', 'at', 'fan')
if head[1] ~= ARGV[1] then return {'gone'} end
local at, fan = head[2], head[3]
local holder = redis.call('GET', KEYS[3])

local function later(one, other)
  local seq, step = string.match(one, '(%d+)-(%d+)')
  local other_seq, other_step = string.match(other, '(%d+)-(%d+)')
  seq, step, other_seq, other_step = tonumber(seq), tonumber(step), tonumber(other_seq), tonumber(other_step)
  return seq > other_seq or (seq == other_seq and step > other_step)
end

-- Said by a drainer that lost the pump meanwhile, it is still true: that much is out. `fan` only rises.
if ARGV[4] ~= '' and later(ARGV[4], fan) then
  fan = ARGV[4]
  redis.call('HSET', KEYS[1], 'fan', fan)
end
if fan == at then
  if holder == ARGV[2] then redis.call('DEL', KEYS[3]) end
  return {'drained', fan}
end
if holder and holder ~= ARGV[2] then return {'busy', fan} end
if ARGV[5] == '0' then
  redis.call('DEL', KEYS[3])
  return {'drained', fan}
end

redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
local flat = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '(' .. fan, '+', 'COUNT', ARGV[5])) do
  local fields = {}
  for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
  flat[#flat + 1] = entry[1]
  flat[#flat + 1] = fields.i
  flat[#flat + 1] = fields.f
  flat[#flat + 1] = fields.r
end
return {'entries', fan, flat}
