/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set is put in force in several steps. Whichever of them fails, what was in force is: the modes in the
 * ledger, and the time at which they fall back. What the daemon calls is stood in for; the ledger is as it is.
 */
#include "policy/compiling.h"

#include "daemon/daemon.h"

#define TIME_BEFORE 1000
#define TIME_NOW 2000

enum step {
	STEP_NONE,
	STEP_BEGIN, /* room for an image */
	STEP_NOTE, /* the name of a file */
	STEP_ADMIT,
	STEP_PUBLISH,
	STEP_SWEEP,
	STEP_LABEL,
	STEP_MAX,
};

static struct {
	struct cw_ledger ledger;
	uint64_t time, time_when_current; /* to fall back at */
	enum step failing;
	unsigned int failing_call; /* from 1 */
	unsigned int calls[STEP_MAX];
	unsigned int let_go; /* images */
	bool before_in_force, current_in_force;
} kernel;

static int step(enum step step)
{
	kernel.calls[step]++;
	return step == kernel.failing && kernel.calls[step] == kernel.failing_call ? -ENOSPC : 0;
}

/* ------------------------------------------------------------------ in the place of others */

int kern_image_begin(struct kern *kern, struct image *ret_image, int *ret_map)
{
	int r = step(STEP_BEGIN);

	(void)kern;
	if (r)
		return r;
	ret_image->memory = calloc(CW_PAGES, CW_PAGE_SIZE);
	assert_non_null(ret_image->memory);
	*ret_map = -1;
	return 0;
}

void kern_image_abandon(struct image *image, int map)
{
	(void)map;
	free(image->memory);
	kernel.let_go++;
}

int kern_image_publish(struct kern *kern, enum cw_image_slot slot, struct image *image, int map)
{
	int r = step(STEP_PUBLISH);

	(void)kern;
	kern_image_abandon(image, map);
	if (slot == CW_IMAGE_CURRENT)
		kernel.time_when_current = kernel.time;
	if (!r && slot == CW_IMAGE_CURRENT)
		kernel.current_in_force = true;
	else if (!r)
		kernel.before_in_force = true;
	return r;
}

uint64_t kern_fall_back_at(struct kern *kern, uint64_t time)
{
	uint64_t before = kernel.time;

	(void)kern;
	kernel.time = time;
	return before;
}

int kern_label_running(struct kern *kern)
{
	(void)kern;
	return step(STEP_LABEL);
}

struct cw_ledger *kern_ledger(struct kern *kern)
{
	(void)kern;
	return &kernel.ledger;
}

int kern_file_name_set(struct kern *kern, uint32_t file, const char *path)
{
	(void)kern;
	(void)file;
	(void)path;
	return step(STEP_NOTE);
}

int trust_admit(struct daemon *daemon, const struct policy_list *list, const struct facts *facts)
{
	(void)daemon;
	(void)list;
	(void)facts;
	return step(STEP_ADMIT);
}

int trust_sweep(struct daemon *daemon, const struct facts *facts)
{
	(void)daemon;
	(void)facts;
	return step(STEP_SWEEP);
}

/* What numbers.c needs to be linked, and nobody here calls. */

void modes_recall(struct daemon *daemon)
{
	(void)daemon;
	fail();
}

int kern_file_names(struct kern *kern, int (*each)(void *context, uint32_t file, const char *path),
		    void *context)
{
	(void)kern;
	(void)each;
	(void)context;
	fail();
	return 0;
}

const struct cw_ledger *kern_old_ledger(const struct kern_old *old)
{
	(void)old;
	fail();
	return NULL;
}

int kern_old_file_names(struct kern_old *old,
			int (*each)(void *context, uint32_t file, const char *path), void *context)
{
	(void)old;
	(void)each;
	(void)context;
	fail();
	return 0;
}

/* ------------------------------------------------------------------ the tests */

struct fixture {
	struct compiling compiling;
	struct daemon daemon;
	struct policy_list list;
	struct policy_set fresh; /* what is to be put in force: enforcing, by command */
};

static int setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ 0 };
	memset(&kernel, 0, sizeof(kernel));
	compiling_add(&fixture.compiling, "one.yaml",
		      "version: 1\ninstance: ONE\nmode: audit\n"
		      "executables: { cache: { path: /bin/cache, entry: true } }\n");
	compiling_host(&fixture.compiling);
	fixture.list = (struct policy_list){ .items = fixture.compiling.policies, .count = 1 };
	fixture.fresh = fixture.compiling.set;
	fixture.fresh.mode_override[1] = CW_MODE_ENFORCE;
	fixture.daemon.registry = fixture.compiling.registry;
	fixture.daemon.files_noted = 1;
	fixture.daemon.governing.set = fixture.compiling.set;
	fixture.daemon.governing.set.mode_override[1] = CW_MODE_AUDIT;
	fixture.daemon.governing.generation = 7;
	fixture.daemon.fall_back_at = TIME_NOW;
	kernel.time = TIME_BEFORE;
	snprintf(kernel.ledger.instances[1].name, sizeof(kernel.ledger.instances[1].name), "ONE");
	kernel.ledger.instances[1].mode = CW_MODE_AUDIT;
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < CATALOGUES_KEPT; i++)
		catalogue_free(fixture->daemon.governing.catalogues[i]);
	compiling_release(&fixture->compiling);
	return 0;
}

