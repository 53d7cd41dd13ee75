/* manifest.c - MANIFEST.sha256 (as sha256sum writes it) and its signature (RFC 5652, detached, DER). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <t1554triage/descriptor.h>
#include <t1554triage/digest.h>
#include <t1554triage/exit_status.h>
#include <t1554triage/source.h>
#include <t1554triage/text.h>

#include "manifest.h"
#include "signer.h"

enum { MANIFEST_BYTES_MAX = 1 << 20, HEX_DIGITS = 64 };

static EVP_PKEY *
read_key(const char *path)
{
	FILE *file = fopen(path, "re");
	EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;

	if (file)
		fclose(file);
	return key;
}

static X509 *
read_certificate(const char *path)
{
	FILE *file = fopen(path, "re");
	X509 *certificate = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;

	if (file)
		fclose(file);
	return certificate;
}

static bool
sign(const struct buffer *manifest, EVP_PKEY *key, X509 *certificate, struct buffer *ret_signature)
{
	BIO *content = BIO_new_mem_buf(manifest->bytes, (int)manifest->length), *der = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = CMS_sign(certificate, key, NULL, content, CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP);
	bool signed_ = cms && i2d_CMS_bio(der, cms) == 1;
	char *bytes;
	long length = BIO_get_mem_data(der, &bytes);

	if (signed_)
		buffer_add(ret_signature, bytes, (size_t)length);
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	BIO_free(der);
	return signed_;
}

int
manifest_sign(const struct buffer *manifest, const char *key_path, const char *certificate_path,
	struct buffer *ret_signature, struct buffer *ret_message)
{
	size_t before = ret_message->length;
	EVP_PKEY *key = !key_path ? NULL : token_key_is_uri(key_path) ? token_key_open(key_path, ret_message) : read_key(key_path);
	X509 *certificate = certificate_path ? read_certificate(certificate_path) : NULL;
	int status = EXIT_NO_INPUT;

	if (!key && ret_message->length > before)
		buffer_add_text(ret_message, ": nothing is signed");
	else if (!key)
		buffer_add_format(ret_message, "no private key in PEM form could be read from %s: "
			"nothing is signed; name one with --sign-key", key_path ? key_path : "(none given)");
	else if (!certificate)
		buffer_add_format(ret_message, "no certificate in PEM form could be read from %s: "
			"nothing is signed; name one with --sign-cert", certificate_path ? certificate_path : "(none given)");
	else if (!sign(manifest, key, certificate, ret_signature))
		buffer_add_format(ret_message, "%s and %s do not belong together: nothing is signed",
			key_path, certificate_path);
	else
		status = 0;
	EVP_PKEY_free(key);
	X509_free(certificate);
	ERR_clear_error();
	return status;
}

static bool
read_file(int folder, const char *name, size_t limit, struct buffer *ret_bytes)
{
	int descriptor = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t count = -1;
	char block[1 << 14];

	if (descriptor < 0)
		return false;
	while (ret_bytes->length <= limit && (count = read(descriptor, block, sizeof block)) > 0)
		buffer_add(ret_bytes, block, (size_t)count);
	close(descriptor);
	return count == 0;
}

static bool
digest_file(int folder, const char *name, uint8_t ret_sha256[32])
{
	int descriptor = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct digest_stream *stream;
	struct digests digests;
	char block[1 << 16];
	ssize_t count;

	if (descriptor < 0)
		return false;
	stream = digest_stream_open(1u << DIGEST_SHA256);
	while ((count = read(descriptor, block, sizeof block)) > 0)
		digest_stream_update(stream, block, (size_t)count);
	digest_stream_finish(stream, &digests, NULL);
	digest_stream_close(stream);
	close(descriptor);
	memcpy(ret_sha256, digests.sha256, sizeof digests.sha256);
	return count == 0;
}

/* One line: 64 digits, two spaces, a plain name of a file of this folder. */
static unsigned
check_line(int folder, const char *line, struct buffer *ret_lines)
{
	uint8_t recorded[32], computed[32];
	const char *name = line + HEX_DIGITS + 2;

	if (strlen(line) <= HEX_DIGITS + 2 || !text_parse_hex(line, HEX_DIGITS, recorded) ||
	    line[HEX_DIGITS] != ' ' || line[HEX_DIGITS + 1] != ' ' || strchr(name, '/')) {
		buffer_add_text(ret_lines, MANIFEST_NAME ": not a line of sha256sum: ");
		text_add_visible(ret_lines, line, strlen(line));
		buffer_add_char(ret_lines, '\n');
		return 1;
	}
	if (!digest_file(folder, name, computed)) {
		text_add_visible(ret_lines, name, strlen(name));
		buffer_add_format(ret_lines, ": cannot be read: %s\n", strerror(errno));
		return 1;
	}
	if (memcmp(recorded, computed, sizeof recorded) != 0) {
		text_add_visible(ret_lines, name, strlen(name));
		buffer_add_text(ret_lines, ": its SHA-256 is not the one in " MANIFEST_NAME "\n");
		return 1;
	}
	return 0;
}

