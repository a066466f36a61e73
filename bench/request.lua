-- wrk: posts the same body all the time, and prints figures instead of a
-- report. Argument: the file with the body.

function init(args)
    local file = assert(io.open(args[1], "rb"))
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    wrk.body = file:read("*a")
    file:close()
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("figures %d %d %d %d %d %d\n",
        summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), errors.status,
        errors.connect + errors.read + errors.write + errors.timeout))
end
