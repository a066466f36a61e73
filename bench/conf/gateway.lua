-- The gateway's job in Lua, written for speed: the LuaJIT FFI for addresses,
-- strings put together where a general encoder is not needed, locals for all
-- that is called often. What cjson does not tell is not checked: members that
-- are there twice, 6681.0 in place of 6681, the place of a syntax error.

local cjson = require "cjson"
local decode = require("cjson.safe").decode
local ffi = require "ffi"

local C = ffi.C
local ffi_string = ffi.string
local byte, find, format = string.byte, string.find, string.format
local lower, sub = string.lower, string.sub
local concat = table.concat
local encode = cjson.encode
local floor = math.floor
local type, pairs, ipairs = type, pairs, ipairs
local ngx = ngx
local null = ngx.null
local capture = ngx.location.capture
local get_method = ngx.req.get_method
local read_body, get_body_data = ngx.req.read_body, ngx.req.get_body_data

ffi.cdef [[
    int inet_pton(int af, const char *src, void *dst);
    const char *inet_ntop(int af, const void *src, char *dst, uint32_t size);
]]

local AF_INET, AF_INET6 = 2, 10

local MASTER_TOKEN = "@TOKEN@"
local MAX_IPS = 100
local MAX_PROJECT_ID = 9007199254740991

local HEAD = '{"token":"' .. MASTER_TOKEN .. '","project_id":'

local address = ffi.new "uint8_t[16]"
local text = ffi.new "char[64]"

local titles = {
    method_not_allowed = "Method not allowed",
    unsupported_media_type = "Unsupported media type",
    malformed_json = "Malformed JSON",
    invalid_request = "Invalid token request",
    endpoint_disabled = "Endpoint disabled",
    master_token_rejected = "Master token rejected",
    insufficient_balance = "Insufficient balance",
    plan_not_active = "Plan not active",
    project_not_active = "Project not active",
    upstream_rejected = "Request rejected by the vendor",
    rate_limited = "Rate limited",
    upstream_unavailable = "Vendor unavailable",
    upstream_error = "Vendor error",
    upstream_invalid_response = "Invalid response of the vendor",
}

local statuses = {
    [101] = { 503, "upstream_unavailable" },
    [401] = { 502, "master_token_rejected" },
    [402] = { 422, "upstream_rejected" },
    [403] = { 402, "insufficient_balance" },
    [404] = { 502, "upstream_error" },
    [405] = { 403, "plan_not_active" },
    [406] = { 422, "upstream_rejected" },
    [407] = { 422, "upstream_rejected" },
    [408] = { 409, "project_not_active" },
    [409] = { 502, "master_token_rejected" },
    [410] = { 422, "upstream_rejected" },
}

local disabled = { [404] = true, [405] = true, [410] = true, [501] = true }


local function send(status, content_type, body)
    local header = ngx.header
    ngx.status = status
    header["Content-Type"] = content_type
    header["Content-Length"] = #body
    header["Cache-Control"] = "no-store"
    header["X-Request-Id"] = ngx.var.request_id
    ngx.print(body)
end


local function problem(status, code, errors)
    return send(status, "application/problem+json", encode {
        type = "urn:pickyassist:problem:" .. code,
        title = titles[code],
        status = status,
        code = code,
        detail = titles[code] .. ".",
        request_id = ngx.var.request_id,
        errors = errors,
    })
end


local function add(errors, pointer, code, detail)
    errors = errors or {}
    if #errors < 20 then
        errors[#errors + 1] = { pointer = pointer, code = code,
                                detail = detail }
    end
    return errors
end


-- Unspecified, loopback, link-local, multicast and broadcast are refused.
local function is_unicast4(first)
    local a = address[first]
    if a == 0 or a == 255 then
        return address[first + 1] ~= a or address[first + 2] ~= a
               or address[first + 3] ~= a
    end
    return a ~= 127 and (a < 224 or a > 239)
           and not (a == 169 and address[first + 1] == 254)
end


local function is_unicast6()
    local a = address[0]
    if a == 0xff or (a == 0xfe and floor(address[1] / 64) == 2) then
        return false
    end
    if a ~= 0 then
        return true
    end
    for i = 1, 9 do
        if address[i] ~= 0 then
            return true
        end
    end
    if address[10] == 0xff and address[11] == 0xff then
        return is_unicast4(12)
    end
    for i = 10, 14 do
        if address[i] ~= 0 then
            return true
        end
    end
    return address[15] > 1
end


-- The normalised address, or nil and what is wrong with it.
local function normalise(value)
    if type(value) ~= "string" then
        return nil, "type"
    end
    if find(value, "\0", 1, true) then
        return nil, "invalid_ip"
    end
    if C.inet_pton(AF_INET, value, address) == 1 then
        if not is_unicast4(0) then
            return nil, "ip_not_allowed"
        end
        return value
    end
    if C.inet_pton(AF_INET6, value, address) ~= 1 then
        return nil, "invalid_ip"
    end
    if not is_unicast6() then
        return nil, "ip_not_allowed"
    end
    return ffi_string(C.inet_ntop(AF_INET6, address, text, 64))
end


