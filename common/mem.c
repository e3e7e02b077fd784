/* SPDX-License-Identifier: ISC */
/*
 * Checked allocation, wiping and constant-time comparison. Pure.
 */
#include "common/mem.h"

#include <stdlib.h>
#include <string.h>

enum result
mem_new(size_t count, size_t size, void **out)
{
	void *memory;

	*out = NULL;
	if (count == 0 || size == 0)
		count = size = 1;     /* calloc may answer NULL for nothing, which is no failure */
	memory = calloc(count, size); /* checks the product itself */
	if (memory == NULL)
		return RESULT_MEMORY;
	*out = memory;
	return RESULT_OK;
}

enum result
mem_room(size_t size, uint8_t **out)
{
	*out = malloc(size);
	return *out == NULL ? RESULT_MEMORY : RESULT_OK;
}

enum result
mem_text(struct bytes bytes, char **out)
{
	void *text;

	*out = NULL;
	if (bytes.size == SIZE_MAX)
		return RESULT_MEMORY;
	if (bytes.size > 0 && memchr(bytes.data, 0, bytes.size) != NULL)
		return RESULT_MALFORMED;
	TRY(mem_new(bytes.size + 1, 1, &text));
	if (bytes.size > 0)
		memcpy(text, bytes.data, bytes.size);
	*out = text;
	return RESULT_OK;
}

void
mem_wipe(void *memory, size_t size)
{
	if (memory != NULL && size > 0)
		explicit_bzero(memory, size);
}

bool
mem_equal(struct bytes a, struct bytes b)
{
	const volatile uint8_t *left = a.data;
	const volatile uint8_t *right = b.data;
	uint8_t difference = 0;

	if (a.size != b.size)
		return false;
	for (size_t i = 0; i < a.size; i++)
		difference |= left[i] ^ right[i];
	return difference == 0;
}

void
mem_freep(void *pointer_to_pointer)
{
	void *memory;

	/* Through memcpy: the local may be a pointer to anything, and void * may not alias it. */
	memcpy(&memory, pointer_to_pointer, sizeof(memory));
	free(memory);
	memory = NULL;
	memcpy(pointer_to_pointer, &memory, sizeof(memory));
}

void
mem_wipe_textp(char **text)
{
	if (*text == NULL)
		return;
	mem_wipe(*text, strlen(*text));
	free(*text);
	*text = NULL;
}
