/* tree.c - an index of names in memory. */
#include <string.h>

#include <t1554triage/cursor.h>
#include <t1554triage/limit.h>

#include "tree.h"

void
tree_init(struct tree *tree)
{
	*tree = (struct tree){ .count = 1 };
	map_init(&tree->names);
	arena_init(&tree->texts);
	tree->nodes = memory_grow(NULL, 0, &tree->capacity, sizeof *tree->nodes);
	tree->nodes[TREE_ROOT] = (struct tree_node){ .name = "", .type = ENTRY_DIRECTORY };
}

void
tree_release(struct tree *tree)
{
	map_release(&tree->names);
	arena_release(&tree->texts);
	memory_free(tree->nodes);
	*tree = (struct tree){ .nodes = NULL };
}

void
tree_settle(struct tree *tree)
{
	map_release(&tree->names);
	memory_give_back();
}

/* The number of the parent, then the name. */
static size_t
make_key(char *key, uint32_t parent, const char *name, size_t length)
{
	memcpy(key, &parent, sizeof parent);
	memcpy(key + sizeof parent, name, length);
	return sizeof parent + length;
}

enum { COMPONENT_MAX = 4096 };

static uint32_t
find_child(const struct tree *tree, uint32_t parent, const char *name, size_t length)
{
	char key[sizeof parent + COMPONENT_MAX];
	uint64_t index;

	if (map_get(&tree->names, key, make_key(key, parent, name, length), &index))
		return (uint32_t)index;
	return TREE_NOWHERE;
}

static uint32_t
add_child(struct tree *tree, uint32_t parent, const char *name, size_t length)
{
	char key[sizeof parent + COMPONENT_MAX];
	uint32_t index = find_child(tree, parent, name, length);

	if (index != TREE_NOWHERE)
		return index;
	if (tree->count >= limit_get(LIMIT_ARCHIVE_MEMBERS) || tree->count >= TREE_NOWHERE)
		return TREE_NOWHERE;
	index = (uint32_t)tree->count;
	tree->nodes = memory_grow(tree->nodes, tree->count, &tree->capacity, sizeof *tree->nodes);
	tree->nodes[tree->count++] = (struct tree_node){ .name = arena_copy(&tree->texts, name, length),
		.parent = parent };
	map_add(&tree->names, key, make_key(key, parent, name, length), index);
	/* 0 stands for "none" in the lists: the root is nobody's child. */
	if (tree->nodes[parent].last_child)
		tree->nodes[tree->nodes[parent].last_child].next = index;
	else
		tree->nodes[parent].first_child = index;
	tree->nodes[parent].last_child = index;
	/* What has children is a folder, whatever was said of it: else they could not be reached. */
	tree->nodes[parent].type = ENTRY_DIRECTORY;
	return index;
}

/* Takes the next component of a path that matters; false at the end. */
static bool
next_component(const char **at, const char *end, const char **ret_name, size_t *ret_length)
{
	do {
		while (*at < end && **at == '/')
			(*at)++;
		*ret_name = *at;
		while (*at < end && **at != '/')
			(*at)++;
		*ret_length = (size_t)(*at - *ret_name);
	} while (*ret_length == 1 && **ret_name == '.');
	return *ret_length > 0;
}

uint32_t
tree_add(struct tree *tree, const char *path, size_t length)
{
	const char *at = path, *end = path + length, *name;
	uint32_t node = TREE_ROOT;
	uint64_t depth = 0;
	bool odd = length && *path == '/';
	size_t name_length;

	while (node != TREE_NOWHERE && next_component(&at, end, &name, &name_length)) {
		if (name_length == 2 && !memcmp(name, "..", 2)) {
			odd = true;
			node = tree->nodes[node].parent;
		} else if (name_length > COMPONENT_MAX || memchr(name, '\0', name_length) ||
			++depth > limit_get(LIMIT_DIRECTORY_DEPTH)) {
			node = TREE_NOWHERE;
		} else {
			node = add_child(tree, node, name, name_length);
		}
	}
	tree->odd_names += odd;
	tree->dropped += node == TREE_NOWHERE;
	return node;
}

