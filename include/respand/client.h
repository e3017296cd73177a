#pragma once
// A client of respand in one file, for applications in C (C99, POSIX threads) and C++ (C++17): clients/c/README.md. It
// hands records over without ever making the application wait, and keeps clients/README.md's promises. Nothing of the
// daemon's own code is used here. One file of the application, as its very first line but for comments, says
//   #define RESPAND_CLIENT_IMPLEMENTATION
//   #include "respand/client.h"
// and is linked with -pthread; all others include it as it is. Every function may be called from any thread, and takes
// a client that is NULL. Times are in milliseconds. SPDX-License-Identifier: Apache-2.0

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// A client, which sends on a thread of its own.
typedef struct respand_client respand_client;

// How a client behaves. respand_default_options() gives a value to begin with.
typedef struct respand_options {
  const char* socket;      // respand's socket
  const char* spool;       // the spool directory; "": none
  size_t max_queue;        // records that may wait, those without an answer among them
  size_t max_queue_bytes;  // their bytes
  size_t max_record;       // the largest line
  int max_wait;            // how long respand_log() may wait for room
  int spool_after;         // how long there may be no connection before records are spooled
  int ack_timeout;         // how long there may be no answer before the connection counts as lost
  int close_timeout;       // how long exit may take
  // Called for each record that was refused or dropped, with the reason, on the sender's thread; NULL: nobody is told.
  // It gets 4,096 bytes of the record at most. It may neither fork nor throw.
  void (*on_error)(void* context, const char* record, size_t length, const char* reason);
  void* context;  // passed to on_error
} respand_options;

// What became of the records.
typedef struct respand_counts {
  // Numbers of records (logged = durable + spooled + refused + dropped + queued), and of connections that were made.
  unsigned long long logged, durable, spooled, refused, dropped, queued, connects;
  char last_error[256];  // the last thing that went wrong; "": nothing so far
} respand_counts;

// The defaults, with what the environment says of socket and spool; texts of the environment are borrowed.
respand_options respand_default_options(void);
// Makes a client; NULL options are the defaults, all is copied. NULL: out of memory. Connects when there is a record.
respand_client* respand_open(const respand_options* options);
// Takes the JSON text of one object, `length` bytes: 1 where it was taken, else 0. The text may go when it returns.
int respand_log(respand_client* client, const char* json, size_t length);
// Waits until all that was taken before is answered: 1 where it is, 0 where `timeout` is over first.
int respand_flush(respand_client* client, int timeout);
// Flushes for `timeout` (negative: close_timeout), spools what is left and ends the sender: 1 where nothing was
// dropped. respand_log() refuses to take anything afterwards. Called at exit for each client that is still open.
int respand_close(respand_client* client, int timeout);
// Copies the counts as they are now; all are 0 where the client is NULL.
void respand_stats(respand_client* client, respand_counts* counts);
// Closes, and frees the client. Requires: no other thread uses it any more.
void respand_free(respand_client* client);

#ifdef __cplusplus
}  // extern "C"
#if __cplusplus >= 201703L
#include <chrono>
#include <string_view>
#include <utility>

namespace respand {

// The same for C++: closes and frees at the end of its scope. Nothing throws.
class Client {
 public:
  // As respand_open(). Where memory is out, log() and the others return false.
  explicit Client(const respand_options& options = respand_default_options()) noexcept
      : client_(respand_open(&options)) {}
  ~Client() { respand_free(client_); }
  Client(Client&& other) noexcept : client_(std::exchange(other.client_, nullptr)) {}
  Client& operator=(Client&& other) noexcept {
    std::swap(client_, other.client_);
    return *this;
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // As the functions of the same names; close() without a time waits for close_timeout.
  bool log(std::string_view json) noexcept { return respand_log(client_, json.data(), json.size()) != 0; }
  bool flush(std::chrono::milliseconds timeout) noexcept {
    return respand_flush(client_, static_cast<int>(timeout.count())) != 0;
  }
  bool close() noexcept { return respand_close(client_, -1) != 0; }
  bool close(std::chrono::milliseconds timeout) noexcept {
    return respand_close(client_, static_cast<int>(timeout.count())) != 0;
  }
  respand_counts stats() const noexcept {
    respand_counts counts;
    respand_stats(client_, &counts);
    return counts;
  }

 private:
  respand_client* client_;
};

}  // namespace respand
#endif
#endif

#ifdef RESPAND_CLIENT_IMPLEMENTATION
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // for getentropy() and pipe2(), also under -std=c99
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
  RSP_DEPTH = 512,       // objects and arrays in each other; respand itself takes fewer, and says so
  RSP_ANSWER = 65536,    // the longest line of an answer
  RSP_GATHER = 256,      // lines in one write
  RSP_FIRST_DELAY = 50,  // between tries to connect
  RSP_LAST_DELAY = 5000
};
static const size_t rsp_max_spool_lines = 1000;  // in a file
static const size_t rsp_max_spool_bytes = (size_t)8 << 20;
static const size_t rsp_max_notices = 1000;  // errors that may wait for on_error
static const size_t rsp_max_notice = 4096;

// --- JSON: is a text one object, and where are some of its members? ---

typedef struct rsp_member {
  const char* name;
  const unsigned char* value;  // NULL: not there
  size_t length;
} rsp_member;

typedef struct rsp_reader {
  const unsigned char *at, *end;
  const char* error;  // what is wrong, from the first mistake on
} rsp_reader;

static int rsp_wrong(rsp_reader* in, const char* error) {
  in->error = error;
  return 0;
}

