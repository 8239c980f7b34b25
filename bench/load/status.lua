-- Polls Widget Status, going round the organizations of the file: a path and a token on each line.
-- wrk ... -s status.lua URL -- FILE

local asked = {}
local place = 0

function init(args)
  for line in io.lines(args[1]) do
    local path, token = line:match("(%S+) (%S+)")
    asked[#asked + 1] = wrk.format("GET", path, { ["Host"] = "127.0.0.1", ["Authorization"] = "Bearer " .. token })
  end
end

function request()
  place = place % #asked + 1
  return asked[place]
end

function done(summary, latency)
  io.write(string.format(
    '\nMEASURED {"requests": %d, "microseconds": %d, "bytes": %d, "p50": %d, "p99": %d, ' ..
    '"refused": %d, "broken": %d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
