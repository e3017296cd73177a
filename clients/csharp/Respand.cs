// Hands records of model calls over to respand, the log-shipping daemon of this host.
// One file without dependencies, for Mono 6.8 or later on Linux, written for .NET 6, too; README.md beside it says what it
// promises. Licence: Apache-2.0, as the repository's LICENSE says.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;

namespace Respand
{
    /// <summary>What can be set, with its defaults. A client takes a copy.</summary>
    public sealed class Settings
    {
        public string Socket = Place("RESPAND_SOCKET_PATH", true) ?? "/run/respand/respand.sock";
        /// <summary>Empty: nothing is spooled.</summary>
        public string Spool = Place("RESPAND_SPOOL_DIRECTORY", false) ?? "/var/spool/respand";
        public int MaxQueue = 10000;
        public long MaxQueueBytes = 64L << 20;
        public TimeSpan MaxWait = TimeSpan.FromMilliseconds(5);
        public int MaxRecord = 20 << 20;
        public TimeSpan SpoolAfter = TimeSpan.FromSeconds(1);
        public TimeSpan AckTimeout = TimeSpan.FromSeconds(30);
        public TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);
        /// <summary>Hears of each refused or dropped record, and why, in the sender's thread. The record is its line, or
        /// what Log was given where no line could be made of it. What it throws is ignored.</summary>
        public Action<object, string> OnError;

        internal Settings Copy() { return (Settings)MemberwiseClone(); }