static bool
is_listed(const struct buffer *manifest, const char *name)
{
	const char *at = manifest->bytes;
	size_t length = strlen(name);

	while (at && *at) {
		size_t line = strcspn(at, "\n");

		if (line == HEX_DIGITS + 2 + length && !memcmp(at + HEX_DIGITS + 2, name, length))
			return true;
		at += line + (at[line] == '\n');
	}
	return false;
}

/* Files that nobody vouches for. */
static unsigned
check_unlisted(int folder, const struct buffer *manifest, struct buffer *ret_lines)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = copy < 0 ? NULL : fdopendir(copy);
	unsigned departures = 0;
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		const char *name = entry->d_name;

		if (!strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, MANIFEST_NAME) ||
		    !strcmp(name, SIGNATURE_NAME) || !strcmp(name, REQUEST_NAME) || !strcmp(name, REPLY_NAME) || is_listed(manifest, name))
			continue;
		text_add_visible(ret_lines, name, strlen(name));
		buffer_add_text(ret_lines, ": is not in " MANIFEST_NAME "\n");
		departures++;
	}
	if (directory)
		closedir(directory);
	return departures;
}

/* Only that the signature belongs to the manifest; who signed is for the reader's own trust store. */
static unsigned
check_signature(int folder, const struct buffer *manifest, struct buffer *ret_lines)
{
	struct buffer der;
	BIO *content, *in;
	CMS_ContentInfo *cms;
	unsigned departures = 0;

	if (faccessat(folder, SIGNATURE_NAME, F_OK, 0) != 0)
		return 0;
	buffer_init(&der, 0);
	read_file(folder, SIGNATURE_NAME, MANIFEST_BYTES_MAX, &der);
	in = BIO_new_mem_buf(der.bytes, (int)der.length);
	content = BIO_new_mem_buf(manifest->bytes, (int)manifest->length);
	cms = d2i_CMS_bio(in, NULL);
	if (!cms || CMS_verify(cms, NULL, NULL, content, NULL,
	    CMS_DETACHED | CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1) {
		buffer_add_text(ret_lines, SIGNATURE_NAME ": is no signature of this " MANIFEST_NAME "\n");
		departures++;
	}
	ERR_clear_error();
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	BIO_free(in);
	buffer_release(&der);
	return departures;
}

static void
digest_into(int folder, const char *name, struct digests *ret_digests)
{
	*ret_digests = (struct digests){ .known = 0 };
	if (digest_file(folder, name, ret_digests->sha256))
		ret_digests->known = 1u << DIGEST_SHA256;
}

void
report_id_of_folder(int folder, char ret_id[36])
{
	static const char mark[] = " id=\"", digits[] = "0123456789abcdef-";
	int descriptor = openat(folder, "report.xml", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char head[1024];
	size_t length = descriptor < 0 ? 0 : descriptor_read_at(descriptor, 0, head, sizeof head - 1);
	const char *at;

	head[length] = '\0';
	at = strstr(head, mark);
	at = at ? at + strlen(mark) : "";
	*ret_id = '\0';
	if (strspn(at, digits) == 35)
		memcpy(ret_id, at, 35);
	ret_id[*ret_id ? 35 : 0] = '\0';
	if (descriptor >= 0)
		close(descriptor);
}

unsigned
report_check_folder(int folder, struct digests *ret_manifest, struct digests *ret_report, struct buffer *ret_lines)
{
	digest_into(folder, MANIFEST_NAME, ret_manifest);
	digest_into(folder, "report.xml", ret_report);
	return manifest_check(folder, ret_lines);
}

static bool
fits(int folder, const struct buffer *manifest, const char *name)
{
	struct buffer der, time;
	bool is_fitting;

	buffer_init(&der, 0);
	buffer_init(&time, 0);
	is_fitting = read_file(folder, name, MANIFEST_BYTES_MAX, &der) && (!strcmp(name, REPLY_NAME)
		? time_reply_fits(manifest, &der, &time) : time_request_fits(manifest, &der));
	buffer_release(&time);
	buffer_release(&der);
	return is_fitting;
}

/* Of a request, and of the reply that an authority gave. */
static unsigned
check_times(int folder, const struct buffer *manifest, struct buffer *ret_lines)
{
	static const char *const names[] = { REQUEST_NAME, REPLY_NAME };
	unsigned departures = 0;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!faccessat(folder, names[i], F_OK, 0) && !fits(folder, manifest, names[i])) {
			buffer_add_format(ret_lines, "%s: is not of this " MANIFEST_NAME "\n", names[i]);
			departures++;
		}
	return departures;
}

unsigned
manifest_check_signers(int folder, X509_STORE *trusted, struct buffer *ret_lines)
{
	struct buffer der;
	unsigned departures;

	buffer_init(&der, 0);
	read_file(folder, SIGNATURE_NAME, MANIFEST_BYTES_MAX, &der);
	departures = signer_check(&der, trusted, ret_lines);
	buffer_release(&der);
	return departures;
}

/* Certificates as the signature holds them: whether they are to be trusted is for the reader's own trust store. */
void
manifest_tell_signers(int folder, bool tells_certificates, struct buffer *ret_lines)
{
	struct buffer der, manifest, time;
	CMS_ContentInfo *cms = NULL;
	STACK_OF(X509) *certificates = NULL;
	BIO *in;

	buffer_init(&der, 0);
	buffer_init(&manifest, 0);
	buffer_init(&time, 0);
	if (tells_certificates && !faccessat(folder, SIGNATURE_NAME, F_OK, 0) &&
	    read_file(folder, SIGNATURE_NAME, MANIFEST_BYTES_MAX, &der)) {
		in = BIO_new_mem_buf(der.bytes, (int)der.length);
		cms = d2i_CMS_bio(in, NULL);
		certificates = cms ? CMS_get1_certs(cms) : NULL;
		BIO_free(in);
	}
	for (int i = 0; certificates && i < sk_X509_num(certificates); i++) {
		char subject[512] = "", issuer[512] = "";

		X509_NAME_oneline(X509_get_subject_name(sk_X509_value(certificates, i)), subject, sizeof subject);
		X509_NAME_oneline(X509_get_issuer_name(sk_X509_value(certificates, i)), issuer, sizeof issuer);
		buffer_add_text(ret_lines, "signed with the certificate of ");
		text_add_visible(ret_lines, subject, strlen(subject));
		buffer_add_text(ret_lines, !strcmp(subject, issuer) ? ", which nobody else vouches for" : ", issued by ");
		text_add_visible(ret_lines, issuer, strcmp(subject, issuer) ? strlen(issuer) : 0);
		buffer_add_text(ret_lines, "; whether it is to be trusted is not checked here (--trusted-certs)\n");
	}
	buffer_clear(&der);
	if (!faccessat(folder, REPLY_NAME, F_OK, 0) && read_file(folder, MANIFEST_NAME, MANIFEST_BYTES_MAX, &manifest) &&
	    read_file(folder, REPLY_NAME, MANIFEST_BYTES_MAX, &der) && time_reply_fits(&manifest, &der, &time))
		buffer_add_format(ret_lines, "time-stamped %s, as " REPLY_NAME " says; \"openssl ts -verify\" holds it against the "
			"authority's certificate\n", time.bytes);
	ERR_clear_error();
	sk_X509_pop_free(certificates, X509_free);
	CMS_ContentInfo_free(cms);
	buffer_release(&time);
	buffer_release(&manifest);
	buffer_release(&der);
}

unsigned
manifest_check(int folder, struct buffer *ret_lines)
{
	struct buffer manifest, line;
	unsigned departures = 0;

	buffer_init(&manifest, 0);
	buffer_init(&line, 0);
	if (!read_file(folder, MANIFEST_NAME, MANIFEST_BYTES_MAX, &manifest)) {
		buffer_add_text(ret_lines, MANIFEST_NAME ": cannot be read: the other files cannot be checked\n");
		departures++;
	}
	for (const char *at = manifest.bytes; *at; ) {
		size_t length = strcspn(at, "\n");

		buffer_clear(&line);
		buffer_add(&line, at, length);
		departures += check_line(folder, line.bytes, ret_lines);
		at += length + (at[length] == '\n');
	}
	departures += check_unlisted(folder, &manifest, ret_lines);
	departures += check_signature(folder, &manifest, ret_lines);
	departures += check_times(folder, &manifest, ret_lines);
	buffer_release(&line);
	buffer_release(&manifest);
	return departures;
}
