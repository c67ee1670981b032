-- Write a room only if it is still the one that was read; else tell what was missed.
--
-- The one atomic step of a room: it numbers nothing and decides nothing, it compares and writes.
-- Every command ends here, also one that changes nothing: it proves that the decision was made on
-- the room as it is, renews the actor's lease, and keeps the reply for a repeated request.
--
-- KEYS  1 head    hash    epoch, seq, fan (the last seq that is out and journaled), room (JSON)
--       2 people  hash    participant id -> JSON
--       3 log     stream  <seq>-0 -> f frame, r record, n nonce of the commit
--       4 due     zset    participant id -> ms at which its lease or its grace is over
--       5 pump    string  token of whoever is draining the log
--       6 reply   string  the reply to this request, if it was answered before
-- ARGV  1 epoch and 2 seq that the decision was made on
--       3 nonce of this commit, 4 now (ms), 5 seconds to keep the room, 6 most entries to keep
--       7 reply to keep ('' if the request has no id), 8 seconds to keep it
--       9 participant whose lease is renewed ('' for none), 10 until (ms)
--      11 pump token, 12 ms to hold the pump
--      13 room JSON ('' if unchanged)
--      14… four lists, each its length and then its items:
--          fences    participant, score: goes on only if `due` still says so
--          people    participant, JSON ('' to remove)
--          dues      participant, score ('' to remove)
--          entries   frame, record
-- Returns {'done', fan, 1 if the pump is now ours, {participants whose time is up, with scores}}
--         {'again', reply, seq, fan}: the request was answered before
--         {'missed', {record, nonce, …}}: these came in between
--         {'gone'}: another epoch, or no such room, or too far behind: load it anew
--         {'fenced'}: the lease was renewed meanwhile
local cursor = 13
local function list(width)
  cursor = cursor + 1
  local n, items = tonumber(ARGV[cursor]), {}
  for i = 1, n do
    local item = {}
    for j = 1, width do item[j] = ARGV[cursor + (i - 1) * width + j] end
    items[i] = item
  end
  cursor = cursor + n * width
  return items
end
local fences, people, dues, entries = list(2), list(2), list(2), list(2)

local head = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'fan')
if head[1] ~= ARGV[1] then return {'gone'} end
local seq, fan = tonumber(head[2]), tonumber(head[3])

if ARGV[7] ~= '' then
  local answered = redis.call('GET', KEYS[6])
  if answered then return {'again', answered, seq, fan} end
end

if seq ~= tonumber(ARGV[2]) then
  local missed, flat = redis.call('XRANGE', KEYS[3], (ARGV[2] + 1) .. '-0', '+'), {}
  if #missed ~= seq - ARGV[2] then return {'gone'} end
  for _, entry in ipairs(missed) do
    local fields = entry[2]
    for i = 1, #fields, 2 do
      if fields[i] == 'r' or fields[i] == 'n' then flat[#flat + 1] = fields[i + 1] end
    end
  end
  return {'missed', flat}
end

for _, fence in ipairs(fences) do
  if redis.call('ZSCORE', KEYS[4], fence[1]) ~= fence[2] then return {'fenced'} end
end

for _, entry in ipairs(entries) do
  seq = seq + 1
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[6], seq .. '-0', 'f', entry[1], 'r', entry[2], 'n', ARGV[3])
end
if #entries > 0 then redis.call('HSET', KEYS[1], 'seq', seq) end
if ARGV[13] ~= '' then redis.call('HSET', KEYS[1], 'room', ARGV[13]) end
for _, person in ipairs(people) do
  if person[2] == '' then redis.call('HDEL', KEYS[2], person[1])
  else redis.call('HSET', KEYS[2], person[1], person[2]) end
end
for _, due in ipairs(dues) do
  if due[2] == '' then redis.call('ZREM', KEYS[4], due[1])
  else redis.call('ZADD', KEYS[4], due[2], due[1]) end
end
if ARGV[9] ~= '' then redis.call('ZADD', KEYS[4], 'XX', ARGV[10], ARGV[9]) end
if ARGV[7] ~= '' then redis.call('SET', KEYS[6], ARGV[7], 'EX', ARGV[8]) end
for i = 1, 4 do redis.call('EXPIRE', KEYS[i], ARGV[5]) end

local mine = 0
if fan < seq and redis.call('SET', KEYS[5], ARGV[11], 'NX', 'PX', ARGV[12]) then mine = 1 end
return {'done', fan, mine, redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', ARGV[4], 'WITHSCORES', 'LIMIT', 0, 20)}
