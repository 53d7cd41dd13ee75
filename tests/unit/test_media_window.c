/* test_media_window.c - what verification has read is seen by others whole or not at all, and changed by none of them. */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/triage/media_window.h"
#include "tap.h"

enum { MEBIBYTE = MEDIA_PIECE_BYTES };

/* As a process of verification does: the piece, all of it one byte. */
static void
put(struct media_window *window, uint64_t piece, uint8_t byte)
{
	atomic_store(&window->whole[piece % MEDIA_PIECES], 0);
	atomic_store(&window->asked, piece + 1);
	memset(window->slots[piece % MEDIA_PIECES], byte, MEDIA_PIECE_BYTES);
	atomic_store(&window->whole[piece % MEDIA_PIECES], piece + 1);
}

static void
test_states(struct media_window *window, const struct media_window *view)
{
	uint8_t bytes[3];

	IS(media_window_state(view, 0), MEDIA_WINDOW_AHEAD, "nothing was read");
	OK(!media_window_copy(view, 0, bytes, sizeof bytes), "and nothing is copied");
	put(window, 0, 'a');
	put(window, 1, 'b');
	IS(media_window_state(view, 0), MEDIA_WINDOW_THERE, "a piece is there");
	IS(media_window_state(view, 2 * MEBIBYTE - 1), MEDIA_WINDOW_THERE, "and the next, to its last byte");
	IS(media_window_state(view, 2 * MEBIBYTE), MEDIA_WINDOW_AHEAD, "what follows is to come");
	OK(media_window_copy(view, MEBIBYTE - 1, bytes, sizeof bytes) && !memcmp(bytes, "abb", 3),
		"a copy over the end of a piece");
	OK(!media_window_copy(view, 2 * MEBIBYTE - 1, bytes, sizeof bytes), "none of what is not all there");
	atomic_store(&window->whole[2], 0);
	atomic_store(&window->asked, 3);
	IS(media_window_state(view, 2 * MEBIBYTE), MEDIA_WINDOW_AHEAD, "what is being read is to come");
	atomic_store(&window->whole[2], MEDIA_NOT_WHOLE);
	IS(media_window_state(view, 2 * MEBIBYTE), MEDIA_WINDOW_PAST, "a damaged piece will not come");
	OK(!media_window_copy(view, 2 * MEBIBYTE, bytes, 1), "and is not copied");
	for (uint64_t piece = 3; piece <= MEDIA_PIECES; piece++)
		put(window, piece, (uint8_t)piece);
	IS(media_window_state(view, 0), MEDIA_WINDOW_PAST, "the first was replaced");
	OK(!media_window_copy(view, 0, bytes, 1), "what lies in its place is not taken for it");
	IS(media_window_state(view, MEBIBYTE), MEDIA_WINDOW_THERE, "the second was not");
	atomic_store(&window->asked, UINT64_MAX);
	IS(media_window_state(view, (MEDIA_PIECES + 1ULL) * MEBIBYTE), MEDIA_WINDOW_PAST, "no more will come");
}

/* How a process ends that has only the view: 0, or the signal. */
static int
end_of(void (*attempt)(const struct media_window *view), const struct media_window *view)
{
	pid_t child = fork();
	int status = 0;

	if (!child) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		attempt(view);
		_exit(0);
	}
	waitpid(child, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void
make_writable(const struct media_window *view)
{
	_exit(mprotect((void *)(uintptr_t)view, sizeof *view, PROT_READ | PROT_WRITE) ? 0 : 1);
}

static void
look(const struct media_window *view)
{
	_exit(view->slots[1][0] == 'b' ? 0 : 1);
}

static void
test_rights(struct media_window *window, const struct media_window *view)
{
	OK(mincore(window, 4096, (unsigned char[1]){ 0 }) == 0, "who opened it has it");
	OK(end_of(look, window) != 0, "what is forked has not what can be written");
	OK(end_of(look, view) != 0, "nor the view, if no plan says so");
	madvise((void *)(uintptr_t)view, sizeof *view, MADV_DOFORK);
	IS(end_of(look, view), 0, "with it the pieces are seen");
	IS(end_of(make_writable, view), 0, "and cannot be made writable");
	madvise((void *)(uintptr_t)view, sizeof *view, MADV_DONTFORK);
}

/* Pieces are replaced all the time; who copies meanwhile gets all of one piece or nothing. */
static void
test_replacing(struct media_window *window, const struct media_window *view)
{
	enum { ROUNDS = 400 };
	unsigned torn = 0, copied = 0;
	uint8_t *bytes = malloc(65536);
	pid_t child;

	madvise(window, sizeof *window, MADV_DOFORK);
	put(window, 0, 1);
	child = fork();
	if (!child) {
		for (uint64_t piece = 0; piece < ROUNDS; piece++)
			put(window, piece * MEDIA_PIECES, (uint8_t)(piece % 251 + 1));
		_exit(0);
	}
	while (!waitpid(child, NULL, WNOHANG)) {
		uint64_t piece = atomic_load(&view->whole[0]) - 1;

		if (piece == UINT64_MAX || !media_window_copy(view, piece * MEBIBYTE + 4096, bytes, 65536))
			continue;
		copied++;
		torn += bytes[0] != piece / MEDIA_PIECES % 251 + 1 || memcmp(bytes, bytes + 1, 65535) != 0;
	}
	IS(torn, 0, "no copy is of two pieces");
	OK(copied, "and copies were made");
	free(bytes);
}

int
main(void)
{
	const struct media_window *view;
	struct media_window *window = media_window_open(&view);

	if (!window || !view) {
		puts("1..0 # SKIP this kernel seals no memory");
		return 0;
	}
	IS(atomic_load(&window->wanted), UINT64_MAX, "nobody wants anything at first");
	test_states(window, view);
	test_rights(window, view);
	test_replacing(window, view);
	media_window_close(window, view);
	return tap_done();
}
