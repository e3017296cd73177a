// The test program of the Java client; tests/clients/storm.py says what it is told and answers.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

public final class Storm {
  private final Respand client;
  private final int threads;
  private final String prefix;
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private int next;
  private long[] took = {}; // nanoseconds of each log()

  private Storm(String[] args) {
    Respand.Settings settings = new Respand.Settings();
    settings.socket = args[0];
    settings.spool = args[1].equals("-") ? "" : args[1];
    settings.maxQueue = Integer.parseInt(args[4]);
    settings.closeTimeout = seconds(args[5]);
    String ackTimeout = System.getenv("STORM_ACK_TIMEOUT");
    if (ackTimeout != null) {
      settings.ackTimeout = seconds(ackTimeout);
    }
    client = new Respand(settings);
    threads = Integer.parseInt(args[2]);
    prefix = args[3];
  }

  private static Duration seconds(String text) {
    return Duration.ofNanos((long) (Double.parseDouble(text) * 1e9));
  }

  private Map<String, Object> record(int number) {
    Map<String, Object> record = new HashMap<>();
    record.put("custom_identifier", prefix + "-" + number);
    record.put("model", "gpt-4o");
    record.put("prompt_messages", List.of(Map.of("role", "user", "content", "héllo \0")));
    record.put("completion_message", Map.of("role", "assistant", "content", "Hi."));
    record.put("usage", Map.of("prompt_tokens", 3, "completion_tokens", 2));
    return record;
  }

  private void log(int count) throws InterruptedException {
    int before = took.length;
    long[] all = Arrays.copyOf(took, before + count);
    Thread[] loggers = new Thread[threads];
    for (int t = 0; t < threads; ++t) {
      int first = t;
      loggers[t] = new Thread(() -> {
        for (int i = first; i < count; i += threads) {
          Map<String, Object> record = record(next + i);
          long begin = System.nanoTime();
          client.log(record);
          all[before + i] = System.nanoTime() - begin;
        }
      });
      loggers[t].setUncaughtExceptionHandler((thread, error) -> {
        error.printStackTrace();
        Runtime.getRuntime().halt(3);
      });
      loggers[t].start();
    }
    for (Thread logger : loggers) {
      logger.join();
    }
    next += count;
    took = all;
  }

  private void deep() {
    Map<String, Object> value = Map.of();
    for (int level = 1; level < 70; ++level) {
      value = Map.of("deep", value);
    }
    client.log(value);
  }

  private double microseconds(double share) {
    return took.length == 0 ? 0 : took[(int) (share * (took.length - 1))] / 1000.0;
  }

  private void printStats() {
    Respand.Stats stats = client.stats();
    Arrays.sort(took);
    String lastError = stats.lastError().replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\p{Cntrl}", "?");
    out.println(String.format(Locale.ROOT,
        "{\"logged\":%d,\"durable\":%d,\"spooled\":%d,\"refused\":%d,\"dropped\":%d,\"queued\":%d,\"connects\":%d,"
            + "\"last_error\":\"%s\",\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f}",
        stats.logged(), stats.durable(), stats.spooled(), stats.refused(), stats.dropped(), stats.queued(), stats.connects(),
        lastError, microseconds(0.5), microseconds(0.99), microseconds(1)));
  }

  public static void main(String[] args) throws Exception {
    Storm storm = new Storm(args);
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ");
      switch (words[0]) {
        case "log" -> {
          storm.log(Integer.parseInt(words[1]));
          storm.out.println("logged " + words[1]);
        }
        case "deep" -> {
          storm.deep();
          storm.out.println("logged 1");
        }
        case "flush" -> storm.out.println("flushed " + storm.client.flush(Duration.ofSeconds(20)));
        case "stats" -> storm.printStats();
        default -> System.exit(0); // "exit": the client's own hook has to do the rest.
      }
    }
    storm.client.close();
    storm.printStats();
  }
}
