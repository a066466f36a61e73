-- wrk: sends requests of all kinds, right and wrong, over kept and over fresh
-- connections, and stops when so many were answered. Arguments: how many, and
-- the file with a sample body.

local sample, limit, sent, answered
local mix = {}
local statuses = {}

local function add(times, uri, body, method, headers)
    local all = { ["Content-Type"] = "application/json" }
    for name, value in pairs(headers or {}) do
        all[name] = value
    end
    local text = wrk.format(method or "POST", uri, all, body)
    for _ = 1, times do
        mix[#mix + 1] = text
    end
end

local function request_for(addresses)
    local list = {}
    for i = 1, addresses do
        list[i] = string.format('"192.168.%d.%d"', 100 + i / 100, 100 + i % 100)
    end
    return '{"project_id":6681,"ip_whitelist":[' .. table.concat(list, ",")
           .. ']}'
end

function init(args)
    limit, sent, answered = tonumber(args[1]), 0, 0

    local file = assert(io.open(args[2], "rb"))
    sample = file:read("*a")
    file:close()

    local closing = { Connection = "close" }
    local padded = string.rep(" ", 20000) .. sample

    -- So many of a hundred.
    add(8, "/tokens", sample)
    add(4, "/kept", sample)
    add(4, "/resolved", sample)
    add(4, "/block", sample)
    add(4, "/tokens", sample, "POST", closing)
    add(4, "/tokens", padded)
    add(4, "/large", request_for(100))
    add(2, "/too-large", request_for(100))
    add(8, "/rejected", sample)
    add(6, "/failing", sample)
    add(4, "/nonsense", sample)
    add(4, "/closing", sample)
    add(2, "/unreachable", sample)
    add(4, "/disabled", sample)
    add(4, "/open", sample)
    add(6, "/tokens", (sample:gsub("%.84", ".384")))
    add(4, "/tokens", '{"project_id":0,"ip_whitelist":[],"x":[[{}]]}')
    add(2, "/tokens", request_for(101))
    add(6, "/tokens", sample:sub(1, -2))
    add(4, "/tokens", string.rep("[", 10000))
    add(2, "/tokens", '"' .. string.rep("\\u00e4", 3000))
    add(4, "/tokens", nil, "GET")
    add(2, "/tokens", sample, "DELETE")
    add(2, "/tokens", sample, "POST", { ["Content-Type"] = "text/plain" })
    add(2, "/tokens", string.rep(" ", 40000))

    -- Neighbours should differ; 37 has no factor in common with the size.
    assert(#mix == 100)
    local shuffled = {}
    for i = 1, #mix do
        shuffled[i] = mix[i * 37 % #mix + 1]
    end
    mix = shuffled
end

function request()
    sent = sent + 1
    return mix[sent % #mix + 1]
end

function response(status)
    answered = answered + 1
    if answered == limit then
        wrk.thread:stop()
        io.write("reached\n")
        io.flush()
    end
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("figures %d %d %d %d %d\n", summary.requests,
        summary.duration, errors.connect + errors.timeout, errors.read,
        errors.write))
end