// The next byte that is no blank; -1 at the end.
static int rsp_peek(rsp_reader* in) {
  while (in->at < in->end && (*in->at == ' ' || *in->at == '\t' || *in->at == '\n' || *in->at == '\r')) {
    ++in->at;
  }
  return in->at < in->end ? *in->at : -1;
}

static int rsp_hex(const unsigned char* digits) {
  int i, value = 0;
  for (i = 0; i < 4; ++i) {
    const int c = digits[i] | 0x20;
    if (!(c >= '0' && c <= '9' && digits[i] == c) && !(c >= 'a' && c <= 'f')) {
      return -1;
    }
    value = value * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return value;
}

// One character of more than one byte: no cut, overlong or surrogate one, none behind U+10FFFF.
static int rsp_utf8(rsp_reader* in) {
  const unsigned char* at = in->at;
  const int more = *at < 0xC2 ? 0 : *at < 0xE0 ? 1 : *at < 0xF0 ? 2 : *at < 0xF5 ? 3 : 0;
  const int low = *at == 0xE0 ? 0xA0 : *at == 0xF0 ? 0x90 : 0x80;
  const int high = *at == 0xED ? 0x9F : *at == 0xF4 ? 0x8F : 0xBF;
  int i;
  if (more == 0 || in->end - at <= more || at[1] < low || at[1] > high) {
    return rsp_wrong(in, "not UTF-8");
  }
  for (i = 2; i <= more; ++i) {
    if ((at[i] & 0xC0) != 0x80) {
      return rsp_wrong(in, "not UTF-8");
    }
  }
  in->at += more + 1;
  return 1;
}

static int rsp_string(rsp_reader* in) {
  for (++in->at; in->at < in->end;) {
    const unsigned char c = *in->at;
    if (c == '"') {
      ++in->at;
      return 1;
    }
    if (c < 0x20) {
      return rsp_wrong(in, "not valid JSON: a control character in a string");
    }
    if (c >= 0x80) {
      if (!rsp_utf8(in)) {
        return 0;
      }
    } else if (c == '\\') {
      const int length = in->end - in->at > 1 && in->at[1] == 'u' ? 6 : 2;
      if (in->end - in->at < length || (length == 6 ? rsp_hex(in->at + 2) < 0 : !memchr("\"\\/bfnrt", in->at[1], 8))) {
        return rsp_wrong(in, "not valid JSON: a wrong escape in a string");
      }
      in->at += length;
    } else {
      ++in->at;
    }
  }
  return rsp_wrong(in, "not valid JSON: a string without its end");
}

static int rsp_digits(rsp_reader* in) {
  const unsigned char* begin = in->at;
  while (in->at < in->end && *in->at >= '0' && *in->at <= '9') {
    ++in->at;
  }
  return in->at > begin;
}

static int rsp_skip(rsp_reader* in, char a, char b) {
  const int found = in->at < in->end && (*in->at == a || *in->at == b);
  in->at += found;
  return found;
}

static int rsp_scalar(rsp_reader* in) {
  static const char* const words[] = {"true", "false", "null"};
  size_t i;
  if (in->at < in->end && *in->at == '"') {
    return rsp_string(in);
  }
  for (i = 0; i < 3; ++i) {
    const size_t length = strlen(words[i]);
    if ((size_t)(in->end - in->at) >= length && memcmp(in->at, words[i], length) == 0) {
      in->at += length;
      return 1;
    }
  }
  rsp_skip(in, '-', '-');
  if (!rsp_skip(in, '0', '0') && !rsp_digits(in)) {
    return rsp_wrong(in, "not valid JSON: a value expected");
  }
  if ((rsp_skip(in, '.', '.') && !rsp_digits(in)) ||
      (rsp_skip(in, 'e', 'E') && (rsp_skip(in, '+', '-'), !rsp_digits(in)))) {
    return rsp_wrong(in, "not valid JSON: a number that ends too early");
  }
  return 1;
}

// A member's name and its colon. `name` may be NULL; else it gets the bytes between the quotes.
static int rsp_name(rsp_reader* in, rsp_reader* name) {
  if (rsp_peek(in) != '"') {
    return rsp_wrong(in, "not valid JSON: a member's name expected");
  }
  if (name) {
    name->at = in->at + 1;
  }
  if (!rsp_string(in)) {
    return 0;
  }
  if (name) {
    name->end = in->at - 1;
  }
  if (rsp_peek(in) != ':') {
    return rsp_wrong(in, "not valid JSON: a colon expected");
  }
  ++in->at;
  return 1;
}

// Any value. Keeps its own stack, so that no depth of the text can overflow the thread's.
static int rsp_value(rsp_reader* in) {
  unsigned char closers[RSP_DEPTH - 1];  // the object around it is one more
  size_t depth = 0;
  for (;;) {
    const int c = rsp_peek(in);
    if (c == '{' || c == '[') {
      const int closer = c + 2;
      if (depth == RSP_DEPTH - 1) {
        return rsp_wrong(in, "nested more than 512 deep");
      }
      ++in->at;
      if (rsp_peek(in) != closer) {
        closers[depth++] = (unsigned char)closer;
        if (c == '{' && !rsp_name(in, NULL)) {
          return 0;
        }
        continue;
      }
      ++in->at;
    } else if (!rsp_scalar(in)) {
      return 0;
    }
    while (depth > 0 && rsp_peek(in) == closers[depth - 1]) {
      ++in->at;
      --depth;
    }
    if (depth == 0) {
      return 1;
    }
    if (rsp_peek(in) != ',') {
      return rsp_wrong(in, "not valid JSON: a comma or the end of an object or array expected");
    }
    ++in->at;
    if (closers[depth - 1] == '}' && !rsp_name(in, NULL)) {
      return 0;
    }
  }
}

// Is this name, as it is spelled in the text, the one of a member that is looked for (a-z and _)?
static int rsp_is(rsp_reader spelled, const char* name) {
  for (; spelled.at < spelled.end && *name; ++name) {
    const int escaped = *spelled.at == '\\' && spelled.at[1] == 'u';
    if ((escaped ? rsp_hex(spelled.at + 2) : *spelled.at) != *name) {
      return 0;
    }
    spelled.at += escaped ? 6 : 1;
  }
  return spelled.at == spelled.end && !*name;
}

// Reads one object with nothing but blanks beside it, and finds members of it. Returns what is wrong, NULL where
// nothing is; then `object` is from its first byte to behind its last one.
static const char* rsp_object(const char* text, size_t length, rsp_reader* object, rsp_member* wanted, size_t count) {
  rsp_reader in = {(const unsigned char*)text, (const unsigned char*)text + length, NULL};
  size_t i;
  if (rsp_peek(&in) != '{') {
    return "not a JSON object";
  }
  object->at = in.at++;
  if (rsp_peek(&in) == '}') {
    ++in.at;
  } else {
    int c = 0;
    while (c != '}') {
      rsp_reader name = {NULL, NULL, NULL};
      const unsigned char* value;
      if (!rsp_name(&in, &name) || (rsp_peek(&in), value = in.at, !rsp_value(&in))) {
        return in.error;
      }
      for (i = 0; i < count; ++i) {
        if (rsp_is(name, wanted[i].name)) {
          wanted[i].value = value;
          wanted[i].length = (size_t)(in.at - value);
        }
      }
      c = rsp_peek(&in);
      if (c != ',' && c != '}') {
        return "not valid JSON: a comma or the end of an object or array expected";
      }
      ++in.at;
    }
  }
  object->end = in.at;
  return rsp_peek(&in) == -1 ? NULL : "not valid JSON: something behind the object";
}

// --- The client ---

typedef struct rsp_line {
  struct rsp_line* next;
  unsigned long long number;  // over all that were taken
  const char* reason;         // of a notice
  size_t length;              // with its line end
  int refused;                // by respand, before the answer to it
  char text[1];
} rsp_line;

struct respand_client {
  respand_options options;  // constant, as all strings here
  respand_client* next;     // guarded by rsp_registry

  pthread_mutex_t mutex;
  pthread_cond_t room, answered;
  // Guarded by the mutex. Lines are added at the tail by anyone, and taken away at the head by the sender only: without
  // the mutex it may read the lines that it has seen under it.
  rsp_line *head, *tail, *unsent;
  rsp_line *notices, *last_notice;
  size_t bytes, notice_count;
  unsigned long long taken;  // the number of the last line
  respand_counts counts;
  size_t wake_at, wake_at_bytes;  // how much has to wait to wake the sender
  int has_thread, running, closing, closed, lost;
  long long deadline;  // of closing
  pthread_t thread;
  int wake[2];  // a pipe

  // The sender's own.
  int fd;                                  // -1: no connection
  size_t offset;                           // of `unsent` that is written
  unsigned long long sent, answered_here;  // lines of this connection
  int wants_out, spool_failed, tries;
  long long next_try, away_since, last_spool, last_answer;
  size_t answer_length;
  char answer[RSP_ANSWER];
};

static pthread_mutex_t rsp_registry = PTHREAD_MUTEX_INITIALIZER;
static respand_client* rsp_clients;  // all that were opened and not freed

static long long rsp_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static long long rsp_earlier(long long a, long long b) { return a < b ? a : b; }

static void rsp_error(respand_client* client, const char* what, const char* why) {
  snprintf(client->counts.last_error, sizeof client->counts.last_error, "%s: %s", what, why);
}

static void rsp_wake(respand_client* client) {
  client->wake_at = client->wake_at_bytes = SIZE_MAX;
  if (client->running && write(client->wake[1], "", 1) < 0) {
    // The pipe is full: the sender wakes up anyway.
  }
}

// Waits, with the mutex, until somebody tells or until `deadline`.
static void rsp_wait_for(respand_client* client, pthread_cond_t* event, long long deadline) {
  struct timespec at;
  at.tv_sec = (time_t)(deadline / 1000);
  at.tv_nsec = (long)(deadline % 1000) * 1000000;
  pthread_cond_timedwait(event, &client->mutex, &at);
}

static void rsp_free_lines(rsp_line* line) {
  while (line) {
    rsp_line* next = line->next;
    free(line);
    line = next;
  }
}

static rsp_line* rsp_new_line(size_t length) {
  rsp_line* line = (rsp_line*)malloc(offsetof(rsp_line, text) + length + 1);
  if (line) {
    line->next = NULL;
    line->reason = NULL;
    line->length = length;
    line->refused = 0;
  }
  return line;
}

// Keeps the beginning of a record for on_error, which the sender calls.
static void rsp_notice(respand_client* client, const char* record, size_t length, const char* reason) {
  rsp_line* notice;
  rsp_error(client, "a record was not taken", reason);
  if (!client->options.on_error || client->notice_count == rsp_max_notices) {
    return;
  }
  length = length < rsp_max_notice ? length : rsp_max_notice;
  notice = rsp_new_line(length);
  if (!notice) {
    return;
  }
  memcpy(notice->text, record, length);
  notice->reason = reason;
  if (client->notices) {
    client->last_notice->next = notice;
  } else {
    client->notices = notice;
  }
  client->last_notice = notice;
  ++client->notice_count;
  rsp_wake(client);
}

// The time as a member. Without gmtime_r(): that takes a lock of the C library, which a child of fork() would wait for
// for ever if another thread had it. The calendar is counted from 1 March of the year 0, so that the leap day ends a
// year.
static int rsp_put_timestamp(char* out, size_t size, const char* comma, struct timespec now) {
  long long second, day, era, year, month;
  second = (long long)now.tv_sec % 86400;
  day = (long long)now.tv_sec / 86400 + 719468;
  era = day / 146097;  // of 400 years
  day -= era * 146097;
  year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
  day -= 365 * year + year / 4 - year / 100;
  month = (5 * day + 2) / 153;
  day -= (153 * month + 2) / 5;
  year += era * 400 + (month >= 10);
  month += month < 10 ? 3 : -9;
  return snprintf(out, size, "%s\"timestamp\":\"%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ\"", comma, (int)year, (int)month,
                  (int)day + 1, (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60), now.tv_nsec / 1000);
}

// The line that is sent: the object on one line, and what it lacks. NULL: out of memory.
static rsp_line* rsp_encode(rsp_reader object, const rsp_member* members) {
  char more[160];
  int length = 0;
  const size_t inner = (size_t)(object.end - object.at) - 1;  // without its last bracket
  rsp_reader behind = {object.at + 1, object.end, NULL};
  const char* comma = rsp_peek(&behind) == '}' ? "" : ",";
  rsp_line* line;
  char* c;
  if (!members[0].value) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    length = rsp_put_timestamp(more, sizeof more, comma, now);
    comma = ",";
  }
  if (!members[1].value) {
    unsigned char r[16];
    if (getentropy(r, sizeof r) != 0) {
      return NULL;
    }
    length +=
        snprintf(more + length, sizeof more - (size_t)length,
                 "%s\"custom_identifier\":\"%02x%02x%02x%02x-%02x%02x-4%x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x\"",
                 comma, r[0], r[1], r[2], r[3], r[4], r[5], r[6] & 15, r[7], (r[8] & 63) | 128, r[9], r[10], r[11],
                 r[12], r[13], r[14], r[15]);
  }
  line = rsp_new_line(inner + (size_t)length + 2);
  if (!line) {
    return NULL;
  }
  memcpy(line->text, object.at, inner);
  for (c = line->text; c < line->text + inner; ++c) {
    *c = *c == '\n' || *c == '\r' ? ' ' : *c;  // between values only: strings have none
  }
  memcpy(line->text + inner, more, (size_t)length);
  memcpy(line->text + line->length - 2, "}\n", 2);
  return line;
}

