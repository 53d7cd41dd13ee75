/* signer.h - who signed the manifest, and whether the reader trusts that. */
#ifndef T1554TRIAGE_REPORT_SIGNER_H
#define T1554TRIAGE_REPORT_SIGNER_H

#include <openssl/x509_vfy.h>

#include <t1554triage/buffer.h>

#include "manifest.h"

/* Certificates in PEM form: a file, or a folder with names by hash.  NULL with a message; X509_STORE_free is the caller's. */
X509_STORE *signer_trust_open(const char *path, struct buffer *ret_message);

/*
 * Holds the certificate of each signer of a detached CMS signature (DER, as read; empty: there is none) against trusted ones:
 * chain, validity today, usage.  A line for each, good or not.  Returns how many are not good.
 */
unsigned signer_check(const struct buffer *signature, X509_STORE *trusted, struct buffer *ret_lines);

#endif
