-- Asks for callbacks to numbers that are all different and all valid, going round the paths of the file.
-- wrk ... -s request.lua URL -- FILE FIRST   (FIRST: the first number's last seven digits)

local paths = {}
local place = 0
local number
local headers = { ["Host"] = "127.0.0.1", ["Content-Type"] = "application/json" }

function init(args)
  for line in io.lines(args[1]) do
    paths[#paths + 1] = line:match("%S+")
  end
  number = tonumber(args[2])
end

function request()
  place = place % #paths + 1
  local body = string.format('{"contact_number":"+1212%07d","channel":"sms","name":"Jo Doe"}', number)
  number = number + 1
  return wrk.format("POST", paths[place], headers, body)
end

function done(summary, latency)
  io.write(string.format(
    '\nMEASURED {"requests": %d, "microseconds": %d, "bytes": %d, "p50": %d, "p99": %d, ' ..
    '"refused": %d, "broken": %d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
