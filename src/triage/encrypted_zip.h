/* encrypted_zip.h - members of a zip, encrypted as WinZip does (AE-2, AES-256), written as a stream. */
#ifndef ENCRYPTED_ZIP_H
#define ENCRYPTED_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The password of samples of malware is public: it keeps scanners and double clicks away, and hides nothing.  So salts are
 * no secret either: each is made from the SHA-256 of the content, so that the same members give the same bytes.
 */
struct encrypted_zip;

/* Writes to the descriptor, which stays the caller's. */
struct encrypted_zip *encrypted_zip_open(int descriptor, const char *password);
/* A member of that many bytes follows; name in plain ASCII.  Less than 4 GiB altogether, and 65,535 members. */
void encrypted_zip_begin(struct encrypted_zip *zip, const char *name, uint32_t size, const uint8_t sha256[32]);
void encrypted_zip_add(struct encrypted_zip *zip, const void *bytes, size_t length);
/* Writes the list of members: 0, or errno of the first failure of all (EINVAL: a member had another size than was said). */
int  encrypted_zip_close(struct encrypted_zip *zip);

#endif
