/*
 * attributes.c - Linux extended attributes that an entry tells of
 *
 *	security.capability   struct vfs_cap_data (linux/capability.h)
 *	security.selinux      "system_u:object_r:bin_t:s0" and a NUL
 *	security.ima          a kind, then by kind (security/integrity/integrity.h of Linux):
 *		01 DIGEST                       MD5 or SHA-1, told by its length
 *		04 ALGORITHM DIGEST             numbers of uapi/linux/hash_info.h
 *		03 VERSION ALGORITHM KEYID[4] LENGTH[2] SIGNATURE
 *		06 the same over a digest of fs-verity
 *	trusted.overlay.opaque "y", .redirect PATH, .metacopy; user.overlay.* where a user mounts,
 *	user.fuseoverlayfs.* of fuse-overlayfs (Documentation/filesystems/overlayfs.rst)
 */
#include <stdio.h>
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/filesystem.h>
#include <t1554triage/text.h>

#include "tree.h"

enum { IMA_DIGEST_OLD = 1, IMA_SIGNATURE = 3, IMA_DIGEST = 4, IMA_VERITY_SIGNATURE = 6 };

static const char *const overlay_prefixes[] = { "trusted.overlay.", "user.overlay.", "user.fuseoverlayfs.", NULL };

static bool
is_name(const char *name, size_t length, const char *expected)
{
	return length == strlen(expected) && !memcmp(name, expected, length);
}

/* "opaque" of "trusted.overlay.opaque"; NULL: of no overlay. */
static const char *
overlay_name(const char *name, size_t length, size_t *ret_length)
{
	for (const char *const *prefix = overlay_prefixes; *prefix; prefix++) {
		size_t begin = strlen(*prefix);

		if (length <= begin || memcmp(name, *prefix, begin))
			continue;
		*ret_length = length - begin;
		return name + begin;
	}
	return NULL;
}

bool
entry_attribute_is_told(const char *name, size_t name_length)
{
	size_t length;

	return is_name(name, name_length, "security.capability") || is_name(name, name_length, "security.selinux") ||
	       is_name(name, name_length, "security.ima") || overlay_name(name, name_length, &length);
}

static void
take_label(struct entry_attributes *attributes, const char *value, size_t length)
{
	while (length && !value[length - 1])
		length--;
	if (length >= sizeof attributes->selinux || memchr(value, '\0', length)) {
		attributes->odd = true;
		return;
	}
	memcpy(attributes->selinux, value, length);
	attributes->selinux[length] = '\0';
}

/* Numbers of enum hash_algo in uapi/linux/hash_info.h. */
static enum digest_algorithm
algorithm_of(uint8_t number)
{
	static const enum digest_algorithm algorithms[] = { [1] = DIGEST_MD5, [2] = DIGEST_SHA1, [4] = DIGEST_SHA256,
		[5] = DIGEST_SHA384, [6] = DIGEST_SHA512, [7] = DIGEST_SHA224 };

	return number < sizeof algorithms / sizeof *algorithms ? algorithms[number] : DIGEST_NONE;
}

static bool
say_digest(struct entry_attributes *attributes, enum digest_algorithm algorithm, const uint8_t *bytes, size_t length)
{
	struct buffer text;

	if (!algorithm || digest_size(algorithm) != length)
		return false;
	buffer_init(&text, sizeof attributes->ima - 1);
	buffer_add_format(&text, "digest %s ", digest_algorithm_names[algorithm]);
	text_add_hex(&text, bytes, length);
	memcpy(attributes->ima, text.bytes, text.length + 1);
	buffer_release(&text);
	return true;
}

static bool
say_signature(struct entry_attributes *attributes, const uint8_t *value, size_t length)
{
	struct cursor c = cursor_at(value, length, 1);
	uint8_t version = take_u8(&c);
	enum digest_algorithm algorithm = algorithm_of(take_u8(&c));
	uint32_t key = take_u32be(&c);

	take_u16be(&c);
	if (c.failed || version < 2 || version > 3)
		return false;
	snprintf(attributes->ima, sizeof attributes->ima, "signature %s %08x", digest_algorithm_names[algorithm], key);
	return true;
}

static void
take_ima(struct entry_attributes *attributes, const uint8_t *value, size_t length)
{
	bool known = false;

	if (length > 1 && value[0] == IMA_DIGEST_OLD)
		known = say_digest(attributes, digest_algorithm_by_size(length - 1), value + 1, length - 1);
	else if (length > 2 && value[0] == IMA_DIGEST)
		known = say_digest(attributes, algorithm_of(value[1]), value + 2, length - 2);
	else if (length > 2 && (value[0] == IMA_SIGNATURE || value[0] == IMA_VERITY_SIGNATURE))
		known = say_signature(attributes, value, length);
	if (!known)
		snprintf(attributes->ima, sizeof attributes->ima, "unknown");
}

static void
take_overlay(struct entry_attributes *attributes, const char *name, size_t name_length, const uint8_t *value,
	size_t length)
{
	if (is_name(name, name_length, "opaque"))
		attributes->opaque |= length && *value == 'y';
	else if (is_name(name, name_length, "redirect"))
		attributes->redirected = true;
	else if (is_name(name, name_length, "metacopy"))
		attributes->metacopy = true;
}

void
entry_attribute_take(struct entry_attributes *attributes, const char *name, size_t name_length,
	const void *value, size_t length)
{
	size_t overlay_length;
	const char *overlay = overlay_name(name, name_length, &overlay_length);

	if (overlay)
		take_overlay(attributes, overlay, overlay_length, value, length);
	else if (is_name(name, name_length, "security.capability"))
		attributes->odd |= !capabilities_parse(value, length, &attributes->capabilities,
			&attributes->capabilities_effective);
	else if (is_name(name, name_length, "security.selinux"))
		take_label(attributes, value, length);
	else if (is_name(name, name_length, "security.ima"))
		take_ima(attributes, value, length);
}

void
entry_attributes_put(const struct entry_attributes *attributes, struct file_entry *entry)
{
	entry->capabilities = attributes->capabilities;
	entry->capabilities_effective = attributes->capabilities_effective;
	entry->selinux = *attributes->selinux ? attributes->selinux : NULL;
	entry->ima = *attributes->ima ? attributes->ima : NULL;
	entry->opaque = attributes->opaque;
	entry->redirected = attributes->redirected;
	entry->metacopy = attributes->metacopy;
	if (attributes->metacopy && entry->type == ENTRY_REGULAR)
		entry->not_readable = "kept in a layer below (metacopy of an overlay)";
	if (!attributes->odd)
		entry->has |= ENTRY_HAS_ATTRIBUTES;
}