static int rsp_has_room(const respand_client* client, size_t length) {
  return client->counts.queued < client->options.max_queue && client->bytes + length <= client->options.max_queue_bytes;
}

static void* rsp_run(void* argument);

// Starts the sender, with the first record: so a forked child has its own. It takes no signals from the application.
static void rsp_start(respand_client* client) {
  sigset_t all, before;
  int failed;
  if (client->running) {
    return;
  }
  if (client->wake[0] < 0 && pipe2(client->wake, O_CLOEXEC | O_NONBLOCK) != 0) {
    client->wake[0] = client->wake[1] = -1;
    rsp_error(client, "no sender", strerror(errno));
    return;
  }
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  failed = pthread_create(&client->thread, NULL, rsp_run, client);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  client->running = client->has_thread = !failed;
  if (failed) {
    rsp_error(client, "no sender", strerror(failed));
  }
}

int respand_log(respand_client* client, const char* json, size_t length) {
  rsp_member members[] = {{"timestamp", NULL, 0}, {"custom_identifier", NULL, 0}};
  rsp_reader object = {NULL, NULL, NULL};
  const char* refused = NULL;
  const char* dropped = NULL;
  rsp_line* line = NULL;
  if (!client) {
    return 0;
  }
  if (!json || length > client->options.max_record) {
    refused = json ? "larger than max_record" : "not a JSON object";
  } else {
    refused = rsp_object(json, length, &object, members, 2);
  }
  if (!refused) {
    line = rsp_encode(object, members);
    if (line && line->length - 1 > client->options.max_record) {
      refused = "larger than max_record";
    }
  }
  pthread_mutex_lock(&client->mutex);
  ++client->counts.logged;
  if (!client->closing) {
    rsp_start(client);
  }
  if (!refused && line) {
    const long long deadline = rsp_now() + client->options.max_wait;
    while (!rsp_has_room(client, line->length) && !client->closing && rsp_now() < deadline) {
      rsp_wait_for(client, &client->room, deadline);
    }
    dropped = client->closing                       ? "the client is closed"
              : !rsp_has_room(client, line->length) ? "the queue is full"
                                                    : NULL;
  } else if (!refused) {
    dropped = "out of memory";
  }
  if (refused || dropped) {
    client->counts.refused += refused != NULL;
    client->counts.dropped += dropped != NULL;
    rsp_notice(client, json ? json : "", json ? length : 0, refused ? refused : dropped);
    pthread_mutex_unlock(&client->mutex);
    free(line);
    return 0;
  }
  line->number = ++client->taken;
  if (client->head) {
    client->tail->next = line;
  } else {
    client->head = line;
  }
  client->tail = line;
  if (!client->unsent) {
    client->unsent = line;
  }
  ++client->counts.queued;
  client->bytes += line->length;
  if (client->counts.queued >= client->wake_at || client->bytes >= client->wake_at_bytes) {
    rsp_wake(client);
  }
  pthread_mutex_unlock(&client->mutex);
  return 1;
}

