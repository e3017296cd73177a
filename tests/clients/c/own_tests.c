// What the client in C does by itself: which texts it takes, what it adds, forks, ends. The lines are read from its spool
// directory, as there is no daemon.   own_tests FOLDER one | forks
#define RESPAND_CLIENT_IMPLEMENTATION
#include "respand/client.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int failures;

#define EXPECT(condition)                                         \
  do {                                                            \
    if (!(condition)) {                                           \
      printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                 \
    }                                                             \
  } while (0)

static const char* folder;
static const char* whole = "\"timestamp\":1,\"custom_identifier\":\"x\"";

static respand_options away(void) {
  respand_options options = respand_default_options();
  options.socket = "/nowhere/respand.sock";
  options.spool = folder;
  return options;
}

// Takes every line out of the spool directory; one behind the other. The caller frees it.
static char* take_spool(int* count) {
  DIR* directory = opendir(folder);
  struct dirent* entry;
  char* all = (char*)calloc(1, 1 << 22);
  size_t length = 0, i;
  while ((entry = readdir(directory))) {
    char path[PATH_MAX];
    FILE* file;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (entry->d_name[0] == '.') {
      continue;
    }
    file = fopen(path, "r");
    length += fread(all + length, 1, (1 << 22) - 1 - length, file);
    fclose(file);
    unlink(path);
  }
  closedir(directory);
  for (*count = 0, i = 0; i < length; ++i) {
    *count += all[i] == '\n';
  }
  return all;
}

// Logs a text that ends where its memory does, so that a sanitizer sees who reads on. 1: taken.
static int log_exactly(respand_client* client, const char* text, size_t length) {
  char* copy = (char*)malloc(length + (length == 0));
  int taken;
  memcpy(copy, text, length);
  taken = respand_log(client, copy, length);
  free(copy);
  return taken;
}

static int is_taken(const char* text) {
  const respand_options options = away();
  respand_client* client = respand_open(&options);
  const int taken = log_exactly(client, text, strlen(text));
  int count;
  respand_free(client);
  free(take_spool(&count));
  EXPECT(count == taken);
  return taken;
}

// The line that this text becomes; the caller frees it.
static char* line_of(const char* text) {
  const respand_options options = away();
  respand_client* client = respand_open(&options);
  int count;
  char* line;
  EXPECT(log_exactly(client, text, strlen(text)));
  respand_free(client);
  line = take_spool(&count);
  EXPECT(count == 1);
  return line;
}

static void lines(void) {
  char text[512];
  char* line;
  int a, b, n = 0;
  snprintf(text, sizeof text, " {\n\"b\": [0,-1.5e+3,\"\\u00e9\\ud83d \xc3\xa9\xf0\x9f\x98\x80\", {}, [ ] ],\r\n%s } \n", whole);
  line = line_of(text);
  snprintf(text, sizeof text, "{ \"b\": [0,-1.5e+3,\"\\u00e9\\ud83d \xc3\xa9\xf0\x9f\x98\x80\", {}, [ ] ],  %s }\n", whole);
  EXPECT(strcmp(line, text) == 0);
  free(line);
  line = line_of("{\"timest\\u0061mp\":null,\"custom\\u005Fidentifier\":null}");
  EXPECT(strcmp(line, "{\"timest\\u0061mp\":null,\"custom\\u005Fidentifier\":null}\n") == 0);
  free(line);
  line = line_of("{ }");
  EXPECT(sscanf(line, "{ \"timestamp\":\"%*d-%d-%*dT%d:%*d:%*d.%*6dZ\",\"custom_identifier\":\"%*8x-%*4x-4%*3x-%*4x-%*12x\"}%n", &a, &b, &n) == 2);
  EXPECT(n > 0 && line[n] == '\n');
  free(line);
  line = line_of("{\"a\":{\"timestamp\":1},\"b\":\"custom_identifier\"}");
  EXPECT(strstr(line, "\"},\"timestamp\":") == NULL && strstr(line, "r\",\"timestamp\":\"") && strstr(line, ",\"custom_identifier\":\""));
  free(line);
}

