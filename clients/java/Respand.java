// Hands records of model calls over to respand, the log-shipping daemon of this host.
// One file without dependencies, for Java 17 or later; README.md beside it says what it promises.
// Licence: Apache-2.0, as the repository's LICENSE says.

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Array;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;

/**
 * A client. Its methods may be called from any thread, and none of them throws. One daemon thread, the sender, owns the
 * connection and the spool. The records wait as lines in two queues: those that are on the connection and have no answer
 * yet (inFlight), and those behind them (waiting).
 */
public final class Respand implements AutoCloseable {
  /** What can be set, with its defaults. A client takes a copy. */
  public static final class Settings {
    public String socket = orElse(System.getenv("RESPAND_SOCKET_PATH"), "/run/respand/respand.sock");
    /** Empty: nothing is spooled. */
    public String spool = System.getenv().getOrDefault("RESPAND_SPOOL_DIRECTORY", "/var/spool/respand");
    public int maxQueue = 10_000;
    public long maxQueueBytes = 64L << 20;
    public int maxRecord = 20 << 20;
    public Duration maxWait = Duration.ofMillis(5);
    public Duration spoolAfter = Duration.ofSeconds(1);
    public Duration ackTimeout = Duration.ofSeconds(30);
    public Duration closeTimeout = Duration.ofSeconds(2);
    /**
     * Hears of each refused or dropped record, and why, in the sender's thread. The record is its line, or what log was
     * given where no line could be made of it. What it throws is ignored.
     */
    public BiConsumer<Object, String> onError;

    private Settings copy() {
      Settings copy = new Settings();
      copy.socket = socket;
      copy.spool = spool;
      copy.maxQueue = maxQueue;
      copy.maxQueueBytes = maxQueueBytes;
      copy.maxRecord = maxRecord;
      copy.maxWait = maxWait;
      copy.spoolAfter = spoolAfter;
      copy.ackTimeout = ackTimeout;
      copy.closeTimeout = closeTimeout;
      copy.onError = onError;
      return copy;
    }

    private static String orElse(String value, String otherwise) {
      return value == null || value.isEmpty() ? otherwise : value;
    }
  }

  /** What became of the records: logged = durable + spooled + refused + dropped + queued. */
  public record Stats(long logged, long durable, long spooled, long refused, long dropped, long queued, long connects,
      String lastError) {}

  private static final int MAX_IN_FLIGHT = 8192; // lines without an answer on a connection
  private static final long MAX_IN_FLIGHT_BYTES = 8L << 20;
  private static final int MAX_WRITE = 256 << 10; // bytes that are gathered for one write
  private static final int MAX_ANSWER = 64 << 10; // the longest line that respand answers
  private static final int MAX_SPOOL_RECORDS = 1000; // a file in the spool
  private static final long MAX_SPOOL_BYTES = 8L << 20;
  private static final int MAX_REPORTS = 1000; // that wait for onError; what is more is only counted
  private static final long MAX_REPORT_BYTES = 8L << 20;
  private static final long FIRST_BACKOFF = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long LAST_BACKOFF = TimeUnit.SECONDS.toNanos(5);
  private static final long FINISH_TIMEOUT = TimeUnit.SECONDS.toNanos(5); // for the spool's disk, after the flush
  private static final long NEVER = Long.MAX_VALUE; // as a time that is waited for
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private static final class Entry {
    byte[] line; // ends in \n; null where it has left the queue
    final long number; // counts from 1 over all that were taken
    boolean refused; // and settled, but not covered by a durable yet

    Entry(byte[] line, long number) {
      this.line = line;
      this.number = number;
    }
  }

  private record Report(Object record, String reason, long size) {}

  private final Settings settings;
  private final Selector selector;
  private final CountDownLatch done = new CountDownLatch(1); // the sender has ended
  private final Thread hook = new Thread(this::shutDown, "respand-exit");
  private final long epoch = System.nanoTime(); // times below are nanoseconds since then

