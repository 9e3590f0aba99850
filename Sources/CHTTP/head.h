/// A response's header lines, one by one.
#ifndef TESSERA_CH_HEAD_H
#define TESSERA_CH_HEAD_H

#include "CHTTP.h"

/// Forgets everything: an answer's first line came.
void ch_head_reset(ch_response *response, int status);

/// Takes a line `Name: value`, with or without its end. Unknown and broken ones change nothing.
void ch_head_line(ch_response *response, const char *line, size_t count);

#endif
