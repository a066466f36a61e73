
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <arpa/inet.h>
#include <stdio.h>

#include "ip_address.h"
#include "unit.h"


static void test_parse(void);
static void test_parse_octets(void);
static void test_policy(void);
static void test_cidr_parse(void);
static void test_cidr_contains(void);
static void test_cidr_has_host_bits(void);
static void test_cidr_is_refused(void);
static void test_networks(void);
static void test_cidr_every_bit(void);
static pa_str_t normalised(const pa_str_t *text);
static pa_str_t cidr_text(const pa_str_t *text);
static pa_str_t policy_text(const pa_str_t *text);


int
main(void)
{
    test_parse();
    test_parse_octets();
    test_policy();
    test_cidr_parse();
    test_cidr_contains();
    test_cidr_has_host_bits();
    test_cidr_is_refused();
    test_networks();
    test_cidr_every_bit();

    return unit_end();
}


#define NOT_ONE  T("-")

/* an address and its normalised text */

static void
test_parse(void)
{
    size_t    i;
    pa_str_t  text, got;

    static const struct {
        pa_str_t  text;
        pa_str_t  normalised;
    } rows[] = {

        /* four decimal octets without leading zeros */

        { T("0.0.0.0"), T("0.0.0.0") },
        { T("1.2.3.4"), T("1.2.3.4") },
        { T("9.10.99.100"), T("9.10.99.100") },
        { T("192.168.0.1"), T("192.168.0.1") },
        { T("202.164.148.84"), T("202.164.148.84") },
        { T("255.255.255.255"), T("255.255.255.255") },

        { T(""), NOT_ONE },
        { T("."), NOT_ONE },
        { T("1"), NOT_ONE },
        { T("1.2"), NOT_ONE },
        { T("1.2.3"), NOT_ONE },
        { T("1.2.3."), NOT_ONE },
        { T("1.2.3.4."), NOT_ONE },
        { T(".1.2.3.4"), NOT_ONE },
        { T("1..2.3"), NOT_ONE },
        { T("1.2..4"), NOT_ONE },
        { T("1.2.3.4.5"), NOT_ONE },
        { T("256.1.1.1"), NOT_ONE },
        { T("1.256.1.1"), NOT_ONE },
        { T("1.1.256.1"), NOT_ONE },
        { T("1.1.1.256"), NOT_ONE },
        { T("1.1.1.999"), NOT_ONE },
        { T("1.1.1.1000"), NOT_ONE },
        { T("1.1.1.4294967297"), NOT_ONE },
        { T("01.2.3.4"), NOT_ONE },
        { T("1.02.3.4"), NOT_ONE },
        { T("1.2.03.4"), NOT_ONE },
        { T("1.2.3.04"), NOT_ONE },
        { T("1.2.3.00"), NOT_ONE },
        { T("001.2.3.4"), NOT_ONE },
        { T("0x1.2.3.4"), NOT_ONE },
        { T("0x01020304"), NOT_ONE },
        { T("16909060"), NOT_ONE },
        { T("1.2.3.a"), NOT_ONE },
        { T("1,2,3,4"), NOT_ONE },
        { T("-1.2.3.4"), NOT_ONE },
        { T("+1.2.3.4"), NOT_ONE },
        { T("1.2.3.4-5"), NOT_ONE },
        { T("1.2.3.*"), NOT_ONE },
        { T("localhost"), NOT_ONE },

        /* no prefix length, bracket, space, port or anything else */

        { T("1.2.3.4/32"), NOT_ONE },
        { T("1.2.3.4/"), NOT_ONE },
        { T("[1.2.3.4]"), NOT_ONE },
        { T(" 1.2.3.4"), NOT_ONE },
        { T("1.2.3.4 "), NOT_ONE },
        { T("1.2. 3.4"), NOT_ONE },
        { T("1.2.3.4\n"), NOT_ONE },
        { T("\t1.2.3.4"), NOT_ONE },
        { T("1.2.3.4:80"), NOT_ONE },
        { T("1.2.3.4%eth0"), NOT_ONE },
        { T("1.2.3.4\0"), NOT_ONE },
        { T("\0001.2.3.4"), NOT_ONE },
        { T("1.2.3.4\0.5"), NOT_ONE },
        { T("1.2.3.4,5.6.7.8"), NOT_ONE },
        { T("\xef\xbc\x91.2.3.4"), NOT_ONE },
        { T("1\xe3\x80\x82" "2.3.4"), NOT_ONE },

        /* RFC 4291 section 2.2, form 1: eight groups */

        { T("2001:db8:85a3:1:2:8a2e:370:7334"),
          T("2001:db8:85a3:1:2:8a2e:370:7334") },
        { T("1:2:3:4:5:6:7:8"), T("1:2:3:4:5:6:7:8") },
        { T("ABCD:EF01:2345:6789:ABCD:EF01:2345:6789"),
          T("abcd:ef01:2345:6789:abcd:ef01:2345:6789") },
        { T("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
          T("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") },
        { T("0001:0020:0300:4000:000a:00b0:0c00:d000"),
          T("1:20:300:4000:a:b0:c00:d000") },

        { T("1:2:3:4:5:6:7"), NOT_ONE },
        { T("1:2:3:4:5:6:7:"), NOT_ONE },
        { T(":1:2:3:4:5:6:7"), NOT_ONE },
        { T(":1:2:3:4:5:6:7:8"), NOT_ONE },
        { T("1:2:3:4:5:6:7:8:"), NOT_ONE },
        { T("1:2:3:4:5:6:7:8:9"), NOT_ONE },
        { T("00001:2:3:4:5:6:7:8"), NOT_ONE },
        { T("1:2:3:4:5:6:7:00008"), NOT_ONE },
        { T("12345:2:3:4:5:6:7:8"), NOT_ONE },
        { T("1:2:3:4:5:6:7:g"), NOT_ONE },
        { T("1:2:3:4:5:6:7:0x8"), NOT_ONE },
        { T("1:2:3:4:5:6:7:-8"), NOT_ONE },

        /* form 2: "::" for one or more groups of zeros, once */

        { T("::"), T("::") },
        { T("::1"), T("::1") },
        { T("1::"), T("1::") },
        { T("1::8"), T("1::8") },
        { T("::2:3:4:5:6:7:8"), T("0:2:3:4:5:6:7:8") },
        { T("1:2:3:4:5:6:7::"), T("1:2:3:4:5:6:7:0") },
        { T("1:2:3::5:6:7:8"), T("1:2:3:0:5:6:7:8") },
        { T("0:0:0:0:0:0:0:0"), T("::") },
        { T("0000:0000:0000:0000:0000:0000:0000:0001"), T("::1") },
        { T("2001:0DB8::0001"), T("2001:db8::1") },

        { T(":"), NOT_ONE },
        { T(":::"), NOT_ONE },
        { T("1:::2"), NOT_ONE },
        { T("::1::"), NOT_ONE },
        { T("1::2::3"), NOT_ONE },
        { T("1:2:3:4::5:6:7:8"), NOT_ONE },
        { T("1:2:3:4:5:6:7:8::"), NOT_ONE },
        { T("::1:2:3:4:5:6:7:8"), NOT_ONE },
        { T("1::2:"), NOT_ONE },
        { T(":1::2"), NOT_ONE },
        { T("1"), NOT_ONE },
        { T("abcd"), NOT_ONE },

        /* form 3: the last two groups as IPv4 */

        { T("::1.2.3.4"), T("::102:304") },
        { T("::ffff:1.2.3.4"), T("::ffff:1.2.3.4") },
        { T("::FFFF:192.168.0.1"), T("::ffff:192.168.0.1") },
        { T("0:0:0:0:0:ffff:129.144.52.38"), T("::ffff:129.144.52.38") },
        { T("0000:0000:0000:0000:0000:ffff:255.255.255.255"),
          T("::ffff:255.255.255.255") },
        { T("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"),
          T("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") },
        { T("::ffff:102:304"), T("::ffff:1.2.3.4") },
        { T("::ffff:0:0"), T("::ffff:0.0.0.0") },
        { T("64:ff9b::192.0.2.33"), T("64:ff9b::c000:221") },
        { T("1:2:3:4:5:6:7.8.9.10"), T("1:2:3:4:5:6:708:90a") },
        { T("1::1.2.3.4"), T("1::102:304") },

        { T("1:2:3:4:5:6:7:1.2.3.4"), NOT_ONE },
        { T("1:2:3:4:5:1.2.3.4"), NOT_ONE },
        { T("1.2.3.4::"), NOT_ONE },
        { T("::1.2.3.4:5"), NOT_ONE },
        { T("::1.2.3"), NOT_ONE },
        { T("::1.2.3.4.5"), NOT_ONE },
        { T("::1.2.3.256"), NOT_ONE },
        { T("::01.2.3.4"), NOT_ONE },
        { T("::ffff:1.2.3.04"), NOT_ONE },
        { T("::ffff:1.2.3.4 "), NOT_ONE },
        { T("0000:0000:0000:0000:0000:ffff:255.255.255.2555"), NOT_ONE },

        /* no prefix length, zone, bracket or space */

        { T("::1/128"), NOT_ONE },
        { T("fe80::1%eth0"), NOT_ONE },
        { T("fe80::1%1"), NOT_ONE },
        { T("fe80::1%"), NOT_ONE },
        { T("[::1]"), NOT_ONE },
        { T("[::1]:80"), NOT_ONE },
        { T(" ::1"), NOT_ONE },
        { T("::1 "), NOT_ONE },
        { T(":: 1"), NOT_ONE },
        { T("::1\0"), NOT_ONE },
        { T("::\0001"), NOT_ONE },

        /* RFC 5952 section 4: the recommended text */

        { T("2001:0db8:0:0:0:0:2:1"), T("2001:db8::2:1") },
        { T("2001:db8::0:1"), T("2001:db8::1") },
        { T("2001:db8:0:1:1:1:1:1"), T("2001:db8:0:1:1:1:1:1") },
        { T("2001:db8::1:1:1:1:1"), T("2001:db8:0:1:1:1:1:1") },
        { T("2001:0:0:1:0:0:0:1"), T("2001:0:0:1::1") },
        { T("2001:db8:0:0:1:0:0:1"), T("2001:db8::1:0:0:1") },
        { T("0:0:1:0:0:1:0:0"), T("::1:0:0:1:0:0") },
        { T("0:1:0:0:1:0:0:1"), T("0:1::1:0:0:1") },
        { T("1:0:0:0:2:0:0:0"), T("1::2:0:0:0") },
        { T("1:0:0:2:0:0:0:0"), T("1:0:0:2::") },
        { T("0:0:0:1:0:0:0:0"), T("0:0:0:1::") },
        { T("0:0:0:0:1:0:0:0"), T("::1:0:0:0") },
        { T("0:1:2:3:4:5:6:7"), T("0:1:2:3:4:5:6:7") },
        { T("1:2:3:4:5:6:0:0"), T("1:2:3:4:5:6::") },
        { T("0:0:3:4:5:6:7:8"), T("::3:4:5:6:7:8") },
        { T("1:0:3:0:5:0:7:0"), T("1:0:3:0:5:0:7:0") },
        { T("2001:db8::AAAA:0bBb"), T("2001:db8::aaaa:bbb") },

        /* only ::ffff:0:0/96 has its IPv4 address shown */

        { T("::fffe:1.2.3.4"), T("::fffe:102:304") },
        { T("::1:ffff:1.2.3.4"), T("::1:ffff:102:304") },
        { T("1::ffff:1.2.3.4"), T("1::ffff:102:304") },
        { T("::ffff:0:1.2.3.4"), T("::ffff:0:102:304") }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        text = unit_str(&rows[i].text);
        got = normalised(&text);

        unit_text(&got, &rows[i].normalised, "address %s",
                  unit_show(&rows[i].text));
        unit_reset();
    }
}


/* each number of up to four digits as each of the octets */

static void
test_parse_octets(void)
{
    int       n, octet, width, valid, wrong;
    char      number[8];
    pa_ip_t   ip;
    pa_str_t  text;

    static const char  *formats[] = {
        "%s.1.1.1", "1.%s.1.1", "1.1.%s.1", "1.1.1.%s"
    };

    static const char  *widths[] = { "%d", "%02d", "%03d", "%04d" };

    wrong = 0;

    for (n = 0; n < 1100; n++) {
        for (width = 1; width <= 4; width++) {

            snprintf(number, sizeof(number), widths[width - 1], n);

            valid = (n <= 255 && (width == 1 || number[0] != '0'));

            for (octet = 0; octet < 4; octet++) {
                text = unit_sprintf(formats[octet], number);

                if ((pa_ip_parse(&text, &ip) == PA_OK) != valid
                    || (valid && (ip.len != 4 || ip.bytes[octet] != n)))
                {
                    wrong++;
                }
            }
        }

        unit_reset();
    }

    unit_int(wrong, 0, "octets of up to four digits");
}


/*
 * The mildest policy that refuses an address: "unicast", "public", or "none".
 * For each range its first and last address and the neighbours of both.
 */

#define U  T("unicast")
#define P  T("public")
#define N  T("none")

static const struct {
    pa_str_t  text;
    pa_str_t  refused_by;
} policy_rows[] = {

    /* unspecified, in "this network" */

    { T("0.0.0.0"), U },
    { T("0.0.0.1"), P },
    { T("0.255.255.255"), P },
    { T("1.0.0.0"), N },

    /* RFC 1918 */

    { T("9.255.255.255"), N },
    { T("10.0.0.0"), P },
    { T("10.255.255.255"), P },
    { T("11.0.0.0"), N },

    { T("172.15.255.255"), N },
    { T("172.16.0.0"), P },
    { T("172.31.255.255"), P },
    { T("172.32.0.0"), N },

    { T("192.167.255.255"), N },
    { T("192.168.0.0"), P },
    { T("192.168.255.255"), P },
    { T("192.169.0.0"), N },

    /* shared */

    { T("100.63.255.255"), N },
    { T("100.64.0.0"), P },
    { T("100.127.255.255"), P },
    { T("100.128.0.0"), N },

    /* loopback */

    { T("126.255.255.255"), N },
    { T("127.0.0.0"), U },
    { T("127.0.0.1"), U },
    { T("127.255.255.255"), U },
    { T("128.0.0.0"), N },

    /* link-local */

    { T("169.253.255.255"), N },
    { T("169.254.0.0"), U },
    { T("169.254.255.255"), U },
    { T("169.255.0.0"), N },

    /* protocol assignments */

    { T("191.255.255.255"), N },
    { T("192.0.0.0"), P },
    { T("192.0.0.255"), P },
    { T("192.0.1.0"), N },

    /* documentation */

    { T("192.0.1.255"), N },
    { T("192.0.2.0"), P },
    { T("192.0.2.255"), P },
    { T("192.0.3.0"), N },

    { T("198.51.99.255"), N },
    { T("198.51.100.0"), P },
    { T("198.51.100.255"), P },
    { T("198.51.101.0"), N },

    { T("203.0.112.255"), N },
    { T("203.0.113.0"), P },
    { T("203.0.113.255"), P },
    { T("203.0.114.0"), N },

    /* relays of 6to4 */

    { T("192.88.98.255"), N },
    { T("192.88.99.0"), P },
    { T("192.88.99.255"), P },
    { T("192.88.100.0"), N },

    /* benchmarking */

    { T("198.17.255.255"), N },
    { T("198.18.0.0"), P },
    { T("198.19.255.255"), P },
    { T("198.20.0.0"), N },

    /* multicast, reserved, limited broadcast */

    { T("223.255.255.255"), N },
    { T("224.0.0.0"), U },
    { T("239.255.255.255"), U },
    { T("240.0.0.0"), P },
    { T("255.255.255.254"), P },
    { T("255.255.255.255"), U },

    /* the vendor's sample */

    { T("202.164.148.84"), N },

    /* unspecified and loopback, in reserved space */

    { T("::"), U },
    { T("::1"), U },
    { T("::2"), P },
    { T("::1.2.3.4"), P },
    { T("::fffe:1.2.3.4"), P },
    { T("::1:0:0"), P },
    { T("::0.0.0.0"), U },
    { T("::127.0.0.1"), U },
    { T("::169.254.1.1"), U },
    { T("::255.255.255.255"), U },
    { T("::10.0.0.1"), P },
    { T("::1:127.0.0.1"), P },
    { T("::fffe:127.0.0.1"), P },
    { T("64:ff9b::1.2.3.4"), P },
    { T("64:ff9b::7f00:1"), U },
    { T("64:ff9b::224.0.0.1"), U },
    { T("64:ff9b::10.0.0.1"), P },
    { T("64:ff9a::127.0.0.1"), P },
    { T("64:ff9c::127.0.0.1"), P },
    { T("64:ff9b:0:1::127.0.0.1"), P },
    { T("64:ff9b::1:127.0.0.1"), P },
    { T("64:ff9b:1::127.0.0.1"), P },
    { T("100::1"), P },
    { T("1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), P },

    /* global unicast: 2000::/3 */

    { T("2000::"), N },
    { T("2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), N },

    /* protocol assignments */

    { T("2001::"), P },
    { T("2001:0:4136:e378:8000:63bf:3fff:fdd2"), P },
    { T("2001:2::1"), P },
    { T("2001:20::1"), P },
    { T("2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"), P },
    { T("2001:200::"), N },

    /* documentation */

    { T("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff"), N },
    { T("2001:db8::"), P },
    { T("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), P },
    { T("2001:db9::"), N },

    /* 6to4, by what is inside; ISATAP by its prefix */

    { T("2001:ffff:7f00:1::"), N },
    { T("2002::"), U },
    { T("2002:7f00:1::"), U },
    { T("2002:7f00:1::8.8.8.8"), U },
    { T("2002:7fff:ffff:ffff:ffff:ffff:ffff:ffff"), U },
    { T("2002:a00:1::1"), P },
    { T("2002:c0a8:1::1"), P },
    { T("2002:102:304::1"), N },
    { T("2002:102:304::127.0.0.1"), N },
    { T("2003:7f00:1::"), N },
    { T("2a00::5efe:10.0.0.1"), N },
    { T("2a00::200:5efe:127.0.0.1"), N },

    { T("3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), N },
    { T("3fff::"), P },
    { T("3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"), P },
    { T("3fff:1000::"), N },
    { T("3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), N },

    /* reserved, RFC 4193 */

    { T("4000::"), P },
    { T("7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), P },
    { T("8000::"), P },
    { T("fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), P },
    { T("fc00::"), P },
    { T("fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), P },
    { T("fe00::"), P },

    /* link-local, site-local, multicast */

    { T("fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), P },
    { T("fe80::"), U },
    { T("febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), U },
    { T("fec0::"), P },
    { T("feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), P },
    { T("ff00::"), U },
    { T("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), U }
};


static void
test_policy(void)
{
    size_t    i;
    pa_str_t  got, mapped;

    for (i = 0; i < unit_nelts(policy_rows); i++) {
        got = policy_text(&policy_rows[i].text);

        unit_text(&got, &policy_rows[i].refused_by, "policy for %s",
                  unit_show(&policy_rows[i].text));

        /* IPv4-mapped is judged as IPv4 */

        if (memchr(policy_rows[i].text.data, ':', policy_rows[i].text.len)
            == NULL)
        {
            mapped = unit_sprintf("::ffff:%.*s", (int) policy_rows[i].text.len,
                                  (char *) policy_rows[i].text.data);
            got = policy_text(&mapped);

            unit_text(&got, &policy_rows[i].refused_by, "policy for %s",
                      unit_show(&mapped));
        }

        unit_reset();
    }
}


/* a range and its normalised text */

static void
test_cidr_parse(void)
{
    size_t    i;
    pa_str_t  text, got;

    static const struct {
        pa_str_t  text;
        pa_str_t  normalised;
    } rows[] = {
        { T("10.0.0.0/8"), T("10.0.0.0/8") },
        { T("10.1.2.3/8"), T("10.0.0.0/8") },
        { T("10.1.2.3"), T("10.1.2.3/32") },
        { T("10.1.2.3/32"), T("10.1.2.3/32") },
        { T("10.1.2.3/31"), T("10.1.2.2/31") },
        { T("255.255.255.255/9"), T("255.128.0.0/9") },
        { T("255.255.255.255/1"), T("128.0.0.0/1") },
        { T("255.255.255.255/0"), T("0.0.0.0/0") },
        { T("0.0.0.0/0"), T("0.0.0.0/0") },
        { T("2001:db8::/32"), T("2001:db8::/32") },
        { T("2001:DB8:1::1/32"), T("2001:db8::/32") },
        { T("2001:db8::1"), T("2001:db8::1/128") },
        { T("2001:db8::1/128"), T("2001:db8::1/128") },
        { T("2001:db8::3/127"), T("2001:db8::2/127") },
        { T("ffff::/7"), T("fe00::/7") },
        { T("::/0"), T("::/0") },

        /* the prefix of IPv4-mapped addresses */

        { T("::ffff:10.1.2.3"), T("10.1.2.3/32") },
        { T("::ffff:10.1.2.3/128"), T("10.1.2.3/32") },
        { T("::ffff:10.1.2.3/104"), T("10.0.0.0/8") },
        { T("::ffff:10.1.2.3/96"), T("0.0.0.0/0") },
        { T("::ffff:10.1.2.3/95"), T("::fffe:0:0/95") },
        { T("::ffff:0:0/80"), T("::/80") },

        { T(""), NOT_ONE },
        { T("/"), NOT_ONE },
        { T("/8"), NOT_ONE },
        { T("10.0.0.0/"), NOT_ONE },
        { T("10.0.0.0/33"), NOT_ONE },
        { T("10.0.0.0/128"), NOT_ONE },
        { T("10.0.0.0/256"), NOT_ONE },
        { T("10.0.0.0/264"), NOT_ONE },
        { T("10.0.0.0/999"), NOT_ONE },
        { T("10.0.0.0/0008"), NOT_ONE },
        { T("10.0.0.0/4294967304"), NOT_ONE },
        { T("10.0.0.0/-1"), NOT_ONE },
        { T("10.0.0.0/+8"), NOT_ONE },
        { T("10.0.0.0/8 "), NOT_ONE },
        { T("10.0.0.0/ 8"), NOT_ONE },
        { T("10.0.0.0 /8"), NOT_ONE },
        { T("10.0.0.0/8/8"), NOT_ONE },
        { T("10.0.0.0/a"), NOT_ONE },
        { T("10.0.0.0/1:"), NOT_ONE },
        { T("10.0.0.0/1/"), NOT_ONE },
        { T("10.0.0.0/8a"), NOT_ONE },
        { T("10.0.0.0/255.0.0.0"), NOT_ONE },
        { T("10.0.0/8"), NOT_ONE },
        { T("010.0.0.0/8"), NOT_ONE },
        { T("10/8"), NOT_ONE },
        { T("::/129"), NOT_ONE },
        { T("::/"), NOT_ONE },
        { T("::1%lo/128"), NOT_ONE },
        { T("[::]/0"), NOT_ONE },
        { T("all"), NOT_ONE },
        { T("10.0.0.0\0/8"), NOT_ONE },
        { T("10.0.0.0/8\0"), NOT_ONE }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        text = unit_str(&rows[i].text);
        got = cidr_text(&text);

        unit_text(&got, &rows[i].normalised, "range %s",
                  unit_show(&rows[i].text));
        unit_reset();
    }
}


static void
test_cidr_contains(void)
{
    size_t     i;
    pa_ip_t    ip;
    pa_cidr_t  cidr;

    static const struct {
        pa_str_t  cidr;
        pa_str_t  ip;
        int       contains;
    } rows[] = {
        { T("10.0.0.0/8"), T("9.255.255.255"), 0 },
        { T("10.0.0.0/8"), T("10.0.0.0"), 1 },
        { T("10.0.0.0/8"), T("10.255.255.255"), 1 },
        { T("10.0.0.0/8"), T("11.0.0.0"), 0 },
        { T("192.0.2.64/26"), T("192.0.2.63"), 0 },
        { T("192.0.2.64/26"), T("192.0.2.64"), 1 },
        { T("192.0.2.64/26"), T("192.0.2.127"), 1 },
        { T("192.0.2.64/26"), T("192.0.2.128"), 0 },
        { T("192.0.2.7"), T("192.0.2.6"), 0 },
        { T("192.0.2.7"), T("192.0.2.7"), 1 },
        { T("192.0.2.7"), T("192.0.2.8"), 0 },
        { T("0.0.0.0/0"), T("0.0.0.0"), 1 },
        { T("0.0.0.0/0"), T("255.255.255.255"), 1 },

        { T("2001:db8::/32"), T("2001:db7:ffff::"), 0 },
        { T("2001:db8::/32"), T("2001:db8::"), 1 },
        { T("2001:db8::/32"), T("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), 1 },
        { T("2001:db8::/32"), T("2001:db9::"), 0 },
        { T("2001:db8::1/128"), T("2001:db8::1"), 1 },
        { T("2001:db8::1/128"), T("2001:db8::"), 0 },
        { T("::/0"), T("ffff::1"), 1 },

        /* the families are apart, but for IPv4-mapped addresses */

        { T("::/0"), T("1.2.3.4"), 0 },
        { T("0.0.0.0/0"), T("::"), 0 },
        { T("0.0.0.0/0"), T("::1.2.3.4"), 0 },
        { T("0.0.0.0/0"), T("64:ff9b::1.2.3.4"), 0 },
        { T("0.0.0.0/0"), T("2002:102:304::"), 0 },
        { T("2002::/16"), T("2002:102:304::"), 1 },
        { T("::/96"), T("::1.2.3.4"), 1 },
        { T("10.0.0.0/8"), T("::ffff:10.1.2.3"), 1 },
        { T("10.0.0.0/8"), T("::ffff:11.1.2.3"), 0 },
        { T("0.0.0.0/0"), T("::ffff:10.1.2.3"), 1 },
        { T("::/0"), T("::ffff:10.1.2.3"), 0 },
        { T("::ffff:10.0.0.0/104"), T("10.1.2.3"), 1 },
        { T("::ffff:10.0.0.0/104"), T("::ffff:10.1.2.3"), 1 },
        { T("::ffff:10.0.0.0/104"), T("11.1.2.3"), 0 }
    };

    for (i = 0; i < unit_nelts(rows); i++) {

        unit_ok(pa_cidr_parse(&rows[i].cidr, &cidr) == PA_OK
                && pa_ip_parse(&rows[i].ip, &ip) == PA_OK
                && pa_cidr_contains(&cidr, &ip) == rows[i].contains,
                "%.*s is %sin %s", (int) rows[i].ip.len,
                (char *) rows[i].ip.data, rows[i].contains ? "" : "not ",
                unit_show(&rows[i].cidr));
    }
}


static void
test_cidr_has_host_bits(void)
{
    size_t  i;

    static const struct {
        pa_str_t  text;
        int       has;
    } rows[] = {
        { pa_string("10.0.0.0/8"), 0 },
        { pa_string("10.0.0.1/8"), 1 },
        { pa_string("10.128.0.0/8"), 1 },
        { pa_string("10.0.0.1"), 0 },
        { pa_string("10.0.0.1/32"), 0 },
        { pa_string("10.0.0.1/31"), 1 },
        { pa_string("0.0.0.0/0"), 0 },
        { pa_string("128.0.0.0/0"), 1 },
        { pa_string("2001:db8::/32"), 0 },
        { pa_string("2001:db8::1/32"), 1 },
        { pa_string("2001:db8::1"), 0 },
        { pa_string("::/0"), 0 },
        { pa_string("::1/127"), 1 },
        { pa_string("::ffff:10.0.0.0/104"), 0 },
        { pa_string("::ffff:10.0.0.1/104"), 1 },
        { pa_string("::ffff:10.0.0.1"), 0 },
        { pa_string("::ffff:10.0.0.1/95"), 1 },
        { pa_string("x"), 0 },
        { pa_string("10.0.0.1/33"), 0 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unit_ok(pa_cidr_has_host_bits(&rows[i].text) == rows[i].has,
                "host bits of %s: %d", unit_show(&rows[i].text), rows[i].has);
    }
}


/* where a network is refused, so is its first address */

static void
test_cidr_is_refused(void)
{
    size_t     i;
    pa_cidr_t  cidr;

    static const struct {
        pa_str_t        text;
        pa_ip_policy_e  policy;
        int             refused;
    } rows[] = {
        { pa_string("10.0.0.0/8"), PA_IP_POLICY_PUBLIC, 1 },
        { pa_string("10.1.0.0/16"), PA_IP_POLICY_PUBLIC, 1 },
        { pa_string("10.1.2.3"), PA_IP_POLICY_PUBLIC, 1 },
        { pa_string("10.0.0.0/7"), PA_IP_POLICY_PUBLIC, 0 },
        { pa_string("10.0.0.0/8"), PA_IP_POLICY_UNICAST, 0 },
        { pa_string("127.0.0.0/8"), PA_IP_POLICY_UNICAST, 1 },
        { pa_string("127.0.0.0/8"), PA_IP_POLICY_PUBLIC, 1 },
        { pa_string("127.0.0.0/8"), PA_IP_POLICY_ANY, 0 },
        { pa_string("126.0.0.0/7"), PA_IP_POLICY_UNICAST, 0 },
        { pa_string("0.0.0.0/0"), PA_IP_POLICY_PUBLIC, 0 },
        { pa_string("0.0.0.0/32"), PA_IP_POLICY_UNICAST, 1 },
        { pa_string("0.0.0.0/8"), PA_IP_POLICY_UNICAST, 0 },
        { pa_string("0.0.0.0/8"), PA_IP_POLICY_PUBLIC, 1 },
        { pa_string("255.255.255.255"), PA_IP_POLICY_UNICAST, 1 },
        { pa_string("8.8.8.8"), PA_IP_POLICY_PUBLIC, 0 },
        { pa_string("fe80::/10"), PA_IP_POLICY_UNICAST, 1 },
        { pa_string("fe80::/9"), PA_IP_POLICY_UNICAST, 0 },
        { pa_string("fc00::/7"), PA_IP_POLICY_UNICAST, 0 },
        { pa_string("fc00::/7"), PA_IP_POLICY_PUBLIC, 1 },
        { pa_string("2000::/3"), PA_IP_POLICY_PUBLIC, 0 },
        { pa_string("2001:db8:1::/48"), PA_IP_POLICY_PUBLIC, 1 },
        { pa_string("::/0"), PA_IP_POLICY_PUBLIC, 0 },
        { pa_string("::ffff:10.0.0.0/104"), PA_IP_POLICY_PUBLIC, 1 },
        { pa_string("::ffff:8.0.0.0/104"), PA_IP_POLICY_PUBLIC, 0 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unit_ok(pa_cidr_parse(&rows[i].text, &cidr) == PA_OK
                && pa_cidr_is_refused(rows[i].policy, &cidr)
                   == rows[i].refused,
                "policy %d of %s: %d", rows[i].policy,
                unit_show(&rows[i].text), rows[i].refused);

        unit_ok(!rows[i].refused
                || !pa_ip_policy_allows(rows[i].policy, &cidr.ip),
                "policy %d refuses the first of %s", rows[i].policy,
                unit_show(&rows[i].text));
    }
}


/*
 * All networks that are refused as such: by the mildest policy that does, and
 * the network of twice the size, by the mildest one or by none.
 */

static void
test_networks(void)
{
    int             refused;
    size_t          i, j;
    pa_str_t        wider;
    pa_cidr_t       cidr;
    pa_ip_policy_e  policy;

#define ANY      PA_IP_POLICY_ANY
#define UNICAST  PA_IP_POLICY_UNICAST
#define PUBLIC   PA_IP_POLICY_PUBLIC

    static const struct {
        const char      *address;
        unsigned         prefix;
        pa_ip_policy_e   policies[2];     /* any: none */
    } rows[] = {
        { "0.0.0.0", 32,         { UNICAST, PUBLIC } },
        { "127.0.0.0", 8,        { UNICAST, ANY } },
        { "169.254.0.0", 16,     { UNICAST, ANY } },
        { "224.0.0.0", 4,        { UNICAST, ANY } },
        { "255.255.255.255", 32, { UNICAST, PUBLIC } },
        { "0.0.0.0", 8,          { PUBLIC, ANY } },
        { "10.0.0.0", 8,         { PUBLIC, ANY } },
        { "100.64.0.0", 10,      { PUBLIC, ANY } },
        { "172.16.0.0", 12,      { PUBLIC, ANY } },
        { "192.168.0.0", 16,     { PUBLIC, ANY } },
        { "192.0.0.0", 24,       { PUBLIC, ANY } },
        { "192.0.2.0", 24,       { PUBLIC, ANY } },
        { "192.88.99.0", 24,     { PUBLIC, ANY } },
        { "198.18.0.0", 15,      { PUBLIC, ANY } },
        { "198.51.100.0", 24,    { PUBLIC, ANY } },
        { "203.0.113.0", 24,     { PUBLIC, ANY } },
        { "240.0.0.0", 4,        { PUBLIC, ANY } },

        { "::", 128,             { UNICAST, PUBLIC } },
        { "::1", 128,            { UNICAST, PUBLIC } },
        { "fe80::", 10,          { UNICAST, PUBLIC } },
        { "ff00::", 8,           { UNICAST, PUBLIC } },
        { "::", 3,               { PUBLIC, ANY } },
        { "4000::", 2,           { PUBLIC, ANY } },
        { "8000::", 1,           { PUBLIC, ANY } },
        { "fc00::", 7,           { PUBLIC, PUBLIC } },
        { "2001::", 23,          { PUBLIC, ANY } },
        { "2001:db8::", 32,      { PUBLIC, ANY } },
        { "3fff::", 20,          { PUBLIC, ANY } }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        for (j = 0; j < 2; j++) {
            wider = unit_sprintf("%s/%u", rows[i].address,
                                 rows[i].prefix - (unsigned) j);

            for (policy = ANY; policy <= PUBLIC; policy++) {
                refused = rows[i].policies[j] != ANY
                          && policy >= rows[i].policies[j];

                unit_ok(pa_cidr_parse(&wider, &cidr) == PA_OK
                        && pa_cidr_is_refused(policy, &cidr) == refused,
                        "network %s, policy %d: %d",
                        (const char *) wider.data, policy, refused);
            }

            unit_reset();
        }
    }
}


/* a range of each length, against an address that differs in one bit */

static void
test_cidr_every_bit(void)
{
    int        wrong;
    pa_ip_t    ip;
    unsigned   len, prefix, bit;
    pa_cidr_t  cidr;

    wrong = 0;

    for (len = 4; len <= 16; len += 12) {
        for (prefix = 0; prefix <= 8 * len; prefix++) {
            for (bit = 0; bit < 8 * len; bit++) {

                memset(&cidr, 0, sizeof(pa_cidr_t));
                memset(&ip, 0, sizeof(pa_ip_t));

                cidr.ip.len = (uint8_t) len;
                cidr.prefix = (uint8_t) prefix;
                ip.len = (uint8_t) len;
                ip.bytes[bit / 8] = (uint8_t) (0x80 >> bit % 8);

                wrong += pa_cidr_contains(&cidr, &ip) != (bit >= prefix);
            }
        }
    }

    unit_int(wrong, 0, "a range of each length against each bit");
}


/* "-": none.  What is accepted must be what inet_pton() makes of it */

static pa_str_t
normalised(const pa_str_t *text)
{
    char             s[64];
    uint8_t          bytes[16], *dst, *last;
    pa_ip_t          ip, again;
    pa_str_t         result;

    static const pa_str_t  none = NOT_ONE;

    if (pa_ip_parse(text, &ip) != PA_OK) {
        return none;
    }

    memset(bytes, 0, sizeof(bytes));
    memcpy(s, text->data, text->len);
    s[text->len] = '\0';

    if (inet_pton(ip.len == 4 ? AF_INET : AF_INET6, s, bytes) != 1
        || memcmp(ip.bytes, bytes, sizeof(bytes)) != 0)
    {
        return unit_sprintf("not what inet_pton() reads");
    }

    dst = unit_copy(&(pa_str_t) { (uint8_t *) s, PA_IP_TEXT_LEN });
    last = pa_ip_format(&ip, dst);

    result.data = dst;
    result.len = (size_t) (last - dst);

    if (pa_ip_parse(&result, &again) != PA_OK
        || memcmp(&ip, &again, sizeof(pa_ip_t)) != 0)
    {
        return unit_sprintf("written as another address");
    }

    return result;
}


static pa_str_t
cidr_text(const pa_str_t *text)
{
    uint8_t    address[PA_IP_TEXT_LEN], *last;
    pa_str_t   result;
    pa_cidr_t  cidr;

    static const pa_str_t  none = NOT_ONE;

    if (pa_cidr_parse(text, &cidr) != PA_OK) {
        return none;
    }

    last = pa_ip_format(&cidr.ip, address);

    result = unit_sprintf("%.*s/%u", (int) (last - address), (char *) address,
                          cidr.prefix);

    return result;
}


static pa_str_t
policy_text(const pa_str_t *text)
{
    size_t   i;
    pa_ip_t  ip;

    static const pa_str_t  names[] = {
        T("any"), T("unicast"), T("public"), T("none"), T("no order")
    };

    if (pa_ip_parse(text, &ip) != PA_OK) {
        return S("no address");
    }

    for (i = 0; i <= PA_IP_POLICY_PUBLIC; i++) {
        if (!pa_ip_policy_allows((pa_ip_policy_e) i, &ip)) {
            break;
        }
    }

    if (i == PA_IP_POLICY_UNICAST
        && pa_ip_policy_allows(PA_IP_POLICY_PUBLIC, &ip))
    {
        return names[4];
    }

    return names[i];
}
