/* SPDX-License-Identifier: ISC */
/*
 * Open files and folders by their handles (pure).
 */
#include "sftp-server/handles.h"

#include <stdlib.h>

void
handles_init(struct handles *handles, size_t most)
{
	*handles = (struct handles){ .most = most };
}

static enum result
find_slot(struct handles *handles, size_t *out)
{
	struct handle *slots;

	for (size_t i = 0; i < handles->count; i++) {
		if (handles->slots[i].file == NULL) {
			*out = i;
			return RESULT_OK;
		}
	}
	if (handles->count >= handles->most)
		return RESULT_LIMIT;
	slots = realloc(handles->slots, (handles->count + 1) * sizeof(*slots));
	if (slots == NULL)
		return RESULT_MEMORY;
	handles->slots = slots;
	slots[handles->count] = (struct handle){ 0 };
	*out = handles->count++;
	return RESULT_OK;
}

enum result
handles_add(struct handles *handles, const struct handle *handle, uint8_t *name)
{
	struct writer writer = writer_into(name, HANDLE_SIZE);
	uint32_t generation;
	size_t i;

	TRY(find_slot(handles, &i));
	generation = handles->slots[i].generation + 1;
	handles->slots[i] = *handle;
	handles->slots[i].generation = generation;
	put_u32(&writer, (uint32_t)i);
	put_u32(&writer, generation);
	return writer_end(&writer);
}

struct handle *
handles_find(const struct handles *handles, struct bytes name)
{
	struct reader reader = reader_of(name);
	uint32_t i = get_u32(&reader);
	uint32_t generation = get_u32(&reader);

	if (reader_end(&reader) != RESULT_OK || i >= handles->count ||
	    handles->slots[i].file == NULL || handles->slots[i].generation != generation)
		return NULL;
	return &handles->slots[i];
}

void
handles_remove(struct handle *handle)
{
	handle->file = NULL;
}