static int publish(struct fixture *fixture)
{
	return govern_publish(&fixture->daemon, &fixture->fresh, &fixture->list,
			      &fixture->compiling.facts, &fixture->compiling.diagnostics);
}

static void test_succeeds(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(publish(fixture), 0);
	assert_true(kernel.before_in_force && kernel.current_in_force);
	/* Said before: an image of a time that is over would not count for a moment. */
	assert_int_equal(kernel.time_when_current, TIME_NOW);
	assert_int_equal(kernel.time, TIME_NOW);
	assert_int_equal(kernel.ledger.instances[1].mode, CW_MODE_ENFORCE);
	assert_int_equal(fixture->daemon.governing.generation, 9);
	assert_int_equal(kernel.ledger.generation, 9);
	assert_int_equal(kernel.let_go, 2);
	assert_int_equal(kernel.calls[STEP_SWEEP], 1);
	assert_int_equal(kernel.calls[STEP_LABEL], 1);
}

static void test_for_good(void **state)
{
	struct fixture *fixture = *state;

	fixture->daemon.fall_back_at = 0;
	assert_int_equal(publish(fixture), 0);
	assert_true(kernel.current_in_force && !kernel.before_in_force);
	assert_int_equal(kernel.time, 0);
	assert_int_equal(fixture->daemon.governing.generation, 8);
	assert_int_equal(kernel.let_go, 1);
}

/* Both images are begun, noted and admitted, then each is published: first the one that is fallen back to. Nothing of
 * that one counts unless all that can fail before has not. */
static void test_fails(void **state)
{
	static const struct {
		enum step failing;
		unsigned int call;
		bool before; /* what is fallen back to is in force by then */
	} rows[] = {
		{ STEP_BEGIN, 1, false }, { STEP_BEGIN, 2, false },   { STEP_NOTE, 1, false },
		{ STEP_ADMIT, 1, false }, { STEP_PUBLISH, 1, false }, { STEP_PUBLISH, 2, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fixture *fixture = *state;

		kernel.failing = rows[i].failing;
		kernel.failing_call = rows[i].call;
		assert_int_equal(publish(fixture), -ENOSPC);
		assert_int_equal(kernel.calls[rows[i].failing], rows[i].call);
		assert_int_equal(kernel.before_in_force, rows[i].before);
		assert_false(kernel.current_in_force);
		assert_int_equal(kernel.time, TIME_BEFORE);
		assert_int_equal(kernel.ledger.instances[1].mode, CW_MODE_AUDIT);
		assert_int_equal(kernel.calls[STEP_SWEEP] + kernel.calls[STEP_LABEL], 0);
		assert_int_equal(kernel.let_go,
				 kernel.calls[STEP_BEGIN] - (rows[i].failing == STEP_BEGIN));
		teardown(state);
		setup(state);
	}
}

/* At a start nothing is governed yet, and the ledger has what the daemon before was told: a start that fails leaves it. */
static void test_start_fails(void **state)
{
	struct fixture *fixture = *state;

	fixture->daemon.governing.set = (struct policy_set){ 0 };
	fixture->daemon.fall_back_at = 0;
	fixture->fresh.mode_override[1] = CW_MODE_AUDIT;
	kernel.ledger.instances[1].mode = CW_MODE_ENFORCE;
	kernel.failing = STEP_ADMIT;
	kernel.failing_call = 1;
	assert_int_equal(publish(fixture), -ENOSPC);
	assert_int_equal(kernel.ledger.instances[1].mode, CW_MODE_ENFORCE);
}

/* By then the image is in force: the next look at the host tries these again. */
static void test_settles_later(void **state)
{
	for (enum step late = STEP_SWEEP; late <= STEP_LABEL; late++) {
		struct fixture *fixture = *state;

		kernel.failing = late;
		kernel.failing_call = 1;
		assert_int_equal(publish(fixture), 0);
		assert_true(kernel.current_in_force);
		assert_int_equal(kernel.time, TIME_NOW);
		assert_int_equal(kernel.ledger.instances[1].mode, CW_MODE_ENFORCE);
		assert_int_equal(kernel.calls[STEP_LABEL], 1);
		assert_true(fixture->daemon.settle_again);
		govern_settle(&fixture->daemon, &fixture->compiling.facts);
		assert_int_equal(kernel.calls[late], 2);
		assert_false(fixture->daemon.settle_again);
		teardown(state);
		setup(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_succeeds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_for_good, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(test_start_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(test_settles_later, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
