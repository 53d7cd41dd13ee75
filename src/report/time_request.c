/* time_request.c - RFC 3161: a request to time-stamp the manifest, and whether a request or a reply is of it. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ts.h>

#include <t1554triage/digest.h>

#include "manifest.h"

enum { NONCE_BITS = 64 };

static void
digest(const struct buffer *manifest, struct digests *ret_digests)
{
	struct digest_stream *stream = digest_stream_open(1u << DIGEST_SHA256);

	digest_stream_update(stream, manifest->bytes, manifest->length);
	digest_stream_finish(stream, ret_digests, NULL);
	digest_stream_close(stream);
}

static bool
set_imprint(TS_REQ *request, const struct buffer *manifest)
{
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algorithm = X509_ALGOR_new();
	struct digests digests;
	bool set;

	digest(manifest, &digests);
	set = imprint && algorithm && X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
		TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
		TS_MSG_IMPRINT_set_msg(imprint, digests.sha256, sizeof digests.sha256) == 1 &&
		TS_REQ_set_msg_imprint(request, imprint) == 1;
	X509_ALGOR_free(algorithm);
	TS_MSG_IMPRINT_free(imprint);
	return set;
}

/* Replies that were made for another request do not have it. */
static bool
set_nonce(TS_REQ *request)
{
	BIGNUM *number = BN_new();
	ASN1_INTEGER *nonce = number && BN_rand(number, NONCE_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1
		? BN_to_ASN1_INTEGER(number, NULL) : NULL;
	bool set = nonce && TS_REQ_set_nonce(request, nonce) == 1;

	ASN1_INTEGER_free(nonce);
	BN_free(number);
	return set;
}

bool
time_request_make(const struct buffer *manifest, struct buffer *ret_request)
{
	TS_REQ *request = TS_REQ_new();
	unsigned char *der = NULL;
	int length = -1;

	/* The authority's certificate is asked for, so that the reply can be verified alone. */
	if (request && TS_REQ_set_version(request, 1) == 1 && set_imprint(request, manifest) && set_nonce(request) &&
	    TS_REQ_set_cert_req(request, 1) == 1)
		length = i2d_TS_REQ(request, &der);
	if (length > 0)
		buffer_add(ret_request, der, (size_t)length);
	OPENSSL_free(der);
	TS_REQ_free(request);
	ERR_clear_error();
	return length > 0;
}

static bool
is_of(TS_MSG_IMPRINT *imprint, const struct buffer *manifest)
{
	const ASN1_OBJECT *algorithm;
	ASN1_OCTET_STRING *message;
	struct digests digests;

	if (!imprint)
		return false;
	X509_ALGOR_get0(&algorithm, NULL, NULL, TS_MSG_IMPRINT_get_algo(imprint));
	message = TS_MSG_IMPRINT_get_msg(imprint);
	digest(manifest, &digests);
	return OBJ_obj2nid(algorithm) == NID_sha256 && ASN1_STRING_length(message) == (int)sizeof digests.sha256 &&
	       !memcmp(ASN1_STRING_get0_data(message), digests.sha256, sizeof digests.sha256);
}

bool
time_request_fits(const struct buffer *manifest, const struct buffer *request)
{
	const unsigned char *at = (const unsigned char *)request->bytes;
	TS_REQ *read = d2i_TS_REQ(NULL, &at, (long)request->length);
	bool fits = read && is_of(TS_REQ_get_msg_imprint(read), manifest);

	TS_REQ_free(read);
	ERR_clear_error();
	return fits;
}

static void
add_time(const ASN1_GENERALIZEDTIME *time, struct buffer *ret_time)
{
	struct tm parts;

	if (time && ASN1_TIME_to_tm(time, &parts) == 1)
		buffer_add_format(ret_time, "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
			parts.tm_hour, parts.tm_min, parts.tm_sec);
}

bool
time_reply_fits(const struct buffer *manifest, const struct buffer *reply, struct buffer *ret_time)
{
	const unsigned char *at = (const unsigned char *)reply->bytes;
	TS_RESP *read = d2i_TS_RESP(NULL, &at, (long)reply->length);
	TS_TST_INFO *info = read ? TS_RESP_get_tst_info(read) : NULL;
	bool fits = info && is_of(TS_TST_INFO_get_msg_imprint(info), manifest);

	if (fits)
		add_time(TS_TST_INFO_get_time(info), ret_time);
	TS_RESP_free(read);
	ERR_clear_error();
	return fits;
}
