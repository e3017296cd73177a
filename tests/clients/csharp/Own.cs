// Further tests of the C# client: what it makes of records, and what OnError hears. Nothing listens: the spool shows the
// lines. Own.exe FOLDER: prints what passes; the first check that fails ends it with an exception.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading;
using Respand;

static class Own
{
    static readonly TimeSpan Far = TimeSpan.FromSeconds(20);
    static string folder;

    static void Check(bool condition, object what)
    {
        if (!condition) throw new Exception("failed: " + what);
    }

    static Settings NewSettings(string name)
    {
        string spool = Path.Combine(folder, name);
        Directory.CreateDirectory(spool);
        return new Settings { Spool = spool, Socket = Path.Combine(spool, "nobody.sock") };
    }

    static string[] Spooled(Settings settings)
    {
        string[] names = Directory.GetFiles(settings.Spool);
        Check(names.All(name => name.EndsWith(".ndjson")), string.Join(" ", names));
        return names.SelectMany(name => File.ReadAllLines(name)).ToArray();
    }

    static string Text(Stats stats)
    {
        return string.Format("logged {0}, durable {1}, spooled {2}, refused {3}, dropped {4}, queued {5}: {6}", stats.Logged, stats.Durable,
            stats.Spooled, stats.Refused, stats.Dropped, stats.Queued, stats.LastError);
    }

    static Dictionary<string, object> Object(params object[] namesAndValues)
    {
        var record = new Dictionary<string, object>();
        for (int i = 0; i < namesAndValues.Length; i += 2) record[(string)namesAndValues[i]] = namesAndValues[i + 1];
        return record;
    }

    static void RecordsBecomeLines()
    {
        Settings settings = NewSettings("lines");
        var client = new RespandClient(settings);
        Check(client.Log(Object("timestamp", "T", "custom_identifier", "I", "a", new object[] { 1, 2.5, null, true, new[] { 7L }, 'c', 1.5m, (byte)9 },
            "d", new Dictionary<string, double> { ["e"] = 1e300 }, "s", "é\"\\\n\u0001<\ud83d!\ud83d\ude00")), "a record with all kinds of values");
        Check(client.Log(Object()), "an empty record");
        Check(client.LogJson(" {\n \"time\\u0073tamp\" : null ,\r\n\"custom_identifier\":\"I\",\"x\":[-1.5e+3,{\"timestamp\":{}}]} \n"), "text");
        Check(client.LogJson("{ }"), "an empty object as text");
        Check(client.LogJson("{\"in\":{\"timestamp\":1,\"custom_identifier\":2}}"), "text with the names below its top");
        Check(client.Close(Far), "Close");
        string[] lines = Spooled(settings);
        const string time = "\"timestamp\":\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z\"";
        const string identifier = "\"custom_identifier\":\"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\"";
        Check(lines.Length == 5, string.Join("\n", lines));
        Check(lines[0] == "{\"timestamp\":\"T\",\"custom_identifier\":\"I\",\"a\":[1,2.5,null,true,[7],\"c\",1.5,9],\"d\":{\"e\":1E+300}," +
            "\"s\":\"é\\\"\\\\\\n\\u0001<\ufffd!\ud83d\ude00\"}", lines[0]);
        Check(Regex.IsMatch(lines[1], "^\\{" + time + "," + identifier + "\\}$"), lines[1]);
        Check(lines[2] == "{  \"time\\u0073tamp\" : null ,  \"custom_identifier\":\"I\",\"x\":[-1.5e+3,{\"timestamp\":{}}]}", lines[2]);
        Check(Regex.IsMatch(lines[3], "^\\{ " + time + "," + identifier + "\\}$"), lines[3]);
        Check(Regex.IsMatch(lines[4], "^\\{\"in\":\\{.*\\}," + time + "," + identifier + "\\}$"), lines[4]);
    }

