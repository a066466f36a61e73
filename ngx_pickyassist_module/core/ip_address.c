
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <arpa/inet.h>
#include <sys/socket.h>

#include "ip_address.h"


typedef struct {
    uint32_t         net;         /* host byte order */
    unsigned         prefix;      /* bits, at least one */
    pa_ip_policy_e   policy;      /* the mildest one that refuses it */
} pa_ip4_refused_t;


typedef struct {
    pa_cidr_t        cidr;
    pa_ip_policy_e   policy;      /* likewise */
} pa_ip6_refused_t;


#define PA_IP4(a, b, c, d)                                                    \
    ((uint32_t) (a) << 24 | (uint32_t) (b) << 16 | (uint32_t) (c) << 8 | (d))

#define PA_IP6(...)         { { __VA_ARGS__ }, 16 }


/* where an IPv6 address carries an IPv4 address */

typedef struct {
    pa_cidr_t        cidr;
    unsigned         offset;      /* bytes */
} pa_ip6_carrier_t;


#define PA_IP_MAPPED_BITS   96

static const uint8_t  pa_ip_mapped_prefix[PA_IP_MAPPED_BITS / 8] =
    { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };


/*
 * IANA's special-purpose registries (RFC 6890), as far as an address there
 * cannot be the source of a request that reaches the vendor; the rows of the
 * milder policy come first.
 */

static const pa_ip4_refused_t  pa_ip4_refused[] = {

    /* unspecified, loopback, link-local, multicast, limited broadcast */

    { PA_IP4(0, 0, 0, 0), 32,          PA_IP_POLICY_UNICAST },
    { PA_IP4(127, 0, 0, 0), 8,         PA_IP_POLICY_UNICAST },
    { PA_IP4(169, 254, 0, 0), 16,      PA_IP_POLICY_UNICAST },
    { PA_IP4(224, 0, 0, 0), 4,         PA_IP_POLICY_UNICAST },
    { PA_IP4(255, 255, 255, 255), 32,  PA_IP_POLICY_UNICAST },

    /* "this network", private and shared */

    { PA_IP4(0, 0, 0, 0), 8,           PA_IP_POLICY_PUBLIC },
    { PA_IP4(10, 0, 0, 0), 8,          PA_IP_POLICY_PUBLIC },
    { PA_IP4(100, 64, 0, 0), 10,       PA_IP_POLICY_PUBLIC },
    { PA_IP4(172, 16, 0, 0), 12,       PA_IP_POLICY_PUBLIC },
    { PA_IP4(192, 168, 0, 0), 16,      PA_IP_POLICY_PUBLIC },

    /* protocol assignments, documentation, 6to4 relays, benchmarking */

    { PA_IP4(192, 0, 0, 0), 24,        PA_IP_POLICY_PUBLIC },
    { PA_IP4(192, 0, 2, 0), 24,        PA_IP_POLICY_PUBLIC },
    { PA_IP4(192, 88, 99, 0), 24,      PA_IP_POLICY_PUBLIC },
    { PA_IP4(198, 18, 0, 0), 15,       PA_IP_POLICY_PUBLIC },
    { PA_IP4(198, 51, 100, 0), 24,     PA_IP_POLICY_PUBLIC },
    { PA_IP4(203, 0, 113, 0), 24,      PA_IP_POLICY_PUBLIC },

    /* reserved */

    { PA_IP4(240, 0, 0, 0), 4,         PA_IP_POLICY_PUBLIC }
};


static const pa_ip6_refused_t  pa_ip6_refused[] = {

    /* unspecified, loopback, link-local, multicast */

    { { PA_IP6(0), 128 },              PA_IP_POLICY_UNICAST },
    { { PA_IP6([15] = 1), 128 },       PA_IP_POLICY_UNICAST },
    { { PA_IP6(0xfe, 0x80), 10 },      PA_IP_POLICY_UNICAST },
    { { PA_IP6(0xff), 8 },             PA_IP_POLICY_UNICAST },

    /*
     * all but 2000::/3, which holds the unique local addresses of RFC 4193
     * too; within it protocol assignments (Teredo, benchmarking, ORCHID) and
     * documentation
     */

    { { PA_IP6(0), 3 },                PA_IP_POLICY_PUBLIC },
    { { PA_IP6(0x40), 2 },             PA_IP_POLICY_PUBLIC },
    { { PA_IP6(0x80), 1 },             PA_IP_POLICY_PUBLIC },
    { { PA_IP6(0x20, 0x01), 23 },      PA_IP_POLICY_PUBLIC },
    { { PA_IP6(0x20, 0x01, 0x0d, 0xb8), 32 },
                                       PA_IP_POLICY_PUBLIC },
    { { PA_IP6(0x3f, 0xff), 20 },      PA_IP_POLICY_PUBLIC }
};