local function check_addresses(list, errors)
    if type(list) == "string" then
        list = { list }
    elseif type(list) ~= "table" then
        return nil, add(errors, "/ip_whitelist",
                        list == nil and "required" or "type",
                        "must be an address or an array of addresses")
    end

    local n = #list
    if n == 0 then
        local code = next(list) == nil and "empty" or "type"
        return nil, add(errors, "/ip_whitelist", code,
                        "must have at least one address")
    end
    if n > MAX_IPS then
        return nil, add(errors, "/ip_whitelist", "too_many",
                        "has more addresses than the gateway allows")
    end

    local ips, seen = {}, {}
    for i = 1, n do
        local ip, wrong = normalise(list[i])
        if ip and seen[ip] then
            wrong = "duplicate"
        end
        if wrong then
            errors = add(errors, "/ip_whitelist/" .. i - 1, wrong,
                         "is not an address that can be taken")
        else
            seen[ip] = true
            ips[i] = ip
        end
    end

    return ips, errors
end


-- The body for the vendor and the project, or nil and the errors.
local function check(request)
    if type(request) ~= "table" or request[1] ~= nil then
        return nil, nil, add(nil, "", "type", "must be an object")
    end

    local errors
    for name in pairs(request) do
        if name == "token" then
            errors = add(errors, "/token", "forbidden_member",
                         "must not be sent")
        elseif name ~= "project_id" and name ~= "ip_whitelist" then
            errors = add(errors, "/" .. name, "unknown_member",
                         "is not a member of a token request")
        end
    end

    local id = request.project_id
    if id == nil then
        errors = add(errors, "/project_id", "required", "is required")
    elseif type(id) ~= "number" or id ~= floor(id) then
        errors = add(errors, "/project_id", "type", "must be an integer")
    elseif id < 1 or id > MAX_PROJECT_ID then
        errors = add(errors, "/project_id", "range", "is out of range")
    end

    local ips
    ips, errors = check_addresses(request.ip_whitelist, errors)
    if errors then
        return nil, nil, errors
    end

    id = format("%.0f", id)
    return HEAD .. id .. ',"ip_whitelist":["' .. concat(ips, '","') .. '"]}',
           id
end


local function integer(value)
    if type(value) == "string" and find(value, "^%d+$") then
        return value
    end
    return type(value) == "number" and format("%.0f", value) or nil
end


local function json_string(s)
    if find(s, '[%c"\\]') then
        return encode(s)
    end
    return '"' .. s .. '"'
end


local function write_tokens(list)
    if type(list) ~= "table" or list.token then
        list = { list }
    end
    local out = {}
    for _, element in ipairs(list) do
        local token, ip = element, nil
        if type(element) == "table" then
            token, ip = element.token, element.ip
        end
        if type(token) == "string" and token ~= "" then
            ip = type(ip) == "string" and json_string(ip) or "null"
            out[#out + 1] = '{"ip":' .. ip .. ',"token":'
                            .. json_string(token) .. '}'
        end
    end
    return #out > 0 and concat(out, ",") or nil
end


local function judge(status, body, id)
    if status == 429 then
        return problem(429, "rate_limited")
    end

    local reply = decode(body)
    local api_status = type(reply) == "table" and integer(reply.status)
    if not api_status then
        if disabled[status] then
            return problem(410, "endpoint_disabled")
        end
        return problem(502, "upstream_invalid_response")
    end

    local message = type(reply.message) == "string" and reply.message
                    or "Success"
    if api_status == "100" then
        local tokens = status == 200
                       and write_tokens(reply.api_token or reply.api_tokens)
        if not tokens then
            return problem(502, "upstream_invalid_response")
        end
        return send(200, "application/json",
                    '{"status":100,"message":' .. json_string(message)
                    .. ',"project_id":' .. (integer(reply.project_id) or id)
                    .. ',"api_token":[' .. tokens .. ']}')
    end

    if find(lower(message), "disabled", 1, true) then
        return problem(410, "endpoint_disabled")
    end
    local row = statuses[tonumber(api_status)]
    if row then
        return problem(row[1], row[2])
    end
    return problem(502, "upstream_error")
end


local function is_json(content_type)
    if content_type == "application/json" then
        return true
    end
    return content_type ~= nil
           and find(lower(content_type), "^application/json%s*;?") ~= nil
end


local options = { method = ngx.HTTP_POST }

local function tokens()
    if get_method() ~= "POST" then
        ngx.header["Allow"] = "POST"
        return problem(405, "method_not_allowed")
    end
    if not is_json(ngx.var.http_content_type) then
        ngx.header["Accept-Post"] = "application/json"
        return problem(415, "unsupported_media_type")
    end

    read_body()
    local request = decode(get_body_data() or "")
    if request == nil then
        return problem(400, "malformed_json")
    end

    local body, id, errors = check(request)
    if not body then
        return problem(422, "invalid_request", errors)
    end

    options.body = body
    local reply = capture("/upstream", options)
    if reply.truncated then
        return problem(502, "upstream_invalid_response")
    end

    local text = reply.body
    if find(text, MASTER_TOKEN, 1, true) then
        text = text:gsub(MASTER_TOKEN:gsub("%p", "%%%0"), "[redacted]")
    end
    return judge(reply.status, text, id)
end


return { tokens = tokens }
