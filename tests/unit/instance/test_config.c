/* SPDX-License-Identifier: GPL-2.0-only */
/* What the settings of a cpf mean. Mirrors and shadows are hand-made after the documented syntax. */
#include "instance/config.h"

#include "instance/instances.h"

static struct config *read_named(const char *file, const char *text,
				 struct diagnostics *diagnostics)
{
	struct config *config = NULL;

	assert_int_equal(config_read(file, text, strlen(text), diagnostics, &config), 0);
	assert_non_null(config);
	return config;
}

static struct config *read_text(const char *text, struct diagnostics *diagnostics)
{
	return read_named("cache.cpf", text, diagnostics);
}

/* ---- parameters, row by row ---- */

/* A value of each kind that is not its default, and one that is no value of it. */
static const struct {
	const char *good;
	uint32_t number;
	const char *bad; /* NULL: every text is one */
} values[CONFIG_KIND_MAX] = {
	[CONFIG_KIND_PORT] = { "51774", 51774, "65536" },
	[CONFIG_KIND_PORT_OR_NONE] = { "0", 0, "65536" },
	[CONFIG_KIND_SWITCH] = { "1", 1, "2" },
	[CONFIG_KIND_NUMBER] = { "17", 17, "-1" },
	[CONFIG_KIND_ON_OFF] = { "off", 0, "maybe" },
	[CONFIG_KIND_HOST] = { "db-1.example", 0, "two hosts" },
	[CONFIG_KIND_PATH] = { "/site/a", 0, NULL },
	[CONFIG_KIND_PATHS] = { "/site/a:/site/b", 0, NULL },
	[CONFIG_KIND_TEXT] = { "a, text; # of // any kind", 0, NULL },
};

/* A file of which line 7 is the parameter's. */
static struct config *read_parameter(size_t id, const char *value, struct diagnostics *diagnostics)
{
	const struct config_parameter *row = &config_parameters[id];
	_cleanup_free_ char *text = NULL;
	bool version = strcmp(row->section, "ConfigFile") == 0;

	assert_true(asprintf(&text, "%s\n\n\n[%s]\n%s%s=%s \n", version ? "\n\n" : CACHE_2017,
			     row->section, version ? "\n" : "", row->key, value) > 0);
	return read_text(text, diagnostics);
}

static void check_given(size_t id)
{
	const struct config_parameter *row = &config_parameters[id];
	struct diagnostics diagnostics = { 0 };
	_cleanup_config_ struct config *config = read_parameter(id, values[row->kind].good,
								&diagnostics);
	const struct config_value *value = &config->parameters[id];

	if (value->state != CONFIG_GIVEN || value->where.line < 7)
		fail_msg("%s: %s in line %u", row->key,
			 vocabulary_word(&config_state_words, value->state), value->where.line);
	assert_string_equal(value->text, values[row->kind].good);
	assert_int_equal(value->number, values[row->kind].number);
	assert_int_equal(value->where.column, strlen(row->key) + 2);
	assert_int_equal(value->where.length, strlen(values[row->kind].good));
	assert_string_equal(value->where.file, "cache.cpf");
	assert_true(config_known(config, (enum config_parameter_id)id));
	diagnostics_release(&diagnostics);
}

static void check_absent(size_t id, enum config_product product)
{
	const struct config_parameter *row = &config_parameters[id];
	struct diagnostics diagnostics = { 0 };
	_cleanup_config_ struct config *config =
		read_text(product == CONFIG_IRIS ? IRIS_2023 : CACHE_2017, &diagnostics);
	const struct config_value *value = &config->parameters[id];

	check_nothing_said(&diagnostics);
	assert_int_equal(config->product, product);
	if (strcmp(row->section, "ConfigFile") == 0)
		return;
	assert_int_equal(value->state, row->defaults[product] ? CONFIG_DEFAULT : CONFIG_UNKNOWN);
	assert_string_equal(value->text, row->defaults[product] ? row->defaults[product] : "");
	assert_int_equal(value->where.line, 0);
	assert_string_equal(value->where.file, "cache.cpf");
}

