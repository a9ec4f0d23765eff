/*
 * How the store stands, for people.
 */
#ifndef MUSTER_APP_SHOW_STORE_H
#define MUSTER_APP_SHOW_STORE_H

#include <jansson.h>

/* On standard output. */
void show_store_text(const json_t *is);
/* The exit status that says it: EXIT_FAILURE if nothing can be stored now. */
int show_store_status(const json_t *is);

#endif
