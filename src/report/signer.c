/*
 * signer.c - who signed the manifest: the certificates of its signature, held against those that the reader trusts
 *
 * RFC 5652, RFC 5280.  A certificate is good where a chain leads from it to a trusted one, all of the chain is valid today, and
 * it may be used to sign documents: key usage digitalSignature or nonRepudiation, and of extended key usages, where there are
 * any, emailProtection, documentSigning (RFC 9336) or any.  Certificates that were revoked are not looked for.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <t1554triage/text.h>

#include "signer.h"

X509_STORE *
signer_trust_open(const char *path, struct buffer *ret_message)
{
	X509_STORE *store = X509_STORE_new();
	struct stat status;
	bool is_read = store && !stat(path, &status);
	int error = errno;

	if (is_read)
		is_read = S_ISDIR(status.st_mode) ? X509_STORE_load_path(store, path) == 1 : X509_STORE_load_file(store, path) == 1;
	if (!is_read) {
		buffer_add_format(ret_message, "--trusted-certs %s: no certificates in PEM form could be read there%s%s; name a file of "
			"them, or a folder that \"openssl rehash\" has prepared", path, error ? ": " : "", error ? strerror(error) : "");
		X509_STORE_free(store);
		store = NULL;
	}
	ERR_clear_error();
	return store;
}

static void
add_name(struct buffer *out, X509_NAME *name)
{
	char text[512] = "";

	X509_NAME_oneline(name, text, sizeof text);
	text_add_visible(out, text, strlen(text));
}

static void
add_date(struct buffer *out, const ASN1_TIME *time)
{
	struct tm parts;

	if (time && ASN1_TIME_to_tm(time, &parts) == 1)
		buffer_add_format(out, "%04d-%02d-%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
	else
		buffer_add_text(out, "a time that cannot be read");
}

static bool
may_sign_documents(X509 *certificate)
{
	EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
	bool may = !usages;

	for (int i = 0; !may && i < sk_ASN1_OBJECT_num(usages); i++) {
		const ASN1_OBJECT *usage = sk_ASN1_OBJECT_value(usages, i);
		char number[64] = "";

		OBJ_obj2txt(number, sizeof number, usage, 1);
		may = OBJ_obj2nid(usage) == NID_email_protect || OBJ_obj2nid(usage) == NID_anyExtendedKeyUsage ||
		      !strcmp(number, "1.3.6.1.5.5.7.3.36");
	}
	EXTENDED_KEY_USAGE_free(usages);
	return may && (X509_get_key_usage(certificate) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION));
}

/* When the signature says that it was made: the signer's own word. */
static const ASN1_TIME *
claimed_time(CMS_SignerInfo *signer)
{
	int at = CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1);
	X509_ATTRIBUTE *attribute = at < 0 ? NULL : CMS_signed_get_attr(signer, at);
	ASN1_TYPE *value = attribute ? X509_ATTRIBUTE_get0_type(attribute, 0) : NULL;

	return value && (value->type == V_ASN1_UTCTIME || value->type == V_ASN1_GENERALIZEDTIME) ? value->value.asn1_string : NULL;
}

/* 0, or why no valid chain leads to what is trusted. */
static int
verify_chain(X509_STORE *trusted, X509 *certificate, STACK_OF(X509) *others)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	int error = X509_V_ERR_UNSPECIFIED;

	if (context && X509_STORE_CTX_init(context, trusted, certificate, others) == 1)
		error = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
	X509_STORE_CTX_free(context);
	ERR_clear_error();
	return error;
}

static unsigned
check_signer(CMS_SignerInfo *signer, X509 *certificate, STACK_OF(X509) *others, X509_STORE *trusted, struct buffer *ret_lines)
{
	int error = verify_chain(trusted, certificate, others);
	const ASN1_TIME *claimed = claimed_time(signer);

	buffer_add_text(ret_lines, error || !may_sign_documents(certificate) ? SIGNATURE_NAME ": the certificate of " : "the certificate of ");
	add_name(ret_lines, X509_get_subject_name(certificate));
	buffer_add_text(ret_lines, ", issued by ");
	add_name(ret_lines, X509_get_issuer_name(certificate));
	buffer_add_text(ret_lines, ", valid from ");
	add_date(ret_lines, X509_get0_notBefore(certificate));
	buffer_add_text(ret_lines, " to ");
	add_date(ret_lines, X509_get0_notAfter(certificate));
	if (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID) {
		buffer_add_text(ret_lines, error == X509_V_ERR_CERT_HAS_EXPIRED ? ", or one that it rests on, has expired; the signature says "
			"of itself that it was made on " : ", or one that it rests on, is not valid yet; the signature says of itself that it was "
			"made on ");
		add_date(ret_lines, claimed);
		buffer_add_text(ret_lines, ", which only a time stamp of an authority could confirm\n");
	} else if (error) {
		buffer_add_format(ret_lines, ", leads to none that is trusted: %s\n", X509_verify_cert_error_string(error));
	} else if (!may_sign_documents(certificate)) {
		buffer_add_text(ret_lines, ", is not for signing documents, by the usages that it names\n");
	} else {
		buffer_add_text(ret_lines, ", leads to one that is trusted and is for signing; whether it was revoked is not checked here\n");
		return 0;
	}
	return 1;
}

unsigned
signer_check(const struct buffer *signature, X509_STORE *trusted, struct buffer *ret_lines)
{
	BIO *in = BIO_new_mem_buf(signature->bytes, (int)signature->length);
	CMS_ContentInfo *cms = d2i_CMS_bio(in, NULL);
	STACK_OF(X509) *others = cms ? CMS_get1_certs(cms) : NULL;
	STACK_OF(CMS_SignerInfo) *signers = cms ? CMS_get0_SignerInfos(cms) : NULL;
	unsigned departures = 0;

	/* Ties each signer to its certificate among those of the signature. */
	if (cms)
		CMS_set1_signers_certs(cms, NULL, 0);
	for (int i = 0; signers && i < sk_CMS_SignerInfo_num(signers); i++) {
		CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(signers, i);
		X509 *certificate = NULL;

		CMS_SignerInfo_get0_algs(signer, NULL, &certificate, NULL, NULL);
		if (certificate) {
			departures += check_signer(signer, certificate, others, trusted, ret_lines);
		} else {
			buffer_add_text(ret_lines, SIGNATURE_NAME ": holds no certificate of its signer\n");
			departures++;
		}
	}
	if (!signers || !sk_CMS_SignerInfo_num(signers)) {
		buffer_add_text(ret_lines, SIGNATURE_NAME ": there is no signature to be held against --trusted-certs\n");
		departures++;
	}
	sk_X509_pop_free(others, X509_free);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	ERR_clear_error();
	return departures;
}
