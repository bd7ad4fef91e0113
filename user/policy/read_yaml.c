/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From libfyaml's events to a tree of our own. Its documents are not used: they resolve aliases (a
 * few bytes can then stand for gigabytes), compare keys pairwise, and forget places. What YAML can do
 * and a policy must not (anchors, aliases, tags, merge keys, directives, several documents, deep
 * nesting) is refused where it stands; behind an anchor, an alias or a tag reading goes on.
 */
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "policy/read.h"
#include "policy/read_places.h"
#include "util/utf8.h"

struct level {
	struct node *node;
	struct node *last; /* item or key */
	bool expect_value; /* of the last key */
};

struct builder {
	struct reader *reader;
	struct tree *tree;
	struct places places;
	struct level levels[READ_DEPTH_MAX];
	size_t depth;
	size_t documents;
	bool failed;
};

/* Where an event stands: from its first byte to its last on the same line. */
static struct location event_place(struct builder *builder, struct fy_event *event)
{
	const struct fy_mark *start = fy_event_start_mark(event);
	const struct fy_mark *end = fy_event_end_mark(event);
	struct location where = builder->places.here;

	if (start)
		where = places_at(&builder->places, start->input_pos);
	where.length = 1;
	if (start && end && end->input_pos > start->input_pos &&
	    end->input_pos <= builder->places.length) {
		const char *first = builder->places.text + start->input_pos;
		size_t length = end->input_pos - start->input_pos;
		const char *line_end = memchr(first, '\n', length);

		if (line_end)
			length = (size_t)(line_end - first);
		where.length = (unsigned int)utf8_count(first, length);
	}
	return where;
}

static void report(struct builder *builder, const struct location *where, const char *what,
		   const char *hint)
{
	diagnostic_hint(read_error(builder->reader, where, "%s", what), "%s", hint);
}

/* … and read no further. */
static void refuse(struct builder *builder, const struct location *where, const char *what,
		   const char *hint)
{
	report(builder, where, what, hint);
	builder->failed = true;
}

static struct node *new_node(struct builder *builder, struct fy_event *event, enum node_kind kind)
{
	struct location where = event_place(builder, event);
	struct node *node;

	if (builder->tree->node_count >= READ_NODES_MAX) {
		refuse(builder, &where, "the file holds too many values",
		       "a policy may have 262144 keys, names, ports and addresses together");
		return NULL;
	}
	node = tree_allocate(builder->reader, builder->tree, sizeof(*node));
	if (!node) {
		builder->failed = true;
		return NULL;
	}
	builder->tree->node_count++;
	node->kind = kind;
	node->where = where;
	node->text = "";
	return node;
}

/* Put a node where the last events left room for one. */
static void attach(struct builder *builder, struct node *node)
{
	struct level *level;

	if (!builder->depth) {
		builder->tree->document = node;
		return;
	}
	level = &builder->levels[builder->depth - 1];
	if (level->expect_value) {
		level->last->value = node;
		level->expect_value = false;
		return;
	}
	if (level->last)
		level->last->next = node;
	else
		level->node->first = node;
	level->last = node;
	level->node->count++;
	level->expect_value = level->node->kind == NODE_MAPPING;
}

static void open_collection(struct builder *builder, struct fy_event *event, enum node_kind kind)
{
	struct node *node = new_node(builder, event, kind);

	if (!node)
		return;
	/* From here the mark covers the first token only: `[`, `-` or the first key. */
	node->where.length = 1;
	if (builder->depth == READ_DEPTH_MAX) {
		refuse(builder, &node->where, "lists and mappings are nested too deep",
		       "a policy needs five levels and may have eight");
		return;
	}
	attach(builder, node);
	builder->levels[builder->depth++] = (struct level){ .node = node };
}

/* A copy of a text that the tree keeps; NULL: out of memory. */
static char *copy_text(struct builder *builder, struct fy_token *token, size_t *ret_length)
{
	size_t length = 0;
	const char *text = token ? fy_token_get_text(token, &length) : "";
	char *copy = text ? tree_allocate(builder->reader, builder->tree, length + 1) : NULL;

	if (!copy) {
		builder->reader->out_of_memory = true;
		builder->failed = true;
		return NULL;
	}
	memcpy(copy, text, length);
	copy[length] = '\0';
	*ret_length = length;
	return copy;
}