static void check_bad(size_t id)
{
	const struct config_parameter *row = &config_parameters[id];
	struct diagnostics diagnostics = { 0 };
	struct config *config;

	if (!values[row->kind].bad)
		return;
	config = read_parameter(id, values[row->kind].bad, &diagnostics);
	assert_int_equal(config->parameters[id].state, CONFIG_BAD);
	assert_string_equal(config->parameters[id].text, "");
	assert_int_equal(config->parameters[id].number, 0);
	assert_false(config_known(config, (enum config_parameter_id)id));
	assert_int_equal(config_number(config, (enum config_parameter_id)id), 0);
	assert_int_equal(diagnostics.errors, 1);
	assert_non_null(strstr(diagnostics.items[0].message, row->key));
	assert_int_equal(diagnostics.items[0].where.line, 8);
	assert_int_equal(diagnostics.items[0].where.column, strlen(row->key) + 2);
	assert_non_null(diagnostics.items[0].hint);
	diagnostics_release(&diagnostics);
	config_free(config);
}

/* Given empty: a port, switch or number has its default then, a text is empty. */
static void check_empty(size_t id)
{
	const struct config_parameter *row = &config_parameters[id];
	struct diagnostics diagnostics = { 0 };
	_cleanup_config_ struct config *config = read_parameter(id, "", &diagnostics);
	const struct config_value *value = &config->parameters[id];

	if (row->kind > CONFIG_KIND_ON_OFF) {
		assert_int_equal(value->state, CONFIG_GIVEN);
		assert_string_equal(value->text, "");
	} else {
		assert_int_equal(value->state,
				 row->defaults[CONFIG_CACHE] ? CONFIG_DEFAULT : CONFIG_UNKNOWN);
	}
	diagnostics_release(&diagnostics);
}

static void test_parameters(void **state)
{
	(void)state;
	for (size_t id = 0; id < CONFIG_PARAMETER_MAX; id++) {
		assert_true(*config_parameters[id].help);
		check_given(id);
		check_absent(id, CONFIG_CACHE);
		check_absent(id, CONFIG_IRIS);
		check_bad(id);
		check_empty(id);
	}
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < CONFIG_PARAMETER_MAX; i++)
		for (size_t j = 0; j < i; j++)
			assert_true(strcmp(config_parameters[i].section,
					   config_parameters[j].section) != 0 ||
				    strcmp(config_parameters[i].key, config_parameters[j].key) !=
					    0);
	assert_int_equal(config_parameters[CONFIG_DEFAULT_PORT].kind, CONFIG_KIND_PORT);
	assert_string_equal(config_parameters[CONFIG_SNMP_ENABLED].section, "Monitor");
}

