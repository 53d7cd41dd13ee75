/* unpacked.c - an archive that a store keeps says what lies where it was unpacked. */
#include <string.h>

#include <t1554triage/limit.h>
#include <t1554triage/package_content.h>
#include <t1554triage/text.h>

#include "unpacked.h"

struct unpacking { struct unpacked *unpacked; const struct artifact *archive; };

bool
unpacked_digest(struct source *content, struct digest *ret_digest)
{
	struct digest_stream *stream = digest_stream_open(1u << DIGEST_SHA256);
	uint8_t block[16384];
	struct digests digests;
	uint64_t offset = 0, limit = limit_get(LIMIT_ARTIFACT_BYTES);
	enum status status = STATUS_OK;
	size_t got = 0;

	while (offset < limit && (status = source_read(content, offset, block, sizeof block, &got)) == STATUS_OK && got) {
		digest_stream_update(stream, block, got);
		offset += got;
	}
	digest_stream_finish(stream, &digests, NULL);
	digest_stream_close(stream);
	*ret_digest = (struct digest){ .algorithm = DIGEST_SHA256 };
	memcpy(ret_digest->bytes, digests.sha256, sizeof digests.sha256);
	return status >= STATUS_OK && offset < limit;
}

bool
unpacked_is_within(const char *name)
{
	for (const char *at = name; *at; at += strcspn(at, "/")) {
		at += *at == '/';
		if (!strncmp(at, "..", 2) && (!at[2] || at[2] == '/'))
			return false;
	}
	return *name != '\0';
}

static void
take_file(void *context, const char *product, const char *path, struct source *content)
{
	const struct unpacking *unpacking = context;
	struct unpacked *unpacked = unpacking->unpacked;
	struct package_file row = { .package = unpacked->package, .at = unpacking->archive->place };
	const char *name = strchr(path + 1, '/');
	struct arena arena;

	(void)product;
	if (!name || !unpacked_is_within(name) || !unpacked_digest(content, &row.digest))
		return;
	arena_init(&arena);
	row.path = arena_format(&arena, "%s%s", unpacked->folder, name);
	unpacked->files++;
	manifest_file(unpacked->manifest, &row);
	arena_release(&arena);
}

enum status
unpacked_read_tar(struct unpacked *unpacked, const struct artifact *archive)
{
	struct unpacking unpacking = { unpacked, archive };
	struct source *tar;
	enum status status = artifact_open(archive, unpacked->manifest->notes, &tar);

	if (status < STATUS_DAMAGED)
		return status;
	status = status_worse(status, package_content_read_tar(tar, &archive->place,
		&(struct package_content_sink){ take_file, &unpacking }, unpacked->manifest->notes));
	source_close(tar);
	return status;
}
