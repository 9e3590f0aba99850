/// GET over HTTP(S) by libcurl: one connection that is used again, one request at a time.
///
/// The contract of every function here:
/// * Nothing prints, exits or keeps state across calls but in the connection. libcurl is set up once a process, on the
///   first `ch_connection_new`.
/// * A connection belongs to one thread at a time. `ch_connection_free` gives all of it back.
/// * The caller owns what a request points to; it is read inside the call only. The callback's bytes are valid inside
///   the callback only.
/// * Certificates and host names are always verified. Nothing turns that off.
/// * No message holds a URL's path or query: they may hold a secret.
#ifndef TESSERA_CHTTP_H
#define TESSERA_CHTTP_H

#include <stddef.h>
#include <stdint.h>

typedef struct ch_connection ch_connection;

/// How a transfer ended, whatever the server's status is.
typedef enum ch_status {
  /// The whole response came, in the length that the server told.
  CH_OK = 0,
  /// The callback said stop.
  CH_STOPPED = 1,
  /// No URL of HTTP or HTTPS.
  CH_BAD_URL = 2,
  /// No connection: the name, the address, or nobody listens.
  CH_UNREACHABLE = 3,
  /// The connection ended before the response did.
  CH_CUT = 4,
  /// No connection, or too few bytes, in the time allowed.
  CH_TIMED_OUT = 5,
  /// The certificate is not one to trust.
  CH_TLS = 6,
  /// The file of certificate authorities cannot be used.
  CH_AUTHORITIES = 7,
  /// More redirects than allowed.
  CH_REDIRECTS = 8,
  /// A redirect from HTTPS to another protocol, or to none of the two.
  CH_DOWNGRADE = 9,
  /// The answer is no HTTP.
  CH_BAD_RESPONSE = 10,
  CH_NO_MEMORY = 11,
  /// Anything else; `message` is libcurl's word for it.
  CH_FAILED = 12
} ch_status;

/// What is asked for. Zero-terminated texts.
typedef struct ch_request {
  const char *url;
  /// `Range: bytes=first-last`; no range where `last` is below `first`.
  int64_t first;
  int64_t last;
  /// A PEM file; NULL for the system's.
  const char *authorities;
  const char *user_agent;
  /// For the connection, TLS included.
  int64_t connect_milliseconds;
  /// A transfer slower than `slowest` bytes a second for so long is given up.
  int64_t stall_seconds;
  int64_t slowest;
  int redirects;
} ch_request;

/// The server's last answer (that after all redirects), complete before the first byte of its body.
typedef struct ch_response {
  /// 200, 206, 404 …; 0 if none came.
  int status;
  /// Whether the body is compressed: a part of it is then no part of the object.
  int is_encoded;
  /// Content-Length; -1 if it was not told.
  int64_t length;
  /// Content-Range: the part and the whole; -1 each where it was not told.
  int64_t first;
  int64_t last;
  int64_t total;
  /// Retry-After in seconds (a date is turned into these); -1 if there is none.
  int64_t retry_after;
  /// With its quotes and `W/`; empty if there is none. A longer one is cut off.
  char etag[256];
  char last_modified[64];
  /// What went wrong, in libcurl's words; empty where nothing did.
  char message[256];
} ch_response;

/// Takes a part of the body of an answer that is no redirect. Returns 0 to stop the transfer.
typedef int (*ch_body)(const uint8_t *bytes, size_t count, const ch_response *response, void *context);

/// Called about once a second while a request goes on, also where nothing comes.
typedef void (*ch_tick)(void *context);

/// NULL if there is no memory, or libcurl lacks TLS.
ch_connection *ch_connection_new(void);

/// NULL is fine.
void ch_connection_free(ch_connection *connection);

/// Makes one request and follows its redirects. `response` is filled in any case.
ch_status ch_get(
    ch_connection *connection, const ch_request *request, ch_body body, ch_tick tick, void *context,
    ch_response *response);

/// libcurl's version and its TLS library's, as `7.88.1 (OpenSSL/3.0.19)`: a static text.
const char *ch_version(void);

#endif