static void test_values(void **state)
{
	static const struct {
		const char *line;
		enum config_parameter_id id;
		enum config_state state;
		uint32_t number;
		const char *text;
	} cases[] = {
		{ "[Startup]\nDefaultPort= 1975 \n", CONFIG_DEFAULT_PORT, CONFIG_GIVEN, 1975,
		  "1975" },
		{ "[Startup]\nDefaultPort=\"1975\"\n", CONFIG_DEFAULT_PORT, CONFIG_GIVEN, 1975,
		  "1975" },
		{ "[Startup]\nDefaultPort=0\n", CONFIG_DEFAULT_PORT, CONFIG_BAD, 0, "" },
		{ "[Startup]\nDefaultPort=+1\n", CONFIG_DEFAULT_PORT, CONFIG_BAD, 0, "" },
		{ "[Startup]\nDefaultPort=0x50\n", CONFIG_DEFAULT_PORT, CONFIG_BAD, 0, "" },
		{ "[Startup]\nDefaultPort=1972 ; old\n", CONFIG_DEFAULT_PORT, CONFIG_BAD, 0, "" },
		{ "[Startup]\nDefaultPort=18446744073709553588\n", CONFIG_DEFAULT_PORT, CONFIG_BAD,
		  0, "" },
		{ "[Startup]\nDefaultPortBindAddress=\"\"\n", CONFIG_BIND_ADDRESS, CONFIG_GIVEN, 0,
		  "" },
		{ "[Startup]\nDefaultPortBindAddress=fe80::1%eth0\n", CONFIG_BIND_ADDRESS,
		  CONFIG_GIVEN, 0, "fe80::1%eth0" },
		{ "[Startup]\nDefaultPortBindAddress=10.0.0.1,10.0.0.2\n", CONFIG_BIND_ADDRESS,
		  CONFIG_BAD, 0, "" },
		{ "[Startup]\nWebServer=ON\n", CONFIG_WEB_SERVER, CONFIG_GIVEN, 1, "ON" },
		{ "[Startup]\nIPv6=off\n", CONFIG_IPV6, CONFIG_GIVEN, 0, "off" },
		{ "[Startup]\nIPv6=01\n", CONFIG_IPV6, CONFIG_GIVEN, 1, "01" },
		{ "[Startup]\nIPv6=yes\n", CONFIG_IPV6, CONFIG_BAD, 0, "" },
		{ "[Telnet]\nDNSLookup=ON\n", CONFIG_TELNET_DNS, CONFIG_GIVEN, 1, "ON" },
		{ "[SQL]\nJavaHome=\"/opt/my jdk\"\n", CONFIG_JAVA_HOME, CONFIG_GIVEN, 0,
		  "/opt/my jdk" },
		{ "[config]\nconsole=,/var/log/cconsole.log\n", CONFIG_CONSOLE, CONFIG_GIVEN, 0,
		  ",/var/log/cconsole.log" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct diagnostics diagnostics = { 0 };
		_cleanup_free_ char *text = NULL;
		_cleanup_config_ struct config *config = NULL;
		const struct config_value *value;

		assert_true(asprintf(&text, CACHE_2017 "%s", cases[i].line) > 0);
		config = read_text(text, &diagnostics);
		value = &config->parameters[cases[i].id];
		if (value->state != cases[i].state || value->number != cases[i].number ||
		    strcmp(value->text, cases[i].text) != 0)
			fail_msg("%s: %s, %u, `%s`", cases[i].line,
				 vocabulary_word(&config_state_words, value->state), value->number,
				 value->text);
		assert_int_equal(diagnostics.errors, cases[i].state == CONFIG_BAD);
		diagnostics_release(&diagnostics);
	}
}

static void test_spelling(void **state)
{
	static const struct said said[] = {
		{ SEVERITY_WARNING, 4, 1, "[startup] is taken for [Startup]" },
		{ SEVERITY_WARNING, 5, 1, "`defaultport` is taken for `DefaultPort`" },
		{ SEVERITY_WARNING, 7, 1, "`IPv6` is given in two spellings" },
		{ SEVERITY_WARNING, 9, 1, "`WebServer` of [startup] is given again" },
	};
	struct diagnostics diagnostics = { 0 };
	_cleanup_config_ struct config *config =
		read_text(CACHE_2017
			  "[startup]\ndefaultport=1975\nipv6=0\nIPv6=1\nWebServer=0\nWebServer=1\n",
			  &diagnostics);

	(void)state;
	check_said(&diagnostics, said, ARRAY_SIZE(said));
	assert_int_equal(config_number(config, CONFIG_DEFAULT_PORT), 1975);
	assert_int_equal(config_number(config, CONFIG_IPV6), 1);
	assert_int_equal(config_private_web_server(config), 1);
}

/* ---- what the file is ---- */

static void test_product(void **state)
{
	static const struct {
		const char *file, *text;
		enum config_product product;
		unsigned int year, release;
		enum config_platform platform;
		bool ensemble;
	} cases[] = {
		{ "cache.cpf", CACHE_2017 "[config]\noverview=Linux/x86-64~UNIX\n", CONFIG_CACHE,
		  2017, 1, CONFIG_UNIX, false },
		{ "cache.cpf", "[ConfigFile]\nVersion=2010.2.3\n[Databases]\nENSLIB=/e/\n",
		  CONFIG_CACHE, 2010, 2, CONFIG_UNIX, true },
		{ "iris.cpf", "[ConfigFile]\nProduct=IRIS\nVersion=2020.15\n", CONFIG_IRIS, 2020,
		  15, CONFIG_PLATFORM_UNKNOWN, false },
		{ "x.cpf", "[ConfigFile]\nVersion=2018.2\n[Databases]\nIRISSYS=/i/mgr/\n",
		  CONFIG_IRIS, 2018, 2, CONFIG_UNIX, false },
		{ "cache.cpf", "[ConfigFile]\nVersion=5.0\n", CONFIG_CACHE, 5, 0,
		  CONFIG_PLATFORM_UNKNOWN, false },
		{ "cache.cpf", "[ConfigFile]\nVersion=new\n", CONFIG_CACHE, 0, 0,
		  CONFIG_PLATFORM_UNKNOWN, false },
		{ "cache.cpf", CACHE_2017 "[Databases]\nCACHESYS=C:\\cache\\mgr\\\n", CONFIG_CACHE,
		  2017, 1, CONFIG_WINDOWS, false },
		{ "cache.cpf", CACHE_2017 "[config]\noverview=Windows (Intel)~Windows\n",
		  CONFIG_CACHE, 2017, 1, CONFIG_WINDOWS, false },
		/* A remote database's directory is another host's. */
		{ "cache.cpf",
		  CACHE_2017 "[ECPServers]\nW=h,1972\n[Databases]\nA=d:\\a\\,W\nB=/b/\n",
		  CONFIG_CACHE, 2017, 1, CONFIG_UNIX, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct diagnostics diagnostics = { 0 };
		_cleanup_config_ struct config *config = read_named(cases[i].file, cases[i].text,
								    &diagnostics);

		assert_int_equal(config->product, cases[i].product);
		assert_int_equal(config->year, cases[i].year);
		assert_int_equal(config->release, cases[i].release);
		assert_int_equal(config->platform, cases[i].platform);
		assert_int_equal(config->ensemble, cases[i].ensemble);
		assert_int_equal(config_license_port(config),
				 cases[i].product == CONFIG_IRIS ? 4002 : 4001);
		diagnostics_release(&diagnostics);
	}
}

/* What is no configuration in force, or none of this host, is said. */
static void test_says(void **state)
{
	static const struct {
		const char *file, *text;
		struct said said;
	} cases[] = {
		{ "iris.cpf_20231204", IRIS_2023, { SEVERITY_WARNING, 1, 1, "backup copy" } },
		{ "_LastGood_.cpf", CACHE_2017, { SEVERITY_WARNING, 1, 1, "last good start" } },
		{ "install.cpf", CACHE_2017, { SEVERITY_WARNING, 1, 1, "as installed" } },
		{ "iris.cpf_rejected", IRIS_2023, { SEVERITY_WARNING, 1, 1, "rejected" } },
		{ "site.cpf", "[Startup]\nIPv6=0\n", { SEVERITY_WARNING, 1, 1, "a merge file" } },
		{ "site.cpf",
		  "# our part\n[Actions]\nCreateRole:Name=A\n",
		  { SEVERITY_WARNING, 1, 1, "a merge file" } },
		{ "cache.cpf",
		  CACHE_2017 "[config]\noverview=Windows (Intel)~Windows\n",
		  { SEVERITY_WARNING, 5, 10, "on Windows" } },
		{ "cache.cpf",
		  CACHE_2017 "[Databases]\nCACHESYS=C:\\cache\\mgr\\\n",
		  { SEVERITY_WARNING, 1, 1, "on Windows" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct diagnostics diagnostics = { 0 };

		config_free(read_named(cases[i].file, cases[i].text, &diagnostics));
		check_said(&diagnostics, &cases[i].said, 1);
	}
}

static void test_actions(void **state)
{
	static const struct said said[] = {
		{ SEVERITY_WARNING, 1, 1, "a merge file" },
		{ SEVERITY_ERROR, 4, 1, "[Actions] belongs into a merge file" },
	};
	struct diagnostics diagnostics = { 0 };
	_cleanup_config_ struct config *config = read_named(
		"iris.cpf", IRIS_2023 "[Actions]\nConfigMirror:Name=M,ArbiterURL=arb:2188\n",
		&diagnostics);

	(void)state;
	check_said(&diagnostics, said, ARRAY_SIZE(said));
	assert_int_equal(config->actions.count, 1);
	assert_string_equal(config->actions.items[0].operation, "ConfigMirror");
	assert_string_equal(config->actions.items[0].properties, "Name=M,ArbiterURL=arb:2188");
	assert_int_equal(config->actions.items[0].where.line, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parameters), cmocka_unit_test(test_table),
		cmocka_unit_test(test_values),	   cmocka_unit_test(test_spelling),
		cmocka_unit_test(test_product),	   cmocka_unit_test(test_says),
		cmocka_unit_test(test_actions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