  private final ReentrantLock lock = new ReentrantLock(); // guards what follows
  private final Condition changed = lock.newCondition(); // an entry has left the queue
  private final ArrayDeque<Entry> inFlight = new ArrayDeque<>();
  private final ArrayDeque<Entry> waiting = new ArrayDeque<>();
  private final ArrayDeque<Report> reports = new ArrayDeque<>();
  private long logged, durable, spooled, refused, dropped, queued, connects;
  private long queuedBytes, inFlightBytes, reportBytes;
  private long taken; // the number of the last entry
  private long settled; // lines of this connection that are settled: the N of {"durable":N}
  private String lastError = "";
  private BooleanSupplier wanted; // what the sender waits for; null: it does not wait
  private boolean hurry; // somebody waits: the next try to connect is due at once
  private boolean closing; // nothing is taken any more
  private boolean ended; // the time to flush is over
  private boolean abandoned; // something was dropped at the end

  // The sender's own.
  private long backoff, nextTry, nextSpool, answerBy = NEVER;
  private long away = NEVER; // since when an answer is missed; NEVER: respand answers
  private boolean spoolFails;

  public Respand() {
    this(new Settings());
  }

  /** Starts the sender. Where respand is not there yet, records wait. */
  public Respand(Settings settings) {
    this.settings = settings.copy();
    try {
      selector = Selector.open();
    } catch (IOException error) {
      throw new IllegalStateException("respand: no descriptor is left for a selector", error);
    }
    Thread sender = new Thread(this::run, "respand");
    sender.setDaemon(true);
    sender.start();
    try {
      Runtime.getRuntime().addShutdownHook(hook);
    } catch (IllegalStateException error) {
      noteError(new IOException("this client was made while the program ends: close it"));
    }
  }

  /**
   * Takes a record and returns at once: true where it was taken. Its values may be Map, Iterable, arrays, String,
   * Number, Boolean and null. Where the queue is full it waits for maxWait.
   */
  public boolean log(Map<String, ?> record) {
    return take(record, () -> {
      if (record == null) {
        throw new IllegalArgumentException("it is null");
      }
      StringBuilder out = new StringBuilder(512);
      new JsonWriter(out, settings.maxRecord).write(record, 0);
      return line(out, record.containsKey("timestamp"), record.containsKey("custom_identifier"));
    });
  }

  /** The same for a record that is JSON text already: one object. */
  public boolean logJson(String json) {
    return take(json, () -> {
      if (json == null || json.length() > settings.maxRecord) {
        throw new IllegalArgumentException("it is null, or longer than " + settings.maxRecord + " bytes");
      }
      Map<String, String> members = new JsonReader(json).object();
      // Outside of strings a line end is only a blank, and inside there is none.
      StringBuilder out = new StringBuilder(json.strip().replace('\n', ' ').replace('\r', ' '));
      return line(out, members.containsKey("timestamp"), members.containsKey("custom_identifier"));
    });
  }

  /** Waits until all that was taken before is settled (durable, spooled or refused): true where it is. */
  public boolean flush(Duration timeout) {
    lock.lock();
    try {
      long target = taken;
      hurry = true;
      wakeSender();
      return await(timeout, () -> oldest() > target) && !abandoned;
    } finally {
      lock.unlock();
    }
  }

  /** Flushes for closeTimeout at most, puts what is left into the spool, and ends the client. */
  @Override
  public void close() {
    close(settings.closeTimeout);
  }

