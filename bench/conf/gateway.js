// The gateway's job in njs, written for speed: one regular expression for the
// common kind of address, strings put together where a general encoder is not
// needed. What JSON.parse() does not tell is not checked: members that are
// there twice, 6681.0 in place of 6681, the place of a syntax error.

const MASTER_TOKEN = '@TOKEN@';
const MAX_IPS = 100;
const HEAD = '{"token":"' + MASTER_TOKEN + '","project_id":';

const IPV4 = new RegExp('^' + Array(4).fill(
    '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])').join('\\.') + '$');
const HEX = /^[0-9a-fA-F]{1,4}$/;
const PLAIN = /^[^\u0000-\u001f"\\]*$/;

const TITLES = {
    method_not_allowed: 'Method not allowed',
    unsupported_media_type: 'Unsupported media type',
    malformed_json: 'Malformed JSON',
    invalid_request: 'Invalid token request',
    endpoint_disabled: 'Endpoint disabled',
    master_token_rejected: 'Master token rejected',
    insufficient_balance: 'Insufficient balance',
    plan_not_active: 'Plan not active',
    project_not_active: 'Project not active',
    upstream_rejected: 'Request rejected by the vendor',
    rate_limited: 'Rate limited',
    upstream_unavailable: 'Vendor unavailable',
    upstream_error: 'Vendor error',
    upstream_invalid_response: 'Invalid response of the vendor',
};

const STATUSES = {
    101: [503, 'upstream_unavailable'],
    401: [502, 'master_token_rejected'],
    402: [422, 'upstream_rejected'],
    403: [402, 'insufficient_balance'],
    404: [502, 'upstream_error'],
    405: [403, 'plan_not_active'],
    406: [422, 'upstream_rejected'],
    407: [422, 'upstream_rejected'],
    408: [409, 'project_not_active'],
    409: [502, 'master_token_rejected'],
    410: [422, 'upstream_rejected'],
};

const DISABLED = [404, 405, 410, 501];


function send(r, status, type, body) {
    const out = r.headersOut;
    out['Content-Type'] = type;
    out['Cache-Control'] = 'no-store';
    out['X-Request-Id'] = r.variables.request_id;
    r.return(status, body);
}


function problem(r, status, code, errors) {
    send(r, status, 'application/problem+json', JSON.stringify({
        type: 'urn:pickyassist:problem:' + code,
        title: TITLES[code],
        status: status,
        code: code,
        detail: TITLES[code] + '.',
        request_id: r.variables.request_id,
        errors: errors,
    }));
}


function add(errors, pointer, code, detail) {
    if (errors.length < 20) {
        errors.push({ pointer: pointer, code: code, detail: detail });
    }
}


// Unspecified, loopback, link-local, multicast and broadcast are refused.
function isUnicast4(text, octets) {
    const first = +octets[1];
    return first != 127 && (first < 224 || first > 239)
        && !(first == 169 && octets[2] == '254')
        && text != '0.0.0.0' && text != '255.255.255.255';
}


// The eight groups of an IPv6 address, null if it is none.
function parse6(text) {
    const dot = text.indexOf('.');
    if (dot >= 0) {
        const colon = text.lastIndexOf(':') + 1;
        const m = IPV4.exec(text.substring(colon));
        if (colon == 0 || m === null) {
            return null;
        }
        text = text.substring(0, colon)
               + (m[1] * 256 + +m[2]).toString(16) + ':'
               + (m[3] * 256 + +m[4]).toString(16);
    }

    const halves = text.split('::');
    if (halves.length > 2) {
        return null;
    }
    const left = halves[0] == '' ? [] : halves[0].split(':');
    const right = halves.length < 2 || halves[1] == '' ? []
                  : halves[1].split(':');
    const missing = 8 - left.length - right.length;
    if (halves.length == 2 ? missing < 1 : missing != 0) {
        return null;
    }

    const all = left.concat(Array(missing).fill('0'), right);
    for (let i = 0; i < 8; i++) {
        if (!HEX.test(all[i])) {
            return null;
        }
        all[i] = parseInt(all[i], 16);
    }
    return all;
}


// RFC 5952
function format6(groups) {
    let best = 8, length = 1;
    for (let i = 0, run = 0; i < 8; i++) {
        run = groups[i] == 0 ? run + 1 : 0;
        if (run > length) {
            best = i + 1 - run;
            length = run;
        }
    }
    const hex = groups.map(group => group.toString(16));
    if (best == 8) {
        return hex.join(':');
    }
    return hex.slice(0, best).join(':') + '::'
           + hex.slice(best + length).join(':');
}


// The normalised address in ip, or what is wrong with it in error.
function normalise(value) {
    if (typeof value != 'string') {
        return { error: 'type' };
    }

    const octets = IPV4.exec(value);
    if (octets !== null) {
        return isUnicast4(value, octets) ? { ip: value }
                                         : { error: 'ip_not_allowed' };
    }

    const groups = parse6(value);
    if (groups === null) {
        return { error: 'invalid_ip' };
    }

    if (groups[5] == 0xffff && groups.slice(0, 5).every(g => g == 0)) {
        const text = [groups[6] >> 8, groups[6] & 255,
                      groups[7] >> 8, groups[7] & 255].join('.');
        return isUnicast4(text, IPV4.exec(text)) ? { ip: '::ffff:' + text }
                                                 : { error: 'ip_not_allowed' };
    }

    const low = groups.slice(0, 7).every(g => g == 0) && groups[7] < 2;
    if (low || groups[0] >= 0xff00 || (groups[0] & 0xffc0) == 0xfe80) {
        return { error: 'ip_not_allowed' };
    }
    return { ip: format6(groups) };
}


function checkAddresses(list, errors) {
    if (typeof list == 'string') {
        list = [list];
    }
    if (!Array.isArray(list)) {
        add(errors, '/ip_whitelist', list === undefined ? 'required' : 'type',
            'must be an address or an array of addresses');
        return null;
    }
    if (list.length == 0 || list.length > MAX_IPS) {
        add(errors, '/ip_whitelist', list.length ? 'too_many' : 'empty',
            'has too few or too many addresses');
        return null;
    }

    const ips = [], seen = {};
    for (let i = 0; i < list.length; i++) {
        const one = normalise(list[i]);
        if (one.error === undefined && seen[one.ip]) {
            one.error = 'duplicate';
        }
        if (one.error !== undefined) {
            add(errors, '/ip_whitelist/' + i, one.error,
                'is not an address that can be taken');
            continue;
        }
        seen[one.ip] = true;
        ips.push(one.ip);
    }
    return ips;
}


// The body for the vendor; errors is filled if there is none.
function check(request, errors) {
    if (request === null || typeof request != 'object'
        || Array.isArray(request))
    {
        add(errors, '', 'type', 'must be an object');
        return null;
    }

    for (let name in request) {
        if (name == 'token') {
            add(errors, '/token', 'forbidden_member', 'must not be sent');
        } else if (name != 'project_id' && name != 'ip_whitelist') {
            add(errors, '/' + name, 'unknown_member',
                'is not a member of a token request');
        }
    }

    const id = request.project_id;
    if (id === undefined) {
        add(errors, '/project_id', 'required', 'is required');
    } else if (typeof id != 'number' || Math.floor(id) != id) {
        add(errors, '/project_id', 'type', 'must be an integer');
    } else if (id < 1 || id > Number.MAX_SAFE_INTEGER) {
        add(errors, '/project_id', 'range', 'is out of range');
    }

    const ips = checkAddresses(request.ip_whitelist, errors);
    return errors.length ? null
           : HEAD + id + ',"ip_whitelist":["' + ips.join('","') + '"]}';
}


function integer(value) {
    if (typeof value == 'number') {
        return value;
    }
    return typeof value == 'string' && /^[0-9]+$/.test(value) ? +value : null;
}


function jsonString(s) {
    return PLAIN.test(s) ? '"' + s + '"' : JSON.stringify(s);
}


function writeTokens(list) {
    if (!Array.isArray(list)) {
        list = [list];
    }
    let out = '';
    for (let i = 0; i < list.length; i++) {
        let token = list[i], ip = null;
        if (token !== null && typeof token == 'object') {
            ip = token.ip;
            token = token.token;
        }
        if (typeof token == 'string' && token != '') {
            ip = typeof ip == 'string' ? jsonString(ip) : 'null';
            out += (out ? ',' : '') + '{"ip":' + ip + ',"token":'
                   + jsonString(token) + '}';
        }
    }
    return out;
}


function judge(r, status, text, id) {
    if (status == 429) {
        return problem(r, 429, 'rate_limited');
    }

    let reply = null;
    try {
        reply = JSON.parse(text);
    } catch (e) {
        /* judged below */
    }

    const apiStatus = reply !== null && typeof reply == 'object'
                      ? integer(reply.status) : null;
    if (apiStatus === null) {
        return DISABLED.includes(status)
               ? problem(r, 410, 'endpoint_disabled')
               : problem(r, 502, 'upstream_invalid_response');
    }

    const message = typeof reply.message == 'string' ? reply.message
                                                     : 'Success';
    if (apiStatus == 100) {
        const tokens = status == 200
                       ? writeTokens(reply.api_token || reply.api_tokens) : '';
        if (tokens == '') {
            return problem(r, 502, 'upstream_invalid_response');
        }
        const project = integer(reply.project_id);
        return send(r, 200, 'application/json',
                    '{"status":100,"message":' + jsonString(message)
                    + ',"project_id":' + (project === null ? id : project)
                    + ',"api_token":[' + tokens + ']}');
    }

    if (message.toLowerCase().includes('disabled')) {
        return problem(r, 410, 'endpoint_disabled');
    }
    const row = STATUSES[apiStatus];
    return row ? problem(r, row[0], row[1]) : problem(r, 502, 'upstream_error');
}


function isJson(type) {
    return type === 'application/json'
           || (type !== undefined && /^application\/json\s*;?/i.test(type));
}


function tokens(r) {
    if (r.method != 'POST') {
        r.headersOut['Allow'] = 'POST';
        return problem(r, 405, 'method_not_allowed');
    }
    if (!isJson(r.headersIn['Content-Type'])) {
        r.headersOut['Accept-Post'] = 'application/json';
        return problem(r, 415, 'unsupported_media_type');
    }

    let request;
    try {
        request = JSON.parse(r.requestText);
    } catch (e) {
        return problem(r, 400, 'malformed_json');
    }

    const errors = [];
    const body = check(request, errors);
    if (body === null) {
        return problem(r, 422, 'invalid_request', errors);
    }

    r.subrequest('/upstream', { method: 'POST', body: body }, reply => {
        let text = reply.responseText;
        if (text.includes(MASTER_TOKEN)) {
            text = text.replaceAll(MASTER_TOKEN, '[redacted]');
        }
        judge(r, reply.status, text, request.project_id);
    });
}


export default { tokens };