/*
 * What routers or hosts take for the IPv4 address inside: IPv4-compatible
 * (RFC 4291 section 2.5.5.1), NAT64 (RFC 6052 section 2.1), 6to4 (RFC 3056).
 *
 * Not those in which it says nothing of where packets come from, or is not at
 * a known place: ISATAP has it, mostly a private one, behind a prefix that is
 * routed on its own; the place in 64:ff9b:1::/48 depends on a prefix length
 * that is each network's choice (RFC 8215), and Teredo's are that of a server
 * and of a NAT.  PUBLIC refuses the last two, as it does the first ones here.
 */

static const pa_ip6_carrier_t  pa_ip6_carriers[] = {
    { { PA_IP6(0), 96 },                          12 },
    { { PA_IP6(0, 0x64, 0xff, 0x9b), 96 },        12 },
    { { PA_IP6(0x20, 0x02), 16 },                 2 }
};


static int pa_ip4_parse(const pa_str_t *text, uint8_t *octets);
static int pa_ip6_parse(const pa_str_t *text, uint8_t *bytes);
static int pa_ip_is_mapped(const pa_ip_t *ip);
static int pa_ip4_policy_allows(pa_ip_policy_e policy, const uint8_t *octets);
static int pa_ip6_policy_allows(pa_ip_policy_e policy, const pa_ip_t *ip);
static int pa_cidr_has(const pa_cidr_t *cidr, const pa_ip_t *ip);
static int pa_prefix_parse(const uint8_t *p, const uint8_t *last,
    unsigned *bits);
static int pa_prefix_equal(const uint8_t *a, const uint8_t *b, unsigned bits);
static uint8_t *pa_ip4_format(const uint8_t *octets, uint8_t *dst);
static uint8_t *pa_ip6_format(const uint8_t *bytes, uint8_t *dst);
static uint8_t *pa_hex_format(unsigned group, uint8_t *dst);


int
pa_ip_parse(const pa_str_t *text, pa_ip_t *ip)
{
    memset(ip, 0, sizeof(pa_ip_t));

    if (pa_ip4_parse(text, ip->bytes) == PA_OK) {
        ip->len = 4;
        return PA_OK;
    }

    if (pa_ip6_parse(text, ip->bytes) == PA_OK) {
        ip->len = 16;
        return PA_OK;
    }

    return PA_ERROR;
}


uint8_t *
pa_ip_format(const pa_ip_t *ip, uint8_t *dst)
{
    if (ip->len == 4) {
        return pa_ip4_format(ip->bytes, dst);
    }

    if (pa_ip_is_mapped(ip)) {
        memcpy(dst, "::ffff:", 7);
        return pa_ip4_format(ip->bytes + sizeof(pa_ip_mapped_prefix), dst + 7);
    }

    return pa_ip6_format(ip->bytes, dst);
}


int
pa_ip_policy_allows(pa_ip_policy_e policy, const pa_ip_t *ip)
{
    if (ip->len == 4) {
        return pa_ip4_policy_allows(policy, ip->bytes);
    }

    if (pa_ip_is_mapped(ip)) {
        return pa_ip4_policy_allows(policy, ip->bytes
                                            + sizeof(pa_ip_mapped_prefix));
    }

    return pa_ip6_policy_allows(policy, ip);
}


void
pa_ip_unmap(pa_ip_t *ip)
{
    if (!pa_ip_is_mapped(ip)) {
        return;
    }

    memcpy(ip->bytes, ip->bytes + sizeof(pa_ip_mapped_prefix), 4);
    memset(ip->bytes + 4, 0, 12);
    ip->len = 4;
}


