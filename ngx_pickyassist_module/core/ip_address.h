
/*
 * Copyright (C) ngx_pickyassist_module contributors
 *
 * One IP address: reads, writes and judges it.
 */


#ifndef _PA_IP_ADDRESS_H_INCLUDED_
#define _PA_IP_ADDRESS_H_INCLUDED_


#include "core.h"


PA_HIDDEN_BEGIN


/* longest text: "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255" */
#define PA_IP_TEXT_LEN  45


typedef enum {
    PA_IP_POLICY_ANY = 0,
    PA_IP_POLICY_UNICAST,
    PA_IP_POLICY_PUBLIC
} pa_ip_policy_e;


typedef struct {
    uint8_t          bytes[16];   /* network byte order, the rest zero */
    uint8_t          len;         /* 4 or 16 */
} pa_ip_t;


typedef struct {
    pa_ip_t          ip;          /* no bits set after the prefix */
    uint8_t          prefix;      /* bits */
} pa_cidr_t;


/*
 * Reads four decimal octets without leading zeros, or IPv6 by RFC 4291
 * section 2.2, and nothing else.  PA_ERROR: neither.
 */
int pa_ip_parse(const pa_str_t *text, pa_ip_t *ip);

/*
 * Writes the address, IPv6 as RFC 5952 recommends, into PA_IP_TEXT_LEN bytes
 * at dst; not null-terminated.  Returns the end of what was written.
 */
uint8_t *pa_ip_format(const pa_ip_t *ip, uint8_t *dst);

/* IPv4-mapped becomes IPv4, other addresses stay as they are */
void pa_ip_unmap(pa_ip_t *ip);

/*
 * 1 if the policy allows the address.  An IPv4-mapped address is judged as
 * IPv4.  For other addresses that contain an IPv4 address (compatible, NAT64,
 * 6to4), both must be allowed.
 */
int pa_ip_policy_allows(pa_ip_policy_e policy, const pa_ip_t *ip);

/*
 * Reads ADDRESS[/PREFIX].  Bits after the prefix are cleared, as in nginx; a
 * network of IPv4-mapped addresses becomes an IPv4 network.  PA_ERROR:
 * neither.
 */
int pa_cidr_parse(const pa_str_t *text, pa_cidr_t *cidr);

/* 1 if bits after the prefix are set in a text that pa_cidr_parse() reads */
int pa_cidr_has_host_bits(const pa_str_t *text);

/* 1 if one rule of the policy refuses the whole network */
int pa_cidr_is_refused(pa_ip_policy_e policy, const pa_cidr_t *cidr);

/*
 * 1 if the network contains the address.  An IPv4-mapped address is matched as
 * IPv4, since it is the same address; an IPv4 network contains no other IPv6
 * addresses.
 */
int pa_cidr_contains(const pa_cidr_t *cidr, const pa_ip_t *ip);


PA_HIDDEN_END


#endif /* _PA_IP_ADDRESS_H_INCLUDED_ */