// --- The sender's side. Each function is called with the mutex and returns with it; the slow ones let it go meanwhile.
// ---

// Takes `count` lines away from the head; `counted_as` counts those that respand has not refused.
static void rsp_resolve(respand_client* client, unsigned long long count, unsigned long long* counted_as) {
  rsp_line* first = client->head;
  rsp_line* last = NULL;
  unsigned long long i;
  if (count == 0) {
    return;
  }
  for (i = 0; i < count; ++i) {
    last = client->head;
    client->head = last->next;
    client->bytes -= last->length;
    --client->counts.queued;
    ++*(last->refused ? &client->counts.refused : counted_as);
    if (client->unsent == last) {
      client->unsent = client->head;
    }
  }
  last->next = NULL;
  pthread_cond_broadcast(&client->room);
  pthread_cond_broadcast(&client->answered);
  pthread_mutex_unlock(&client->mutex);
  rsp_free_lines(first);
  pthread_mutex_lock(&client->mutex);
}

static void rsp_tell(respand_client* client, const char* record, size_t length, const char* reason) {
  if (client->options.on_error) {
    pthread_mutex_unlock(&client->mutex);
    client->options.on_error(client->options.context, record, length < rsp_max_notice ? length : rsp_max_notice,
                             reason);
    pthread_mutex_lock(&client->mutex);
  }
}