int
pa_cidr_parse(const pa_str_t *text, pa_cidr_t *cidr)
{
    unsigned        i, bits, max;
    pa_str_t        address;
    const uint8_t  *slash;

    slash = memchr(text->data, '/', text->len);

    address.data = text->data;
    address.len = slash ? (size_t) (slash - text->data) : text->len;

    if (pa_ip_parse(&address, &cidr->ip) != PA_OK) {
        return PA_ERROR;
    }

    max = 8u * cidr->ip.len;
    bits = max;

    if (slash != NULL
        && pa_prefix_parse(slash + 1, text->data + text->len, &bits) != PA_OK)
    {
        return PA_ERROR;
    }

    if (bits > max) {
        return PA_ERROR;
    }

    for (i = bits; i < max; i++) {
        cidr->ip.bytes[i / 8] &= (uint8_t) ~(0x80 >> (i % 8));
    }

    if (bits >= PA_IP_MAPPED_BITS && pa_ip_is_mapped(&cidr->ip)) {
        bits -= PA_IP_MAPPED_BITS;
        pa_ip_unmap(&cidr->ip);
    }

    cidr->prefix = (uint8_t) bits;

    return PA_OK;
}


int
pa_cidr_has_host_bits(const pa_str_t *text)
{
    pa_ip_t         ip;
    pa_cidr_t       cidr;
    pa_str_t        address;
    const uint8_t  *slash;

    slash = memchr(text->data, '/', text->len);

    address.data = text->data;
    address.len = slash ? (size_t) (slash - text->data) : text->len;

    if (pa_cidr_parse(text, &cidr) != PA_OK
        || pa_ip_parse(&address, &ip) != PA_OK)
    {
        return 0;
    }

    if (cidr.ip.len == 4) {
        pa_ip_unmap(&ip);
    }

    return memcmp(ip.bytes, cidr.ip.bytes, sizeof(ip.bytes)) != 0;
}


int
pa_cidr_is_refused(pa_ip_policy_e policy, const pa_cidr_t *cidr)
{
    size_t                   i;
    uint32_t                 net;
    const uint8_t           *octets;
    const pa_ip4_refused_t  *ip4;
    const pa_ip6_refused_t  *ip6;

    octets = cidr->ip.bytes;

    if (cidr->ip.len == 4) {
        net = PA_IP4(octets[0], octets[1], octets[2], octets[3]);

        for (i = 0; i < sizeof(pa_ip4_refused) / sizeof(ip4[0]); i++) {
            ip4 = &pa_ip4_refused[i];

            if (policy >= ip4->policy
                && cidr->prefix >= ip4->prefix
                && (net ^ ip4->net) >> (32 - ip4->prefix) == 0)
            {
                return 1;
            }
        }

        return 0;
    }

    for (i = 0; i < sizeof(pa_ip6_refused) / sizeof(ip6[0]); i++) {
        ip6 = &pa_ip6_refused[i];

        if (policy >= ip6->policy
            && cidr->prefix >= ip6->cidr.prefix
            && pa_cidr_has(&ip6->cidr, &cidr->ip))
        {
            return 1;
        }
    }

    return 0;
}


int
pa_cidr_contains(const pa_cidr_t *cidr, const pa_ip_t *ip)
{
    pa_ip_t  plain;

    plain = *ip;
    pa_ip_unmap(&plain);

    return pa_cidr_has(cidr, &plain);
}


/*
 * Not by inet_pton(), which would need a copy with a null at the end: what a
 * long whitelist costs is the reading of its addresses.
 */

static int
pa_ip4_parse(const pa_str_t *text, uint8_t *octets)
{
    unsigned        i, octet;
    const uint8_t  *p, *last, *first;

    p = text->data;
    last = p + text->len;

    for (i = 0; i < 4; i++) {

        if (i != 0 && (p == last || *p++ != '.')) {
            return PA_ERROR;
        }

        first = p;
        octet = 0;

        while (p < last && *p >= '0' && *p <= '9') {
            octet = octet * 10 + (*p++ - '0');
        }

        if (p == first || p - first > 3
            || octet > 255
            || (*first == '0' && p - first > 1))
        {
            return PA_ERROR;
        }

        octets[i] = (uint8_t) octet;
    }

    return p == last ? PA_OK : PA_ERROR;
}


static int
pa_ip6_parse(const pa_str_t *text, uint8_t *bytes)
{
    char  s[PA_IP_TEXT_LEN + 1];

    if (text->len > PA_IP_TEXT_LEN
        || memchr(text->data, '\0', text->len) != NULL)
    {
        return PA_ERROR;
    }

    memcpy(s, text->data, text->len);
    s[text->len] = '\0';

    return inet_pton(AF_INET6, s, bytes) == 1 ? PA_OK : PA_ERROR;
}


