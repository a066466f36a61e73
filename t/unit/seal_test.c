
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#define _GNU_SOURCE     /* memmem() */

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#include "seal.h"
#include "unit.h"


static void test_derivation(void);
static void test_keys_differ(void);
static void test_salt(void);
static void test_fingerprints(void);
static void test_algorithms(void);
static void test_round_trip(void);
static void test_large(void);
static void test_changed(void);
static void test_nonces(void);
static void test_wipe(void);

static void hkdf(const uint8_t *salt, const pa_str_t *key,
    const uint8_t *info, size_t len, uint8_t *dst);
static void init(pa_seal_t *seal, const char *key, const char *scope,
    const char *location);
static pa_str_t text_of(const char *text);


static const uint8_t  salt[PA_SEAL_KEY] = { 1, 2, 3 };


int
main(void)
{
    test_derivation();
    test_keys_differ();
    test_salt();
    test_fingerprints();
    test_algorithms();
    test_round_trip();
    test_large();
    test_changed();
    test_nonces();
    test_wipe();

    return unit_end();
}


/* the keys are what RFC 5869 says they are, written again from the RFC */

static void
test_derivation(void)
{
    uint8_t    info[32], want[sizeof(pa_seal_t)];
    pa_str_t   key, got, expected;
    pa_seal_t  seal;

    static const char  context[] =
        "pickyassist idempotency key\0"
        "\0\0\0\0\0\0\0\3" "me@"
        "\0\0\0\0\0\0\0\5" "/push";

    key = text_of("8e03978e-40d5-43dd-bc93-6894a57f9324");

    EVP_Digest(context, sizeof(context) - 1, info, NULL, EVP_sha256(), NULL);
    hkdf(salt, &key, info, sizeof(want), want);

    init(&seal, "8e03978e-40d5-43dd-bc93-6894a57f9324", "me@", "/push");

    got.data = (uint8_t *) &seal;
    expected.data = want;
    got.len = expected.len = sizeof(pa_seal_t);

    unit_text(&got, &expected, "the keys are those of HKDF");
    unit_int(sizeof(pa_seal_t), 96, "and nothing else");
}


static void
hkdf(const uint8_t *s, const pa_str_t *key, const uint8_t *info, size_t len,
    uint8_t *dst)
{
    uint8_t   prk[32], text[32 + 32 + 1];
    unsigned  i, n;
    size_t    previous;

    HMAC(EVP_sha256(), s, PA_SEAL_KEY, key->data, key->len, prk, &n);

    previous = 0;

    for (i = 1; len != 0; i++) {
        memcpy(text + previous, info, 32);
        text[previous + 32] = (uint8_t) i;

        HMAC(EVP_sha256(), prk, 32, text, previous + 33, dst, &n);

        memcpy(text, dst, 32);
        previous = 32;
        dst += 32;
        len -= 32;
    }
}


static void
test_keys_differ(void)
{
    size_t     i, j;
    uint8_t    other[PA_SEAL_KEY];
    pa_str_t   key;
    pa_seal_t  seals[10];

    static const char  *rows[][3] = {
        { "key", "scope", "location" },
        { "kez", "scope", "location" },
        { "key", "scopf", "location" },
        { "key", "scope", "locatioo" },
        { "key", "scopel", "ocation" },
        { "key", "", "scopelocation" },
        { "key", "scopelocation", "" },
        { "", "scope", "location" },
        { "keyscope", "", "location" }
    };

    for (i = 0; i < unit_nelts(rows); i++) {
        init(&seals[i], rows[i][0], rows[i][1], rows[i][2]);

        unit_ok(memcmp(seals[i].id, seals[i].sealing, PA_SEAL_KEY) != 0
                && memcmp(seals[i].id, seals[i].fingerprint, PA_SEAL_KEY) != 0
                && memcmp(seals[i].sealing, seals[i].fingerprint, PA_SEAL_KEY)
                   != 0, "three keys of row %zu", i);

        for (j = 0; j < i; j++) {
            unit_ok(memcmp(seals[i].id, seals[j].id, PA_SEAL_KEY) != 0
                    && memcmp(seals[i].sealing, seals[j].sealing, PA_SEAL_KEY)
                       != 0
                    && memcmp(seals[i].fingerprint, seals[j].fingerprint,
                              PA_SEAL_KEY)
                       != 0, "rows %zu and %zu have none in common", i, j);
        }
    }

    init(&seals[9], "key", "scope", "location");
    unit_ok(memcmp(&seals[9], &seals[0], sizeof(pa_seal_t)) == 0,
            "the same again are the same");

    unit_ok(pa_seal_salt(other) == PA_OK
            && memcmp(other, salt, sizeof(salt)) != 0, "a salt");

    key = text_of("key");
    unit_int(pa_seal_init(&seals[1], other, &key,
                          (pa_str_t[]) { S("scope"), S("location") }, 2),
             PA_OK, "with it");
    unit_ok(memcmp(seals[1].id, seals[0].id, PA_SEAL_KEY) != 0,
            "the key is known by another name");
}