// The next try to connect comes after 50 ms, then twice as long each time up to 5 s, less a random half.
static void rsp_away(respand_client* client, const char* what, const char* why) {
  const long long now = rsp_now();
  const long long delay = rsp_earlier((long long)RSP_FIRST_DELAY << client->tries, RSP_LAST_DELAY);
  unsigned random = 0;
  if (getentropy(&random, sizeof random) != 0) {
    random = 0;  // then the longest
  }
  client->tries += client->tries < 10;
  client->next_try = now + delay - (long long)(random % (unsigned)(delay / 2 + 1));
  if (client->head && !client->away_since) {
    client->away_since = now;  // nothing is away while nothing waits for it
  }
  rsp_error(client, what, why);
}

// Ends the connection. Lines with a refusal are answered by it; all others go first over the next one.
static void rsp_disconnect(respand_client* client, const char* why) {
  rsp_line** at = &client->head;
  close(client->fd);
  client->fd = -1;
  client->tail = NULL;
  while (*at) {
    rsp_line* line = *at;
    if (line->refused) {
      *at = line->next;
      client->bytes -= line->length;
      --client->counts.queued;
      ++client->counts.refused;
      free(line);
    } else {
      client->tail = line;
      at = &line->next;
    }
  }
  client->unsent = client->head;
  pthread_cond_broadcast(&client->room);
  pthread_cond_broadcast(&client->answered);
  rsp_away(client, client->options.socket, why);
}

static void rsp_connect(respand_client* client) {
  struct sockaddr_un address;
  int fd, failed = 0;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  if (strlen(client->options.socket) >= sizeof address.sun_path) {
    rsp_away(client, client->options.socket, "longer than the path of a socket may be");
    return;
  }
  memcpy(address.sun_path, client->options.socket, strlen(client->options.socket));
  pthread_mutex_unlock(&client->mutex);
  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || connect(fd, (struct sockaddr*)&address, sizeof address) != 0 ||
      send(fd, "!ack\n", 5, MSG_NOSIGNAL) != 5) {
    failed = errno;
  }
  pthread_mutex_lock(&client->mutex);
  if (failed) {
    if (fd >= 0) {
      close(fd);
    }
    rsp_away(client, client->options.socket, strerror(failed));
    return;
  }
  client->fd = fd;
  client->sent = client->answered_here = 0;
  client->offset = client->answer_length = 0;
  client->unsent = client->head;
  client->last_answer = rsp_now();
  ++client->counts.connects;
}

// A whole number up to 18 digits; else -1.
static long long rsp_number(const rsp_member* member) {
  long long value = 0;
  size_t i;
  for (i = 0; i < member->length; ++i) {
    if (i == 18 || member->value[i] < '0' || member->value[i] > '9') {
      return -1;
    }
    value = value * 10 + (member->value[i] - '0');
  }
  return value;
}

// One line of respand's: NULL where it makes sense, else why not. What it does not know it leaves alone.
static const char* rsp_take_answer(respand_client* client, const char* text, size_t length) {
  rsp_member members[] = {{"durable", NULL, 0}, {"line", NULL, 0}, {"error", NULL, 0}};
  rsp_reader object = {NULL, NULL, NULL};
  const int wrong = rsp_object(text, length, &object, members, 3) != NULL;
  const int is_durable = members[0].value != NULL;
  const long long number = is_durable ? rsp_number(&members[0]) : members[1].value ? rsp_number(&members[1]) : 0;
  const unsigned long long line = (unsigned long long)number;
  if (wrong || number < 0 || line > client->sent || (is_durable && line < client->answered_here)) {
    return "an answer that is none of respand's";
  }
  if (is_durable) {
    const unsigned long long count = line - client->answered_here;
    client->answered_here = line;
    rsp_resolve(client, count, &client->counts.durable);
  } else if (members[1].value && members[2].value) {
    rsp_line* refused = client->head;
    unsigned long long i;
    if (line <= client->answered_here) {
      return "an answer about a line that has one";
    }
    for (i = client->answered_here + 1; i < line; ++i) {
      refused = refused->next;
    }
    if (!refused->refused) {
      char reason[200];
      refused->refused = 1;
      snprintf(reason, sizeof reason, "respand refused it: %.*s",
               (int)(members[2].length < 160 ? members[2].length : 160), (const char*)members[2].value);
      rsp_error(client, client->options.socket, reason);
      rsp_tell(client, refused->text, refused->length - 1, reason);
    }
  } else {
    return NULL;
  }
  client->tries = 0;
  client->away_since = 0;
  client->last_answer = rsp_now();
  return NULL;
}

