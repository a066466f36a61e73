
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * Addresses and ranges.  The input is an address, and after a line feed a
 * range; whole, it is taken for the bytes of an address as well.
 */


#include <arpa/inet.h>

#include "fuzz.h"


static int parse_address(const pa_str_t *text, pa_ip_t *ip);
static void check_address(const pa_ip_t *ip);
static void check_range(const pa_str_t *text, const pa_ip_t *ip);
static int range_parse(const pa_str_t *text, pa_ip_t *network,
    unsigned *prefix);
static int is_mapped(const pa_ip_t *ip);
static void unmap(pa_ip_t *ip);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t          len;
    pa_ip_t         ip, raw;
    pa_str_t        text;
    const uint8_t  *line;

    line = size ? memchr(data, '\n', size) : NULL;
    len = line ? (size_t) (line - data) : size;

    memset(&ip, 0, sizeof(pa_ip_t));
    ip.len = 4;

    text = fuzz_copy(data, len);

    if (parse_address(&text, &ip) == PA_OK) {
        check_address(&ip);
    }

    if (line != NULL) {
        text = fuzz_copy(line + 1, size - len - 1);
        check_range(&text, &ip);
    }

    if (size == 4 || size == 16) {
        memset(&raw, 0, sizeof(pa_ip_t));
        memcpy(raw.bytes, data, size);
        raw.len = (uint8_t) size;

        check_address(&raw);
    }

    fuzz_reset();

    return 0;
}


/* an address is one for us, for the reading of the RFCs, and for inet_pton() */

static int
parse_address(const pa_str_t *text, pa_ip_t *ip)
{
    int       rc;
    char      s[PA_IP_TEXT_LEN + 1];
    uint8_t   bytes[16];
    pa_ip_t   naive;

    rc = pa_ip_parse(text, ip);

    fuzz_check(rc == fuzz_ip_parse(text, &naive));

    if (text->len <= PA_IP_TEXT_LEN
        && memchr(text->data, '\0', text->len) == NULL)
    {
        memcpy(s, text->data, text->len);
        s[text->len] = '\0';
        memset(bytes, 0, sizeof(bytes));

        fuzz_check((rc == PA_OK) == (inet_pton(AF_INET, s, bytes) == 1
                                     || inet_pton(AF_INET6, s, bytes) == 1));
        fuzz_check(rc != PA_OK || memcmp(ip->bytes, bytes, 16) == 0);
    }

    if (rc != PA_OK) {
        memset(ip, 0, sizeof(pa_ip_t));
        ip->len = 4;
        return PA_ERROR;
    }

    fuzz_check(memcmp(ip, &naive, sizeof(pa_ip_t)) == 0);

    return PA_OK;
}


/* what is written reads back, and is what inet_ntop() writes */

static void
check_address(const pa_ip_t *ip)
{
    int        family, i;
    char       s[INET6_ADDRSTRLEN];
    uint8_t   *last, *dst;
    pa_ip_t    again;
    pa_str_t   text;

    dst = pa_alloc(&fuzz_pool, PA_IP_TEXT_LEN);
    last = pa_ip_format(ip, dst);

    fuzz_check(last > dst && last <= dst + PA_IP_TEXT_LEN);

    text = fuzz_copy(dst, (size_t) (last - dst));

    fuzz_check(pa_ip_parse(&text, &again) == PA_OK);
    fuzz_check(memcmp(ip, &again, sizeof(pa_ip_t)) == 0);

    family = ip->len == 4 ? AF_INET : AF_INET6;

    fuzz_check(inet_ntop(family, ip->bytes, s, sizeof(s)) != NULL);

    /* for ::/96 it writes IPv4, which RFC 5952 does not recommend */

    if (strchr(s, ':') == NULL || strchr(s, '.') == NULL || is_mapped(ip)) {
        fuzz_check(strlen(s) == text.len);
        fuzz_check(memcmp(s, text.data, text.len) == 0);
    }

    for (i = PA_IP_POLICY_ANY; i <= PA_IP_POLICY_PUBLIC; i++) {
        fuzz_check(pa_ip_policy_allows((pa_ip_policy_e) i, ip)
                   == fuzz_ip_allowed((pa_ip_policy_e) i, ip));
    }
}


static void
check_range(const pa_str_t *text, const pa_ip_t *ip)
{
    int        rc, contains;
    pa_ip_t    network, address;
    unsigned   prefix, i;
    pa_cidr_t  cidr;

    rc = pa_cidr_parse(text, &cidr);

    fuzz_check(rc == range_parse(text, &network, &prefix));

    if (rc != PA_OK) {
        return;
    }

    fuzz_check(cidr.ip.len == network.len && cidr.prefix == prefix);

    /* no bit is set behind the prefix, and none before it is lost */

    for (i = 0; i < 8u * network.len; i++) {
        fuzz_check((cidr.ip.bytes[i / 8] >> (7 - i % 8) & 1)
                   == (i < prefix
                       && (network.bytes[i / 8] >> (7 - i % 8) & 1)));
    }

    fuzz_check(pa_cidr_contains(&cidr, &cidr.ip) || is_mapped(&cidr.ip));

    address = *ip;

    if (is_mapped(&address)) {
        unmap(&address);
    }

    contains = network.len == address.len
               && fuzz_cidr_contains(&network, prefix, &address);

    fuzz_check(pa_cidr_contains(&cidr, ip) == contains);
}


static int
range_parse(const pa_str_t *text, pa_ip_t *network, unsigned *prefix)
{
    size_t    i, digits;
    pa_str_t  address;

    address.data = text->data;

    for (i = 0; i < text->len && text->data[i] != '/'; i++) { /* void */ }

    address.len = i;

    if (fuzz_ip_parse(&address, network) != PA_OK) {
        return PA_ERROR;
    }

    *prefix = 8u * network->len;

    if (i < text->len) {
        digits = text->len - i - 1;

        if (digits < 1 || digits > 3) {
            return PA_ERROR;
        }

        *prefix = 0;

        for (i++; i < text->len; i++) {
            if (text->data[i] < '0' || text->data[i] > '9') {
                return PA_ERROR;
            }

            *prefix = *prefix * 10 + (unsigned) (text->data[i] - '0');
        }

        if (*prefix > 8u * network->len) {
            return PA_ERROR;
        }
    }

    if (*prefix >= 96 && is_mapped(network)) {
        unmap(network);
        *prefix -= 96;
    }

    return PA_OK;
}


static int
is_mapped(const pa_ip_t *ip)
{
    unsigned  i;

    for (i = 0; i < 10; i++) {
        if (ip->bytes[i] != 0) {
            return 0;
        }
    }

    return ip->len == 16 && ip->bytes[10] == 0xff && ip->bytes[11] == 0xff;
}


static void
unmap(pa_ip_t *ip)
{
    unsigned  i;

    for (i = 0; i < 16; i++) {
        ip->bytes[i] = i < 4 ? ip->bytes[i + 12] : 0;
    }

    ip->len = 4;
}
