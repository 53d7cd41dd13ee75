/* medium.h - what evidence lies on, and whether several processes should read it at once. */
#ifndef MEDIUM_H
#define MEDIUM_H

#include <stdbool.h>
#include <stdint.h>

#include <t1554triage/buffer.h>

/*
 * True if it is read fastest by one process from front to back: rotational
 * disks, USB, network file systems.  Appends one sentence that says why, or why not.
 */
bool medium_is_sequential(int descriptor, struct buffer *ret_why);

/* The same of a block device, by the files below sysfs ("/sys"). */
bool device_is_sequential(const char *sysfs, unsigned major, unsigned minor, struct buffer *ret_why);

#endif