    static void WhatIsNoRecordIsRefusedAndToldOnce()
    {
        var heard = new BlockingCollection<string>();
        Settings settings = NewSettings("refused");
        settings.MaxRecord = 1000;
        settings.OnError = (record, reason) =>
        {
            heard.Add(reason);
            throw new InvalidOperationException("ignored");
        };
        var client = new RespandClient(settings);
        int count = 0;
        Action<bool, object> refused = (taken, what) =>
        {
            string reason;
            Check(!taken, "taken: " + what);
            Check(heard.TryTake(out reason, Far) && reason.Length > 0, "OnError hears nothing of " + what);
            ++count;
        };
        Dictionary<string, object> cyclic = Object();
        cyclic["self"] = cyclic;
        foreach (var record in new[] { null, Object("n", double.NaN), Object("n", float.PositiveInfinity), Object("o", new object()),
            Object("k", new Dictionary<int, int> { [7] = 1 }), Object("long", new string('x', 1000)), cyclic })
            refused(client.Log(record), record == null ? "null" : record.Keys.First());
        foreach (string text in new[] { "", " ", "7", "[]", "[{}]", "\"x\"", "null", "{", "{}}", "{} {}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}",
            "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":+1}", "{\"a\":1e}", "{\"a\":NaN}", "{\"a\":tru}", "{\"a\":[1,]}", "{\"a\":[1}", "{\"a\":\"\n\"}",
            "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\u 12\"}", "{\"a\":\"\\u12", "{\"a\":\"", "{\"a\":'x'}", "{\"a\":1}\0",
            "{\"a\":" + new string('[', 900), null })
            refused(client.LogJson(text), text);
        Stats stats = client.Stats();
        Check(stats.Refused == count && stats.Logged == count, Text(stats));
        client.Dispose();
        Check(Spooled(settings).Length == 0, "what was refused is spooled");
    }

    static void TheLongestRecordIsTaken()
    {
        Settings settings = NewSettings("longest");
        settings.MaxRecord = "{\"timestamp\":\"T\",\"custom_identifier\":\"é\"}".Length + 1;
        using (var client = new RespandClient(settings))
        {
            Check(client.LogJson("{\"timestamp\":\"T\",\"custom_identifier\":\"é\"}"), "the longest record is refused");
            Check(!client.LogJson("{\"timestamp\":\"T\",\"custom_identifier\":\"éI\"}"), "a longer one is taken");
        }
    }

    static void BytesAreBounded()
    {
        Settings settings = NewSettings("bounded");
        settings.Spool = "";
        settings.MaxQueueBytes = 1000;
        settings.MaxWait = TimeSpan.Zero;
        var client = new RespandClient(settings);
        Dictionary<string, object> record = Object("timestamp", new string('T', 400), "custom_identifier", "I");
        Check(client.Log(record) && client.Log(record) && !client.Log(record), Text(client.Stats()));
        Check(!client.Flush(TimeSpan.Zero), "Flush says that what waits is settled");
        Check(!client.Close(TimeSpan.FromMilliseconds(1)), "Close does not say that records were dropped");
        Check(client.Stats().Dropped == 3 && client.Stats().Queued == 0, Text(client.Stats()));
    }

    static void AfterCloseNothingIsTaken()
    {
        var client = new RespandClient(NewSettings("closed"));
        client.Log(Object("model", "m"));
        Check(client.Close(Far), "Close");
        Check(!client.Log(Object("model", "late")), "taken after Close");
        Check(client.Close(Far) && client.Flush(Far), "a second Close, or a Flush behind it, fails");
        Check(client.Stats().Spooled == 1 && client.Stats().Dropped == 1, Text(client.Stats()));
    }

    static void ManyThreadsCloseAndLogAtOnce()
    {
        Settings settings = NewSettings("threads");
        settings.OnError = (record, reason) => { };
        var client = new RespandClient(settings);
        List<Thread> threads = Enumerable.Range(0, 8).Select(t => new Thread(() =>
        {
            for (int n = 0; n < 500; ++n) client.Log(Object("model", "m"));
            if (t == 7) client.Dispose();
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        client.Dispose();
        Stats stats = client.Stats();
        Check(stats.Logged == 4000 && stats.Spooled + stats.Dropped == 4000 && Spooled(settings).Length == stats.Spooled, Text(stats));
    }

    static void Main(string[] args)
    {
        folder = args[0];
        RecordsBecomeLines();
        WhatIsNoRecordIsRefusedAndToldOnce();
        TheLongestRecordIsTaken();
        BytesAreBounded();
        AfterCloseNothingIsTaken();
        ManyThreadsCloseAndLogAtOnce();
        Console.WriteLine("own: records, refusals, bounds, close, threads");
    }
}
