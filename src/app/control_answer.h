/*
 * An answer of the API as one of HTTP.
 */
#ifndef MUSTER_APP_CONTROL_ANSWER_H
#define MUSTER_APP_CONTROL_ANSWER_H

#include "app/admin.h"

#include <microhttpd.h>

/* JSON, or the file that it is.  MHD_NO: no memory, and the connection ends. */
enum MHD_Result control_answer(struct MHD_Connection *to, struct admin *a);

#endif
