/* beside.h - what else is recorded near a change: shown with a finding, never a reason for it or against it. */
#ifndef CHECK_BESIDE_H
#define CHECK_BESIDE_H

#include "finding.h"

/*
 * Adds to the text of the draft who logged in within an hour of the change of the file, which commands were run by sudo
 * and what was deployed then, the nearest of each first, with the lines as places; nothing where its time is not known or
 * is that of a copy of the whole tree.  And what an integrity checker reported of the file last, whenever that was.
 */
void add_beside(struct draft *draft, const struct inventory *inventory, const struct file *file);

#endif
