-- Write a room only if it is still the one that was read; else tell what was missed.
--
-- The one atomic step of a room: it numbers nothing and decides nothing, it compares and writes.
-- Every command ends here, also one that changes nothing: it proves that the decision was made on
-- the room as it is, renews the actor's lease, keeps the reply for a repeated request, and counts
-- against the limits.
--
-- KEYS  1 head    hash    epoch, at (position), last (id of the change there), fan (position
--                         up to which all is out and journaled), room (JSON)
--       2 people  hash    participant id (or lobby:participant id) -> JSON
--       3 log     stream  position -> i id, f frame, r record, n nonce of the commit
--       4 due     zset    participant id -> ms at which its lease or its grace is over
--       5 pump    string  token of whoever is draining the log
--       6 reply   string  the nonce of the commit that answered this request, a line break, the reply
--       7 rates   hash    limit -> theoretical arrival time (ms) of its cell rate (GCRA)
--       8 mail    list    what waits for whoever asks
--       9… mail   list    frames that wait for somebody who is lost; one key for each of the mails
-- ARGV  1 epoch and 2 position that the decision was made on
--       3 nonce of this commit, 4 now (ms), 5 seconds to keep the room, 6 entries to keep
--       7 reply to keep ('' if it cannot be given yet), 8 seconds to keep it
--       9 participant whose lease is renewed ('' for none), 10 until (ms)
--      11 pump token, 12 ms to hold the pump
--      13 room JSON ('' if unchanged), 14 most mails to keep for one person
--      15 id of the change at that position: after a failover it may be another one
--      16 seconds to keep others from this request while it has no reply ('' if it has no id)
--      17 most entries to keep if they cannot go out
--      18… six lists, each its length and then its items:
--          limits    name, ms for each, how many at once
--          fences    participant, score: goes on only if `due` still says so
--          people    field, JSON ('' to remove)
--          dues      participant, score ('' to remove)
--          entries   position, id, frame, record
--          mails     frame
-- Returns {'done', fan, 1 if the pump is now ours, {participants whose time is up, with scores},
--          1 if mail waits for whoever asks}
--         {'again', reply, at}: the request was answered before, by another commit ('': will be)
--         {'missed', {record, nonce, …}}: these came in between
--         {'gone'}: another epoch, or no such room, or too far behind: load it anew
--         {'fenced'}: the lease was renewed meanwhile
--         {'full'}: too much is still to go out
--         {'limited', ms until all of its limits allow it}: too many of these
local cursor = 17
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
local limits, fences, people, dues, entries, mails = list(3), list(2), list(2), list(2), list(4), list(1)

local function done(fan, mine)
  local due = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', ARGV[4], 'WITHSCORES', 'LIMIT', 0, 20)
  return {'done', fan, mine, due, redis.call('EXISTS', KEYS[8])}
end

local head = redis.call('HMGET', KEYS[1], 'epoch', 'at', 'last', 'fan')
if head[1] ~= ARGV[1] then return {'gone'} end
local at, last, fan = head[2], head[3], head[4]

if ARGV[16] ~= '' then
  local kept = redis.call('GET', KEYS[6])
  local author, reply = string.match(kept or '', '^(.-)\n(.*)$')
  if kept and not author then author, reply = '', kept end -- by code that noted no author
  -- By ourselves: the answer to this commit was lost on its way, and what it brings is still to be told.
  if author == ARGV[3] then return done(fan, redis.call('GET', KEYS[5]) == ARGV[11] and 1 or 0) end
  if author then return {'again', reply, at} end
end

if at ~= ARGV[2] or last ~= ARGV[15] then
  local since, flat = redis.call('XRANGE', KEYS[3], ARGV[2], '+'), {}
  if not since[1] or since[1][1] ~= ARGV[2] or since[1][2][2] ~= ARGV[15] then return {'gone'} end
  for i = 2, #since do
    local fields = since[i][2]
    for j = 1, #fields, 2 do
      if fields[j] == 'r' or fields[j] == 'n' then flat[#flat + 1] = fields[j + 1] end
    end
  end
  return {'missed', flat}
end

if #entries > 0 then
  -- Only what is out is trimmed: the rest is written down nowhere else.
  local surplus = redis.call('XLEN', KEYS[3]) + #entries - tonumber(ARGV[6])
  if surplus > 0 then redis.call('XTRIM', KEYS[3], 'MINID', '~', fan, 'LIMIT', surplus) end
  if redis.call('XLEN', KEYS[3]) >= tonumber(ARGV[17]) then return {'full'} end
end

for _, fence in ipairs(fences) do
  if redis.call('ZSCORE', KEYS[4], fence[1]) ~= fence[2] then return {'fenced'} end
end

-- By one clock: those of containers may be seconds apart, and here that would cut somebody off.
local time = redis.call('TIME')
local moment = time[1] * 1000 + math.floor(time[2] / 1000)
local cells, wait = {}, 0
for _, limit in ipairs(limits) do
  local each = tonumber(limit[2])
  local arrival = math.max(tonumber(redis.call('HGET', KEYS[7], limit[1]) or moment), moment) + each
  local early = arrival - each * tonumber(limit[3]) - moment
  wait = math.max(wait, early)
  cells[#cells + 1] = {limit[1], arrival}
end
if wait > 0 then return {'limited', math.ceil(wait)} end
for _, cell in ipairs(cells) do redis.call('HSET', KEYS[7], cell[1], cell[2]) end

for _, entry in ipairs(entries) do
  at, last = entry[1], entry[2]
  redis.call('XADD', KEYS[3], at, 'i', last, 'f', entry[3], 'r', entry[4], 'n', ARGV[3])
end
if #entries > 0 then redis.call('HSET', KEYS[1], 'at', at, 'last', last) end
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
if ARGV[16] ~= '' then
  redis.call('SET', KEYS[6], ARGV[3] .. '\n' .. ARGV[7], 'EX', ARGV[7] == '' and ARGV[16] or ARGV[8])
end
for i, mail in ipairs(mails) do
  redis.call('RPUSH', KEYS[8 + i], mail[1])
  redis.call('LTRIM', KEYS[8 + i], -tonumber(ARGV[14]), -1)
  redis.call('EXPIRE', KEYS[8 + i], ARGV[8])
end
for i = 1, 4 do redis.call('EXPIRE', KEYS[i], ARGV[5]) end
redis.call('EXPIRE', KEYS[7], ARGV[5])

local mine = 0
if fan ~= at and redis.call('SET', KEYS[5], ARGV[11], 'NX', 'PX', ARGV[12]) then mine = 1 end
return done(fan, mine)
