/* tsk_image.c - a source of evidence bytes for libtsk. */
#include <stdint.h>
#include <string.h>

#include <t1554triage/memory.h>
#include <t1554triage/tsk_image.h>

struct tsk_source_image {
	TSK_IMG_INFO   info;	/* first: libtsk hands out its address */
	struct source *source;
};

static bool
is_cache_of(const TSK_IMG_INFO *info, const char *bytes)
{
	uintptr_t cache = (uintptr_t)info->cache, at = (uintptr_t)bytes;

	return at >= cache && at - cache < sizeof info->cache;
}

static uint64_t
touches_of(const struct source *source)
{
	return source->damage ? source->damage->touches : 0;
}

/* Reads all of it, with zeros where the source gives nothing. */
static enum status
read_whole(struct source *source, uint64_t offset, char *bytes, size_t length)
{
	enum status status = STATUS_OK;
	size_t done = 0;

	while (done < length) {
		size_t got = 0;
		enum status one = source_read(source, offset + done, bytes + done, length - done, &got);

		status = status_worse(status, one);
		if (one == STATUS_END || one <= STATUS_UNREADABLE || !got)
			break;
		done += got;
	}
	memset(bytes + done, 0, length - done);
	return done < length ? status_worse(status, STATUS_UNREADABLE) : status;
}

/*
 * libtsk fills its cache with 64 KiB at a time and, where that fails, asks
 * again for the sectors that it needs.  Refusing to fill the cache with damage
 * keeps a later read of the same block from going unseen, and damage nearby
 * from being laid at the door of a file that does not lie on it.
 */
static ssize_t
read_source(TSK_IMG_INFO *info, TSK_OFF_T offset, char *bytes, size_t length)
{
	struct source *source = ((struct tsk_source_image *)info)->source;
	uint64_t before = touches_of(source);
	enum status status;

	if (offset < 0 || (uint64_t)offset >= source->size)
		return -1;
	if (length > source->size - (uint64_t)offset)
		length = (size_t)(source->size - (uint64_t)offset);
	status = read_whole(source, (uint64_t)offset, bytes, length);
	if (status < STATUS_OK && is_cache_of(info, bytes)) {
		if (source->damage)
			source->damage->touches = before;
		return -1;
	}
	if (status < STATUS_OK && source->damage && source->damage->touches == before)
		source->damage->touches++;
	return (ssize_t)length;
}

static void
close_source(TSK_IMG_INFO *info)
{
	memory_free(info);
}

static void
describe_nothing(TSK_IMG_INFO *info, FILE *out)
{
	(void)info;
	(void)out;
}

TSK_IMG_INFO *
tsk_image_open(struct source *source, uint32_t sector_size)
{
	struct tsk_source_image *image = memory_allocate(1, sizeof *image);

	image->source = source;
	return tsk_img_open_external(image, (TSK_OFF_T)source->size, sector_size ? sector_size : 512,
		read_source, close_source, describe_nothing);
}

void
tsk_image_close(TSK_IMG_INFO *image)
{
	if (image)
		tsk_img_close(image);
}