  /** The same with a timeout of its own: true where nothing was dropped. */
  public boolean close(Duration timeout) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException error) {
      // The program ends already: the hook runs, too, and finds nothing to do.
    }
    return shutDown(timeout);
  }

  public Stats stats() {
    lock.lock();
    try {
      return new Stats(logged, durable, spooled, refused, dropped, queued, connects, lastError);
    } finally {
      lock.unlock();
    }
  }

  // ---- in the caller's thread

  private interface Encoder {
    byte[] line() throws CharacterCodingException;
  }

  private boolean take(Object record, Encoder encoder) {
    byte[] line = null;
    String reason = "";
    try {
      line = encoder.line();
    } catch (RuntimeException | CharacterCodingException | StackOverflowError | OutOfMemoryError error) {
      reason = "the record can't be written as a JSON object: " + error.getMessage();
    }
    lock.lock();
    try {
      ++logged;
      if (line == null) {
        ++refused;
        report(new Report(record, reason, 0));
        return false;
      }
      long size = line.length;
      if (!hasRoom(size) && !closing) {
        await(settings.maxWait, () -> closing || hasRoom(size));
      }
      if (closing || !hasRoom(size)) {
        drop(line, closing ? "the client is closed" : "the queue is full");
        return false;
      }
      ++queued;
      queuedBytes += size;
      waiting.add(new Entry(line, ++taken));
      wakeSender();
      return true;
    } finally {
      lock.unlock();
    }
  }

  // The object with its time and its identifier, as bytes with a \n.
  private byte[] line(StringBuilder object, boolean hasTime, boolean hasIdentifier) throws CharacterCodingException {
    object.setLength(object.length() - 1);
    boolean isEmpty = object.substring(1).isBlank();
    if (!hasTime) {
      object.append(isEmpty ? "" : ",").append("\"timestamp\":\"").append(TIME.format(Instant.now())).append('"');
      isEmpty = false;
    }
    if (!hasIdentifier) {
      object.append(isEmpty ? "" : ",").append("\"custom_identifier\":\"").append(UUID.randomUUID()).append('"');
    }
    // A lone surrogate has no place in UTF-8: it becomes U+FFFD.
    ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().onMalformedInput(CodingErrorAction.REPLACE)
        .replaceWith(new byte[] {(byte) 0xef, (byte) 0xbf, (byte) 0xbd}).encode(CharBuffer.wrap(object.append("}\n")));
    if (bytes.remaining() - 1 > settings.maxRecord) {
      throw new IllegalArgumentException("it has " + (bytes.remaining() - 1) + " bytes, more than " + settings.maxRecord);
    }
    byte[] line = new byte[bytes.remaining()];
    bytes.get(line);
    return line;
  }

  private boolean hasRoom(long size) {
    return queued < settings.maxQueue && queuedBytes + size <= settings.maxQueueBytes;
  }

  // The number of the oldest entry that is not settled.
  private long oldest() {
    Entry oldest = inFlight.isEmpty() ? waiting.peek() : inFlight.peek();
    return oldest == null ? NEVER : oldest.number;
  }

  // Waits, with the lock given up meanwhile, until it is so or the time is over; says whether it is so.
  private boolean await(Duration timeout, BooleanSupplier so) {
    long left = timeout.toNanos();
    while (!so.getAsBoolean() && left > 0) {
      try {
        left = changed.awaitNanos(left);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt(); // For the caller, who is to stop: it waits no longer.
        break;
      }
    }
    return so.getAsBoolean();
  }

  // Wakes the sender once where it waits for what is there now.
  private void wakeSender() {
    if (wanted != null && (!reports.isEmpty() || wanted.getAsBoolean())) {
      wanted = null;
      selector.wakeup();
    }
  }

  private void shutDown() {
    shutDown(settings.closeTimeout);
  }

  private boolean shutDown(Duration timeout) {
    lock.lock();
    try {
      closing = true;
      hurry = true;
      changed.signalAll();
      wakeSender();
    } finally {
      lock.unlock();
    }
    try {
      if (!done.await(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
        lock.lock();
        ended = true;
        selector.wakeup();
        lock.unlock();
        if (!done.await(FINISH_TIMEOUT, TimeUnit.NANOSECONDS)) {
          return false;
        }
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
    lock.lock();
    try {
      return !abandoned;
    } finally {
      lock.unlock();
    }
  }

  // ---- in the sender's thread

  private long now() {
    return System.nanoTime() - epoch;
  }

  private void run() {
    for (;;) {
      waitFor(NEVER, () -> closing || !waiting.isEmpty());
      lock.lock();
      boolean over = ended || waiting.isEmpty();
      boolean due = hurry || now() >= nextTry;
      hurry = hurry && !due;
      lock.unlock();
      if (over) {
        break;
      }
      if (due) {
        away = Math.min(away, now());
        connect();
      }
      long next = spoolWhatIsDue();
      boolean bulk = isAway() && !spoolFails;
      waitFor(next, () -> ended || hurry || waiting.isEmpty() || (bulk && isBulk()));
    }
    while (spoolFile()) {
    }
    lock.lock();
    while (!waiting.isEmpty()) {
      abandoned = true;
      drop(waiting.peek().line, "the client was closed, and neither respand nor the spool took the record");
      leave(waiting.remove());
    }
    changed.signalAll();
    tell();
    lock.unlock();
    done.countDown();
  }

  // Waits until it is so, or until the time has come, and tells onError meanwhile what it should hear.
  private void waitFor(long until, BooleanSupplier so) {
    lock.lock();
    for (tell(); !so.getAsBoolean() && now() < until; tell()) {
      wanted = so;
      lock.unlock();
      select(until);
      lock.lock();
    }
    wanted = null;
    lock.unlock();
  }

  private void select(long until) {
    try {
      if (until == NEVER) {
        selector.select();
      } else {
        selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(until - now() + 999_999)));
      }
      selector.selectedKeys().clear();
      Thread.interrupted(); // Whoever interrupts all threads does not mean this one: it ends with close.
    } catch (IOException error) {
      noteError(error);
    }
  }

  // Connects, and returns when the connection has ended or there was none.
  private void connect() {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.configureBlocking(false);
      if (!channel.connect(UnixDomainSocketAddress.of(settings.socket))) {
        throw new IOException("accepts no connection"); // A daemon that hangs, with a full backlog.
      }
      lock.lock();
      ++connects;
      settled = 0;
      lock.unlock();
      serve(channel, channel.register(selector, SelectionKey.OP_READ));
    } catch (IOException | RuntimeException error) {
      noteError(error);
    }
    lock.lock();
    // What was sent and has no answer waits again; what was refused is done with.
    for (Iterator<Entry> sent = inFlight.descendingIterator(); sent.hasNext();) {
      Entry entry = sent.next();
      if (!entry.refused) {
        waiting.addFirst(entry);
      }
    }
    inFlight.clear();
    inFlightBytes = 0;
    changed.signalAll();
    lock.unlock();
    nextTry = now() + backoff - ThreadLocalRandom.current().nextLong(backoff / 2 + 1);
    backoff = Math.min(Math.max(2 * backoff, FIRST_BACKOFF), LAST_BACKOFF);
  }

  private void noteError(Exception error) {
    lock.lock();
    lastError = settings.socket + ": " + (error.getMessage() == null ? error.toString() : error.getMessage());
    lock.unlock();
  }

  // Writes and reads until the connection ends (an exception says why) or the client does.
  private void serve(SocketChannel channel, SelectionKey key) throws IOException {
    ByteBuffer batch = ByteBuffer.wrap("!ack\n".getBytes(StandardCharsets.UTF_8));
    ByteBuffer answers = ByteBuffer.allocate(MAX_ANSWER);
    answerBy = NEVER;
    for (;;) {
      lock.lock();
      try {
        tell();
        if (ended || (closing && queued == 0 && inFlight.isEmpty())) {
          return;
        }
        batch = batch.hasRemaining() ? batch : gather();
      } finally {
        lock.unlock();
      }
      IOException cut = null;
      try {
        write(channel, batch);
      } catch (IOException error) {
        cut = error; // First what was answered before the end.
      }
      boolean isFull = batch.hasRemaining(); // the socket, until the daemon reads
      lock.lock();
      wanted = () -> closing || (!isFull && maySend());
      boolean isReady = cut != null || (!isFull && maySend());
      lock.unlock();
      key.interestOps(isFull ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
      select(isReady ? now() : answerBy);
      readAnswers(channel, answers);
      if (cut != null) {
        throw cut;
      }
      if (now() >= answerBy) {
        throw new IOException("no answer for " + settings.ackTimeout.toMillis() / 1000.0 + " s");
      }
    }
  }

  private boolean maySend() {
    return !waiting.isEmpty() && inFlight.size() < MAX_IN_FLIGHT && inFlightBytes < MAX_IN_FLIGHT_BYTES;
  }

  private ByteBuffer gather() {
    ByteArrayOutputStream batch = new ByteArrayOutputStream();
    if (inFlight.isEmpty()) {
      answerBy = NEVER;
    }
    while (maySend() && batch.size() < MAX_WRITE) {
      Entry entry = waiting.remove();
      batch.writeBytes(entry.line);
      inFlightBytes += entry.line.length;
      inFlight.add(entry);
    }
    if (answerBy == NEVER && !inFlight.isEmpty()) {
      answerBy = now() + settings.ackTimeout.toNanos();
    }
    return ByteBuffer.wrap(batch.toByteArray());
  }

  // In pieces: the runtime copies each to memory of its own, and keeps that.
  private static void write(SocketChannel channel, ByteBuffer batch) throws IOException {
    int end = batch.limit();
    int written = 1;
    while (batch.position() < end && written > 0) {
      written = channel.write(batch.limit(Math.min(end, batch.position() + MAX_WRITE)));
      batch.limit(end);
    }
  }

  private void readAnswers(SocketChannel channel, ByteBuffer answers) throws IOException {
    int count;
    while ((count = channel.read(answers)) > 0) {
      int begin = 0;
      for (int i = answers.position() - count; i < answers.position(); ++i) {
        if (answers.get(i) == '\n') {
          settle(new String(answers.array(), begin, i - begin, StandardCharsets.UTF_8));
          begin = i + 1;
        }
      }
      answers.limit(answers.position()).position(begin).compact();
      if (!answers.hasRemaining()) {
        throw new IOException("answers with an endless line");
      }
    }
    if (count < 0) {
      throw new IOException("the connection was closed");
    }
  }

  // Takes an answer. One that can't be true ends the connection: what it would settle is not known.
  private void settle(String answer) throws IOException {
    if (answer.isBlank()) {
      return;
    }
    lock.lock();
    try {
      Map<String, String> members = new JsonReader(answer).object();
      String line = members.get("line");
      String error = members.get("error");
      if (line != null && error != null) {
        refuse(number(line, settled + 1), JsonReader.text(error));
      }
      if (members.containsKey("durable")) {
        for (long until = number(members.get("durable"), settled); settled < until; ++settled) {
          Entry entry = inFlight.remove();
          if (!entry.refused) {
            ++durable;
            inFlightBytes -= entry.line.length;
            leave(entry);
          }
        }
        backoff = 0;
        away = NEVER;
        changed.signalAll();
      }
      answerBy = inFlight.isEmpty() ? NEVER : now() + settings.ackTimeout.toNanos();
    } catch (IllegalArgumentException wrong) {
      throw new IOException("answers what can't be: " + answer.substring(0, Math.min(100, answer.length())));
    } finally {
      lock.unlock();
    }
  }

  // A number of a line on this connection.
  private long number(String text, long least) {
    long number = Long.parseLong(text);
    if (number < least || number > settled + inFlight.size()) {
      throw new IllegalArgumentException();
    }
    return number;
  }

  private void refuse(long number, String reason) {
    Iterator<Entry> entries = inFlight.iterator();
    Entry entry = entries.next();
    for (long at = settled + 1; at < number; ++at) {
      entry = entries.next();
    }
    if (!entry.refused) {
      ++refused;
      inFlightBytes -= entry.line.length;
      report(new Report(textOf(entry.line), reason, entry.line.length));
      leave(entry);
      entry.refused = true;
    }
  }

  private void leave(Entry entry) {
    --queued;
    queuedBytes -= entry.line.length;
    entry.line = null;
  }

  // ---- the spool

  private boolean isAway() {
    return away != NEVER && now() - away >= settings.spoolAfter.toNanos();
  }

  private boolean isBulk() {
    return waiting.size() >= MAX_SPOOL_RECORDS || queuedBytes >= MAX_SPOOL_BYTES;
  }

  // Spools what has waited for a connection for long enough; says when it or the connection is due again.
  private long spoolWhatIsDue() {
    for (;;) {
      lock.lock();
      boolean waits = !waiting.isEmpty() && !ended && !settings.spool.isEmpty();
      boolean atOnce = closing || (isAway() && isBulk() && !spoolFails);
      lock.unlock();
      if (!waits) {
        return nextTry;
      }
      long awayBy = (away == NEVER ? now() : away) + settings.spoolAfter.toNanos();
      long due = atOnce ? now() : Math.max(awayBy, nextSpool);
      if (due > now()) {
        return Math.min(nextTry, due);
      }
      nextSpool = now() + settings.spoolAfter.toNanos();
      spoolFails = !spoolFile();
      if (spoolFails) {
        return Math.min(nextTry, nextSpool);
      }
    }
  }

  // Writes a file's worth of the queue into the spool; false where nothing waits or it can't be written.
  private boolean spoolFile() {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    int count = 0;
    lock.lock();
    for (Entry entry : waiting) {
      if (count == MAX_SPOOL_RECORDS || (count > 0 && text.size() + entry.line.length > MAX_SPOOL_BYTES)) {
        break;
      }
      text.writeBytes(entry.line);
      ++count;
    }
    lock.unlock();
    if (count == 0 || settings.spool.isEmpty()) {
      return false;
    }
    try {
      writeSpoolFile(Path.of(settings.spool), text.toByteArray());
    } catch (IOException | RuntimeException error) {
      lock.lock();
      lastError = "the spool can't be written: " + error;
      lock.unlock();
      return false;
    }
    lock.lock();
    spooled += count;
    for (; count > 0; --count) {
      leave(waiting.remove());
    }
    changed.signalAll();
    lock.unlock();
    return true;
  }

  // Leaves a whole file, synced, or none.
  private static void writeSpoolFile(Path directory, byte[] text) throws IOException {
    String name = "respand-" + System.currentTimeMillis() + "-" + ProcessHandle.current().pid() + "-" + UUID.randomUUID();
    Path file = directory.resolve(name + ".ndjson");
    Path temporary = directory.resolve(name + ".ndjson.tmp");
    try {
      try (FileChannel channel = FileChannel.open(temporary, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")))) {
        for (ByteBuffer left = ByteBuffer.wrap(text); left.hasRemaining();) {
          channel.write(left);
        }
        channel.force(true);
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException error) {
      Files.deleteIfExists(temporary);
      throw error;
    }
    try {
      sync(directory);
    } catch (AccessDeniedException unreadable) {
      try {
        sync(file); // A folder that may be written but not read: the file brings its name along.
      } catch (NoSuchFileException taken) {
        return; // By respand.
      }
    } catch (IOException error) {
      Files.deleteIfExists(file);
      throw error;
    }
  }

  private static void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  // ---- what onError hears

  private static String textOf(byte[] line) {
    return new String(line, 0, line.length - 1, StandardCharsets.UTF_8);
  }

  private void drop(byte[] line, String reason) {
    ++dropped;
    report(new Report(settings.onError == null ? null : textOf(line), reason, line.length));
  }

  private void report(Report report) {
    lastError = report.reason;
    if (settings.onError != null && reports.size() < MAX_REPORTS && reportBytes + report.size <= MAX_REPORT_BYTES) {
      reports.add(report);
      reportBytes += report.size;
      wakeSender();
    }
  }

  // Calls onError, with the lock given up meanwhile.
  private void tell() {
    while (!reports.isEmpty()) {
      Report report = reports.remove();
      reportBytes -= report.size;
      lock.unlock();
      try {
        settings.onError.accept(report.record, report.reason);
      } catch (Throwable ignored) {
        // As promised.
      }
      lock.lock();
    }
  }

  // ---- JSON

  private static final int MAX_DEPTH = 128; // levels; respand takes 64

  private record JsonWriter(StringBuilder out, int maxLength) {
    void write(Object value, int depth) {
      if (depth > MAX_DEPTH) {
        throw new IllegalArgumentException("it is nested more than " + MAX_DEPTH + " levels deep, or holds itself");
      }
      if (out.length() > maxLength) {
        throw new IllegalArgumentException("it is longer than " + maxLength + " bytes");
      }
      if (value == null || value instanceof Boolean) {
        out.append(value);
      } else if (value instanceof CharSequence || value instanceof Character) {
        string(value.toString());
      } else if (value instanceof Number) {
        String text = value.toString();
        if (!JsonReader.isNumber(text)) {
          throw new IllegalArgumentException(text + " is no number in JSON");
        }
        out.append(text);
      } else if (value instanceof Map<?, ?> map) {
        char separator = '{';
        for (Map.Entry<?, ?> member : map.entrySet()) {
          if (!(member.getKey() instanceof CharSequence name)) {
            throw new IllegalArgumentException("a key of a map is no string: " + member.getKey());
          }
          out.append(separator);
          string(name.toString());
          out.append(':');
          write(member.getValue(), depth + 1);
          separator = ',';
        }
        out.append(separator == '{' ? "{}" : "}");
      } else if (value instanceof Iterable<?> || value.getClass().isArray()) {
        char separator = '[';
        for (Object element : value instanceof Iterable<?> iterable ? iterable : elements(value)) {
          out.append(separator);
          write(element, depth + 1);
          separator = ',';
        }
        out.append(separator == '[' ? "[]" : "]");
      } else {
        throw new IllegalArgumentException(value.getClass().getName() + " is no Map, Iterable, String, Number or Boolean");
      }
    }

    private static List<Object> elements(Object array) {
      List<Object> elements = new ArrayList<>();
      for (int i = 0; i < Array.getLength(array); ++i) {
        elements.add(Array.get(array, i));
      }
      return elements;
    }

    private void string(String text) {
      out.append('"');
      for (int i = 0; i < text.length(); ++i) {
        char c = text.charAt(i);
        if (c == '"' || c == '\\') {
          out.append('\\').append(c);
        } else if (c == '\n') {
          out.append("\\n");
        } else if (c < ' ') {
          out.append(String.format("\\u%04x", (int) c));
        } else {
          out.append(c);
        }
      }
      out.append('"');
    }
  }

  /** Reads one strict JSON object, of which it keeps the text of each member at the top. */
  private static final class JsonReader {
    private final String text;
    private int at;

    JsonReader(String text) {
      this.text = text;
    }

    Map<String, String> object() {
      Map<String, String> members = new LinkedHashMap<>();
      blanks();
      if (peek() != '{') {
        throw wrong("it is no object");
      }
      value(0, members);
      blanks();
      if (at < text.length()) {
        throw wrong("more text behind the object");
      }
      return members;
    }

    /** The value of a string's text. */
    static String text(String string) {
      JsonReader reader = new JsonReader(string);
      if (reader.peek() != '"') {
        throw reader.wrong("no string");
      }
      return reader.string();
    }

    static boolean isNumber(String text) {
      JsonReader reader = new JsonReader(text);
      try {
        reader.number();
        return reader.at == text.length();
      } catch (IllegalArgumentException wrong) {
        return false;
      }
    }

    private IllegalArgumentException wrong(String what) {
      return new IllegalArgumentException(what + ", at character " + at);
    }

    private char peek() {
      return at < text.length() ? text.charAt(at) : '\0';
    }

    private boolean skip(char c) {
      boolean is = peek() == c && at < text.length();
      at += is ? 1 : 0;
      return is;
    }

    private void expect(char c) {
      if (!skip(c)) {
        throw wrong("a " + c + " is missing");
      }
    }

    private void blanks() {
      while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') {
        ++at;
      }
    }

    // Members, where it is not null, gets those of the object that begins here.
    private void value(int depth, Map<String, String> members) {
      if (depth > MAX_DEPTH) {
        throw wrong("nested more than " + MAX_DEPTH + " levels deep");
      }
      char first = peek();
      if (first == '{' || first == '[') {
        char end = first == '{' ? '}' : ']';
        ++at;
        blanks();
        for (boolean more = !skip(end); more; more = !skip(end)) {
          String name = null;
          if (first == '{') {
            name = string();
            blanks();
            expect(':');
            blanks();
          }
          int begin = at;
          value(depth + 1, null);
          if (members != null) {
            members.put(name, text.substring(begin, at));
          }
          blanks();
          if (peek() != end) {
            expect(',');
            blanks();
            if (peek() == end) {
              throw wrong("a value is missing");
            }
          }
        }
      } else if (first == '"') {
        string();
      } else if (text.startsWith("true", at) || text.startsWith("null", at)) {
        at += 4;
      } else if (text.startsWith("false", at)) {
        at += 5;
      } else {
        number();
      }
    }

    private void number() {
      skip('-');
      if (!skip('0')) {
        digits();
      }
      if (skip('.')) {
        digits();
      }
      if (skip('e') || skip('E')) {
        if (!skip('+')) {
          skip('-');
        }
        digits();
      }
    }

    private void digits() {
      int begin = at;
      while (peek() >= '0' && peek() <= '9') {
        ++at;
      }
      if (at == begin) {
        throw wrong("no value in JSON");
      }
    }

    private String string() {
      StringBuilder value = new StringBuilder();
      expect('"');
      while (!skip('"')) {
        char c = peek();
        if (c < ' ') {
          throw wrong("a string without its end, or a control character in it");
        }
        ++at;
        value.append(c == '\\' ? escaped() : c);
      }
      return value.toString();
    }

    private char escaped() {
      char c = peek();
      ++at;
      if (c == 'u') {
        String digits = text.substring(at, Math.min(at + 4, text.length()));
        if (!digits.matches("[0-9a-fA-F]{4}")) {
          throw wrong("a \\u without four hexadecimal digits");
        }
        at += 4;
        return (char) Integer.parseInt(digits, 16);
      }
      int which = "\"\\/bfnrt".indexOf(c);
      if (which < 0) {
        throw wrong("an unknown escape");
      }
      return "\"\\/\b\f\n\r\t".charAt(which);
    }
  }
}
