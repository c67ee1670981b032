-- Take a share of a round of the pump, unless somebody has, or everyone has been told by now.
--
-- KEYS  1 head (hash: epoch, fan)   2 share (string: '' while it is taken, the report when it is done)
-- ARGV  1 epoch   2 position of the round's last entry   3 ms to hold the share
-- Returns 'ours'; 'taken': by somebody else, or done; 'over': the whole round is out, or the room gone
local head = redis.call('HMGET', KEYS[1], 'epoch', 'fan')
if head[1] ~= ARGV[1] then return 'over' end

local seq, step = string.match(ARGV[2], '(%d+)-(%d+)')
local fan_seq, fan_step = string.match(head[2], '(%d+)-(%d+)')
seq, step, fan_seq, fan_step = tonumber(seq), tonumber(step), tonumber(fan_seq), tonumber(fan_step)
if fan_seq > seq or (fan_seq == seq and fan_step >= step) then return 'over' end

if redis.call('SET', KEYS[2], '', 'NX', 'PX', ARGV[3]) then return 'ours' end
return 'taken'