// Reads what respand has answered: 1 where there was something, also the end.
static int rsp_read_answers(respand_client* client) {
  ssize_t got;
  int failed;
  char* begin = client->answer;
  char* end;
  pthread_mutex_unlock(&client->mutex);
  got = recv(client->fd, client->answer + client->answer_length, RSP_ANSWER - client->answer_length, 0);
  failed = errno;
  pthread_mutex_lock(&client->mutex);
  if (got <= 0) {
    if (got < 0 && (failed == EAGAIN || failed == EINTR)) {
      return 0;
    }
    rsp_disconnect(client, got == 0 ? "respand has closed the connection" : strerror(failed));
    return 1;
  }
  client->answer_length += (size_t)got;
  while ((end = (char*)memchr(begin, '\n', client->answer_length)) != NULL) {
    const size_t length = (size_t)(end - begin);
    rsp_reader line = {(const unsigned char*)begin, (const unsigned char*)end, NULL};
    const char* wrong = rsp_peek(&line) == -1 ? NULL : rsp_take_answer(client, begin, length);
    if (wrong) {
      rsp_disconnect(client, wrong);
      return 1;
    }
    begin = end + 1;
    client->answer_length -= length + 1;
  }
  if (client->answer_length == RSP_ANSWER) {
    rsp_disconnect(client, "an answer longer than any of respand's");
    return 1;
  }
  memmove(client->answer, begin, client->answer_length);
  return 1;
}

// Writes what waits, as much as the socket takes: 1 where something was written.
static int rsp_write_lines(respand_client* client) {
  struct iovec parts[RSP_GATHER];
  struct msghdr message;
  rsp_line* line = client->unsent;
  ssize_t wrote;
  size_t count = 0, left;
  int failed;
  client->wants_out = 0;
  for (; line && count < RSP_GATHER; line = line->next, ++count) {
    const size_t skip = count == 0 ? client->offset : 0;
    parts[count].iov_base = line->text + skip;
    parts[count].iov_len = line->length - skip;
  }
  if (count == 0) {
    return 0;
  }
  if (client->sent == client->answered_here && client->offset == 0) {
    client->last_answer = rsp_now();  // from here on an answer is waited for
  }
  memset(&message, 0, sizeof message);
  message.msg_iov = parts;
  message.msg_iovlen = count;
  pthread_mutex_unlock(&client->mutex);
  wrote = sendmsg(client->fd, &message, MSG_NOSIGNAL);
  failed = errno;
  pthread_mutex_lock(&client->mutex);
  if (wrote < 0) {
    if (failed == EAGAIN || failed == EINTR) {
      client->wants_out = 1;
    } else if (!rsp_read_answers(client)) {  // what respand said before it went still counts
      rsp_disconnect(client, strerror(failed));
    }
    return client->fd < 0;
  }
  for (left = (size_t)wrote + client->offset; client->unsent && left >= client->unsent->length;) {
    left -= client->unsent->length;
    client->unsent = client->unsent->next;
    ++client->sent;
  }
  client->offset = left;
  return 1;
}

// Writes `count` lines to a new file of the spool directory, synced and renamed into place: 0, or what failed (errno).
static int rsp_write_spool_file(const char* directory, const rsp_line* line, size_t count) {
  char temporary[96];
  const char* name = temporary + 1;
  unsigned random[2] = {0, 0};
  struct timespec now;
  FILE* file = NULL;
  int folder, fd, failed = 0;
  clock_gettime(CLOCK_REALTIME, &now);
  if (getentropy(random, sizeof random) != 0) {
    return errno;
  }
  snprintf(temporary, sizeof temporary, ".respand-%ld-%lld%09ld-%08x%08x.ndjson", (long)getpid(), (long long)now.tv_sec,
           now.tv_nsec, random[0], random[1]);
  folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) {
    return errno;
  }
  fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
  if (fd < 0 || !(file = fdopen(fd, "w"))) {
    failed = errno;
    if (fd >= 0) {
      close(fd);
    }
  } else {
    for (; count > 0; --count) {
      if (fwrite(line->text, 1, line->length, file) != line->length) {
        failed = errno;
        break;
      }
      line = count > 1 ? line->next : line;
    }
    if (!failed && (fflush(file) != 0 || fsync(fd) != 0)) {
      failed = errno;
    }
    if (fclose(file) != 0 && !failed) {
      failed = errno;
    }
  }
  if (!failed && renameat(folder, temporary, folder, name) != 0) {
    failed = errno;
  }
  if (failed) {
    unlinkat(folder, temporary, 0);
  } else if (fsync(folder) != 0) {
    failed = errno;
    if (unlinkat(folder, name, 0) != 0) {
      failed = 0;  // respand has taken it already
    }
  }
  close(folder);
  return failed;
}

// Spools as much as goes into a file: 1 where it is there.
static int rsp_spool(respand_client* client) {
  const rsp_line* line;
  size_t count = 0, bytes = 0;
  int failed;
  if (!client->head || !*client->options.spool) {
    return 0;
  }
  for (line = client->head; line && count < rsp_max_spool_lines; line = line->next, ++count) {
    bytes += line->length;
    if (count > 0 && bytes > rsp_max_spool_bytes) {
      break;
    }
  }
  line = client->head;
  pthread_mutex_unlock(&client->mutex);
  failed = rsp_write_spool_file(client->options.spool, line, count);
  pthread_mutex_lock(&client->mutex);
  client->last_spool = rsp_now();
  client->spool_failed = failed != 0;
  if (failed) {
    rsp_error(client, client->options.spool, strerror(failed));
    return 0;
  }
  rsp_resolve(client, count, &client->counts.spooled);
  return 1;
}

