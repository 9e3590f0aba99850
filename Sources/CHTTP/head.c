#include "head.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include <curl/curl.h>

void ch_head_reset(ch_response *response, int status) {
  memset(response, 0, sizeof *response);
  response->status = status;
  response->length = response->first = response->last = response->total = response->retry_after = -1;
}

/// A run of digits as a number; -1 if there is none or it is over 2^62. `at` moves behind it.
static int64_t number(const char **at, const char *end) {
  int64_t value = -1;
  for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
    if (value < 0) value = 0;
    if (value > (INT64_MAX >> 1) / 10 - 1) return -1;
    value = value * 10 + (**at - '0');
  }
  return value;
}

/// `bytes 0-99/1000`, `bytes 0-99/*`, `bytes */1000`.
static void content_range(ch_response *response, const char *at, const char *end) {
  if (end - at < 6 || strncasecmp(at, "bytes", 5) != 0) return;
  for (at += 5; at < end && (*at == ' ' || *at == '='); at++) {}
  int64_t first = -1, last = -1;
  if (at < end && *at == '*') {
    at++;
  } else {
    first = number(&at, end);
    if (first < 0 || at >= end || *at++ != '-') return;
    last = number(&at, end);
    if (last < first) return;
  }
  if (at >= end || *at++ != '/') return;
  const int64_t total = at < end && *at == '*' ? -1 : number(&at, end);
  if (total >= 0 && last >= total) return;
  response->first = first;
  response->last = last;
  response->total = total;
}

static void text(char *target, size_t size, const char *at, const char *end) {
  size_t count = (size_t)(end - at);
  if (count >= size) count = size - 1;
  memcpy(target, at, count);
  target[count] = 0;
}

static int64_t retry_after(const char *at, const char *end) {
  const char *digits = at;
  const int64_t seconds = number(&digits, end);
  if (digits == end && seconds >= 0) return seconds;
  char date[64];
  text(date, sizeof date, at, end);
  const time_t then = curl_getdate(date, NULL);
  if (then == -1) return -1;
  const time_t now = time(NULL);
  return then > now ? (int64_t)(then - now) : 0;
}

void ch_head_line(ch_response *response, const char *line, size_t count) {
  const char *end = line + count;
  const char *colon = memchr(line, ':', count);
  if (!colon) return;
  const char *at = colon + 1;
  while (at < end && (*at == ' ' || *at == '\t')) at++;
  while (end > at && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' ' || end[-1] == '\t')) end--;
  const size_t name = (size_t)(colon - line);
#define IS(text) (name == sizeof text - 1 && strncasecmp(line, text, name) == 0)
  if (IS("content-length")) {
    response->length = number(&at, end);
  } else if (IS("content-range")) {
    content_range(response, at, end);
  } else if (IS("content-encoding")) {
    response->is_encoded = end > at && !(end - at == 8 && strncasecmp(at, "identity", 8) == 0);
  } else if (IS("retry-after")) {
    response->retry_after = retry_after(at, end);
  } else if (IS("etag")) {
    text(response->etag, sizeof response->etag, at, end);
  } else if (IS("last-modified")) {
    text(response->last_modified, sizeof response->last_modified, at, end);
  }
#undef IS
}
