/* products.c - products of the NSRL by their code, and which of them are tools. */
#include <string.h>

#include "products.h"

enum status
products_init(struct products *products, const struct notes *notes)
{
	*products = (struct products){ .count = 0 };
	arena_init(&products->arena);
	map_init(&products->numbers);
	map_init(&products->systems);
	products->small_numbers = arena_allocate(&products->arena, PRODUCTS_SMALL_CODES * sizeof *products->small_numbers);
	return tool_types_read(&products->arena, notes, &products->tools) < 0 ? STATUS_DAMAGED : STATUS_OK;
}

void
products_release(struct products *products)
{
	memory_free(products->items);
	map_release(&products->numbers);
	map_release(&products->systems);
	arena_release(&products->arena);
}

static bool
is_small(int64_t code)
{
	return code >= 0 && code < PRODUCTS_SMALL_CODES;
}

static struct product *
find_product(const struct products *products, int64_t code)
{
	uint64_t number;

	if (is_small(code))
		return products->small_numbers[code] ? &products->items[products->small_numbers[code] - 1] : NULL;
	return map_get(&products->numbers, &code, sizeof code, &number) ? &products->items[number] : NULL;
}

const struct product *
products_find(const struct products *products, int64_t code)
{
	return find_product(products, code);
}

void
products_add(struct products *products, int64_t code, const char *name, const char *version,
	const char *application_type, const char *system)
{
	bool tool = tool_types_match(&products->tools, application_type);
	struct product *product = find_product(products, code);

	if (product && (!tool || product->tool))
		return;
	if (!product) {
		if (is_small(code))
			products->small_numbers[code] = (uint32_t)products->count + 1;
		else
			map_add(&products->numbers, &code, sizeof code, products->count);
		products->items = memory_grow(products->items, products->count, &products->capacity,
			sizeof *products->items);
		product = &products->items[products->count++];
	}
	*product = (struct product){
		.name = arena_format(&products->arena, "%s%s%s", name, *name && *version ? " " : "", version),
		.application_type = arena_copy_text(&products->arena, application_type),
		.system = arena_copy_text(&products->arena, system), .tool = tool,
	};
}

void
products_add_system(struct products *products, const char *code, const char *name, const char *version)
{
	map_add_text(&products->systems, code, (uintptr_t)arena_format(&products->arena, "%s%s%s", name,
		*name && *version ? " " : "", version));
}

const char *
products_system(const struct products *products, const char *code)
{
	uint64_t name;

	return map_get_text(&products->systems, code, &name) ? (const char *)(uintptr_t)name : code;
}

bool
products_describe(const struct products *products, int64_t code, struct hash_row *row)
{
	const struct product *product = find_product(products, code);

	if (!product)
		return false;
	row->product = product->name;
	row->application_type = product->application_type;
	row->system = products_system(products, product->system);
	row->class = product->tool ? HASH_TOOL : HASH_NONE;
	return true;
}
