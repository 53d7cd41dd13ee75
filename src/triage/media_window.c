/*
 * media_window.c - the pieces of the media that verification has read last, for others to look at.
 *
 * In a default run verification and examination need the same chunks of a container. Verification inflates each; an
 * examination that goes along the disk with it copies from here and inflates little itself.  Nothing goes the
 * other way: what a process that parses file systems has taken over cannot change a byte that is digested.
 *
 * A piece may be replaced while it is copied.  Who writes takes its number away first and puts the new one there when
 * all is written; who copies looks at the number before and after (Boehm, Can seqlocks get along with programming
 * language memory models?, 2012).
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "media_window.h"

/* Sealed: what is mapped from then on cannot be written, and cannot be made so (memfd_create(2), fcntl(2)). */
static bool
seal(int descriptor)
{
#ifdef F_SEAL_FUTURE_WRITE
	return !fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL);
#else
	(void)descriptor;
	return false;
#endif
}

struct media_window *
media_window_open(const struct media_window **ret_view)
{
	const size_t size = sizeof (struct media_window);
	int descriptor = memfd_create("media", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	bool is_sized = descriptor >= 0 && !ftruncate(descriptor, (off_t)size);
	struct media_window *window = mmap(NULL, size, PROT_READ | PROT_WRITE,
		is_sized ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS, is_sized ? descriptor : -1, 0);
	void *view = MAP_FAILED;

	*ret_view = NULL;
	if (window != MAP_FAILED && is_sized && seal(descriptor))
		view = mmap(NULL, size, PROT_READ, MAP_SHARED, descriptor, 0);
	if (descriptor >= 0)
		close(descriptor);
	/* A process has it where the plan of its pool says so. */
	if (view != MAP_FAILED && madvise(view, size, MADV_DONTFORK)) {
		munmap(view, size);
		view = MAP_FAILED;
	}
	if (window == MAP_FAILED)
		return NULL;
	if (madvise(window, size, MADV_DONTFORK) && view != MAP_FAILED) {
		munmap(view, size);
		view = MAP_FAILED;
	}
	*ret_view = view == MAP_FAILED ? NULL : view;
	atomic_store(&window->wanted, UINT64_MAX);
	return window;
}

void
media_window_close(struct media_window *window, const struct media_window *view)
{
	if (view)
		munmap((void *)(uintptr_t)view, sizeof *view);
	if (window)
		munmap(window, sizeof *window);
}

uint64_t
media_window_base(const struct run *run, size_t exhibit)
{
	uint64_t base = 0;

	for (size_t i = 0; i < exhibit; i++)
		if (run->exhibits.items[i].kind == EXHIBIT_IMAGE)
			base += (run->inventory.evidences[i].size + MEDIA_PIECE_BYTES - 1) / MEDIA_PIECE_BYTES *
				MEDIA_PIECE_BYTES;
	return base;
}

enum media_window_state
media_window_state(const struct media_window *view, uint64_t place)
{
	uint64_t piece = place / MEDIA_PIECE_BYTES, asked = atomic_load_explicit(&view->asked, memory_order_acquire);
	uint64_t whole;

	if (piece >= asked)
		return MEDIA_WINDOW_AHEAD;
	if (asked - piece > MEDIA_PIECES)
		return MEDIA_WINDOW_PAST;
	whole = atomic_load_explicit(&view->whole[piece % MEDIA_PIECES], memory_order_relaxed);
	return !whole ? MEDIA_WINDOW_AHEAD : whole == piece + 1 ? MEDIA_WINDOW_THERE : MEDIA_WINDOW_PAST;
}

static bool
copy_of_piece(const struct media_window *view, uint64_t place, uint8_t *bytes, size_t length)
{
	uint64_t piece = place / MEDIA_PIECE_BYTES;
	const atomic_ullong *whole = &view->whole[piece % MEDIA_PIECES];

	if (atomic_load_explicit(whole, memory_order_acquire) != piece + 1)
		return false;
	memcpy(bytes, view->slots[piece % MEDIA_PIECES] + place % MEDIA_PIECE_BYTES, length);
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(whole, memory_order_relaxed) == piece + 1;
}

bool
media_window_copy(const struct media_window *view, uint64_t place, void *bytes, size_t length)
{
	for (size_t done = 0, piece; done < length; done += piece) {
		piece = MEDIA_PIECE_BYTES - (size_t)((place + done) % MEDIA_PIECE_BYTES);
		if (piece > length - done)
			piece = length - done;
		if (!copy_of_piece(view, place + done, (uint8_t *)bytes + done, piece))
			return false;
	}
	return true;
}
