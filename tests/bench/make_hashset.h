/* make_hashset.h - the rows of the sets that are made for the benchmarks. */
#ifndef MAKE_HASHSET_H
#define MAKE_HASHSET_H

#include <stdbool.h>
#include <stdint.h>

struct made_row {
	char     sha256[65], sha1[41], md5[33], crc32[9], name[32];
	uint64_t size, product, system;
};

/* by_sha256: rows ascend by that, else by their SHA-1. */
void make_row(uint64_t number, uint64_t rows, bool by_sha256, struct made_row *ret_row);
int  make_rds3(uint64_t rows, const char *path, unsigned products, unsigned systems);

#endif