static bool text_too_long(struct builder *builder, const struct node *node,
			  const struct fy_mark *start, const struct fy_mark *end)
{
	if (!start || !end || end->input_pos - start->input_pos <= READ_TEXT_MAX)
		return false;
	diagnostic_hint(read_error(builder->reader, &node->where, "a text of more than %d bytes",
				   READ_TEXT_MAX),
			"is a quote missing?");
	builder->failed = true;
	return true;
}

/* An item with nothing behind its dash has no mark, nor a key with nothing before its colon: the sign is the
 * next that a line begins with. */
static struct location bare_place(struct builder *builder)
{
	const struct level *level = &builder->levels[builder->depth - 1];
	const char *signs = level->node->kind == NODE_LIST ? "-" : ":?";
	struct location where = builder->places.here;
	bool blank = false; /* all that stands before on the line */

	where.length = 1;
	if (!level->last) /* the list or the mapping began with this one */
		return where;
	for (size_t at = builder->places.offset; at < builder->places.length; at++) {
		char byte = builder->places.text[at];

		if (blank && byte && strchr(signs, byte))
			return places_at(&builder->places, at);
		blank = byte == '\n' || byte == '\r' || (blank && byte == ' ');
	}
	return where;
}

static void add_text(struct builder *builder, struct fy_event *event)
{
	struct fy_token *token = event->scalar.value;
	enum fy_scalar_style style = fy_token_scalar_style(token);
	const struct fy_mark *start = fy_event_start_mark(event);
	struct node *node = new_node(builder, event, NODE_TEXT);
	size_t content = start ? start->input_pos : builder->places.length;
	char *text;

	if (!node || text_too_long(builder, node, start, fy_event_end_mark(event)))
		return;
	if (!start && builder->depth && !builder->levels[builder->depth - 1].expect_value)
		node->where = bare_place(builder);
	text = copy_text(builder, token, &node->length);
	if (!text)
		return;
	node->text = text;
	node->nothing = style == FYSS_PLAIN &&
			(!*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
	node->unread = node->nothing && (event->scalar.anchor || event->scalar.tag);
	node->quotes = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
	/* libfyaml's mark of a quoted text is that of its content: the quote stands before it. */
	if (node->quotes && start && start->input_pos) {
		node->where.column--;
		node->where.length += 2;
	}
	if (!read_text_visible(text, node->length)) {
		read_error(builder->reader, &node->where,
			   "the text holds a character that cannot be seen");
		memset(text, '?', node->length);
	}
	node->exact = node->length && content + node->length <= builder->places.length &&
		      memcmp(builder->places.text + content, text, node->length) == 0 &&
		      !strchr(text, '\n');
	attach(builder, node);
}

/* The sign (`&`, `*`) before a name; libfyaml's marks are those of names. */
static struct location sign_place(struct builder *builder, struct fy_token *token)
{
	const struct fy_mark *start = token ? fy_token_start_mark(token) : NULL;
	struct location where = builder->places.here;

	if (start && start->input_pos)
		where = places_at(&builder->places, start->input_pos - 1);
	where.length = 1;
	return where;
}

/* The value behind them is read as if they were not there. */
static void report_properties(struct builder *builder, struct fy_token *anchor,
			      struct fy_token *tag)
{
	const struct fy_mark *start = tag ? fy_token_start_mark(tag) : NULL;
	struct location where;

	if (anchor) {
		where = sign_place(builder, anchor);
		report(builder, &where, "anchors (`&name`) are not used in policies",
		       "write the value where it is needed; quote a text that begins with `&`");
	} else if (tag) {
		where = start ? places_at(&builder->places, start->input_pos)
			      : builder->places.here;
		where.length = 1;
		report(builder, &where, "tags (`!name`) are not used in policies",
		       "every value is text; quote a text that begins with `!`");
	}
}

/* What it stands for is never looked up: something unread stands there. */
static void add_alias(struct builder *builder, struct fy_event *event)
{
	struct location where = sign_place(builder, event->alias.anchor);
	struct node *node;

	report(builder, &where, "aliases (`*name`) are not used in policies",
	       "write the value where it is needed; quote a text that begins with `*`");
	node = new_node(builder, event, NODE_TEXT);
	if (!node)
		return;
	node->where = where;
	node->unread = true;
	attach(builder, node);
}

static void build(struct builder *builder, struct fy_event *event)
{
	struct location where;

	/* Without its `---` a document begins with what is in it. */
	builder->documents += event->type == FYET_DOCUMENT_START;
	if (builder->documents > 1 && fy_event_start_mark(event)) {
		where = event_place(builder, event);
		refuse(builder, &where, "a second document begins here",
		       "one file holds one policy");
		return;
	}
	switch (event->type) {
	case FYET_ALIAS:
		add_alias(builder, event);
		break;
	case FYET_SCALAR:
		report_properties(builder, event->scalar.anchor, event->scalar.tag);
		add_text(builder, event);
		break;
	case FYET_SEQUENCE_START:
		report_properties(builder, event->sequence_start.anchor, event->sequence_start.tag);
		open_collection(builder, event, NODE_LIST);
		break;
	case FYET_MAPPING_START:
		report_properties(builder, event->mapping_start.anchor, event->mapping_start.tag);
		open_collection(builder, event, NODE_MAPPING);
		break;
	case FYET_SEQUENCE_END:
	case FYET_MAPPING_END:
		if (builder->depth)
			builder->depth--;
		break;
	default:
		break;
	}
}

/* Directives are looked for here: libfyaml reports each unknown one, and a file can be full of them. */
static bool refuse_directives(struct builder *builder)
{
	for (size_t at = 0; at < builder->places.length; at++) {
		if (builder->places.text[at] == '%' &&
		    (!at || builder->places.text[at - 1] == '\n')) {
			struct location where = places_at(&builder->places, at);

			refuse(builder, &where, "directives (`%`) are not used in policies",
			       "remove the line");
			return true;
		}
	}
	return false;
}

static void parse(struct builder *builder, struct fy_parser *parser, struct fy_diag *diag)
{
	struct fy_event *event;

	while (!builder->failed && (event = fy_parser_parse(parser))) {
		build(builder, event);
		fy_parser_event_free(parser, event);
	}
	if (!builder->failed && fy_parser_get_stream_error(parser)) {
		read_yaml_errors(builder->reader, diag, builder->places.text);
		builder->failed = true;
	}
}

/* libfyaml's own words go nowhere: they are collected, and printed as ours. */
static void discard(struct fy_diag *diag, void *user, const char *text, size_t length)
{
	(void)diag;
	(void)user;
	(void)text;
	(void)length;
}

bool read_yaml(struct reader *reader, const char *text, size_t length, struct tree *tree)
{
	struct builder builder = {
		.reader = reader,
		.tree = tree,
		.places = { .text = text,
			    .length = length,
			    .here = { reader->policy->file, 1, 1, 1 } },
	};
	struct fy_diag_cfg diag_config;
	struct fy_parse_cfg config = { .flags = FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE };
	struct fy_parser *parser = NULL;

	if (refuse_directives(&builder))
		return false;
	fy_diag_cfg_default(&diag_config);
	diag_config.fp = NULL;
	diag_config.output_fn = discard;
	diag_config.colorize = false;
	config.diag = fy_diag_create(&diag_config);
	if (config.diag) {
		fy_diag_set_collect_errors(config.diag, true);
		parser = fy_parser_create(&config);
	}
	if (parser && fy_parser_set_string(parser, text, length) == 0) {
		parse(&builder, parser, config.diag);
	} else {
		reader->out_of_memory = true;
		builder.failed = true;
	}
	fy_parser_destroy(parser);
	fy_diag_destroy(config.diag);
	return !builder.failed;
}
