# frozen_string_literal: true

# A client of respand in one file, for Ruby 3.0 and later: clients/ruby/README.md. It hands records over without ever making
# the application wait, and keeps clients/README.md's promises. Every method may be called from any thread.
# SPDX-License-Identifier: Apache-2.0

require "json"
require "securerandom"
require "socket"

module Respand
  # One queue, one sender thread, one connection; one for a process is enough. Times are in seconds.
  class Client
    SPOOL_LINES = 1000 # in a file
    SPOOL_BYTES = 8 << 20
    WRITE_BYTES = 256 << 10 # gathered into one write
    ANSWER_BYTES = 64 << 10 # the longest line of an answer
    NOTICES = 1000 # errors that may wait for on_error
    FIRST_DELAY = 0.05 # between tries to connect
    LAST_DELAY = 5.0
    OPEN = {} # rubocop:disable Style/MutableConstant -- the clients that the end of the process closes
    private_constant :SPOOL_LINES, :SPOOL_BYTES, :WRITE_BYTES, :ANSWER_BYTES, :NOTICES, :FIRST_DELAY, :LAST_DELAY, :OPEN

    at_exit { OPEN.keys.each(&:close) }

    # A line that waits for its answer; `reason` says why respand refuses it.
    Line = Struct.new(:text, :number, :reason)
    private_constant :Line

    def initialize(socket: ENV["RESPAND_SOCKET_PATH"] || "/run/respand/respand.sock",
                   spool: ENV["RESPAND_SPOOL_DIRECTORY"] || "/var/spool/respand",
                   max_queue: 10_000, max_queue_bytes: 64 << 20, max_wait: 0.005, max_record: 20 << 20,
                   spool_after: 1, ack_timeout: 30, close_timeout: 2, on_error: nil)
      @socket_path = socket.to_s
      @spool = spool.to_s
      @max_queue = max_queue
      @max_queue_bytes = max_queue_bytes
      @max_wait = max_wait
      @max_record = max_record
      @spool_after = spool_after
      @ack_timeout = ack_timeout
      @close_timeout = close_timeout
      @on_error = on_error
      @closed = false
      begin_anew
      OPEN.compare_by_identity[self] = true
    end

    # Takes a record (a Hash): true where it was taken. Never raises, and waits for max_wait at most.
    def log(record)
      check_fork
      text, refusal = encode(record)
      taken = false
      # An exception that another thread throws in here (Timeout) has to wait for these few steps.
      Thread.handle_interrupt(Object => :never) do
        @mutex.synchronize { taken = enqueue(record, text, refusal) }
      end
      taken
    rescue StandardError => e # in a signal handler, say, where no lock may be taken
      @counts[:logged] += 1
      @counts[:dropped] += 1
      @last_error = "a record was not taken: #{e.message}"
      false
    end

    # Waits until all that was taken before is settled: true where it is.
    def flush(timeout = 30)
      check_fork
      deadline = now + timeout
      @mutex.synchronize do
        last = @taken
        wait(@settled, deadline) until settled?(last) || now >= deadline || sender?
        settled?(last)
      end
    end

    # Flushes, spools what is left and ends: true where nothing was dropped. `log` takes nothing afterwards.
    def close(timeout = @close_timeout)
      check_fork
      @mutex.synchronize do
        unless @closing
          @closing = true
          @deadline = now + timeout
          @room.broadcast
          wake
        end
      end
      return false if sender?

      begin
        @thread&.join
      rescue StandardError => e # a mistake of this file: what is left is handled below
        @last_error = "the sender has ended: #{e.message}"
      end
      @mutex.synchronize { finish } # where no sender could be started
      OPEN.delete(self)
      !@lost
    end

    # What became of the records: logged = durable + spooled + refused + dropped + queued.
    def stats
      check_fork
      @mutex.synchronize { @counts.merge(queued: @lines.size, last_error: @last_error) }
    end

    private

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    # --- The application's side ---

    # A forked child starts anew: what its parent holds stays the parent's.
    def check_fork
      return if Process.pid == @pid

      [@connection, *@wake].each { |io| io&.close }
      begin_anew
    end

    def begin_anew
      @mutex = Mutex.new
      @room = ConditionVariable.new
      @settled = ConditionVariable.new
      # Guarded by the mutex. Lines are added at the end by anyone, and taken away at the head by the sender only.
      @lines = []
      @bytes = 0
      @taken = 0 # the number of the last line
      @notices = []
      @counts = { logged: 0, durable: 0, spooled: 0, refused: 0, dropped: 0, connects: 0 }
      @last_error = ""
      @wake_at = @wake_at_bytes = Float::INFINITY # how much has to wait to wake the sender
      @closing = @closed
      @lost = false
      @thread = @wake = nil
      # The sender's own.
      @connection = nil
      @tries = 0
      @next_try = @last_spool = 0
      @away_since = nil
      @spool_failed = @wants_out = false
      @pid = Process.pid
    end

    # The line of a record, or why it is refused.
    def encode(record)
      return [nil, "not a Hash"] unless record.is_a?(Hash)

      text = JSON.generate(record)
      return [nil, "not a JSON object"] unless text.start_with?("{") && text.end_with?("}")

      missing = []
      missing << %("timestamp":"#{Time.now.utc.strftime('%Y-%m-%dT%H:%M:%S.%6NZ')}") unless member?(record, :timestamp)
      missing << %("custom_identifier":"#{SecureRandom.uuid}") unless member?(record, :custom_identifier)
      unless missing.empty?
        missing.unshift(text.chop) unless record.empty?
        text = "#{'{' if record.empty?}#{missing.join(',')}}"
      end
      return [nil, "larger than max_record"] if text.bytesize > @max_record

      text = text.tr("\r\n", "  ") if text.match?(/[\r\n]/) # of a to_json of the application's: blanks between values
      ["#{text}\n".b, nil]
    rescue StandardError, SystemStackError => e # NaN, broken UTF-8, objects in themselves
      [nil, "it can't be written as JSON: #{e.message}"]
    end

    def member?(record, name)
      record.key?(name) || record.key?(name.name)
    end

    def enqueue(record, text, refusal)
      @counts[:logged] += 1
      start unless @closing
      if refusal
        @counts[:refused] += 1
        return notice(record, refusal)
      end
      deadline = now + @max_wait
      wait(@room, deadline) until room?(text) || @closing || now >= deadline
      if @closing || !room?(text)
        @counts[:dropped] += 1
        return notice(record, @closing ? "the client is closed" : "the queue is full")
      end
      @bytes += text.bytesize
      @lines << Line.new(text, @taken += 1)
      wake if @lines.size >= @wake_at || @bytes >= @wake_at_bytes
      true
    end

    def room?(text)
      @lines.size < @max_queue && @bytes + text.bytesize <= @max_queue_bytes
    end

    # Keeps an error for on_error, which the sender calls.
    def notice(record, reason)
      @last_error = "a record was not taken: #{reason}"
      if @on_error && @notices.size < NOTICES
        @notices << [record, reason]
        wake
      end
      false
    end

    def start
      return if @thread&.alive? # the application may have killed it

      @wake ||= IO.pipe
      @thread = Thread.new { Thread.handle_interrupt(Object => :immediate) { run } } # not as `log` has it, which a thread inherits
      @thread.name = "respand"
      @thread.report_on_exception = false
    rescue ThreadError, SystemCallError => e
      @last_error = "no sender: #{e.message}"
    end

    def wake
      @wake_at = @wake_at_bytes = Float::INFINITY
      @wake&.last&.write_nonblock("x", exception: false)
    end

    def wait(event, deadline)
      left = deadline - now
      event.wait(@mutex, left) if left.positive?
    end

    def settled?(last)
      @lines.empty? || @lines.first.number > last
    end

    def sender?
      Thread.current == @thread
    end

    # --- The sender's side. Its methods are called with the mutex; what may take long lets it go meanwhile. ---

    def run
      @mutex.synchronize do
        disconnect("its sender was killed") if @connection
        until @closing && @notices.empty? && (@lines.empty? || now >= @deadline)
          sleep_until_needed unless step
        end
        finish
      end
    end

    # One turn: true where something came of it.
    def step
      if (notice = @notices.shift)
        tell(*notice)
        return true
      end
      connect if @connection.nil? && !@lines.empty? && now >= @next_try
      return now >= spool_time && spool_some if @connection.nil?
      return true if read_answers || write_lines

      late = !@lines.empty? && now >= @last_answer + @ack_timeout
      disconnect("no answer for ack_timeout") if late
      late
    end

    def unlocked
      @mutex.unlock
      yield
    ensure
      @mutex.lock
    end

    def tell(record, reason)
      return unless @on_error

      unlocked { @on_error.call(record, reason) }
    rescue StandardError
      # What on_error raises is its own affair.
    end

    def tell_of(line, reason)
      tell(JSON.parse(line.text.dup.force_encoding(Encoding::UTF_8), max_nesting: false), reason) if @on_error
    end

    # Takes lines away from the head; what is not refused counts as `kind`.
    def settle(count, kind)
      @lines.shift(count).each do |line|
        @bytes -= line.text.bytesize
        @counts[line.reason ? :refused : kind] += 1
      end
      @room.broadcast
      @settled.broadcast
    end

    # The next try to connect comes after 50 ms, then twice as long each time up to 5 s, less a random half.
    def away(reason)
      delay = [FIRST_DELAY * (2**@tries), LAST_DELAY].min
      @tries += 1 if @tries < 10
      @next_try = now + delay - (delay / 2 * rand)
      @away_since ||= now unless @lines.empty? # nothing is away while nothing waits for it
      @last_error = "#{@socket_path}: #{reason}"
    end

    def connect
      connection = Socket.new(:UNIX, :STREAM)
      if connection.connect_nonblock(Socket.sockaddr_un(@socket_path), exception: false) != 0
        raise SystemCallError.new(nil, Errno::EAGAIN::Errno)
      end

      connection.write_nonblock("!ack\n")
      @connection = connection
      @sent = @settled_here = 0 # lines of this connection
      @handed = 0 # lines at the head of the queue that are in @out, or sent
      @out = String.new
      @ends = [] # where in the stream each line ends that is not sent
      @written = 0
      @answer = String.new
      @last_answer = now
      @counts[:connects] += 1
    rescue SystemCallError, ArgumentError, IOError => e
      connection&.close
      away(e.message)
    end

    # Ends the connection. Lines with a refusal are settled by it; all others go first over the next one.
    def disconnect(reason)
      @connection.close
      @connection = nil
      @wants_out = false
      refused, @lines = @lines.partition(&:reason)
      @bytes -= refused.sum { |line| line.text.bytesize }
      @counts[:refused] += refused.size
      @room.broadcast
      @settled.broadcast
      away(reason)
    end

    # Reads what respand has answered: true where there was something, also the end.
    def read_answers
      got = @connection.read_nonblock(ANSWER_BYTES, exception: false)
      return false if got == :wait_readable

      wrong = got.nil? && "respand has closed the connection"
      @answer << got unless wrong
      while !wrong && (line = @answer.slice!(/\A.*\n/n))
        wrong = take_answer(line) unless line.match?(/\A\s*\z/n)
      end
      wrong ||= "an answer longer than any of respand's" if @answer.bytesize >= ANSWER_BYTES
      disconnect(wrong) if wrong
      true
    rescue SystemCallError => e
      disconnect(e.message)
      true
    end

    # One line of respand's: nil where it makes sense, else why not. What it does not know it leaves alone.
    def take_answer(line)
      answer = parse_answer(line) if line.force_encoding(Encoding::UTF_8).valid_encoding?
      return "an answer that is none of respand's" unless answer.is_a?(Hash)

      durable = answer.key?("durable")
      return unless durable || (answer.key?("line") && answer.key?("error"))

      number = answer[durable ? "durable" : "line"]
      first = durable ? @settled_here : @settled_here + 1
      return "an answer that is none of respand's" unless number.is_a?(Integer) && number.between?(first, @sent)

      durable ? take_durable(number) : take_refusal(number, answer["error"])
      @tries = 0
      @away_since = nil
      @last_answer = now
      nil
    rescue JSON::JSONError, EncodingError
      "an answer that is none of respand's"
    end

    # Half of a surrogate pair, which JSON.parse refuses, may stand in an error's text.
    def parse_answer(line)
      JSON.parse(line)
    rescue JSON::ParserError
      JSON.parse(line.gsub(/\\u[dD][89a-fA-F]\h\h/) { "\\ufffd" })
    end

    def take_durable(number)
      count = number - @settled_here
      @settled_here = number
      @handed -= count
      settle(count, :durable)
    end

    def take_refusal(number, error)
      line = @lines[number - @settled_here - 1]
      return if line.reason

      line.reason = "respand refused it: #{error.to_s[0, 200]}"
      @last_error = "#{@socket_path}: #{line.reason}"
      tell_of(line, line.reason)
    end

    # Writes what waits, as much as the socket takes: true where something was written.
    def write_lines
      @wants_out = false
      gather if @out.empty?
      return false if @out.empty?

      wrote = @connection.write_nonblock(@out, exception: false)
      if wrote == :wait_writable
        @wants_out = true
        return false
      end
      @out = @out.byteslice(wrote..)
      @written += wrote
      while !@ends.empty? && @ends.first <= @written
        @ends.shift
        @sent += 1
      end
      true
    rescue SystemCallError => e
      # What respand said before it went still counts.
      disconnect(e.message) unless read_answers
      true
    end

    def gather
      @last_answer = now if @sent == @settled_here # from here on an answer is waited for
      last = @written
      while @handed < @lines.size && @out.bytesize < WRITE_BYTES
        @out << @lines[@handed].text
        @ends << last + @out.bytesize
        @handed += 1
      end
    end

    # Writes as many lines as go into a file to the spool directory: true where it is there.
    def spool_some
      return false if @lines.empty? || @spool.empty?

      bytes = 0
      count = 0
      count += 1 while count < SPOOL_LINES && count < @lines.size &&
                       ((bytes += @lines[count].text.bytesize) <= SPOOL_BYTES || count.zero?)
      texts = @lines.first(count).map(&:text)
      begin
        unlocked { write_spool_file(texts) }
        @spool_failed = false
      rescue SystemCallError, IOError, ArgumentError => e
        @spool_failed = true
        @last_error = "#{@spool}: #{e.message}"
      end
      @last_spool = now
      settle(count, :spooled) unless @spool_failed
      !@spool_failed
    end

    # Synced, file and directory, and renamed into place. Raises where that fails, and leaves nothing behind then.
    def write_spool_file(texts)
      name = format("respand-%d-%d-%s.ndjson", Process.pid, Process.clock_gettime(Process::CLOCK_REALTIME, :nanosecond),
                    SecureRandom.hex(8))
      path = File.join(@spool, name)
      temporary = File.join(@spool, ".#{name}.tmp")
      File.open(temporary, File::WRONLY | File::CREAT | File::EXCL | File::NOFOLLOW | File::BINARY, 0o640) do |file|
        texts.each { |text| file.write(text) }
        file.flush
        file.fsync
      end
      File.rename(temporary, path)
      sync_directory(path)
    rescue SystemCallError, IOError
      begin
        File.unlink(temporary)
      rescue SystemCallError
        # It was not made, or has its place.
      end
      raise
    end

    def sync_directory(path)
      File.open(@spool, &:fsync)
    rescue SystemCallError
      begin
        File.unlink(path)
      rescue SystemCallError
        return # respand has taken it already
      end
      raise
    end

    # How much is worth a spool file before its time: a whole one, or half of the room.
    def much?
      @lines.size >= spool_lines || @bytes >= spool_bytes
    end

    def spool_lines
      [SPOOL_LINES, (@max_queue / 2) + 1].min
    end

    def spool_bytes
      [SPOOL_BYTES, (@max_queue_bytes / 2) + 1].min
    end

    # When what waits goes to the spool, while there is no connection.
    def spool_time
      return Float::INFINITY if @spool.empty? || @lines.empty? || @away_since.nil?
      return 0 if @closing && !@spool_failed

      early = much? && !@spool_failed
      [@away_since + @spool_after, early ? 0 : @last_spool + @spool_after].max
    end

    def sleep_until_needed
      until_time = @closing ? @deadline : Float::INFINITY
      if @connection
        @wake_at = @lines.size + 1 unless @wants_out
        until_time = [until_time, @last_answer + @ack_timeout].min unless @lines.empty?
      elsif @lines.empty?
        @wake_at = 1
      else
        until_time = [until_time, @next_try, spool_time].min
        @wake_at, @wake_at_bytes = spool_lines, spool_bytes unless @spool.empty? || @spool_failed || much?
      end
      left = until_time.infinite? ? nil : [until_time - now, 0].max
      unlocked do
        IO.select([@wake.first, @connection].compact, @wants_out ? [@connection] : nil, nil, left)
        @wake.first.read_nonblock(64, exception: false)
      end
      @wake_at = @wake_at_bytes = Float::INFINITY
    end

    # What is left when there is no more time: to the spool, or dropped.
    def finish
      disconnect("closed by the client") if @connection
      nil while spool_some
      until @lines.empty?
        @lost = true
        tell_of(@lines.first, "no answer and no spool at exit")
        settle(1, :dropped)
      end
      @closed = true
    end
  end
end