static int
pa_ip4_policy_allows(pa_ip_policy_e policy, const uint8_t *octets)
{
    size_t                   i;
    uint32_t                 addr;
    const pa_ip4_refused_t  *refused;

    addr = PA_IP4(octets[0], octets[1], octets[2], octets[3]);

    for (i = 0; i < sizeof(pa_ip4_refused) / sizeof(pa_ip4_refused_t); i++) {

        refused = &pa_ip4_refused[i];

        if (policy < refused->policy) {
            break;
        }

        if ((addr ^ refused->net) >> (32 - refused->prefix) == 0) {
            return 0;
        }
    }

    return 1;
}


static int
pa_ip6_policy_allows(pa_ip_policy_e policy, const pa_ip_t *ip)
{
    size_t                   i;
    const pa_ip6_refused_t  *refused;
    const pa_ip6_carrier_t  *carrier;

    for (i = 0; i < sizeof(pa_ip6_refused) / sizeof(pa_ip6_refused_t); i++) {

        refused = &pa_ip6_refused[i];

        if (policy < refused->policy) {
            break;
        }

        if (pa_cidr_has(&refused->cidr, ip)) {
            return 0;
        }
    }

    for (i = 0; i < sizeof(pa_ip6_carriers) / sizeof(pa_ip6_carrier_t); i++) {

        carrier = &pa_ip6_carriers[i];

        if (pa_cidr_has(&carrier->cidr, ip)
            && !pa_ip4_policy_allows(policy, ip->bytes + carrier->offset))
        {
            return 0;
        }
    }

    return 1;
}


static int
pa_cidr_has(const pa_cidr_t *cidr, const pa_ip_t *ip)
{
    return cidr->ip.len == ip->len
           && pa_prefix_equal(cidr->ip.bytes, ip->bytes, cidr->prefix);
}


static int
pa_ip_is_mapped(const pa_ip_t *ip)
{
    return ip->len == 16
           && memcmp(ip->bytes, pa_ip_mapped_prefix,
                     sizeof(pa_ip_mapped_prefix)) == 0;
}


static int
pa_prefix_parse(const uint8_t *p, const uint8_t *last, unsigned *bits)
{
    if (p == last || last - p > 3) {
        return PA_ERROR;
    }

    for (*bits = 0; p < last; p++) {
        if (*p < '0' || *p > '9') {
            return PA_ERROR;
        }

        *bits = *bits * 10 + (*p - '0');
    }

    return PA_OK;
}


static int
pa_prefix_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned  whole, rest;

    whole = bits / 8;
    rest = bits % 8;

    if (memcmp(a, b, whole) != 0) {
        return 0;
    }

    return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}


static uint8_t *
pa_ip4_format(const uint8_t *octets, uint8_t *dst)
{
    unsigned  i, n;

    for (i = 0; i < 4; i++) {
        n = octets[i];

        if (i != 0) {
            *dst++ = '.';
        }

        if (n >= 100) {
            *dst++ = (uint8_t) ('0' + n / 100);
        }

        if (n >= 10) {
            *dst++ = (uint8_t) ('0' + n / 10 % 10);
        }

        *dst++ = (uint8_t) ('0' + n % 10);
    }

    return dst;
}


/*
 * RFC 5952 section 4: lower case, no leading zeros, "::" for the longest run
 * of two or more zero groups, the first of equal ones.
 */

static uint8_t *
pa_ip6_format(const uint8_t *bytes, uint8_t *dst)
{
    unsigned  i, group[8], run, best, best_len;

    best = 0;
    best_len = 1;
    run = 0;

    for (i = 0; i < 8; i++) {
        group[i] = (unsigned) bytes[2 * i] << 8 | bytes[2 * i + 1];
        run = group[i] ? 0 : run + 1;

        if (run > best_len) {
            best = i + 1 - run;
            best_len = run;
        }
    }

    if (best_len == 1) {
        best = 8;
    }

    for (i = 0; i < 8; /* void */) {

        if (i == best) {
            *dst++ = ':';
            *dst++ = ':';
            i += best_len;
            continue;
        }

        if (i != 0 && i != best + best_len) {
            *dst++ = ':';
        }

        dst = pa_hex_format(group[i++], dst);
    }

    return dst;
}


static uint8_t *
pa_hex_format(unsigned group, uint8_t *dst)
{
    int                shift;
    static const char  hex[] = "0123456789abcdef";

    for (shift = 12; shift > 0 && group >> shift == 0; shift -= 4) {
        /* void */
    }

    for ( /* void */ ; shift >= 0; shift -= 4) {
        *dst++ = (uint8_t) hex[group >> shift & 0xf];
    }

    return dst;
}
