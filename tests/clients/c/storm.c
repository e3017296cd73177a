// The test program of the client in C, as tests/clients/storm.py wants it. Also compiled as C++.
#define RESPAND_CLIENT_IMPLEMENTATION
#include "respand/client.h"

static respand_client* client;
static const char* prefix;
static long threads;
static long next_number;  // of a record; atomic
static double* times;     // of each log(), in microseconds
static long times_length, times_room;

static double now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

typedef struct job {
  long count;
  double* times;
} job;

static void* log_records(void* argument) {
  const job* work = (const job*)argument;
  long i;
  for (i = 0; i < work->count; ++i) {
    char text[512];
    const long number = __atomic_fetch_add(&next_number, 1, __ATOMIC_RELAXED);
    const int length = snprintf(text, sizeof text,
                                "{\"custom_identifier\":\"%s-%ld\",\"model\":\"gpt-4o\",\"prompt_messages\":[{\"role\":"
                                "\"user\",\"content\":\"héllo \\u0000\"}],\"completion_message\":{\"role\":\"assistant\","
                                "\"content\":\"Hi.\"},\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}",
                                prefix, number);
    const double begin = now_us();
    respand_log(client, text, (size_t)length);
    work->times[i] = now_us() - begin;
  }
  return NULL;
}

static void log_many(long count) {
  job jobs[64];
  pthread_t running[64];
  long i, done = 0;
  if (times_length + count > times_room) {
    times_room = times_length + count + 10000;
    times = (double*)realloc(times, (size_t)times_room * sizeof *times);
  }
  for (i = 0; i < threads; ++i) {
    jobs[i].count = (count - done) / (threads - i);
    jobs[i].times = times + times_length + done;
    done += jobs[i].count;
    pthread_create(&running[i], NULL, log_records, &jobs[i]);
  }
  for (i = 0; i < threads; ++i) {
    pthread_join(running[i], NULL);
  }
  times_length += count;
  printf("logged %ld\n", count);
}

static void log_deep(void) {
  char text[512];
  size_t length = (size_t)snprintf(text, sizeof text, "{\"custom_identifier\":\"%s-deep\",\"deep\":", prefix);
  int i;
  for (i = 0; i < 70; ++i) {
    memcpy(text + length, "{\"a\":", 5);
    length += 5;
  }
  text[length++] = '1';
  memset(text + length, '}', 71);
  respand_log(client, text, length + 71);
  printf("logged 1\n");
}

static int by_size(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

static void print_stats(void) {
  respand_counts counts;
  const char* c;
  respand_stats(client, &counts);
  if (times_length > 0) {
    qsort(times, (size_t)times_length, sizeof *times, by_size);
  }
  printf("{\"logged\":%llu,\"durable\":%llu,\"spooled\":%llu,\"refused\":%llu,\"dropped\":%llu,\"queued\":%llu,\"connects\":%llu,",
         counts.logged, counts.durable, counts.spooled, counts.refused, counts.dropped, counts.queued, counts.connects);
  printf("\"p50_us\":%.3f,\"p99_us\":%.3f,\"max_us\":%.3f,\"last_error\":\"", times_length ? times[times_length / 2] : 0.0,
         times_length ? times[times_length * 99 / 100] : 0.0, times_length ? times[times_length - 1] : 0.0);
  for (c = counts.last_error; *c; ++c) {
    printf(*c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
  }
  printf("\"}\n");
}

int main(int count, char** words) {
  respand_options options = respand_default_options();
  char line[128];
  if (count != 7) {
    fprintf(stderr, "usage: storm SOCKET SPOOL THREADS PREFIX MAX_QUEUE CLOSE_TIMEOUT\n");
    return 64;
  }
  options.socket = words[1];
  options.spool = strcmp(words[2], "-") == 0 ? "" : words[2];
  threads = atol(words[3]);
  prefix = words[4];
  options.max_queue = (size_t)atol(words[5]);
  options.close_timeout = (int)(atof(words[6]) * 1000);
  if (getenv("STORM_ACK_TIMEOUT")) {
    options.ack_timeout = (int)(atof(getenv("STORM_ACK_TIMEOUT")) * 1000);
  }
  client = respand_open(&options);
  setvbuf(stdout, NULL, _IOLBF, 0);
  while (fgets(line, sizeof line, stdin)) {
    if (strncmp(line, "log ", 4) == 0) {
      log_many(atol(line + 4));
    } else if (strcmp(line, "deep\n") == 0) {
      log_deep();
    } else if (strcmp(line, "flush\n") == 0) {
      printf("flushed %s\n", respand_flush(client, 20000) ? "true" : "false");
    } else if (strcmp(line, "stats\n") == 0) {
      print_stats();
    } else if (strcmp(line, "exit\n") == 0) {
      exit(0);
    }
  }
  respand_close(client, -1);
  print_stats();
  respand_free(client);
  free(times);
  return 0;
}