/* a byte that is 0 each of 16 times is not random: one chance in 2^123 */

static void
test_salt(void)
{
    size_t   i, j;
    uint8_t  made[PA_SEAL_KEY], any[PA_SEAL_KEY] = { 0 };

    for (i = 0; i < 16; i++) {
        memset(made, 0, sizeof(made));
        (void) pa_seal_salt(made);

        for (j = 0; j < sizeof(made); j++) {
            any[j] |= made[j];
        }
    }

    unit_ok(memchr(any, 0, sizeof(any)) == NULL, "a salt is random throughout");
}


static void
test_fingerprints(void)
{
    size_t     i, j;
    uint8_t    prints[2][PA_SEAL_KEY], print[PA_SEAL_KEY], *large;
    pa_str_t   big[3];
    pa_seal_t  seal, other;

    static const struct {
        pa_str_t  name;
        size_t    n;
        pa_str_t  parts[3];
        size_t    same;       /* as the row of this number */
    } rows[] = {
        { T("push"), 0, { T(""), T(""), T("") }, 0 },
        { T("push"), 1, { T(""), T(""), T("") }, 0 },
        { T("push"), 3, { T(""), T(""), T("") }, 0 },
        { T("push"), 1, { T("ab"), T(""), T("") }, 3 },
        { T("push"), 2, { T("a"), T("b"), T("") }, 3 },
        { T("push"), 3, { T("a"), T(""), T("b") }, 3 },
        { T("push"), 1, { T("ba"), T(""), T("") }, 6 },
        { T("push"), 1, { T("ab\0"), T(""), T("") }, 7 },
        { T("pus"), 1, { T("hab"), T(""), T("") }, 8 },
        { T("pusha"), 1, { T("b"), T(""), T("") }, 9 },
        { T(""), 2, { T("push"), T("ab"), T("") }, 10 },
        { T("custom"), 1, { T("ab"), T(""), T("") }, 11 }
    };

    uint8_t  all[unit_nelts(rows)][PA_SEAL_KEY];

    init(&seal, "key", "scope", "location");
    init(&other, "other", "scope", "location");

    for (i = 0; i < unit_nelts(rows); i++) {
        unit_int(pa_seal_fingerprint(&seal, &rows[i].name, rows[i].parts,
                                     rows[i].n, all[i]),
                 PA_OK, "the fingerprint of row %zu", i);

        for (j = 0; j < i; j++) {
            unit_int(memcmp(all[i], all[j], PA_SEAL_KEY) == 0,
                     rows[i].same == rows[j].same, "rows %zu and %zu", i, j);
        }
    }

    pa_seal_fingerprint(&other, &rows[3].name, rows[3].parts, 1, print);
    unit_ok(memcmp(print, all[3], PA_SEAL_KEY) != 0, "it depends on the key");

    pa_seal_fingerprint(&seal, &rows[3].name, rows[3].parts, 1, print);
    unit_ok(memcmp(print, all[3], PA_SEAL_KEY) == 0,
            "and on nothing that changes");

    large = calloc(1, 1 << 20);
    big[0] = big[1] = big[2] = (pa_str_t) { large, 1 << 20 };
    pa_seal_fingerprint(&seal, &rows[0].name, big, 3, prints[0]);
    large[(1 << 20) - 1] = 1;
    pa_seal_fingerprint(&seal, &rows[0].name, big, 3, prints[1]);
    unit_ok(memcmp(prints[0], prints[1], PA_SEAL_KEY) != 0,
            "every byte counts");
    free(large);
}


/* with the keys that nobody is shown, and as others have the algorithms */