// The client counts the calendar itself: each day of four centuries, at some second, as the C library has it.
static void calendar(void) {
  long day;
  for (day = 0; day < 146097; ++day) {
    struct timespec now;
    struct tm utc;
    char text[160], wanted[160], second[32];
    now.tv_sec = (time_t)day * 86400 + day * 7919 % 86400;
    now.tv_nsec = day * 1000;
    gmtime_r(&now.tv_sec, &utc);
    strftime(second, sizeof second, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(wanted, sizeof wanted, ",\"timestamp\":\"%s.%06ldZ\"", second, day);
    rsp_put_timestamp(text, sizeof text, ",", now);
    if (strcmp(text, wanted) != 0) {
      EXPECT(!"a day is another one");
      return;
    }
  }
}

static void texts(void) {
  static const char* const bad[] = {
      "", " ", "1", "\"a\"", "[]", "[{}]", "null", "{} {}", "{}x", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\" 1}",
      "{\"a\":1 \"b\":2}", "{\"a\":01}", "{\"a\":-}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":1e}", "{\"a\":+1}", "{\"a\":NaN}", "{\"a\":Infinity}",
      "{\"a\":-Infinity}", "{\"a\":tru}", "{\"a\":truex}", "{\"a\":'x'}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\n\"}", "{\"a\":\"\t\"}",
      "{\"a\":[1,]}", "{\"a\":[1}", "{\"a\":{\"b\":1]}", "{\"a\":\"\xff\"}", "{\"a\":\"\xc0\x80\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}",
      "{\"\xc3\":1}", "{\"a\":\"\xe2\x82\"}", "\xef\xbb\xbf{}", "!ack", "{\"a\":1}\n!ack", "{\"a\":// x\n1}"};
  const char* good = "{\"a\":[1.5e-3,true,false,null,\"\\\"\\u0041\xc3\xa9\"],\"b\":{\"c\":{}}}";
  respand_options options = away();
  respand_client* client;
  char* text = (char*)malloc(1 << 16);
  size_t i;
  int count, depth;
  for (i = 0; i < sizeof bad / sizeof *bad; ++i) {
    if (is_taken(bad[i])) {
      printf("taken: %s\n", bad[i]);
      ++failures;
    }
  }
  EXPECT(is_taken(good));
  client = respand_open(&options);
  for (i = 0; i < strlen(good); ++i) {
    EXPECT(!log_exactly(client, good, i));
  }
  EXPECT(!log_exactly(client, "{\"a\":\"\0\"}", 9));
  EXPECT(!log_exactly(client, "{}\0", 3));
  EXPECT(!respand_log(client, NULL, 5));
  for (depth = 511; depth <= 512; ++depth) {  // with the object around it
    size_t length = 5;
    memcpy(text, "{\"a\":", 5);
    memset(text + 5, '[', (size_t)depth);
    memset(text + 5 + depth, ']', (size_t)depth);
    length += 2 * (size_t)depth;
    text[length++] = '}';
    EXPECT(log_exactly(client, text, length) == (depth == 511));
  }
  respand_free(client);
  free(take_spool(&count));
  EXPECT(count == 1);

  options.max_record = 200;
  client = respand_open(&options);
  for (i = 199; i <= 201; ++i) {
    const int head = snprintf(text, 1 << 16, "{%s,\"a\":\"", whole);
    memset(text + head, 'x', i - 2 - (size_t)head);
    memcpy(text + i - 2, "\"}", 2);
    EXPECT(log_exactly(client, text, i) == (i <= 200));
  }
  respand_free(client);
  free(take_spool(&count));
  EXPECT(count == 2);
  free(text);
}

static int told;
static char reasons[1024];

static void hear(void* context, const char* record, size_t length, const char* reason) {
  EXPECT(context == &told);
  EXPECT(length <= 4096);
  EXPECT(length == 0 || record[0] == '{');
  snprintf(reasons + strlen(reasons), sizeof reasons - strlen(reasons), "%s;", reason);
  ++told;
}

static void errors(void) {
  respand_options options = away();
  respand_client* client;
  respand_counts counts;
  int count;
  options.max_queue = 2;
  options.spool = "";
  options.close_timeout = 100;
  options.on_error = hear;
  options.context = &told;
  client = respand_open(&options);
  EXPECT(!respand_log(client, "{", 1));
  EXPECT(respand_log(client, "{}", 2));
  EXPECT(respand_log(client, "{}", 2));
  EXPECT(!respand_log(client, "{}", 2));
  EXPECT(!respand_flush(client, 10));
  EXPECT(!respand_close(client, -1));
  EXPECT(!respand_close(client, -1));
  EXPECT(!respand_log(client, "{}", 2));
  respand_stats(client, &counts);
  EXPECT(counts.logged == 5 && counts.refused == 1 && counts.dropped == 4 && counts.queued == 0);
  EXPECT(told == 4);
  EXPECT(strcmp(reasons, "not valid JSON: a member's name expected;the queue is full;no answer and no spool at exit;no answer and no spool at exit;") == 0);
  respand_free(client);

  respand_free(NULL);
  EXPECT(!respand_log(NULL, "{}", 2) && !respand_flush(NULL, 1) && !respand_close(NULL, 1));
  respand_stats(NULL, &counts);
  EXPECT(counts.logged == 0);

  setenv("RESPAND_SOCKET_PATH", "/a", 1);
  setenv("RESPAND_SPOOL_DIRECTORY", "", 1);
  EXPECT(strcmp(respand_default_options().socket, "/a") == 0 && strcmp(respand_default_options().spool, "") == 0);
  unsetenv("RESPAND_SOCKET_PATH");
  unsetenv("RESPAND_SPOOL_DIRECTORY");
  EXPECT(strcmp(respand_default_options().socket, "/run/respand/respand.sock") == 0);
  free(take_spool(&count));
  EXPECT(count == 0);
}

// A daemon whose first connection never hears anything, and whose second hears that the first of two lines is refused.
static void* answer_late(void* argument) {
  static const char answer[] = "{\"line\":1,\"error\":\"no\"}\n{\"durable\":2}\n";
  const int listener = *(const int*)argument;
  const int mute = accept(listener, NULL, NULL);
  const int second = accept(listener, NULL, NULL);
  char text[4096];
  size_t length = 0;
  int line_ends = 0;
  while (line_ends < 3 && read(second, text + length, 1) == 1) {
    line_ends += text[length++] == '\n';
  }
  EXPECT(strncmp(text, "!ack\n{\"n\":1,", 12) == 0);
  EXPECT(write(second, answer, sizeof answer - 1) == (ssize_t)sizeof answer - 1);
  EXPECT(read(second, text, 1) == 0);  // until the client ends
  close(mute);
  close(second);
  return NULL;
}

static void answers(void) {
  respand_options options = respand_default_options();
  struct sockaddr_un address;
  respand_client* client;
  respand_counts counts;
  pthread_t daemon;
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "%s/.fake.sock", folder);
  unlink(address.sun_path);
  EXPECT(bind(listener, (struct sockaddr*)&address, sizeof address) == 0 && listen(listener, 5) == 0);
  pthread_create(&daemon, NULL, answer_late, &listener);
  options.socket = address.sun_path;
  options.spool = "";
  options.ack_timeout = 100;
  options.on_error = hear;
  options.context = &told;
  told = 0;
  reasons[0] = '\0';
  client = respand_open(&options);
  EXPECT(respand_log(client, "{\"n\":1}", 7) && respand_log(client, "{\"n\":2}", 7));
  EXPECT(respand_flush(client, 20000));
  EXPECT(respand_close(client, -1));
  respand_stats(client, &counts);
  EXPECT(counts.durable == 1 && counts.refused == 1 && counts.connects == 2);
  EXPECT(told == 1 && strcmp(reasons, "respand refused it: \"no\";") == 0);
  pthread_join(daemon, NULL);
  respand_free(client);
  close(listener);
  unlink(address.sun_path);
}

