#include "CHTTP.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <curl/curl.h>

#include "head.h"

struct ch_connection {
  CURL *easy;
  char error[CURL_ERROR_SIZE];
};

/// One request under way.
typedef struct {
  ch_response *response;
  ch_body body;
  ch_tick tick;
  void *context;
  int is_stopped;
} transfer;

// MARK: the process

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int is_ready = 0;
static char version[128];

static void set_up(void) {
  // Version 7.84 made this safe beside other threads; before, nothing else of this process calls libcurl.
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return;
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
  is_ready = (info->features & CURL_VERSION_SSL) != 0;
  snprintf(version, sizeof version, "%s (%s)", info->version, info->ssl_version ? info->ssl_version : "no TLS");
}

const char *ch_version(void) {
  pthread_once(&once, set_up);
  return version;
}

/// Calls libcurl while this thread takes no SIGPIPE: without signals of its own (`CURLOPT_NOSIGNAL`, which threads
/// need) libcurl leaves it to the caller that a peer which hangs up does not end the process.
static CURLcode perform(CURL *easy) {
  sigset_t pipe, before, pending;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  sigpending(&pending);
  const int was_pending = sigismember(&pending, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  const CURLcode code = curl_easy_perform(easy);
  sigpending(&pending);
  if (!was_pending && sigismember(&pending, SIGPIPE)) {
    int taken;
    sigwait(&pipe, &taken);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return code;
}

// MARK: connections

ch_connection *ch_connection_new(void) {
  pthread_once(&once, set_up);
  if (!is_ready) return NULL;
  ch_connection *connection = calloc(1, sizeof *connection);
  if (!connection) return NULL;
  connection->easy = curl_easy_init();
  if (!connection->easy) {
    free(connection);
    return NULL;
  }
  return connection;
}

void ch_connection_free(ch_connection *connection) {
  if (!connection) return;
  curl_easy_cleanup(connection->easy);
  free(connection);
}

// MARK: callbacks

static size_t take_head(char *line, size_t size, size_t count, void *context) {
  transfer *transfer = context;
  count *= size;
  if (count > 5 && memcmp(line, "HTTP/", 5) == 0) {
    const char *space = memchr(line, ' ', count);
    int status = 0;
    for (const char *at = space ? space + 1 : line + count; at < line + count && *at >= '0' && *at <= '9'; at++) {
      if (status < 1000) status = status * 10 + (*at - '0');
    }
    ch_head_reset(transfer->response, status);
  } else {
    ch_head_line(transfer->response, line, count);
  }
  return count;
}

static int is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
  transfer *transfer = context;
  count *= size;
  if (is_redirect(transfer->response->status)) return count;
  if (transfer->body((const uint8_t *)bytes, count, transfer->response, transfer->context)) return count;
  transfer->is_stopped = 1;
  return 0;
}

static int take_progress(
    void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up) {
  (void)down_total, (void)down, (void)up_total, (void)up;
  transfer *transfer = context;
  transfer->tick(transfer->context);
  return 0;
}

// MARK: requests

static ch_status status_of(CURLcode code) {
  switch (code) {
    case CURLE_OK: return CH_OK;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT: return CH_BAD_URL;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    // A server that hangs up before TLS is agreed on may be busy; certificates have codes of their own.
    case CURLE_SSL_CONNECT_ERROR: return CH_UNREACHABLE;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    // A chunk that ends early.
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WRITE_ERROR: return CH_CUT;
    case CURLE_OPERATION_TIMEDOUT: return CH_TIMED_OUT;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_INVALIDCERTSTATUS: return CH_TLS;
    case CURLE_SSL_CACERT_BADFILE: return CH_AUTHORITIES;
    case CURLE_WEIRD_SERVER_REPLY: return CH_BAD_RESPONSE;
    case CURLE_OUT_OF_MEMORY: return CH_NO_MEMORY;
    default: return CH_FAILED;
  }
}

/// libcurl's words: its own detail only where that names hosts, ports and certificates and no more of the URL.
static void say(const ch_connection *connection, CURLcode code, ch_response *response) {
  const int may_tell = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST
      || code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR
      || code == CURLE_SSL_CACERT_BADFILE;
  const char *words =
      may_tell && connection->error[0] ? connection->error : curl_easy_strerror(code);
  snprintf(response->message, sizeof response->message, "%s", words);
}

static int is_https(const char *url) { return strncasecmp(url, "https://", 8) == 0; }

static int is_http(const char *url) { return strncasecmp(url, "http://", 7) == 0; }

/// Sets everything that a request says; the connection of the last one stays open for it.
static CURLcode prepare(ch_connection *connection, const ch_request *request, transfer *transfer) {
  CURL *easy = connection->easy;
  curl_easy_reset(easy);
  CURLcode code = CURLE_OK;
#define SET(option, value) \
  if (code == CURLE_OK) code = curl_easy_setopt(easy, option, value)
  SET(CURLOPT_ERRORBUFFER, connection->error);
  // Threads: no signals.
  SET(CURLOPT_NOSIGNAL, 1L);
  // Several requests at once go over several connections here; over one of HTTP/2 they would share its window.
  SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
#if LIBCURL_VERSION_NUM >= 0x075500
  SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
  SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  // Followed here, one by one, so that each step can be looked at.
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  SET(CURLOPT_SSL_VERIFYPEER, 1L);
  SET(CURLOPT_SSL_VERIFYHOST, 2L);
  if (request->authorities) SET(CURLOPT_CAINFO, request->authorities);
  if (request->user_agent) SET(CURLOPT_USERAGENT, request->user_agent);
  SET(CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_milliseconds);
  SET(CURLOPT_LOW_SPEED_TIME, (long)request->stall_seconds);
  SET(CURLOPT_LOW_SPEED_LIMIT, (long)request->slowest);
  SET(CURLOPT_TCP_KEEPALIVE, 1L);
  SET(CURLOPT_BUFFERSIZE, 256L * 1024);
  SET(CURLOPT_HEADERFUNCTION, take_head);
  SET(CURLOPT_HEADERDATA, transfer);
  SET(CURLOPT_WRITEFUNCTION, take_body);
  SET(CURLOPT_WRITEDATA, transfer);
  SET(CURLOPT_XFERINFOFUNCTION, take_progress);
  SET(CURLOPT_XFERINFODATA, transfer);
  SET(CURLOPT_NOPROGRESS, 0L);
  if (request->last >= request->first) {
    char range[64];
    snprintf(range, sizeof range, "%lld-%lld", (long long)request->first, (long long)request->last);
    // libcurl copies the text.
    SET(CURLOPT_RANGE, range);
  }
#undef SET
  return code;
}

/// Where a redirect leads, in memory of the caller's; NULL with a status where it must not lead there.
static char *follow(
    ch_connection *connection, const char *url, ch_status *status, ch_response *response) {
  char *next = NULL;
  curl_easy_getinfo(connection->easy, CURLINFO_REDIRECT_URL, &next);
  if (!next) {
    *status = CH_BAD_RESPONSE;
    snprintf(response->message, sizeof response->message, "a redirect without a place");
    return NULL;
  }
  if (is_https(url) && !is_https(next)) {
    *status = CH_DOWNGRADE;
    snprintf(response->message, sizeof response->message, "it leads from HTTPS to another protocol");
    return NULL;
  }
  if (!is_https(next) && !is_http(next)) {
    *status = CH_DOWNGRADE;
    snprintf(response->message, sizeof response->message, "it leads to another protocol than HTTP");
    return NULL;
  }
  char *copy = strdup(next);
  if (!copy) *status = CH_NO_MEMORY;
  return copy;
}

ch_status ch_get(
    ch_connection *connection, const ch_request *request, ch_body body, ch_tick tick, void *context,
    ch_response *response) {
  ch_head_reset(response, 0);
  if (!is_https(request->url) && !is_http(request->url)) return CH_BAD_URL;
  transfer transfer = {.response = response, .body = body, .tick = tick, .context = context};
  char *url = strdup(request->url);
  ch_status status = url ? CH_OK : CH_NO_MEMORY;
  for (int step = 0; status == CH_OK; step++) {
    ch_head_reset(response, 0);
    connection->error[0] = 0;
    CURLcode code = prepare(connection, request, &transfer);
    if (code == CURLE_OK) code = curl_easy_setopt(connection->easy, CURLOPT_URL, url);
    if (code == CURLE_OK) code = perform(connection->easy);
    status = transfer.is_stopped ? CH_STOPPED : status_of(code);
    if (status != CH_OK && status != CH_STOPPED) say(connection, code, response);
    if (status != CH_OK || !is_redirect(response->status)) break;
    if (step >= request->redirects) {
      status = CH_REDIRECTS;
      snprintf(response->message, sizeof response->message, "more than %d one after another", request->redirects);
      break;
    }
    char *next = follow(connection, url, &status, response);
    free(url);
    url = next;
  }
  free(url);
  return status;
}
