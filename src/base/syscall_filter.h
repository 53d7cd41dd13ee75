/* syscall_filter.h - the system calls that reading evidence needs. */
#ifndef SYSCALL_FILTER_H
#define SYSCALL_FILTER_H

#include <stdbool.h>

/* with_folders: opening files for reading stays allowed (Landlock says below what). */
bool syscall_filter_enter(bool with_folders);
bool syscall_filter_is_built(void);	/* false without libseccomp and in sanitizer builds */

#endif