static void
test_algorithms(void)
{
    int              n, ok;
    unsigned         size;
    uint8_t          print[PA_SEAL_KEY], want[PA_SEAL_KEY], opened[4];
    uint8_t          sealed[4 + PA_SEAL_OVERHEAD];
    pa_str_t         name, text, bound;
    pa_seal_t        seal;
    EVP_CIPHER_CTX  *ctx;

    static const char  request[] = "\0\0\0\0\0\0\0\4" "push" "text";

    init(&seal, "key", "scope", "location");
    name = text_of("push");
    text = text_of("text");
    bound = text_of("200");

    pa_seal_fingerprint(&seal, &name, &text, 1, print);
    HMAC(EVP_sha256(), seal.fingerprint, PA_SEAL_KEY,
         (const uint8_t *) request, sizeof(request) - 1, want, &size);

    unit_ok(memcmp(print, want, PA_SEAL_KEY) == 0, "a fingerprint is an HMAC");

    /* nonce, text, tag */

    pa_seal(&seal, &bound, &text, sealed);

    ctx = EVP_CIPHER_CTX_new();
    ok = EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, seal.sealing, sealed)
         && EVP_DecryptUpdate(ctx, NULL, &n, bound.data, (int) bound.len)
         && EVP_DecryptUpdate(ctx, opened, &n, sealed + 12, 4)
         && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, sealed + 16)
         && EVP_DecryptFinal_ex(ctx, opened + 4, &n);
    EVP_CIPHER_CTX_free(ctx);

    unit_ok(ok && memcmp(opened, "text", 4) == 0,
            "what is sealed, AES-256-GCM opens");
}


static void
test_round_trip(void)
{
    size_t     len;
    uint8_t   *text, *sealed, *opened;
    pa_str_t   bound, in, out;
    pa_seal_t  seal;

    init(&seal, "key", "scope", "location");
    bound = text_of("status and fingerprint");

    for (len = 0; len < 70000; len = len < 300 ? len + 1 : len * 2) {

        text = malloc(len ? len : 1);
        sealed = malloc(len + PA_SEAL_OVERHEAD);
        opened = malloc(len ? len : 1);
        memset(text, 't', len);

        in = (pa_str_t) { text, len };
        unit_ok(pa_seal(&seal, &bound, &in, sealed) == PA_OK, "sealed %zu",
                len);

        unit_ok(len < 8 || memmem(sealed, len + PA_SEAL_OVERHEAD, text, 8)
                           == NULL, "nothing of it shows");

        out = (pa_str_t) { sealed, len + PA_SEAL_OVERHEAD };
        unit_ok(pa_unseal(&seal, &bound, &out, opened) == PA_OK
                && memcmp(opened, text, len) == 0, "opened %zu", len);

        free(text);
        free(sealed);
        free(opened);
    }
}


/* more than OpenSSL is given at once, of the text and of what is bound */

static void
test_large(void)
{
    int        n;
    size_t     i, len;
    uint8_t   *text, *sealed, *opened, *bytes;
    pa_str_t   bound, in, out;
    pa_seal_t  seal;

    EVP_CIPHER_CTX  *ctx;

    init(&seal, "key", "scope", "location");

    len = 5 * 1024 * 1024 / 2;
    text = malloc(len);
    bytes = malloc(len);
    opened = malloc(len);
    sealed = malloc(len + PA_SEAL_OVERHEAD);

    for (i = 0; i < len; i++) {
        text[i] = (uint8_t) (i / 4096 + i);
        bytes[i] = (uint8_t) (i / 1024 + i * 3);
    }

    bound = (pa_str_t) { bytes, len };
    in = (pa_str_t) { text, len };
    out = (pa_str_t) { sealed, len + PA_SEAL_OVERHEAD };

    unit_int(pa_seal(&seal, &bound, &in, sealed), PA_OK, "sealed");
    unit_ok(pa_unseal(&seal, &bound, &out, opened) == PA_OK
            && memcmp(opened, text, len) == 0, "opened");

    /* pieces make no difference */

    memset(opened, 0, len);
    ctx = EVP_CIPHER_CTX_new();
    unit_ok(EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, seal.sealing,
                               sealed)
            && EVP_DecryptUpdate(ctx, NULL, &n, bytes, (int) len)
            && EVP_DecryptUpdate(ctx, opened, &n, sealed + 12, (int) len)
            && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16,
                                   sealed + 12 + len)
            && EVP_DecryptFinal_ex(ctx, opened + len, &n)
            && memcmp(opened, text, len) == 0, "opened in one piece");
    EVP_CIPHER_CTX_free(ctx);

    bytes[len - 1] ^= 1;
    unit_int(pa_unseal(&seal, &bound, &out, opened), PA_ERROR,
             "the last byte of what is bound counts");

    for (i = 0; i < len && opened[i] == 0; i++) { /* void */ }
    unit_int((int64_t) i, (int64_t) len, "and nothing of the text is there");

    free(text);
    free(bytes);
    free(opened);
    free(sealed);
}


