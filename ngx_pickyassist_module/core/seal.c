
/*
 * Copyright (C) ngx_pickyassist_module contributors
 */


#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "seal.h"


#define PA_SEAL_NONCE     12
#define PA_SEAL_TAG       16

/* what OpenSSL is given at once: less than an int, its length, can hold */
#define PA_SEAL_PIECE     (1024 * 1024)


static int pa_seal_context(const pa_str_t *context, size_t n, uint8_t *digest);
static void pa_seal_length(size_t len, uint8_t *dst);
static int pa_seal_crypt(EVP_CIPHER_CTX *ctx, const uint8_t *data, size_t len,
    uint8_t *dst);


int
pa_seal_salt(uint8_t *dst)
{
    return RAND_bytes(dst, PA_SEAL_KEY) == 1 ? PA_OK : PA_ERROR;
}


int
pa_seal_init(pa_seal_t *seal, const uint8_t *salt, const pa_str_t *key,
    const pa_str_t *context, size_t n)
{
    int           rc;
    EVP_KDF      *kdf;
    OSSL_PARAM    params[5];
    EVP_KDF_CTX  *ctx;
    uint8_t       digest[PA_SEAL_KEY];

    if (pa_seal_context(context, n, digest) != PA_OK) {
        return PA_ERROR;
    }

    kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    ctx = EVP_KDF_CTX_new(kdf);
    EVP_KDF_free(kdf);

    if (ctx == NULL) {
        return PA_ERROR;
    }

    /* nothing is written to what the parameters of a derivation point to */

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                                 (char *) "SHA256", 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
                                                  (void *) salt, PA_SEAL_KEY);
    params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
                                                  (void *) key->data,
                                                  key->len);
    params[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
                                                  digest, sizeof(digest));
    params[4] = OSSL_PARAM_construct_end();

    rc = EVP_KDF_derive(ctx, (uint8_t *) seal, sizeof(pa_seal_t), params);

    EVP_KDF_CTX_free(ctx);

    return rc == 1 ? PA_OK : PA_ERROR;
}


/* HKDF takes a bounded length of information: this is of one length */

static int
pa_seal_context(const pa_str_t *context, size_t n, uint8_t *digest)
{
    int          ok;
    size_t       i;
    uint8_t      len[8];
    EVP_MD_CTX  *ctx;

    static const char  label[] = "pickyassist idempotency key";

    ctx = EVP_MD_CTX_new();

    ok = (ctx != NULL
          && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1
          && EVP_DigestUpdate(ctx, label, sizeof(label)) == 1);

    for (i = 0; i < n && ok; i++) {
        pa_seal_length(context[i].len, len);

        ok = (EVP_DigestUpdate(ctx, len, sizeof(len)) == 1
              && EVP_DigestUpdate(ctx, context[i].data, context[i].len) == 1);
    }

    ok = (ok && EVP_DigestFinal_ex(ctx, digest, NULL) == 1);

    EVP_MD_CTX_free(ctx);

    return ok ? PA_OK : PA_ERROR;
}


static void
pa_seal_length(size_t len, uint8_t *dst)
{
    int  i;

    for (i = 7; i >= 0; i--) {
        dst[i] = (uint8_t) len;
        len >>= 8;
    }
}


void
pa_seal_wipe(pa_seal_t *seal)
{
    OPENSSL_cleanse(seal, sizeof(pa_seal_t));
}


int
pa_seal_fingerprint(const pa_seal_t *seal, const pa_str_t *name,
    const pa_str_t *parts, size_t n, uint8_t *dst)
{
    int           ok;
    size_t        i, size;
    uint8_t       len[8];
    EVP_MAC      *mac;
    EVP_MAC_CTX  *ctx;
    OSSL_PARAM    params[2];

    mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    ctx = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                 (char *) "SHA256", 0);
    params[1] = OSSL_PARAM_construct_end();

    pa_seal_length(name->len, len);

    ok = (ctx != NULL
          && EVP_MAC_init(ctx, seal->fingerprint, PA_SEAL_KEY, params) == 1
          && EVP_MAC_update(ctx, len, sizeof(len)) == 1
          && EVP_MAC_update(ctx, name->data, name->len) == 1);

    for (i = 0; i < n && ok; i++) {
        ok = (EVP_MAC_update(ctx, parts[i].data, parts[i].len) == 1);
    }

    ok = (ok && EVP_MAC_final(ctx, dst, &size, PA_SEAL_KEY) == 1);

    EVP_MAC_CTX_free(ctx);

    return ok ? PA_OK : PA_ERROR;
}


int
pa_seal(const pa_seal_t *seal, const pa_str_t *bound, const pa_str_t *text,
    uint8_t *dst)
{
    int              ok, n;
    uint8_t         *nonce, *tag;
    EVP_CIPHER_CTX  *ctx;

    nonce = dst;
    dst += PA_SEAL_NONCE;
    tag = dst + text->len;

    ctx = EVP_CIPHER_CTX_new();

    ok = (ctx != NULL
          && RAND_bytes(nonce, PA_SEAL_NONCE) == 1
          && EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, seal->sealing,
                                nonce)
             == 1
          && pa_seal_crypt(ctx, bound->data, bound->len, NULL) == PA_OK
          && pa_seal_crypt(ctx, text->data, text->len, dst) == PA_OK
          && EVP_EncryptFinal_ex(ctx, tag, &n) == 1
          && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, PA_SEAL_TAG, tag)
             == 1);

    EVP_CIPHER_CTX_free(ctx);

    return ok ? PA_OK : PA_ERROR;
}


int
pa_unseal(const pa_seal_t *seal, const pa_str_t *bound, const pa_str_t *sealed,
    uint8_t *dst)
{
    int              ok, n;
    size_t           len;
    const uint8_t   *nonce, *text, *tag;
    EVP_CIPHER_CTX  *ctx;

    if (sealed->len < PA_SEAL_OVERHEAD) {
        return PA_ERROR;
    }

    len = sealed->len - PA_SEAL_OVERHEAD;
    nonce = sealed->data;
    text = nonce + PA_SEAL_NONCE;
    tag = text + len;

    ctx = EVP_CIPHER_CTX_new();

    ok = (ctx != NULL
          && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, seal->sealing,
                                nonce)
             == 1
          && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, PA_SEAL_TAG,
                                 (void *) tag)
             == 1
          && pa_seal_crypt(ctx, bound->data, bound->len, NULL) == PA_OK
          && pa_seal_crypt(ctx, text, len, dst) == PA_OK
          && EVP_DecryptFinal_ex(ctx, dst + len, &n) == 1);

    EVP_CIPHER_CTX_free(ctx);

    if (!ok) {
        OPENSSL_cleanse(dst, len);
    }

    return ok ? PA_OK : PA_ERROR;
}


/* without dst: data that is bound, and not in what is sealed */

static int
pa_seal_crypt(EVP_CIPHER_CTX *ctx, const uint8_t *data, size_t len,
    uint8_t *dst)
{
    int     piece, n;
    size_t  i;

    for (i = 0; i < len; i += (size_t) piece) {
        piece = len - i < PA_SEAL_PIECE ? (int) (len - i) : PA_SEAL_PIECE;

        if (EVP_CipherUpdate(ctx, dst ? dst + i : NULL, &n, data + i, piece)
            != 1)
        {
            return PA_ERROR;
        }
    }

    return PA_OK;
}
