/* SPDX-License-Identifier: ISC */
/*
 * Stands in for libFuzzer: gives a harness its corpus, and near misses of each seed: every prefix
 * and every byte changed in a few ways. Runs in `make check` with any compiler. Edge.
 *
 * With arguments, it runs the files and folders named; without, the folder of the corpus that has
 * the harness's name (fuzz_krl: $SALLYPORT_CORPUS/krl).
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SEED_MAX   (1 << 20)
#define CHANGE_MAX 256 /* changes and cuts are made up to this offset only, for time's sake */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

/* A copy that has exactly the input's size, so that the sanitizer sees a read beyond its end. */
static void
run_copy(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size == 0 ? 1 : size);

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void
run_near_misses(uint8_t *data, size_t size)
{
	static const uint8_t changes[] = { 0x01, 0x80, 0xff };
	size_t most = size < CHANGE_MAX ? size : CHANGE_MAX;

	for (size_t i = 0; i < most; i++) {
		run_copy(data, i);
		for (size_t change = 0; change < sizeof(changes); change++) {
			data[i] ^= changes[change];
			run_copy(data, size);
			data[i] ^= changes[change];
		}
	}
}

static unsigned int
run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(SEED_MAX);
	size_t size;

	if (file == NULL || data == NULL) {
		printf("Bail out! cannot read %s\n", path);
		exit(1);
	}
	size = fread(data, 1, SEED_MAX, file);
	fclose(file);
	printf("# %s, %zu bytes\n", path, size);
	fflush(stdout); /* a crash must not take the name of its seed with it */
	run_copy(data, size);
	run_near_misses(data, size);
	free(data);
	return 1;
}

static int
not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static unsigned int
run_path(const char *path)
{
	struct dirent **entries = NULL;
	struct stat info;
	unsigned int count = 0;
	char below[4096];
	int found;

	if (stat(path, &info) == 0 && S_ISREG(info.st_mode))
		return run_file(path);
	found = scandir(path, &entries, not_hidden, alphasort);
	for (int i = 0; i < found; i++) {
		snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);
		count += run_file(below);
		free(entries[i]);
	}
	free(entries);
	return count;
}

/* The folder of the corpus that has the harness's name. */
static unsigned int
run_own_corpus(const char *program)
{
	const char *corpus = getenv("SALLYPORT_CORPUS");
	const char *slash = strrchr(program, '/');
	const char *name = slash == NULL ? program : slash + 1;
	char path[4096];

	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	snprintf(path, sizeof(path), "%s/%s", corpus == NULL ? "tests/fuzz/corpus" : corpus, name);
	return run_path(path);
}

int
main(int argc, char **argv)
{
	unsigned int count = 0;

	if (LLVMFuzzerInitialize != NULL)
		LLVMFuzzerInitialize(&argc, &argv);
	printf("1..1\n");
	run_copy((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		count += run_path(argv[i]);
	if (argc == 1)
		count = run_own_corpus(argv[0]);
	printf("%s 1 - %u seeds and their near misses\n", count > 0 ? "ok" : "not ok", count);
	return count > 0 ? 0 : 1;
}
