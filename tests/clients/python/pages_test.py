"""The examples of clients/python/README.md and docs/integrations, extracted and run against the real daemon."""

import http.client
import http.server
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import unittest

import storm
from world import CLIENT, FAR, HERE, ROOT, DaemonTest, wait_until

NGINX = "/usr/sbin/nginx"
ANALYZE = "/usr/bin/systemd-analyze"


def blocks(page):
    """[(language, file or "", text)] of a page's fenced blocks."""
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        return re.findall(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", file.read(), re.M | re.S)


def file_of(page, name):
    (text,) = [text for _, file, text in blocks(page) if file == name]
    return text


class Provider(http.server.BaseHTTPRequestHandler):
    """OpenAI's chat completions, as documented: JSON, or events of a stream."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked)
        if asked["model"] == "no-such-model":
            self.send_error(404)
            return
        usage = {"prompt_tokens": 8, "completion_tokens": 2, "total_tokens": 10}
        head = {"id": "chatcmpl-1", "created": 1, "model": "gpt-4o-2024-08-06"}
        if not asked.get("stream"):
            message = {"role": "assistant", "content": "Hello!"}
            self._answer("application/json", [{**head, "object": "chat.completion", "usage": usage, "choices": [
                {"index": 0, "message": message, "finish_reason": "stop"}]}], "%s")
            return
        deltas = [{"role": "assistant", "content": ""}, {"content": "Hel"}, {"content": "lo!"}, {}]
        head["object"] = "chat.completion.chunk"
        chunks = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
        if (asked.get("stream_options") or {}).get("include_usage"):
            chunks.append({**head, "choices": [], "usage": usage})
        self._answer("text/event-stream", chunks, "data: %s\n\n", "data: [DONE]\n\n")

    def _answer(self, kind, parts, form, end=""):
        body = ("".join(form % json.dumps(part) for part in parts) + end).encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Pages(DaemonTest):
    def setUp(self):
        super().setUp()
        provider = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
        provider.asked = []
        threading.Thread(target=provider.serve_forever, daemon=True).start()
        self.addCleanup(provider.server_close)
        self.addCleanup(provider.shutdown)
        self.asked = provider.asked
        self.environment.update(OPENAI_BASE_URL=f"http://127.0.0.1:{provider.server_port}/v1", OPENAI_API_KEY="sk-test", no_proxy="*",
                                PYTHONPATH=f"{CLIENT}:{self.folder}")

    def run_text(self, text):
        # Last on the path: a real package counts where there is one.
        return self.run_python("-c", f"import sys; sys.path.append({os.path.join(HERE, 'stand_ins')!r})\n{text}")

    def run_page(self, page, more=""):
        """Writes the page's files, then runs its Python examples, one after the other in one program, and what is added."""
        for language, name, text in blocks(page):
            if name and language == "python":
                with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
        return self.run_text("".join(text for language, name, text in blocks(page) if language == "python" and not name) + more)

    def records(self, count):
        records = list(self.delivered(count).values())
        self.assertEqual(len(records), count, records)
        return sorted(records, key=lambda record: record["start_time"])

    def test_readme(self):
        self.run_page("clients/python/README.md", 'assert respand.flush(30) and respand.stats()["durable"] == 4')
        self.assertEqual(len(self.delivered(4)), 4)

    def test_openai(self):
        said = self.run_page("docs/integrations/openai.md", """
try:
    respand_openai.traced(openai.OpenAI()).chat.completions.create(model="no-such-model", messages=[])
except Exception as error:
    print(error.status_code)
""")
        self.assertEqual(said, "Hello!\nHello!404\n")
        self.assertFalse(any("respand" in asked for asked in self.asked))
        plain, streamed, asynchronous, failed = self.records(4)
        for record in (plain, streamed, asynchronous):
            self.assertEqual(record["model"], "gpt-4o-2024-08-06")
            self.assertEqual(record["completion_message"]["content"], "Hello!")
            self.assertEqual(record["usage"]["total_tokens"], 10)
            self.assertEqual(record["prompt_messages"], [{"role": "user", "content": "Hello"}])
            self.assertGreater(record["cost"], 0)
            self.assertGreaterEqual(record["generation_time"], 0)
        self.assertEqual((plain["customer_identifier"], plain["metadata"]), ("acme", {"service": "answers"}))
        self.assertIn("time_to_first_token", streamed)
        self.assertEqual((failed["model"], failed["status"], failed["status_code"]), ("no-such-model", "error", 404))

    def test_litellm(self):
        self.run_page("docs/integrations/litellm.md", """
import asyncio
list(litellm.completion(model="anthropic/claude-sonnet-4-5", messages=[], stream=True, mock_response="streamed"))
asyncio.run(litellm.acompletion(model="openai/gpt-4o", messages=[], temperature=0.5, mock_response="asynchronous"))
try:
    litellm.completion(model="openai/gpt-4o", messages=[], mock_response=Exception("no answer"))
except Exception as error:
    assert "no answer" in str(error)
""")
        plain, streamed, asynchronous, failed = self.records(4)
        self.assertEqual((plain["model"], plain["provider_id"], plain["customer_identifier"]), ("gpt-4o", "openai", "acme"))
        self.assertEqual(plain["prompt_messages"], [{"role": "user", "content": "Hello"}])
        self.assertEqual((plain["completion_message"]["content"], plain["usage"]["completion_tokens"]), ("Hello", 20))
        self.assertEqual(plain["cost"], 0.25)
        self.assertGreaterEqual(plain["generation_time"], 0.25)
        self.assertEqual((streamed["completion_message"]["content"], streamed["provider_id"]), ("streamed", "anthropic"))
        self.assertEqual((asynchronous["completion_message"]["content"], asynchronous["temperature"]), ("asynchronous", 0.5))
        self.assertEqual((failed["status"], failed["error_message"]), ("error", "Exception: no answer"))
        self.assertNotIn("sk-secret", json.dumps([plain, streamed, asynchronous, failed]))

    def test_langchain(self):
        self.run_page("docs/integrations/langchain.md", """
from langchain_openai import OpenAI
handler = RespandCallback(customer_identifier="initech")
tool = {"name": "look_up", "args": {"of": "x"}, "id": "call_1", "type": "tool_call"}
ChatOpenAI(model="gpt-4o", streaming=True, tool_calls=[tool]).invoke("Hello", config={"callbacks": [handler]})
OpenAI(model="gpt-3.5-turbo-instruct", callbacks=[handler]).invoke("Once")
try:
    ChatOpenAI(model="gpt-4o", callbacks=[handler], answer=ValueError("no answer")).invoke("Hello")
except ValueError:
    pass
assert not handler.calls
""")
        chat, streamed, text, failed = self.records(4)
        self.assertEqual((chat["model"], chat["customer_identifier"]), ("gpt-4o-2024-08-06", "acme"))
        self.assertEqual(chat["metadata"], {"service": "answers"})
        self.assertEqual(chat["prompt_messages"], [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}])
        self.assertEqual((chat["completion_message"]["content"], chat["usage"]["input_token_details"]), ("Hello", {"cache_read": 4}))
        self.assertGreater(chat["cost"], 0)
        self.assertNotIn("time_to_first_token", chat)
        self.assertIn("time_to_first_token", streamed)
        self.assertEqual(streamed["tool_calls"], [
            {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": '{"of": "x"}'}}])
        self.assertEqual((text["input"], text["completion_message"]["content"], text["usage"]["total_tokens"]), ("Once", "Hello", 30))
        self.assertEqual((failed["model"], failed["error_message"]), ("gpt-4o", "ValueError: no answer"))
        self.assertEqual(failed["customer_identifier"], "initech")

    def test_an_application_that_is_stopped(self):
        """The application of systemd.md and docker.md: at SIGTERM it flushes."""
        program = os.path.join(self.folder, "app.py")
        with open(program, "w", encoding="utf-8") as file:
            file.write(file_of("docs/integrations/systemd.md", "app.py"))
        application = storm.Child([sys.executable, program], "stdout", env=self.environment)
        application.wait_until(lambda lines: "ready" in lines, "the application is ready")
        self.assertEqual(application.end(signal.SIGTERM), 0)
        self.assertEqual(set(self.delivered(1)), {"app-1"})

    @unittest.skipUnless(os.path.exists(ANALYZE), "systemd is not installed")
    def test_unit(self):
        units = os.path.join(self.folder, "units")
        os.mkdir(units)
        shutil.copy(os.path.join(ROOT, "systemd", "respand.socket"), units)
        for name, text in (("answers.service", file_of("docs/integrations/systemd.md", "answers.service")),
                           ("respand.service", "[Service]\nExecStart=/bin/true\n")):
            with open(os.path.join(units, name), "w", encoding="utf-8") as file:
                file.write(text)
        verify = subprocess.run([ANALYZE, "verify", "--man=no", "answers.service"], cwd=units, capture_output=True, text=True, timeout=FAR,
                                env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:"})
        about_it = [line for line in verify.stderr.splitlines() if "answers.service" in line]
        self.assertEqual((verify.returncode, about_it), (0, []), verify.stderr)

    def test_compose(self):
        try:
            import yaml
        except ImportError:
            self.skipTest("python3-yaml is not installed")
        service = yaml.safe_load(file_of("docs/integrations/docker.md", "compose.yaml"))["services"]["answers"]
        mounted = [volume.split(":")[1] for volume in service["volumes"]]
        with open(os.path.join(CLIENT, "respand.py"), encoding="utf-8") as file:
            client = file.read()
        self.assertEqual(mounted, ["/run/respand", "/var/spool/respand"])
        self.assertIn(f'"{mounted[0]}/respand.sock"', client)
        self.assertIn(f'"{mounted[1]}"', client)
        self.assertTrue(service["group_add"])
        dockerfile = file_of("docs/integrations/docker.md", "Dockerfile")
        self.assertIn('ENTRYPOINT ["python3", "/app/app.py"]', dockerfile)


@unittest.skipUnless(os.path.exists(NGINX), "nginx is not installed")
class Nginx(DaemonTest):
    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=respand.internal", "-addext", "subjectAltName=DNS:respand.internal",
                        "-keyout", f"{self.folder}/respand.key", "-out", f"{self.folder}/respand.crt"],
                       check=True, capture_output=True, timeout=FAR)

    def start(self, page="docs/integrations/nginx.md"):
        """Daemon and nginx with the page's configurations, but for ports and paths."""
        inner, self.port = free_port(), free_port()
        token = self.write("http_token", "a-token-of-the-test\n")
        os.chmod(token, 0o600)
        settings = file_of(page, "respand.yaml").replace("127.0.0.1:8126", f"127.0.0.1:{inner}").replace("/etc/respand/http_token", token)
        self.write("conf.d/http.yaml", settings)
        self.daemon.stop()
        self.daemon.start()
        self.certificate()
        site = file_of(page, "respand.conf").replace("127.0.0.1:8126", f"127.0.0.1:{inner}")
        site = site.replace("listen 8443", f"listen 127.0.0.1:{self.port}").replace("/etc/nginx", self.folder)
        self.write("site.conf", site)
        user = "user root;" if os.geteuid() == 0 else ""
        places = "".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        self.write("nginx.conf", f"{user} daemon off; pid {self.folder}/pid; error_log stderr notice; events {{}}\n"
                                 f"http {{ access_log off; {places} include {self.folder}/site.conf; }}\n")
        words = [NGINX, "-p", self.folder, "-c", f"{self.folder}/nginx.conf", "-e", "stderr"]
        checked = subprocess.run([*words, "-t"], capture_output=True, text=True, timeout=FAR)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        nginx = storm.Child(words, "stderr")
        self.addCleanup(nginx.end)  # A kill would leave its worker behind.
        nginx.wait_until(lambda lines: any("start worker process " in line for line in lines), "nginx starts")

    def post(self, body, token="a-token-of-the-test"):
        """The answer's status and headers."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=FAR, context=self.context())
        try:
            connection.request("POST", "/api/request-logs/create/", body, {"Authorization": f"Bearer {token}", "Host": "respand.internal"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def context(self):
        context = ssl.create_default_context(cafile=f"{self.folder}/respand.crt")
        context.check_hostname = False  # The name leads to nobody here; curl below checks it.
        return context

    def test_posts_through_nginx_are_durable(self):
        self.start()
        curl = file_of("docs/integrations/nginx.md", "post.sh").strip().replace(":8443", f":{self.port}")
        done = subprocess.run(["sh", "-ec", f"{curl} --resolve respand.internal:{self.port}:127.0.0.1 --noproxy '*'"], cwd=self.folder,
                              env={**os.environ, "TOKEN": "a-token-of-the-test"}, capture_output=True, text=True, timeout=FAR)
        self.assertEqual((done.returncode, done.stdout), (0, '{"message":"log successful"}'), done.stderr)
        self.assertEqual(self.post('{"custom_identifier":"small"}'), (200, b'{"message":"log successful"}'))
        self.assertEqual(self.post(json.dumps({"custom_identifier": "large", "input": "x" * (18 << 20)}))[0], 200)
        self.assertEqual(self.post('{"custom_identifier":"stranger"}', "another")[0], 401)
        self.assertEqual(self.post('{"custom_identifier":')[0], 400)
        self.assertTrue({"small", "large"} <= set(self.delivered(3)))
        self.daemon.stop()
        self.assertEqual(self.post("{}")[0], 502)
        self.daemon.start()
        self.assertTrue(wait_until(lambda: self.post('{"custom_identifier":"again"}')[0] == 200))


def free_port():
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