        static string Place(string variable, bool emptyIsUnset)
        {
            string value = Environment.GetEnvironmentVariable(variable);
            return value == "" && emptyIsUnset ? null : value;
        }
    }

    /// <summary>What became of the records: Logged = Durable + Spooled + Refused + Dropped + Queued.</summary>
    public sealed class Stats
    {
        public long Logged, Durable, Spooled, Refused, Dropped, Queued, Connects;
        public string LastError = "";

        internal Stats Copy() { return (Stats)MemberwiseClone(); }
    }

    /// <summary>A client. Its methods may be called from any thread, and none of them throws. One background thread, the
    /// sender, owns the connection and the spool; a second one reads the answers of a connection. The records wait as
    /// lines in two queues: those on the connection that have no answer yet (inFlight), and those behind them.</summary>
    public sealed class RespandClient : IDisposable
    {
        const int MaxInFlight = 8192; // lines without an answer on a connection
        const long MaxInFlightBytes = 8L << 20;
        const int MaxWrite = 256 << 10; // bytes that are gathered for one write
        const int MaxAnswer = 64 << 10; // the longest line that respand answers
        const int MaxSpoolRecords = 1000; // a file in the spool
        const long MaxSpoolBytes = 8L << 20;
        const int MaxReports = 1000; // that wait for OnError; what is more is only counted
        const long MaxReportBytes = 8L << 20;
        static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(50);
        static readonly TimeSpan LastBackoff = TimeSpan.FromSeconds(5);
        static readonly TimeSpan FinishTimeout = TimeSpan.FromSeconds(5); // for the spool's disk, after the flush
        static readonly TimeSpan Never = TimeSpan.MaxValue; // as a time that is waited for

        sealed class Entry
        {
            public byte[] Line; // ends in \n; null where it has left the queue
            public long Number; // counts from 1 over all that were taken
            public bool Refused; // and settled, but not covered by a durable yet
        }

        struct Report
        {
            public object Record;
            public string Reason;
            public long Size;
        }

        readonly Settings settings;
        readonly AutoResetEvent wake = new AutoResetEvent(false); // tells the sender to look again
        readonly ManualResetEvent done = new ManualResetEvent(false); // the sender has ended
        readonly Stopwatch clock = Stopwatch.StartNew(); // all times below are by it
        readonly Random random = new Random(Guid.NewGuid().GetHashCode()); // the sender's

        readonly object gate = new object(); // guards what follows; pulsed when an entry has left the queue
        readonly Stats stats = new Stats();
        readonly LinkedList<Entry> inFlight = new LinkedList<Entry>();
        readonly LinkedList<Entry> waiting = new LinkedList<Entry>();
        readonly Queue<Report> reports = new Queue<Report>();
        long queuedBytes, inFlightBytes, reportBytes;
        long taken; // the number of the last entry
        long settled; // lines of this connection that are settled: the N of {"durable":N}
        Func<bool> wanted; // what the sender waits for; null: it does not wait
        bool hurry; // somebody waits: the next try to connect is due at once
        bool closing; // nothing is taken any more
        bool ended; // the time to flush is over
        bool abandoned; // something was dropped at the end
        bool lost; // the connection has ended
        Socket socket; // null: none
        TimeSpan backoff = TimeSpan.Zero;
        TimeSpan answerBy = Never;
        TimeSpan away = Never; // since when an answer is missed; Never: respand answers

        TimeSpan nextTry, nextSpool; // the sender's own, as is what follows
        bool spoolFails;

        public RespandClient() : this(new Settings()) { }

        /// <summary>Starts the sender. Where respand is not there yet, records wait.</summary>
        public RespandClient(Settings settings)
        {
            this.settings = settings.Copy();
            new Thread(Run) { IsBackground = true, Name = "respand" }.Start();
            AppDomain.CurrentDomain.ProcessExit += AtExit;
        }

        /// <summary>Takes a record and returns at once: true where it was taken. Its values may be dictionaries with keys
        /// that are strings, IEnumerable, string, char, bool, numbers and null. Where the queue is full it waits for
        /// MaxWait.</summary>
        public bool Log(IDictionary<string, object> record)
        {
            return Take(record, () =>
            {
                var text = new StringBuilder(512);
                Json.Write(text, record, settings.MaxRecord);
                return LineOf(text, record.ContainsKey("timestamp"), record.ContainsKey("custom_identifier"));
            });
        }

        /// <summary>The same for a record that is JSON text already: one object.</summary>
        public bool LogJson(string json)
        {
            return Take(json, () =>
            {
                if (json == null || json.Length > settings.MaxRecord)
                    throw new FormatException("it is null, or longer than " + settings.MaxRecord + " bytes");
                var members = Json.ReadObject(json);
                // Outside of strings a line end is only a blank, and inside there is none.
                var text = new StringBuilder(json.Trim(' ', '\t', '\n', '\r')).Replace('\n', ' ').Replace('\r', ' ');
                return LineOf(text, members.ContainsKey("timestamp"), members.ContainsKey("custom_identifier"));
            });
        }

        /// <summary>Waits until all that was taken before is settled (durable, spooled or refused): true where it is.</summary>
        public bool Flush(TimeSpan timeout)
        {
            lock (gate)
            {
                long target = taken;
                hurry = true;
                WakeSender();
                return Await(timeout, () => Oldest() > target) && !abandoned;
            }
        }

        /// <summary>Flushes for CloseTimeout at most, puts what is left into the spool, and ends the client.</summary>
        public void Dispose() { Close(settings.CloseTimeout); }

        /// <summary>The same with a timeout of its own: true where nothing was dropped.</summary>
        public bool Close(TimeSpan timeout)
        {
            AppDomain.CurrentDomain.ProcessExit -= AtExit;
            lock (gate)
            {
                closing = hurry = true;
                Monitor.PulseAll(gate);
                WakeSender();
            }
            if (!done.WaitOne(timeout))
            {
                lock (gate)
                {
                    ended = true;
                    EndConnection();
                    WakeSender();
                }
                if (!done.WaitOne(FinishTimeout)) return false;
            }
            lock (gate) return !abandoned;
        }

        public Stats Stats()
        {
            lock (gate) return stats.Copy();
        }

        // ---- in the caller's thread

        void AtExit(object sender, EventArgs arguments) { Close(settings.CloseTimeout); }

        bool Take(object record, Func<byte[]> encode)
        {
            byte[] line = null;
            string reason = "";
            try
            {
                line = encode();
            }
            catch (Exception error) // Whatever an application's collections throw.
            {
                reason = "the record can't be written as a JSON object: " + error.Message;
            }
            lock (gate)
            {
                ++stats.Logged;
                if (line == null)
                {
                    ++stats.Refused;
                    Tell(record, reason, 0);
                    return false;
                }
                if (!HasRoom(line.Length) && !closing)
                    Await(settings.MaxWait, () => closing || HasRoom(line.Length));
                if (closing || !HasRoom(line.Length))
                {
                    Drop(line, closing ? "the client is closed" : "the queue is full");
                    return false;
                }
                ++stats.Queued;
                queuedBytes += line.Length;
                waiting.AddLast(new Entry { Line = line, Number = ++taken });
                WakeSender();
                return true;
            }
        }

        // The object with its time and its identifier, as bytes with a \n. Half a surrogate pair becomes U+FFFD.
        byte[] LineOf(StringBuilder text, bool hasTime, bool hasIdentifier)
        {
            --text.Length;
            string separator = text.ToString(1, text.Length - 1).Trim().Length == 0 ? "" : ",";
            if (!hasTime)
            {
                string now = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
                text.Append(separator).Append("\"timestamp\":\"").Append(now).Append('"');
                separator = ",";
            }
            if (!hasIdentifier)
                text.Append(separator).Append("\"custom_identifier\":\"").Append(Guid.NewGuid().ToString()).Append('"');
            byte[] line = Encoding.UTF8.GetBytes(text.Append("}\n").ToString());
            if (line.Length - 1 > settings.MaxRecord)
                throw new FormatException("it has " + (line.Length - 1) + " bytes, more than " + settings.MaxRecord);
            return line;
        }

        bool HasRoom(long size)
        {
            return stats.Queued < settings.MaxQueue && queuedBytes + size <= settings.MaxQueueBytes;
        }

        // The number of the oldest entry that is not settled.
        long Oldest()
        {
            LinkedListNode<Entry> oldest = inFlight.First ?? waiting.First;
            return oldest == null ? long.MaxValue : oldest.Value.Number;
        }

        // Waits, with the lock given up meanwhile, until it is so or the time is over; says whether it is so.
        bool Await(TimeSpan timeout, Func<bool> so)
        {
            TimeSpan until = clock.Elapsed + timeout;
            for (TimeSpan left = timeout; !so() && left > TimeSpan.Zero; left = until - clock.Elapsed)
                Monitor.Wait(gate, Milliseconds(left));
            return so();
        }

        static int Milliseconds(TimeSpan time)
        {
            return (int)Math.Min(Math.Ceiling(Math.Max(time.TotalMilliseconds, 0)), 3600 * 1000);
        }

        // Wakes the sender once where it waits for what is there now.
        void WakeSender()
        {
            if (wanted != null && (reports.Count > 0 || wanted()))
            {
                wanted = null;
                wake.Set();
            }
        }

        // ---- in the sender's thread

        void Run()
        {
            for (;;)
            {
                WaitFor(Never, () => closing || waiting.Count > 0);
                bool due;
                lock (gate)
                {
                    if (ended || waiting.Count == 0) break;
                    due = hurry || clock.Elapsed >= nextTry;
                    if (due)
                    {
                        hurry = false;
                        if (away == Never) away = clock.Elapsed;
                    }
                }
                if (due) Connect();
                bool takesBatches;
                TimeSpan next = SpoolWhatIsDue(out takesBatches);
                WaitFor(next, () => ended || hurry || waiting.Count == 0 || (takesBatches && IsBatch()));
            }
            while (SpoolFile()) { }
            lock (gate)
            {
                while (waiting.Count > 0)
                {
                    abandoned = true;
                    Drop(waiting.First.Value.Line, "the client was closed, and neither respand nor the spool took the record");
                    Leave(waiting);
                }
                Monitor.PulseAll(gate);
                CallOnError();
            }
            done.Set();
        }

        // Waits until it is so, or until the time has come, and calls OnError meanwhile.
        void WaitFor(TimeSpan until, Func<bool> so)
        {
            for (;;)
            {
                TimeSpan left;
                lock (gate)
                {
                    CallOnError();
                    left = until == Never ? until : until - clock.Elapsed;
                    if (so() || left <= TimeSpan.Zero)
                    {
                        wanted = null;
                        return;
                    }
                    wanted = so;
                }
                wake.WaitOne(Milliseconds(left));
            }
        }

        // Connects, and returns when the connection has ended or there was none.
        void Connect()
        {
            string error = null;
            try
            {
                // Not blocking: a daemon that hangs has a full backlog, and then this fails at once.
                using (var opened = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false })
                {
                    opened.Connect(new UnixEndPoint(settings.Socket));
                    opened.Blocking = true;
                    error = Serve(opened);
                }
            }
            catch (Exception failed) when (failed is SocketException || failed is ArgumentException)
            {
                error = failed.Message;
            }
            lock (gate)
            {
                if (error != null) stats.LastError = settings.Socket + ": " + error;
                socket = null;
                // What was sent and has no answer waits again; what was refused is done with.
                for (; inFlight.Count > 0; inFlight.RemoveLast())
                    if (!inFlight.Last.Value.Refused) waiting.AddFirst(inFlight.Last.Value);
                inFlightBytes = 0;
                Monitor.PulseAll(gate);
                nextTry = clock.Elapsed + TimeSpan.FromTicks((long)(backoff.Ticks * (1 - random.NextDouble() / 2)));
                backoff = TimeSpan.FromTicks(Math.Min(Math.Max(2 * backoff.Ticks, FirstBackoff.Ticks), LastBackoff.Ticks));
            }
        }

        // Writes what waits to the connection until it ends, and says why; null where the client itself has ended it.
        string Serve(Socket opened)
        {
            lock (gate)
            {
                ++stats.Connects;
                socket = opened;
                lost = false;
                settled = 0;
                answerBy = Never;
            }
            string why = null;
            var reader = new Thread(() => why = ReadAnswers(opened)) { IsBackground = true, Name = "respand-answers" };
            reader.Start();
            var batch = new MemoryStream();
            byte[] hello = { (byte)'!', (byte)'a', (byte)'c', (byte)'k', (byte)'\n' };
            batch.Write(hello, 0, hello.Length);
            try
            {
                while (Gather(batch))
                {
                    byte[] bytes = batch.GetBuffer();
                    for (int at = 0; at < batch.Length;)
                        at += opened.Send(bytes, at, (int)batch.Length - at, SocketFlags.None);
                    if (batch.Capacity > 4 * MaxWrite) batch = new MemoryStream();
                    batch.SetLength(0);
                }
            }
            catch (SocketException)
            {
                // The reader takes what was answered before the end, and says why it ended.
            }
            bool left;
            lock (gate)
            {
                left = closing && (ended || IsEmpty());
                if (left) EndConnection();
            }
            reader.Join();
            return left ? null : why;
        }

        bool IsEmpty() { return inFlight.Count == 0 && waiting.Count == 0; }

        bool IsOver() { return lost || ended || (closing && IsEmpty()); }

        bool MaySend()
        {
            return waiting.Count > 0 && inFlight.Count < MaxInFlight && inFlightBytes < MaxInFlightBytes;
        }

        // Waits for lines that may be sent and adds them to the batch; false when the connection is over.
        bool Gather(MemoryStream batch)
        {
            WaitFor(Never, () => IsOver() || MaySend());
            lock (gate)
            {
                if (IsOver()) return false;
                if (inFlight.Count == 0) answerBy = clock.Elapsed + settings.AckTimeout;
                while (MaySend() && batch.Length < MaxWrite)
                {
                    Entry entry = waiting.First.Value;
                    waiting.RemoveFirst();
                    batch.Write(entry.Line, 0, entry.Line.Length);
                    inFlightBytes += entry.Line.Length;
                    inFlight.AddLast(entry);
                }
                return true;
            }
        }

        // With the lock held. It stays open, so that its number is no other's, until the sender is through with it.
        void EndConnection()
        {
            try
            {
                if (socket != null) socket.Shutdown(SocketShutdown.Both);
            }
            catch (SocketException)
            {
                // It has ended already.
            }
        }

        // ---- answers, in a thread of the connection's own

        string ReadAnswers(Socket opened)
        {
            string why;
            try
            {
                why = ReadAnswersUntilEnd(opened);
            }
            catch (Exception error) when (error is SocketException || error is FormatException)
            {
                why = error.Message;
            }
            lock (gate)
            {
                EndConnection();
                lost = true;
                WakeSender();
            }
            return why;
        }

        string ReadAnswersUntilEnd(Socket opened)
        {
            var answers = new byte[MaxAnswer];
            int length = 0;
            int tick = (int)Math.Min(Math.Max(settings.AckTimeout.TotalMilliseconds * 1000 / 4, 1000), 1000000000); // µs
            for (;;)
            {
                if (!opened.Poll(tick, SelectMode.SelectRead))
                {
                    lock (gate)
                        if (clock.Elapsed >= answerBy) return "no answer for " + settings.AckTimeout;
                    continue;
                }
                int count = opened.Receive(answers, length, answers.Length - length, SocketFlags.None);
                if (count == 0) return "the connection was closed";
                int begin = 0;
                for (int i = length; i < length + count; ++i)
                {
                    if (answers[i] != '\n') continue;
                    Settle(Encoding.UTF8.GetString(answers, begin, i - begin));
                    begin = i + 1;
                }
                length += count - begin;
                Buffer.BlockCopy(answers, begin, answers, 0, length);
                if (length == answers.Length) return "answers with an endless line";
            }
        }

        // Takes an answer. One that can't be true ends the connection: what it would settle is not known.
        void Settle(string answer)
        {
            if (answer.Trim().Length == 0) return;
            lock (gate)
            {
                try
                {
                    Dictionary<string, string> members = Json.ReadObject(answer);
                    if (members.ContainsKey("line") && members.ContainsKey("error"))
                        Refuse(Number(members["line"], settled + 1), Json.ReadString(members["error"]));
                    if (members.ContainsKey("durable"))
                    {
                        for (long until = Number(members["durable"], settled); settled < until; ++settled)
                        {
                            Entry entry = inFlight.First.Value;
                            if (entry.Refused)
                            {
                                inFlight.RemoveFirst();
                                continue;
                            }
                            ++stats.Durable;
                            inFlightBytes -= entry.Line.Length;
                            Leave(inFlight);
                        }
                        backoff = TimeSpan.Zero;
                        away = Never;
                        Monitor.PulseAll(gate);
                    }
                }
                catch (FormatException)
                {
                    throw new FormatException("answers what can't be: " + answer.Substring(0, Math.Min(100, answer.Length)));
                }
                answerBy = inFlight.Count == 0 ? Never : clock.Elapsed + settings.AckTimeout;
                WakeSender();
            }
        }

        // The number of a line on this connection.
        long Number(string text, long least)
        {
            long number;
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) ||
                number < least || number > settled + inFlight.Count)
                throw new FormatException();
            return number;
        }

        void Refuse(long line, string reason)
        {
            LinkedListNode<Entry> node = inFlight.First;
            for (long at = settled + 1; at < line; ++at) node = node.Next;
            Entry entry = node.Value;
            if (entry.Refused) return;
            entry.Refused = true;
            ++stats.Refused;
            --stats.Queued;
            queuedBytes -= entry.Line.Length;
            inFlightBytes -= entry.Line.Length;
            Tell(TextOf(entry.Line), reason, entry.Line.Length);
            entry.Line = null;
        }

        // Takes the first entry out of the queue.
        void Leave(LinkedList<Entry> queue)
        {
            --stats.Queued;
            queuedBytes -= queue.First.Value.Line.Length;
            queue.RemoveFirst();
        }

        // ---- the spool, in the sender's thread

        bool IsBatch() { return waiting.Count >= MaxSpoolRecords || queuedBytes >= MaxSpoolBytes; }

        // Spools what has waited for a connection for long enough. Says when it or the connection is due again, and
        // whether it is due as soon as a file's worth waits.
        TimeSpan SpoolWhatIsDue(out bool takesBatches)
        {
            for (;;)
            {
                TimeSpan now = clock.Elapsed;
                TimeSpan due;
                lock (gate)
                {
                    TimeSpan awayBy = (away == Never ? now : away) + settings.SpoolAfter;
                    takesBatches = awayBy <= now && !spoolFails;
                    if (waiting.Count == 0 || ended || settings.Spool == "") return nextTry;
                    due = awayBy > nextSpool ? awayBy : nextSpool;
                    if (closing || (takesBatches && IsBatch())) due = now;
                }
                if (due > now) return due < nextTry ? due : nextTry;
                nextSpool = now + settings.SpoolAfter;
                spoolFails = !SpoolFile();
                if (spoolFails) return nextSpool < nextTry ? nextSpool : nextTry;
            }
        }

        // Writes a file's worth of the queue into the spool; false where nothing waits or it can't be written.
        bool SpoolFile()
        {
            var text = new MemoryStream();
            int count = 0;
            lock (gate)
            {
                foreach (Entry entry in waiting)
                {
                    if (count == MaxSpoolRecords || (count > 0 && text.Length + entry.Line.Length > MaxSpoolBytes)) break;
                    text.Write(entry.Line, 0, entry.Line.Length);
                    ++count;
                }
            }
            if (count == 0 || string.IsNullOrEmpty(settings.Spool)) return false;
            string error = SpoolDirectory.WriteFile(settings.Spool, text);
            lock (gate)
            {
                if (error != null)
                {
                    stats.LastError = settings.Spool + ": " + error;
                    return false;
                }
                stats.Spooled += count;
                for (; count > 0; --count) Leave(waiting);
                Monitor.PulseAll(gate);
                return true;
            }
        }

        // ---- what OnError hears

        static string TextOf(byte[] line) { return Encoding.UTF8.GetString(line, 0, line.Length - 1); }

        void Drop(byte[] line, string reason)
        {
            ++stats.Dropped;
            Tell(settings.OnError == null ? null : TextOf(line), reason, line.Length);
        }

        void Tell(object record, string reason, long size)
        {
            stats.LastError = reason;
            if (settings.OnError == null || reports.Count >= MaxReports || reportBytes + size > MaxReportBytes) return;
            reports.Enqueue(new Report { Record = record, Reason = reason, Size = size });
            reportBytes += size;
            WakeSender();
        }

        // With the lock held, and given up meanwhile.
        void CallOnError()
        {
            while (reports.Count > 0)
            {
                Report report = reports.Dequeue();
                reportBytes -= report.Size;
                Monitor.Exit(gate);
                try
                {
                    settings.OnError(report.Record, report.Reason);
                }
                catch (Exception)
                {
                    // As promised.
                }
                finally
                {
                    Monitor.Enter(gate);
                }
            }
        }
    }

    /// <summary>The address of a Unix socket; Mono's own library has none.</summary>
    sealed class UnixEndPoint : EndPoint
    {
        readonly byte[] path;

        public UnixEndPoint(string path)
        {
            this.path = Encoding.UTF8.GetBytes(path);
            if (this.path.Length == 0 || this.path.Length > 107) throw new ArgumentException("a path of 1 to 107 bytes is needed");
        }

        public override AddressFamily AddressFamily { get { return AddressFamily.Unix; } }

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Unix, 2 + path.Length + 1);
            for (int i = 0; i < path.Length; ++i) address[2 + i] = path[i];
            return address;
        }

        public override EndPoint Create(SocketAddress address) { return this; }
    }

    /// <summary>Writes files into the spool by calls of Linux: the class library can neither sync a directory nor, in
    /// Mono, set a file's mode.</summary>
    static class SpoolDirectory
    {
        const int Write = 0x1, Create = 0x40, Exclusive = 0x80, CloseOnExec = 0x80000;
        const int NoSuchFile = 2, Interrupted = 4, AccessDenied = 13;

        [DllImport("libc", SetLastError = true)]
        static extern int open(byte[] path, int flags, int mode);
        [DllImport("libc", SetLastError = true)]
        static extern IntPtr write(int file, IntPtr data, IntPtr length);
        [DllImport("libc", SetLastError = true)]
        static extern int fsync(int file);
        [DllImport("libc", SetLastError = true)]
        static extern int close(int file);
        [DllImport("libc", SetLastError = true)]
        static extern int rename(byte[] from, byte[] to);
        [DllImport("libc", SetLastError = true)]
        static extern int unlink(byte[] path);

        /// <summary>Leaves a whole file, synced, or none; says what is wrong, or null.</summary>
        public static string WriteFile(string directory, MemoryStream text)
        {
            string name = directory + "/respand-" + DateTime.UtcNow.Ticks + "-" + Process.GetCurrentProcess().Id + "-" +
                Guid.NewGuid().ToString("N") + ".ndjson";
            byte[] path = Bytes(name), temporary = Bytes(name + ".tmp");
            int file = open(temporary, Write | Create | Exclusive | CloseOnExec, 0x1a0 /* 0640 */);
            if (file < 0) return Error("open");
            string error = WriteAll(file, text) ?? (fsync(file) == 0 ? null : Error("fsync"));
            if (close(file) != 0 && error == null) error = Error("close");
            if (error == null && rename(temporary, path) != 0) error = Error("rename");
            if (error != null)
            {
                unlink(temporary);
                return error;
            }
            error = Sync(Bytes(directory));
            if (error != null && Marshal.GetLastWin32Error() == AccessDenied)
            {
                // A folder that may be written but not read: the file brings its name along, if respand has not taken it yet.
                error = Sync(path);
                if (error != null && Marshal.GetLastWin32Error() == NoSuchFile) return null;
            }
            if (error != null) unlink(path);
            return error;
        }

        static byte[] Bytes(string path) { return Encoding.UTF8.GetBytes(path + "\0"); }

        static string Error(string call) { return call + " fails with errno " + Marshal.GetLastWin32Error(); }

        static string WriteAll(int file, MemoryStream text)
        {
            GCHandle pinned = GCHandle.Alloc(text.GetBuffer(), GCHandleType.Pinned);
            try
            {
                for (long at = 0; at < text.Length;)
                {
                    long count = (long)write(file, new IntPtr(pinned.AddrOfPinnedObject().ToInt64() + at), (IntPtr)(text.Length - at));
                    if (count < 0 && Marshal.GetLastWin32Error() != Interrupted) return Error("write");
                    at += Math.Max(count, 0);
                }
                return null;
            }
            finally
            {
                pinned.Free();
            }
        }

        static string Sync(byte[] path)
        {
            int file = open(path, CloseOnExec, 0);
            if (file < 0) return Error("open");
            string error = fsync(file) == 0 ? null : Error("fsync");
            close(file);
            return error;
        }
    }

    /// <summary>Writes records as JSON, and reads one strict JSON object. What is wrong is a FormatException.</summary>
    static class Json
    {
        const int MaxDepth = 128; // levels; respand takes 64

        public static void Write(StringBuilder text, object value, int maxLength, int depth = 0)
        {
            if (depth > MaxDepth) throw new FormatException("it is nested more than " + MaxDepth + " levels deep, or holds itself");
            if (text.Length > maxLength) throw new FormatException("it is longer than " + maxLength + " bytes");
            if (value == null) text.Append("null");
            else if (value is bool) text.Append((bool)value ? "true" : "false");
            else if (value is string || value is char) WriteString(text, value.ToString());
            else if (IsNumber(value)) WriteNumber(text, value);
            else if (value is IEnumerable<KeyValuePair<string, object>>)
            {
                char separator = '{';
                foreach (KeyValuePair<string, object> member in (IEnumerable<KeyValuePair<string, object>>)value)
                    WriteMember(text, member.Key, member.Value, maxLength, depth, ref separator);
                text.Append(separator == '{' ? "{}" : "}");
            }
            else if (value is IDictionary)
            {
                char separator = '{';
                foreach (DictionaryEntry member in (IDictionary)value)
                    WriteMember(text, member.Key, member.Value, maxLength, depth, ref separator);
                text.Append(separator == '{' ? "{}" : "}");
            }
            else if (value is IEnumerable)
            {
                char separator = '[';
                foreach (object element in (IEnumerable)value)
                {
                    text.Append(separator);
                    Write(text, element, maxLength, depth + 1);
                    separator = ',';
                }
                text.Append(separator == '[' ? "[]" : "]");
            }
            else throw new FormatException(value.GetType() + " is no dictionary, IEnumerable, string, number or bool");
        }

        static void WriteMember(StringBuilder text, object name, object value, int maxLength, int depth, ref char separator)
        {
            if (!(name is string)) throw new FormatException("a key of a dictionary is no string: " + name);
            text.Append(separator);
            WriteString(text, (string)name);
            text.Append(':');
            Write(text, value, maxLength, depth + 1);
            separator = ',';
        }

        static bool IsNumber(object value)
        {
            return value is int || value is long || value is double || value is float || value is decimal || value is uint ||
                value is ulong || value is short || value is ushort || value is byte || value is sbyte;
        }

        static void WriteNumber(StringBuilder text, object value)
        {
            string format = value is double || value is float ? "R" : null;
            string number = ((IFormattable)value).ToString(format, CultureInfo.InvariantCulture);
            var reader = new Reader(number);
            try
            {
                reader.Number();
            }
            catch (FormatException)
            {
                throw new FormatException(number + " is no number in JSON");
            }
            text.Append(number);
        }

        static void WriteString(StringBuilder text, string value)
        {
            text.Append('"');
            foreach (char c in value)
            {
                if (c == '"' || c == '\\') text.Append('\\').Append(c);
                else if (c == '\n') text.Append("\\n");
                else if (c < ' ') text.Append("\\u").Append(((int)c).ToString("x4"));
                else text.Append(c);
            }
            text.Append('"');
        }

        /// <summary>The members at the object's top, with the text of their values.</summary>
        public static Dictionary<string, string> ReadObject(string text) { return new Reader(text).Object(); }

        /// <summary>The value of a string's text.</summary>
        public static string ReadString(string text) { return new Reader(text).String(); }

        sealed class Reader
        {
            readonly string text;
            int at;

            public Reader(string text) { this.text = text; }

            public Dictionary<string, string> Object()
            {
                var members = new Dictionary<string, string>();
                Blanks();
                if (Peek() != '{') throw Wrong("it is no object");
                Value(0, members);
                Blanks();
                if (at < text.Length) throw Wrong("more text behind the object");
                return members;
            }

            FormatException Wrong(string what) { return new FormatException(what + ", at character " + at); }

            // The next character; 0 at the end.
            char Peek() { return at < text.Length ? text[at] : '\0'; }

            bool Skip(char c)
            {
                bool isThere = at < text.Length && text[at] == c;
                if (isThere) ++at;
                return isThere;
            }

            bool Skip(string word)
            {
                bool isThere = string.CompareOrdinal(text, at, word, 0, word.Length) == 0;
                if (isThere) at += word.Length;
                return isThere;
            }

            void Expect(char c)
            {
                if (!Skip(c)) throw Wrong("a " + c + " is missing");
            }

            void Blanks()
            {
                while (Peek() == ' ' || Peek() == '\t' || Peek() == '\n' || Peek() == '\r') ++at;
            }

            // Members, where it is not null, gets those of the object that begins here.
            void Value(int depth, Dictionary<string, string> members)
            {
                if (depth > MaxDepth) throw Wrong("it is nested more than " + MaxDepth + " levels deep");
                char first = Peek();
                if (first == '"') String();
                else if (first != '{' && first != '[')
                {
                    if (!Skip("null") && !Skip("true") && !Skip("false")) Number();
                }
                else
                {
                    char end = first == '{' ? '}' : ']';
                    ++at;
                    Blanks();
                    if (Skip(end)) return;
                    do
                    {
                        Blanks();
                        string name = null;
                        if (first == '{')
                        {
                            name = String();
                            Blanks();
                            Expect(':');
                            Blanks();
                        }
                        int begin = at;
                        Value(depth + 1, null);
                        if (members != null) members[name] = text.Substring(begin, at - begin);
                        Blanks();
                    } while (Skip(','));
                    Expect(end);
                }
            }

            public void Number()
            {
                Skip('-');
                if (!Skip('0')) Digits();
                if (Skip('.')) Digits();
                if (Skip('e') || Skip('E'))
                {
                    if (!Skip('+')) Skip('-');
                    Digits();
                }
            }

            void Digits()
            {
                int begin = at;
                while (Peek() >= '0' && Peek() <= '9') ++at;
                if (at == begin) throw Wrong("there is no value of JSON");
            }

            public string String()
            {
                var value = new StringBuilder();
                Expect('"');
                while (!Skip('"'))
                {
                    char c = Peek();
                    if (c < ' ') throw Wrong("a string has no end, or a control character");
                    ++at;
                    value.Append(c == '\\' ? Escaped() : c);
                }
                return value.ToString();
            }

            char Escaped()
            {
                char c = Peek();
                ++at;
                int which = "\"\\/bfnrt".IndexOf(c);
                if (which >= 0) return "\"\\/\b\f\n\r\t"[which];
                ushort unit;
                if (c != 'u' || at + 4 > text.Length || !ushort.TryParse(text.Substring(at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out unit))
                    throw Wrong("there is no such escape");
                at += 4;
                return (char)unit;
            }
        }
    }
}