// How much is worth a spool file before its time: a whole one, or half of the room.
static size_t rsp_spool_lines(const respand_client* client) {
  const size_t half = client->options.max_queue / 2;
  return half < rsp_max_spool_lines ? half + 1 : rsp_max_spool_lines;
}

static size_t rsp_spool_bytes(const respand_client* client) {
  const size_t half = client->options.max_queue_bytes / 2;
  return half < rsp_max_spool_bytes ? half + 1 : rsp_max_spool_bytes;
}

// When what waits goes to the spool, while there is no connection.
static long long rsp_spool_time(const respand_client* client) {
  const long long away = client->away_since + client->options.spool_after;
  const long long next = client->last_spool + client->options.spool_after;
  const int much = client->counts.queued >= rsp_spool_lines(client) || client->bytes >= rsp_spool_bytes(client);
  if (!*client->options.spool || !client->away_since) {
    return LLONG_MAX;
  }
  if (client->closing && !client->spool_failed) {
    return 0;
  }
  return away > next || (much && !client->spool_failed) ? away : next;
}

// Sleeps until there is something to do.
static void rsp_sleep(respand_client* client) {
  struct pollfd events[2] = {{client->wake[0], POLLIN, 0}, {client->fd, POLLIN, 0}};
  char bytes[64];
  long long until = client->closing ? client->deadline : LLONG_MAX;
  long long left;
  if (client->fd >= 0) {
    if (client->wants_out) {
      events[1].events |= POLLOUT;
    } else {
      client->wake_at = client->counts.queued + 1;
    }
    if (client->head) {
      until = rsp_earlier(until, client->last_answer + client->options.ack_timeout);
    }
  } else if (client->head) {
    until = rsp_earlier(until, rsp_earlier(client->next_try, rsp_spool_time(client)));
    if (*client->options.spool && !client->spool_failed) {
      client->wake_at = rsp_spool_lines(client);
      client->wake_at_bytes = rsp_spool_bytes(client);
    }
    if (client->counts.queued >= client->wake_at || client->bytes >= client->wake_at_bytes) {
      client->wake_at = client->wake_at_bytes = SIZE_MAX;  // its time is waited for
    }
  } else {
    client->wake_at = 1;
  }
  left = until == LLONG_MAX ? -1 : until - rsp_now();
  left = until != LLONG_MAX && left < 0 ? 0 : rsp_earlier(left, INT_MAX);
  pthread_mutex_unlock(&client->mutex);
  poll(events, client->fd >= 0 ? 2 : 1, (int)left);
  while (read(client->wake[0], bytes, sizeof bytes) == (ssize_t)sizeof bytes) {
  }
  pthread_mutex_lock(&client->mutex);
  client->wake_at = client->wake_at_bytes = SIZE_MAX;
}

// One turn: 1 where something came of it.
static int rsp_step(respand_client* client) {
  rsp_line* notice = client->notices;
  if (notice) {
    client->notices = notice->next;
    --client->notice_count;
    rsp_tell(client, notice->text, notice->length, notice->reason);
    free(notice);
    return 1;
  }
  if (client->fd < 0 && client->head && rsp_now() >= client->next_try) {
    rsp_connect(client);
  }
  if (client->fd < 0) {
    return client->head && rsp_now() >= rsp_spool_time(client) && rsp_spool(client);
  }
  if (rsp_read_answers(client) || rsp_write_lines(client)) {
    return 1;
  }
  if (client->head && rsp_now() >= client->last_answer + client->options.ack_timeout) {
    rsp_disconnect(client, "no answer for ack_timeout");
    return 1;
  }
  return 0;
}

// What is left when there is no more time: to the spool, or dropped.
static void rsp_finish(respand_client* client) {
  if (client->fd >= 0) {
    rsp_disconnect(client, "closed by the client");
  }
  while (rsp_spool(client)) {
  }
  while (client->head) {
    client->lost = 1;
    rsp_tell(client, client->head->text, client->head->length - 1, "no answer and no spool at exit");
    rsp_resolve(client, 1, &client->counts.dropped);
  }
  client->closed = 1;
}

static void* rsp_run(void* argument) {
  respand_client* client = (respand_client*)argument;
  pthread_mutex_lock(&client->mutex);
  while (!client->closing || client->notices || (client->head && rsp_now() < client->deadline)) {
    if (!rsp_step(client)) {
      rsp_sleep(client);
    }
  }
  rsp_finish(client);
  client->running = 0;
  pthread_cond_broadcast(&client->answered);
  pthread_mutex_unlock(&client->mutex);
  return NULL;
}

// --- Waiting, ending, forking ---

// Does the sender itself call, out of on_error? It can't wait for itself.
static int rsp_is_sender(const respand_client* client) {
  return client->running && pthread_equal(client->thread, pthread_self());
}

int respand_flush(respand_client* client, int timeout) {
  const long long deadline = rsp_now() + timeout;
  unsigned long long last;
  int done;
  if (!client) {
    return 0;
  }
  pthread_mutex_lock(&client->mutex);
  last = client->taken;
  while (client->head && client->head->number <= last && !rsp_is_sender(client) && rsp_now() < deadline) {
    rsp_wait_for(client, &client->answered, deadline);
  }
  done = !client->head || client->head->number > last;
  pthread_mutex_unlock(&client->mutex);
  return done;
}

