// The test program of the C# client; tests/clients/storm.py says what it is told and answers.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Threading;
using Respand;

static class Storm
{
    static RespandClient client;
    static int threads, next;
    static string prefix;
    static double[] took = { }; // microseconds of each Log()

    static TimeSpan Seconds(string text) { return TimeSpan.FromTicks((long)(double.Parse(text, CultureInfo.InvariantCulture) * TimeSpan.TicksPerSecond)); }

    static Dictionary<string, object> Message(string role, string content)
    {
        return new Dictionary<string, object> { ["role"] = role, ["content"] = content };
    }

    static Dictionary<string, object> Record(int number)
    {
        return new Dictionary<string, object>
        {
            ["custom_identifier"] = prefix + "-" + number,
            ["model"] = "gpt-4o",
            ["prompt_messages"] = new[] { Message("user", "héllo \0") },
            ["completion_message"] = Message("assistant", "Hi."),
            ["usage"] = new Dictionary<string, int> { ["prompt_tokens"] = 3, ["completion_tokens"] = 2 },
        };
    }

    static void Log(int count)
    {
        var times = new double[count];
        var loggers = new List<Thread>();
        for (int t = 0; t < threads; ++t)
        {
            int first = t;
            loggers.Add(new Thread(() =>
            {
                for (int i = first; i < count; i += threads)
                {
                    var record = Record(next + i);
                    long begin = Stopwatch.GetTimestamp();
                    client.Log(record);
                    times[i] = (Stopwatch.GetTimestamp() - begin) * 1e6 / Stopwatch.Frequency;
                }
            }));
            loggers[t].Start();
        }
        loggers.ForEach(logger => logger.Join());
        next += count;
        took = took.Concat(times).ToArray();
    }

    static void Deep()
    {
        var value = new Dictionary<string, object>();
        for (int level = 1; level < 70; ++level) value = new Dictionary<string, object> { ["deep"] = value };
        client.Log(value);
    }

    static string Quote(string text)
    {
        return "\"" + new string(text.Select(c => c < ' ' ? '?' : c).ToArray()).Replace("\\", "\\\\").Replace("\"", "\\\"") + "\"";
    }

    static void PrintStats()
    {
        Stats stats = client.Stats();
        Array.Sort(took);
        Func<double, double> at = share => took.Length == 0 ? 0 : took[(int)(share * (took.Length - 1))];
        Console.WriteLine(string.Format(CultureInfo.InvariantCulture,
            "{{\"logged\":{0},\"durable\":{1},\"spooled\":{2},\"refused\":{3},\"dropped\":{4},\"queued\":{5},\"connects\":{6}," +
            "\"last_error\":{7},\"p50_us\":{8:F1},\"p99_us\":{9:F1},\"max_us\":{10:F1}",
            stats.Logged, stats.Durable, stats.Spooled, stats.Refused, stats.Dropped, stats.Queued, stats.Connects,
            Quote(stats.LastError), at(0.5), at(0.99), at(1)) + "}");
    }

    static int Main(string[] args)
    {
        AppDomain.CurrentDomain.UnhandledException += (sender, error) =>
        {
            Console.Error.WriteLine(error.ExceptionObject);
            Environment.Exit(3);
        };
        Console.OutputEncoding = new UTF8Encoding(false);
        var settings = new Settings { Socket = args[0], Spool = args[1] == "-" ? "" : args[1], MaxQueue = int.Parse(args[4]), CloseTimeout = Seconds(args[5]) };
        string ackTimeout = Environment.GetEnvironmentVariable("STORM_ACK_TIMEOUT");
        if (ackTimeout != null) settings.AckTimeout = Seconds(ackTimeout);
        client = new RespandClient(settings);
        threads = int.Parse(args[2]);
        prefix = args[3];
        for (string line = Console.ReadLine(); line != null; line = Console.ReadLine())
        {
            string[] words = line.Split(' ');
            switch (words[0])
            {
                case "log":
                    Log(int.Parse(words[1]));
                    Console.WriteLine("logged " + words[1]);
                    break;
                case "deep":
                    Deep();
                    Console.WriteLine("logged 1");
                    break;
                case "flush":
                    Console.WriteLine("flushed " + (client.Flush(TimeSpan.FromSeconds(20)) ? "true" : "false"));
                    break;
                case "stats":
                    PrintStats();
                    break;
                default:
                    return 0; // "exit": the client's own hook has to do the rest.
            }
        }
        client.Dispose();
        PrintStats();
        return 0;
    }
}