static void
test_changed(void)
{
    int        refused, clean;
    size_t     i, bit;
    uint8_t    sealed[20 + PA_SEAL_OVERHEAD], opened[20];
    pa_str_t   bound, other, text, whole;
    pa_seal_t  seal, another;

    init(&seal, "key", "scope", "location");
    init(&another, "key", "scope", "elsewhere");

    bound = text_of("200");
    other = text_of("201");
    text = text_of("twenty bytes of text");
    whole = (pa_str_t) { sealed, sizeof(sealed) };

    unit_int(pa_seal(&seal, &bound, &text, sealed), PA_OK, "sealed");

    refused = 1;
    clean = 1;

    for (i = 0; i < sizeof(sealed); i++) {
        for (bit = 0; bit < 8; bit++) {
            sealed[i] ^= (uint8_t) (1 << bit);

            memset(opened, 'x', sizeof(opened));
            refused &= (pa_unseal(&seal, &bound, &whole, opened) == PA_ERROR);
            clean &= (memcmp(opened, (uint8_t[20]) { 0 }, 20) == 0);

            sealed[i] ^= (uint8_t) (1 << bit);
        }
    }

    unit_ok(refused, "every bit counts");
    unit_ok(clean, "nothing of what was refused is there");

    for (i = 0; i < sizeof(sealed); i++) {
        refused &= (pa_unseal(&seal, &bound, &(pa_str_t) { sealed, i }, opened)
                    == PA_ERROR);
    }

    unit_ok(refused, "and so does every byte");

    unit_int(pa_unseal(&seal, &other, &whole, opened), PA_ERROR,
             "what is bound counts");
    unit_int(pa_unseal(&another, &bound, &whole, opened), PA_ERROR,
             "another key does not open it");
    unit_int(pa_unseal(&seal, &bound, &whole, opened), PA_OK, "the key does");
}


static void
test_nonces(void)
{
    size_t     i, j;
    uint8_t    sealed[100][PA_SEAL_OVERHEAD + 4], any[12] = { 0 };
    pa_str_t   text;
    pa_seal_t  seal;
    int        ok;

    init(&seal, "key", "scope", "location");
    text = text_of("text");
    memset(sealed, 0, sizeof(sealed));
    ok = 1;

    for (i = 0; i < unit_nelts(sealed); i++) {
        ok &= (pa_seal(&seal, &text, &text, sealed[i]) == PA_OK);

        for (j = 0; j < i; j++) {
            ok &= (memcmp(sealed[i], sealed[j], 12) != 0);
        }
    }

    unit_ok(ok, "the same text under the same key has another nonce each time");

    for (j = 0; j < sizeof(any); j++) {
        for (i = 0; i < unit_nelts(sealed); i++) {
            any[j] |= sealed[i][j];
        }
    }

    unit_ok(memchr(any, 0, sizeof(any)) == NULL,
            "a nonce is random throughout");
}


static void
test_wipe(void)
{
    pa_seal_t  seal;

    static const pa_seal_t  zero;

    init(&seal, "key", "scope", "location");
    pa_seal_wipe(&seal);

    unit_ok(memcmp(&seal, &zero, sizeof(pa_seal_t)) == 0, "wiped");
}


static void
init(pa_seal_t *seal, const char *key, const char *scope, const char *location)
{
    pa_str_t  text, context[2];

    text = text_of(key);
    context[0] = text_of(scope);
    context[1] = text_of(location);

    unit_ok(pa_seal_init(seal, salt, &text, context, 2) == PA_OK,
            "keys of \"%s\"", key);
}


static pa_str_t
text_of(const char *text)
{
    return (pa_str_t) { (const uint8_t *) text, strlen(text) };
}
