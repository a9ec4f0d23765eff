/*
 * An answer of the API as one of HTTP.
 */
#include "app/control_answer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct MHD_Response *json_response(const struct admin *a)
{
	char *text = json_dumps(a->json, JSON_COMPACT);
	struct MHD_Response *response;

	if (!text)
		return NULL;
	response = MHD_create_response_from_buffer(strlen(text), text,
						   MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(text);
	else
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
					"application/json");
	return response;
}

/* MHD closes it. */
static struct MHD_Response *file_response(struct admin *a)
{
	struct stat st;
	struct MHD_Response *response;

	if (fstat(a->fd, &st))
		return NULL;
	response = MHD_create_response_from_fd64((uint64_t)st.st_size, a->fd);
	if (response)
		a->fd = 0;
	return response;
}

enum MHD_Result control_answer(struct MHD_Connection *to, struct admin *a)
{
	struct MHD_Response *response = a->fd ? file_response(a)
					      : json_response(a);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	result = MHD_queue_response(to, a->status, response);
	MHD_destroy_response(response);
	return result;
}