static void* log_on(void* argument) {
  int i;
  for (i = 0; i < 1000; ++i) {
    EXPECT(respand_log((respand_client*)argument, "{\"by\":\"parent\"}", 15));
  }
  return NULL;
}

// Children made while threads log: each has its own records only, and its exit spools them.
static void forks(void) {
  const respand_options options = away();
  respand_client* client = respand_open(&options);
  pthread_t threads[2];
  char* all;
  const char* at;
  int i, count, of_children = 0;
  for (i = 0; i < 2; ++i) {
    pthread_create(&threads[i], NULL, log_on, client);
  }
  for (i = 0; i < 20; ++i) {
    const pid_t child = fork();
    int status;
    if (child == 0) {
      respand_counts counts;
      respand_stats(client, &counts);
      EXPECT(counts.logged == 0 && counts.queued == 0);
      EXPECT(respand_log(client, "{\"by\":\"child\"}", 14));
      exit(failures);  // closes it
    }
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
  }
  for (i = 0; i < 2; ++i) {
    pthread_join(threads[i], NULL);
  }
  EXPECT(respand_close(client, -1));
  respand_free(client);
  all = take_spool(&count);
  for (at = all; (at = strstr(at, "\"child\"")) != NULL; ++at) {
    ++of_children;
  }
  EXPECT(count == 2020);
  EXPECT(of_children == 20);
  free(all);
}

int main(int count, char** words) {
  if (count != 3) {
    fprintf(stderr, "usage: own_tests FOLDER one | forks\n");
    return 64;
  }
  folder = words[1];
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (strcmp(words[2], "forks") == 0) {
    forks();
  } else {
    lines();
    calendar();
    texts();
    errors();
    answers();
  }
  return failures ? 1 : 0;
}
