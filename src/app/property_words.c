/*
 * From words of a command line to the JSON object that the API takes.
 */
#include "app/property_words.h"

#include "app/command.h"

#include <stdlib.h>
#include <string.h>

bool property_append(json_t *props, const char *name, const char *value)
{
	json_t *list = json_object_get(props, name);

	if (!list) {
		list = json_array();
		if (json_object_set_new(props, name, list))
			return false;
	}
	return !json_array_append_new(list, json_string(value));
}

/* Values with commas between them. */
static bool set_values(json_t *props, const char *name, const char *from)
{
	char *value = calloc(1, strlen(from) + 1), *to = value;
	bool is_good = value;

	for (; is_good && *from; from++) {
		if (*from == ',') {
			*to = 0;
			is_good = property_append(props, name, value);
			to = value;
			continue;
		}
		if (*from == '\\' && (from[1] == ',' || from[1] == '\\'))
			from++;
		*to++ = *from;
	}
	if (is_good) {
		*to = 0;
		is_good = property_append(props, name, value);
	}
	free(value);
	return is_good;
}

int property_word(const char *command, json_t *props, char *word,
		  bool may_remove)
{
	bool removes = may_remove && *word == '-', is_good;
	char *name = word + removes,
	     *values = removes ? NULL : strchr(word, '=');

	if (!removes && !values)
		return usage(command, "`%s' is no PROPERTY=VALUE", word);
	if (values)
		*values++ = 0;
	if (!*name)
		return usage(command, "`=%s': which property?",
			     values ? values : "");
	if (json_object_get(props, name))
		return usage(command, "%s: is given twice", name);
	if (removes)
		is_good = !json_object_set_new(props, name, json_null());
	else if (!*values)
		is_good = !json_object_set_new(props, name, json_array());
	else
		is_good = set_values(props, name, values);
	return is_good ? 0 : usage(command, "%s: is not UTF-8", name);
}

int property_words(const char *command, json_t *props, char **words, int n)
{
	int status = 0;

	for (int i = 0; !status && i < n; i++)
		status = property_word(command, props, words[i], false);
	return status;
}
