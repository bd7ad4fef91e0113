/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From libfyaml's events to a tree of our own. Its documents are not used: they resolve aliases (a
 * few bytes can then stand for gigabytes), compare keys pairwise, and forget places. What YAML can do
 * and a policy must not (anchors, aliases, tags, merge keys, directives, several documents, deep
 * nesting) is refused where it stands.
 */
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "policy/read.h"
#include "util/utf8.h"

#define TREE_BLOCK 65536

struct tree_block {
	struct tree_block *next;
	size_t used, size;
	char memory[] __attribute__((aligned(16)));
};

void tree_release(struct tree *tree)
{
	while (tree->blocks) {
		struct tree_block *block = tree->blocks;

		tree->blocks = block->next;
		free(block);
	}
	*tree = (struct tree){ 0 };
}

static void *tree_allocate(struct reader *reader, struct tree *tree, size_t size)
{
	struct tree_block *block = tree->blocks;
	void *memory;

	size = (size + 15) & ~(size_t)15;
	if (!block || block->size - block->used < size) {
		size_t room = size > TREE_BLOCK ? size : TREE_BLOCK;

		block = calloc(1, sizeof(*block) + room);
		if (!block) {
			reader->out_of_memory = true;
			return NULL;
		}
		block->size = room;
		block->next = tree->blocks;
		tree->blocks = block;
	}
	memory = block->memory + block->used;
	block->used += size;
	return memory;
}

struct level {
	struct node *node;
	struct node *last; /* item or key */
	bool expect_value; /* of the last key */
};

struct builder {
	struct reader *reader;
	struct tree *tree;
	const char *text;
	size_t length;
	/* Events come in the order of the text: columns are counted on from the last place. */
	size_t offset;
	struct location here;
	struct level levels[READ_DEPTH_MAX];
	size_t depth;
	size_t documents;
	bool failed;
};

static struct location place(struct builder *builder, size_t offset)
{
	if (offset > builder->length)
		offset = builder->length;
	if (offset < builder->offset) {
		builder->offset = 0;
		builder->here.line = builder->here.column = 1;
	}
	while (builder->offset < offset) {
		unsigned char byte = (unsigned char)builder->text[builder->offset++];

		if (byte == '\n') {
			builder->here.line++;
			builder->here.column = 1;
		} else if ((byte & 0xc0) != 0x80) {
			builder->here.column++;
		}
	}
	return builder->here;
}

/* Where an event stands: from its first byte to its last on the same line. */
static struct location event_place(struct builder *builder, struct fy_event *event)
{
	const struct fy_mark *start = fy_event_start_mark(event);
	const struct fy_mark *end = fy_event_end_mark(event);
	struct location where = builder->here;

	if (start)
		where = place(builder, start->input_pos);
	where.length = 1;
	if (start && end && end->input_pos > start->input_pos &&
	    end->input_pos <= builder->length) {
		const char *first = builder->text + start->input_pos;
		size_t length = end->input_pos - start->input_pos;
		const char *line_end = memchr(first, '\n', length);

		if (line_end)
			length = (size_t)(line_end - first);
		where.length = (unsigned int)utf8_count(first, length);
	}
	return where;
}

