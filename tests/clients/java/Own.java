// Further tests of the Java client: what it makes of records, and what onError hears. Nothing listens: the spool shows
// the lines. Prints each test; the first check that fails ends it with an exception.

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

public final class Own {
  private static final Duration FAR = Duration.ofSeconds(20);

  private static void check(boolean condition, Object what) {
    if (!condition) {
      throw new AssertionError(what);
    }
  }

  private static Respand.Settings settings() throws IOException {
    Respand.Settings settings = new Respand.Settings();
    settings.spool = Files.createTempDirectory(Path.of(System.getProperty("java.io.tmpdir")), "respand-own").toString();
    settings.socket = settings.spool + "/nobody.sock";
    return settings;
  }

  private static List<String> spooled(Respand.Settings settings) throws IOException {
    List<String> lines = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of(settings.spool), "*.ndjson")) {
      for (Path file : files) {
        lines.addAll(Files.readAllLines(file));
      }
    }
    return lines;
  }

  private static Map<String, Object> object(Object... namesAndValues) {
    Map<String, Object> object = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      object.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return object;
  }

  private static void recordsBecomeLines() throws IOException {
    Respand.Settings settings = settings();
    Respand client = new Respand(settings);
    check(client.log(object("timestamp", "T", "custom_identifier", "I", "a", Arrays.asList(1, 2.5, null, true, new int[] {7}, 'c'),
        "s", "é\"\\\n\u0001<\ud83d!\ud83d\ude00")), "a record with all kinds of values");
    check(client.log(Map.of()), "an empty record");
    check(client.logJson(" {\n \"time\\u0073tamp\" : null ,\r\n\"custom_identifier\":\"I\",\"x\":[-1.5e+3,{\"timestamp\":{}}]} \n"), "text");
    check(client.logJson("{ }"), "an empty object as text");
    check(client.logJson("{\"in\":{\"timestamp\":1,\"custom_identifier\":2}}"), "text with the names below its top");
    check(client.close(FAR), "close");
    List<String> lines = spooled(settings);
    String time = "\"timestamp\":\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z\"";
    String identifier = "\"custom_identifier\":\"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\"";
    check(lines.size() == 5, lines);
    check(lines.get(0).equals("{\"timestamp\":\"T\",\"custom_identifier\":\"I\",\"a\":[1,2.5,null,true,[7],\"c\"],"
        + "\"s\":\"é\\\"\\\\\\n\\u0001<\ufffd!\ud83d\ude00\"}"), lines.get(0));
    check(lines.get(1).matches("\\{" + time + "," + identifier + "\\}"), lines.get(1));
    check(lines.get(2).equals("{  \"time\\u0073tamp\" : null ,  \"custom_identifier\":\"I\",\"x\":[-1.5e+3,{\"timestamp\":{}}]}"), lines.get(2));
    check(lines.get(3).matches("\\{ " + time + "," + identifier + "\\}"), lines.get(3));
    check(lines.get(4).matches("\\{\"in\":\\{.*\\}," + time + "," + identifier + "\\}"), lines.get(4));
  }

  private static void whatIsNoRecordIsRefusedAndToldOnce() throws Exception {
    BlockingQueue<String> heard = new ArrayBlockingQueue<>(100);
    Respand.Settings settings = settings();
    settings.maxRecord = 1000;
    settings.onError = (record, reason) -> {
      heard.add(reason);
      throw new IllegalStateException("ignored");
    };
    Respand client = new Respand(settings);
    Map<String, Object> cyclic = object();
    cyclic.put("self", cyclic);
    List<Map<String, ?>> wrong = new ArrayList<>(List.of(object("n", Double.NaN), object("n", Float.POSITIVE_INFINITY),
        object("o", new Object()), object("k", Collections.singletonMap(7, 1)), object("long", "x".repeat(1000)), cyclic));
    wrong.add(null);
    int count = 0;
    for (Map<String, ?> record : wrong) {
      check(!client.log(record), "taken: " + count);
      String reason = heard.poll(FAR.toSeconds(), TimeUnit.SECONDS);
      check(reason != null && !reason.isEmpty(), "onError hears nothing");
      ++count;
    }
    String[] texts = {"", " ", "7", "[]", "[{}]", "\"x\"", "null", "{", "{}}", "{} {}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}",
        "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":+1}", "{\"a\":1e}", "{\"a\":NaN}", "{\"a\":tru}", "{\"a\":[1,]}", "{\"a\":[1}", "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\u12", "{\"a\":\"", "{\"a\":'x'}", "{\"a\":1}\0", "{\"a\":" + "[".repeat(900), null};
    for (String text : texts) {
      check(!client.logJson(text), "taken: " + text);
      check(heard.poll(FAR.toSeconds(), TimeUnit.SECONDS) != null, "onError hears nothing");
      ++count;
    }
    Respand.Stats stats = client.stats();
    check(stats.refused() == count && stats.logged() == count, stats);
    client.close();
    check(spooled(settings).isEmpty(), spooled(settings));
  }

  private static void theLongestRecordIsTaken() throws IOException {
    Respand.Settings settings = settings();
    settings.maxRecord = "{\"timestamp\":\"T\",\"custom_identifier\":\"é\"}".length() + 1;
    Respand client = new Respand(settings);
    check(client.logJson("{\"timestamp\":\"T\",\"custom_identifier\":\"é\"}"), "the longest record is refused");
    check(!client.logJson("{\"timestamp\":\"T\",\"custom_identifier\":\"éI\"}"), "a longer one is taken");
    client.close();
  }

  private static void bytesAreBounded() throws IOException {
    Respand.Settings settings = settings();
    settings.spool = "";
    settings.maxQueueBytes = 1000;
    settings.maxWait = Duration.ZERO;
    Respand client = new Respand(settings);
    Map<String, Object> record = object("timestamp", "T".repeat(400), "custom_identifier", "I");
    check(client.log(record) && client.log(record) && !client.log(record), client.stats());
    check(!client.flush(Duration.ZERO), "flush says that what waits is settled");
    check(!client.close(Duration.ofMillis(1)), "close does not say that records were dropped");
    check(client.stats().dropped() == 3 && client.stats().queued() == 0, client.stats());
  }

  private static void afterCloseNothingIsTaken() throws IOException {
    Respand client = new Respand(settings());
    client.log(object("model", "m"));
    check(client.close(FAR), "close");
    check(!client.log(object("model", "late")), "taken after close");
    check(client.close(FAR) && client.flush(FAR), "a second close, or a flush behind it, fails");
    check(client.stats().spooled() == 1 && client.stats().dropped() == 1, client.stats());
  }

  private static void anInterruptedCallerKeepsItsInterrupt() throws IOException {
    Respand.Settings settings = settings();
    settings.maxQueue = 1;
    settings.maxWait = FAR;
    settings.spoolAfter = FAR;
    Respand client = new Respand(settings);
    client.log(object());
    Thread.currentThread().interrupt();
    check(!client.log(object()), "taken without room");
    check(Thread.interrupted(), "the interrupt is lost");
    client.close();
  }

  private static void manyThreadsCloseAndLogAtOnce() throws Exception {
    Respand.Settings settings = settings();
    settings.onError = (record, reason) -> {};
    Respand client = new Respand(settings);
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 8; ++t) {
      boolean closes = t == 7;
      Thread thread = new Thread(() -> {
        for (int n = 0; n < 500; ++n) {
          client.log(object("model", "m"));
        }
        if (closes) {
          client.close();
        }
      });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    client.close();
    Respand.Stats stats = client.stats();
    check(stats.logged() == 4000 && stats.spooled() + stats.dropped() == 4000 && spooled(settings).size() == stats.spooled(), stats);
  }

  public static void main(String[] args) throws Exception {
    recordsBecomeLines();
    whatIsNoRecordIsRefusedAndToldOnce();
    theLongestRecordIsTaken();
    bytesAreBounded();
    afterCloseNothingIsTaken();
    anInterruptedCallerKeepsItsInterrupt();
    manyThreadsCloseAndLogAtOnce();
    System.out.println("own: records, refusals, bounds, close, interrupts, threads");
  }
}