int respand_close(respand_client* client, int timeout) {
  int kept;
  if (!client) {
    return 0;
  }
  pthread_mutex_lock(&client->mutex);
  if (!client->closing) {
    client->closing = 1;
    client->deadline = rsp_now() + (timeout < 0 ? client->options.close_timeout : timeout);
    pthread_cond_broadcast(&client->room);
    rsp_wake(client);
  }
  if (!rsp_is_sender(client)) {
    while (client->running) {
      pthread_cond_wait(&client->answered, &client->mutex);
    }
    if (client->has_thread) {
      client->has_thread = 0;
      pthread_mutex_unlock(&client->mutex);
      pthread_join(client->thread, NULL);
      pthread_mutex_lock(&client->mutex);
    }
    rsp_finish(client);  // where no sender could be started
  }
  kept = client->closed && !client->lost;
  pthread_mutex_unlock(&client->mutex);
  return kept;
}

void respand_stats(respand_client* client, respand_counts* counts) {
  memset(counts, 0, sizeof *counts);
  if (client) {
    pthread_mutex_lock(&client->mutex);
    *counts = client->counts;
    pthread_mutex_unlock(&client->mutex);
  }
}

static void rsp_at_exit(void) {
  respand_client* client;
  do {
    pthread_mutex_lock(&rsp_registry);
    for (client = rsp_clients; client; client = client->next) {
      int closed;
      pthread_mutex_lock(&client->mutex);
      closed = client->closed || rsp_is_sender(client);
      pthread_mutex_unlock(&client->mutex);
      if (!closed) {
        break;
      }
    }
    pthread_mutex_unlock(&rsp_registry);
    respand_close(client, -1);
  } while (client);
}

// A fork waits until no thread is in the middle of something, so that the child finds all in order.
static void rsp_before_fork(void) {
  respand_client* client;
  pthread_mutex_lock(&rsp_registry);
  for (client = rsp_clients; client; client = client->next) {
    pthread_mutex_lock(&client->mutex);
  }
}

static void rsp_after_fork(void) {
  respand_client* client;
  for (client = rsp_clients; client; client = client->next) {
    pthread_mutex_unlock(&client->mutex);
  }
  pthread_mutex_unlock(&rsp_registry);
}

static void rsp_init_conditions(respand_client* client) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&client->room, &attributes);
  pthread_cond_init(&client->answered, &attributes);
  pthread_condattr_destroy(&attributes);
}

// What a client that has done nothing yet holds.
static void rsp_reset(respand_client* client) {
  client->head = client->tail = client->unsent = client->notices = client->last_notice = NULL;
  client->bytes = client->notice_count = 0;
  memset(&client->counts, 0, sizeof client->counts);
  client->wake_at = client->wake_at_bytes = SIZE_MAX;
  client->has_thread = client->running = client->lost = 0;
  client->closing = client->closed;
  client->fd = client->wake[0] = client->wake[1] = -1;
  client->tries = client->wants_out = client->spool_failed = 0;
  client->next_try = client->away_since = client->last_spool = 0;
  rsp_init_conditions(client);
}

// The child starts anew: what its parent holds stays the parent's.
static void rsp_in_child(void) {
  respand_client* client;
  for (client = rsp_clients; client; client = client->next) {
    rsp_free_lines(client->head);
    rsp_free_lines(client->notices);
    if (client->fd >= 0) {
      close(client->fd);
    }
    if (client->wake[0] >= 0) {
      close(client->wake[0]);
      close(client->wake[1]);
    }
    rsp_reset(client);
  }
  rsp_after_fork();
}

static void rsp_register(void) {
  pthread_atfork(rsp_before_fork, rsp_after_fork, rsp_in_child);
  atexit(rsp_at_exit);
}

respand_options respand_default_options(void) {
  respand_options options;
  const char* socket = getenv("RESPAND_SOCKET_PATH");
  const char* spool = getenv("RESPAND_SPOOL_DIRECTORY");
  memset(&options, 0, sizeof options);
  options.socket = socket && *socket ? socket : "/run/respand/respand.sock";
  options.spool = spool ? spool : "/var/spool/respand";
  options.max_queue = 10000;
  options.max_queue_bytes = (size_t)64 << 20;
  options.max_record = (size_t)20 << 20;
  options.max_wait = 5;
  options.spool_after = 1000;
  options.ack_timeout = 30000;
  options.close_timeout = 2000;
  return options;
}

respand_client* respand_open(const respand_options* options) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  const respand_options chosen = options ? *options : respand_default_options();
  respand_client* client = (respand_client*)calloc(1, sizeof *client);
  char* socket = strdup(chosen.socket ? chosen.socket : "");
  char* spool = strdup(chosen.spool ? chosen.spool : "");
  if (!client || !socket || !spool) {
    free(client);
    free(socket);
    free(spool);
    return NULL;
  }
  client->options = chosen;
  client->options.socket = socket;
  client->options.spool = spool;
  pthread_mutex_init(&client->mutex, NULL);
  rsp_reset(client);
  pthread_once(&once, rsp_register);
  pthread_mutex_lock(&rsp_registry);
  client->next = rsp_clients;
  rsp_clients = client;
  pthread_mutex_unlock(&rsp_registry);
  return client;
}

void respand_free(respand_client* client) {
  respand_client** at = &rsp_clients;
  if (!client) {
    return;
  }
  respand_close(client, -1);
  pthread_mutex_lock(&rsp_registry);
  while (*at != client) {
    at = &(*at)->next;
  }
  *at = client->next;
  pthread_mutex_unlock(&rsp_registry);
  if (client->wake[0] >= 0) {
    close(client->wake[0]);
    close(client->wake[1]);
  }
  rsp_free_lines(client->notices);
  pthread_mutex_destroy(&client->mutex);
  pthread_cond_destroy(&client->room);
  pthread_cond_destroy(&client->answered);
  free((char*)client->options.socket);
  free((char*)client->options.spool);
  free(client);
}
#endif  // RESPAND_CLIENT_IMPLEMENTATION
