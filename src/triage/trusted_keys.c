/*
 * trusted_keys.c - the folder of --trusted-keys: files of OpenPGP keys, as "gpg --export" or distributions write them.
 *
 * It is read before the first byte of evidence: what an image holds never adds a key.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <t1554triage/digest.h>

#include "trusted_keys.h"

enum { FILE_BYTES_MOST = 256 << 20, FILES_MOST = 4096, CANNOT_OPEN = 66 };

struct loading {
	struct trusted_keys *keys;
	struct arena        *arena;
	const struct notes  *notes;
	struct buffer       *message;
	const char          *folder;
	const char         **files;
};

static bool
read_file(int descriptor, struct buffer *out)
{
	static const size_t block_bytes = 65536;
	char *block = memory_allocate(1, block_bytes);
	ssize_t got;

	while ((got = read(descriptor, block, block_bytes)) > 0 && !out->overflowed)
		buffer_add(out, block, (size_t)got);
	memory_free(block);
	return got == 0;
}

static const char *
describe(struct arena *arena, const char *name, size_t count, const struct buffer *content)
{
	struct digest_stream *stream = digest_stream_open(1u << DIGEST_SHA256);
	struct digest digest = { .algorithm = DIGEST_SHA256 };
	struct digests digests;
	struct buffer hex;
	const char *text;

	digest_stream_update(stream, content->bytes, content->length);
	digest_stream_finish(stream, &digests, NULL);
	digest_stream_close(stream);
	memcpy(digest.bytes, digests.sha256, sizeof digests.sha256);
	buffer_init(&hex, 0);
	digest_add_hex(&hex, &digest);
	text = arena_format(arena, "%s: %zu keys, SHA-256 %s", name, count, hex.bytes);
	buffer_release(&hex);
	return text;
}

static int
load_file(struct loading *loading, int folder, const char *name)
{
	int descriptor = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct buffer content;
	struct stat status;
	bool is_read = false;

	if (descriptor >= 0 && !fstat(descriptor, &status) && !S_ISREG(status.st_mode)) {
		close(descriptor);
		return 0;
	}
	buffer_init(&content, FILE_BYTES_MOST);
	if (descriptor >= 0)
		is_read = read_file(descriptor, &content) && !content.overflowed;
	if (is_read)
		loading->files[loading->keys->file_count++] = describe(loading->arena, name,
			keyring_add(loading->keys->keyring, name, content.bytes, content.length, loading->notes), &content);
	else
		buffer_add_format(loading->message, "%s/%s: the trusted keys cannot be read: %s\n", loading->folder, name,
			content.overflowed ? "the file is too large" : strerror(errno));
	buffer_release(&content);
	if (descriptor >= 0)
		close(descriptor);
	return is_read ? 0 : CANNOT_OPEN;
}

static int
load_folder(struct loading *loading)
{
	struct dirent **names;
	int count = scandir(loading->folder, &names, NULL, alphasort), status = 0;
	int folder = open(loading->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (count < 0 || count > FILES_MOST || folder < 0) {
		buffer_add_format(loading->message, "%s: the folder of trusted keys cannot be read: %s\n", loading->folder,
			count > FILES_MOST ? "it holds too many files" : strerror(errno));
		status = CANNOT_OPEN;
	}
	loading->files = arena_allocate(loading->arena, FILES_MOST * sizeof *loading->files);
	for (int i = 0; i < count; i++) {
		if (!status)
			status = load_file(loading, folder, names[i]->d_name);
		memory_free(names[i]);
	}
	if (count >= 0)
		memory_free(names);
	if (folder >= 0)
		close(folder);
	return status;
}

int
trusted_keys_load(const char *folder, struct arena *arena, const struct notes *notes, struct trusted_keys *ret_keys,
	struct buffer *ret_message)
{
	struct loading loading = { .keys = ret_keys, .arena = arena, .notes = notes, .message = ret_message,
		.folder = folder };
	int status;

	*ret_keys = (struct trusted_keys){ .keyring = NULL };
	if (!folder)
		return 0;
	ret_keys->keyring = keyring_open();
	status = load_folder(&loading);
	ret_keys->files = loading.files;
	if (!status && !keyring_count(ret_keys->keyring)) {
		buffer_add_format(ret_message, "%s: none of its files holds an OpenPGP public key; \"gpg --export KEY >%s/KEY.gpg\" "
			"writes one\n", folder, folder);
		status = CANNOT_OPEN;
	}
	return status;
}
