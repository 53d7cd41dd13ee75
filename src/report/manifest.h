/* manifest.h - MANIFEST.sha256 and its signature. */
#ifndef T1554TRIAGE_REPORT_MANIFEST_H
#define T1554TRIAGE_REPORT_MANIFEST_H

#include <stdbool.h>

#include <openssl/evp.h>
#include <openssl/x509_vfy.h>

#include <t1554triage/buffer.h>
#include <t1554triage/report.h>

#define MANIFEST_NAME  "MANIFEST.sha256"
#define SIGNATURE_NAME "MANIFEST.sha256.p7s"
#define REQUEST_NAME   "MANIFEST.sha256.tsq"
#define REPLY_NAME     "MANIFEST.sha256.tsr"

/* Signs the bytes: detached CMS in DER.  0, or 66 (key or certificate cannot be used), with a message. */
int manifest_sign(const struct buffer *manifest, const char *key_path, const char *certificate_path,
	struct buffer *ret_signature, struct buffer *ret_message);

/*
 * A request to have the manifest time-stamped (RFC 3161, DER): to be carried to a time-stamping authority by whoever wants
 * that; its reply is put beside it as REPLY_NAME.  A number that is drawn tells it from all others.  False: libcrypto failed.
 */
bool time_request_make(const struct buffer *manifest, struct buffer *ret_request);
/* True where the request, or the reply with its status granted, is of this manifest; *ret_time: when the reply says, RFC 3339 or "". */
bool time_request_fits(const struct buffer *manifest, const struct buffer *request);
bool time_reply_fits(const struct buffer *manifest, const struct buffer *reply, struct buffer *ret_time);

/* A private key on a smart card, by its PKCS #11 URI; NULL with a message. */
EVP_PKEY *token_key_open(const char *uri, struct buffer *ret_message);
bool token_key_is_uri(const char *path);	/* "pkcs11:" */

/*
 * Who signed the manifest, by the certificates that the signature holds, each in a line (tells_certificates), and the time that
 * the reply of an authority says; nothing where there is none.
 */
void manifest_tell_signers(int folder, bool tells_certificates, struct buffer *ret_lines);

/* The certificates of its signature against trusted ones (signer.h): a line for each, and how many are not good. */
unsigned manifest_check_signers(int folder, X509_STORE *trusted, struct buffer *ret_lines);

/*
 * Holds every file of the folder against MANIFEST.sha256, and a signature, if
 * there is one, against the manifest; adds a line for each departure.
 * Returns their number.
 */
unsigned manifest_check(int folder, struct buffer *ret_lines);

#endif
