-- Takes from several allowances at once, or from none.
--
-- The generic cell rate algorithm keeps one number for each: the time at which the allowance will be
-- whole again (TAT, microseconds). Taking moves it by `emission`, the time in which one grows back;
-- it may not come to lie more than `burst` emissions ahead.
--
-- KEYS  the allowances
-- ARGV  for each: emission in microseconds, burst, and cost: 1 takes, -1 gives back
-- Returns 1 or 0 (whether all allowed it), then for each: what is left, milliseconds until it would
-- have allowed it (0: it did), milliseconds until it is whole again.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local allowed, taken = 1, {}

for i, key in ipairs(KEYS) do
  local emission, burst = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1])
  local whole = math.max(now, tonumber(redis.call('GET', key) or now))
  local after = math.max(now, whole + emission * tonumber(ARGV[3 * i]))
  local early = after - emission * burst - now
  if early > 0 then allowed = 0 end
  taken[i] = { emission = emission, burst = burst, whole = whole, after = after, early = early }
end

local answer = { allowed }
for i, key in ipairs(KEYS) do
  local one = taken[i]
  local whole = one.whole
  if allowed == 1 then
    whole = one.after
    if whole > now then
      redis.call('SET', key, string.format('%.0f', whole), 'PX', math.ceil((whole - now) / 1000))
    else
      redis.call('DEL', key)
    end
  end
  answer[#answer + 1] = math.floor(one.burst - (whole - now) / one.emission)
  answer[#answer + 1] = math.max(0, math.ceil(one.early / 1000))
  answer[#answer + 1] = math.ceil((whole - now) / 1000)
end
return answer