uint32_t
tree_find(const struct tree *tree, const char *path, size_t length)
{
	const char *at = path, *end = path + length, *name;
	uint32_t node = TREE_ROOT;
	size_t name_length;

	while (node != TREE_NOWHERE && next_component(&at, end, &name, &name_length)) {
		if (name_length == 2 && !memcmp(name, "..", 2))
			node = tree->nodes[node].parent;
		else
			node = name_length > COMPONENT_MAX ? (uint32_t)TREE_NOWHERE : find_child(tree, node, name, name_length);
	}
	return node;
}

struct tree_time
tree_time_from(const struct timestamp *time)
{
	return (struct tree_time){ .seconds = time->seconds, .nanoseconds = time->nanoseconds,
		.resolution_nanoseconds = time->resolution_nanoseconds & 0x7FFFFFFF, .local = time->local };
}

static struct timestamp
tree_time_of(const struct tree_time *time)
{
	return (struct timestamp){ .seconds = time->seconds, .nanoseconds = time->nanoseconds,
		.resolution_nanoseconds = time->resolution_nanoseconds, .local = time->local };
}

static void
make_entry(const struct tree_node *node, uint32_t index, const char *path, const char *inode,
	struct file_entry *ret_entry)
{
	*ret_entry = (struct file_entry){
		.path = path, .inode = node->has & ENTRY_HAS_INODE ? inode : NULL, .node = index, .has = node->has, .type = node->type, .state = ENTRY_ALLOCATED,
		.content_state = CONTENT_INTACT, .size = node->size, .mode = node->mode, .uid = node->uid,
		.gid = node->gid, .capabilities = node->capabilities,
		.capabilities_effective = node->capabilities_effective, .immutable = node->immutable,
		.link_target = node->link_target, .disk_offset = node->order, .not_readable = node->not_readable,
		.times = {
			.modified = tree_time_of(&node->modified), .accessed = tree_time_of(&node->accessed),
			.changed = tree_time_of(&node->changed), .born = tree_time_of(&node->born),
		},
	};
}

const struct tree_node *
tree_node_of(const struct tree *tree, uint64_t node)
{
	if (node == UINT64_MAX)
		return &tree->nodes[TREE_ROOT];
	return node < tree->count ? &tree->nodes[node] : NULL;
}

enum status
tree_list(const struct tree *tree, uint64_t node, const char *path, const struct entry_sink *out)
{
	const struct tree_node *directory = tree_node_of(tree, node);
	struct file_entry entry;
	struct buffer name, inode;
	bool go_on = true;

	if (!directory)
		return STATUS_UNREADABLE;
	buffer_init(&name, 0);
	buffer_init(&inode, 0);
	for (uint32_t child = directory->first_child; child && go_on; child = tree->nodes[child].next) {
		buffer_clear(&name);
		buffer_add_text(&name, !strcmp(path, "/") ? "" : path);
		buffer_add_char(&name, '/');
		buffer_add_text(&name, tree->nodes[child].name);
		buffer_clear(&inode);
		buffer_add_u64(&inode, tree->nodes[child].inode);
		make_entry(&tree->nodes[child], child, name.bytes, inode.bytes, &entry);
		go_on = out->entry(out->context, &entry);
	}
	buffer_release(&inode);
	buffer_release(&name);
	return STATUS_OK;
}

bool
capabilities_parse(const void *bytes, size_t length, uint64_t *ret_permitted, bool *ret_effective)
{
	struct cursor c = cursor_over(bytes, length);
	uint32_t magic = take_u32le(&c), revision = magic >> 24;
	uint64_t permitted = take_u32le(&c);

	take_u32le(&c);		/* inheritable */
	if (revision >= 2)
		permitted |= (uint64_t)take_u32le(&c) << 32;
	if (c.failed || revision < 1 || revision > 3)
		return false;
	*ret_permitted = permitted;
	*ret_effective = magic & 1;
	return true;
}