static void refuse(struct builder *builder, const struct location *where, const char *what,
		   const char *hint)
{
	diagnostic_hint(read_error(builder->reader, where, "%s", what), "%s", hint);
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

/* Escapes in quotes can write what read_text() has refused. */
static bool text_visible(const char *text, size_t length)
{
	for (size_t at = 0; at < length;) {
		uint32_t character;
		size_t size = utf8_decode(text + at, length - at, &character);

		if (!size || (character != '\n' && !utf8_visible(character)))
			return false;
		at += size;
	}
	return true;
}

static void add_text(struct builder *builder, struct fy_event *event)
{
	struct fy_token *token = event->scalar.value;
	enum fy_scalar_style style = fy_token_scalar_style(token);
	const struct fy_mark *start = fy_event_start_mark(event);
	struct node *node = new_node(builder, event, NODE_TEXT);
	size_t length = 0, content;
	const char *text = token ? fy_token_get_text(token, &length) : "";
	char *copy;

	if (!node)
		return;
	copy = tree_allocate(builder->reader, builder->tree, length + 1);
	if (!copy || !text) {
		builder->reader->out_of_memory = true;
		builder->failed = true;
		return;
	}
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (!text_visible(copy, length)) {
		read_error(builder->reader, &node->where,
			   "the text holds a character that cannot be seen");
		memset(copy, '?', length);
	}
	node->text = copy;
	node->length = length;
	node->nothing = style == FYSS_PLAIN &&
			(!length || strcmp(copy, "~") == 0 || strcmp(copy, "null") == 0);
	node->quotes = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
	content = start ? start->input_pos + node->quotes : builder->length;
	/* libfyaml's mark of a quoted text is that of its content. */
	if (node->quotes && start && start->input_pos &&
	    builder->text[start->input_pos - 1] == (style == FYSS_SINGLE_QUOTED ? '\'' : '"')) {
		node->where.column--;
		node->where.length += 2;
		content--;
	}
	node->exact = content + length <= builder->length && length &&
		      memcmp(builder->text + content, copy, length) == 0 &&
		      !memchr(copy, '\n', length);
	attach(builder, node);
}

static void refuse_properties(struct builder *builder, struct fy_event *event,
			      struct fy_token *anchor, struct fy_token *tag)
{
	struct location where = event_place(builder, event);

	if (anchor)
		refuse(builder, &where, "anchors (`&name`) are not used in policies",
		       "write the value where it is needed; quote a text that begins with `&`");
	else if (tag)
		refuse(builder, &where, "tags (`!name`) are not used in policies",
		       "every value is text; quote a text that begins with `!`");
}

static void build(struct builder *builder, struct fy_event *event)
{
	struct location where;

	switch (event->type) {
	case FYET_DOCUMENT_START:
		where = event_place(builder, event);
		if (builder->documents++)
			refuse(builder, &where, "a second document begins here",
			       "one file holds one policy");
		break;
	case FYET_ALIAS:
		where = event_place(builder, event);
		refuse(builder, &where, "aliases (`*name`) are not used in policies",
		       "write the value where it is needed; quote a text that begins with `*`");
		break;
	case FYET_SCALAR:
		refuse_properties(builder, event, event->scalar.anchor, event->scalar.tag);
		add_text(builder, event);
		break;
	case FYET_SEQUENCE_START:
		refuse_properties(builder, event, event->sequence_start.anchor,
				  event->sequence_start.tag);
		open_collection(builder, event, NODE_LIST);
		break;
	case FYET_MAPPING_START:
		refuse_properties(builder, event, event->mapping_start.anchor,
				  event->mapping_start.tag);
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

/* What libfyaml says, and what people then usually did. */
static const struct {
	const char *part, *hint;
} yaml_hints[] = {
	{ "multiline plain key",
	  "is the line indented like the ones beside it, with blanks and not with tabs?" },
	{ "nested block mapping", "a value with `: ` in it, or `:` at its end, needs quotes" },
	{ "plain scalar cannot start",
	  "a value that begins with a sign like this one needs quotes" },
	{ "closing quote", "a quote that is opened must be closed" },
	{ "closing bracket", "a `[` that is opened must be closed by `]`" },
	{ "closing brace", "a `{` that is opened must be closed by `}`" },
	{ "comma", "items in brackets are separated by commas" },
	{ "tab", "indent with blanks, not with tabs" },
	{ "indent", "lines of one list or mapping begin in the same column" },
};

static void report_yaml(struct builder *builder, struct fy_diag *diag)
{
	void *state = NULL;
	struct fy_diag_error *error;
	bool reported = false;

	while ((error = fy_diag_errors_iterate(diag, &state))) {
		struct location where = { .file = builder->here.file, .length = 1 };
		struct diagnostic *diagnostic;

		if (error->type != FYET_ERROR || !error->msg)
			continue;
		where.line = error->line > 0 ? (unsigned int)error->line : 1;
		where.column = error->column > 0 ? (unsigned int)error->column : 1;
		diagnostic = read_error(builder->reader, &where, "not YAML: %s", error->msg);
		for (size_t i = 0; i < ARRAY_SIZE(yaml_hints); i++) {
			if (!strstr(error->msg, yaml_hints[i].part))
				continue;
			diagnostic_hint(diagnostic, "%s", yaml_hints[i].hint);
			break;
		}
		reported = true;
	}
	if (!reported)
		read_error(builder->reader, &builder->here, "not YAML");
}

/* Directives are looked for here: libfyaml reports each unknown one, and a file can be full of them. */
static bool refuse_directives(struct builder *builder)
{
	for (size_t at = 0; at < builder->length; at++) {
		if (builder->text[at] == '%' && (!at || builder->text[at - 1] == '\n')) {
			struct location where = place(builder, at);

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
		report_yaml(builder, diag);
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
		.text = text,
		.length = length,
		.here = { reader->policy->file, 1, 1, 1 },
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
