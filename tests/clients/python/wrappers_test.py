"""What is built on the client: completion(), the logging handler, the module's functions, the OpenAI wrapper."""

import asyncio
import gc
import json
import logging
import types
import unittest

import respand
import respand_openai
from world import FAR, DaemonTest


class Logged(respand.Respand):
    """A client that keeps what it was given, as JSON would have it, and sends nothing."""

    def __init__(self):
        super().__init__("/nobody", "")
        self.records = []

    def log(self, record):
        self.records.append(json.loads(self._line_of(record)))
        return True


class Teapot(Exception):
    status_code = 418


ANSWER = {"id": "chatcmpl-1", "model": "gpt-4o-2024-08-06", "usage": {"prompt_tokens": 5, "completion_tokens": 2},
          "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}]}


def as_object(value):
    """What SDKs return: objects with attributes, and to_dict()."""
    if isinstance(value, dict):
        made = types.SimpleNamespace(**{name: as_object(member) for name, member in value.items()})
        made.to_dict = lambda: value
        return made
    return [as_object(one) for one in value] if isinstance(value, list) else value


class CompletionTest(unittest.TestCase):
    def test_a_call_is_timed_and_its_answer_read(self):
        client = Logged()
        for answer in (ANSWER, as_object(ANSWER)):
            with respand.completion(client=client, customer_identifier="acme", prompt_messages=[{"role": "user"}]) as call:
                call.first_token()
                call.first_token()
                self.assertIs(call.answer(answer), answer)
                call.record["metadata"] = {"set": "later"}
            record = client.records.pop()
            self.assertEqual(record["model"], "gpt-4o-2024-08-06")
            self.assertEqual(record["usage"], ANSWER["usage"])
            self.assertEqual(record["completion_message"], {"role": "assistant", "content": "Hi."})
            self.assertEqual((record["customer_identifier"], record["metadata"]), ("acme", {"set": "later"}))
            self.assertLessEqual(record["start_time"], record["timestamp"])
            self.assertLessEqual(0, record["time_to_first_token"])
            self.assertLessEqual(record["time_to_first_token"], record["generation_time"])
            self.assertFalse({"status", "error_message", "tool_calls", "output"} & record.keys())

    def test_what_the_application_says_goes_before_what_is_filled_in(self):
        client = Logged()
        with respand.completion(client=client, model="mine", generation_time=7) as call:
            call.answer(ANSWER)
        self.assertEqual((client.records[0]["model"], client.records[0]["generation_time"]), ("mine", 7))

    def test_an_exception_is_logged_and_passes(self):
        client = Logged()
        with self.assertRaises(Teapot), respand.completion(client=client, model="m"):
            raise Teapot("short and stout")
        with self.assertRaises(KeyboardInterrupt), respand.completion(client=client, model="m"):
            raise KeyboardInterrupt
        first, second = client.records
        self.assertEqual((first["status"], first["status_code"], first["error_message"]), ("error", 418, "Teapot: short and stout"))
        self.assertEqual((second["status"], second["error_message"]), ("error", "KeyboardInterrupt"))
        self.assertNotIn("status_code", second)

    def test_async(self):
        client = Logged()

        async def main():
            with self.assertRaises(asyncio.CancelledError):
                async with respand.completion(client=client, model="m"):
                    raise asyncio.CancelledError

        asyncio.run(main())
        self.assertEqual(client.records[0]["error_message"], "CancelledError")

    def test_answers_of_other_shapes(self):
        class Broken:
            @property
            def choices(self):
                raise RuntimeError("no choices")

        tool = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        response = {"model": "m", "output": [{"type": "reasoning"}, {"content": [{"type": "output_text", "text": "a"}]},
                                             {"content": [{"type": "output_text", "text": "b"}]}]}
        for answer, expected in (
                ({"choices": [{"text": "x"}]}, {"completion_message": {"role": "assistant", "content": "x"}}),
                ({"choices": [{"message": {"tool_calls": [tool]}}]}, {"completion_message": {"tool_calls": [tool]}, "tool_calls": [tool]}),
                (response, {"model": "m", "output": "ab"}),
                ({"output": [{"type": "function_call"}]}, {"output": '[{"type":"function_call"}]'}),
                (None, {}), (7, {}), ({}, {}), ({"choices": []}, {}), ({"choices": 7}, {}), (Broken(), {})):
            client = Logged()
            with respand.completion(client=client) as call:
                call.answer(answer)
            for name in ("timestamp", "custom_identifier", "start_time", "generation_time"):
                del client.records[0][name]
            self.assertEqual(client.records[0], expected)


class HandlerTest(unittest.TestCase):
    def setUp(self):
        self.client = Logged()
        self.logger = logging.Logger("application")
        self.logger.addHandler(respand.RespandHandler(self.client))

    def test_completion_records_are_told_from_other_log_records(self):
        self.logger.info("text %s", "alone")
        self.logger.info("text", extra={"respand": 7})
        self.logger.info({"model": "message"})
        self.logger.info("answered", extra={"respand": {"model": "extra", "timestamp": "then"}})
        try:
            raise Teapot("short")
        except Teapot:
            self.logger.exception({"model": "failed"})
        message, extra, failed = self.client.records
        self.assertEqual((message["model"], extra["model"], extra["timestamp"]), ("message", "extra", "then"))
        self.assertRegex(message["timestamp"], "^2.*Z$")
        self.assertEqual((failed["status"], failed["status_code"], failed["error_message"]), ("error", 418, "Teapot: short"))


class HandlerOfADaemonTest(DaemonTest):
    def test_what_on_error_logs_does_not_come_back(self):
        logger = logging.Logger("application")
        client = self.client(on_error=lambda record, reason: logger.error({"reason": reason}))
        handler = respand.RespandHandler(client)
        logger.addHandler(handler)
        logger.info({"n": {1, 2}})
        logger.info({"n": 1})
        handler.flush()
        self.assertTrue(client.close(FAR))
        stats = client.stats()
        self.assertEqual((stats["durable"], stats["refused"]), (1, 1))

    def test_the_modules_functions(self):
        self.addCleanup(setattr, respand, "_default", None)
        former = respand.configure(socket=self.daemon.socket, spool=self.daemon.spool)
        self.assertTrue(respand.log({"custom_identifier": "a"}))
        client = respand.configure(socket=self.daemon.socket, spool=self.daemon.spool)
        self.assertFalse(former.log({}))
        with respand.completion(custom_identifier="b"):
            pass
        self.assertTrue(asyncio.run(respand.aflush(FAR)) and respand.flush(FAR))
        self.assertIs(respand.default_client(), client)
        self.assertEqual(respand.stats()["durable"], 1)
        self.assertTrue(respand.close(FAR))
        self.assertEqual(set(self.delivered(2)), {"a", "b"})


def chunks(*texts, **last):
    """What a streamed chat completion sends."""
    pieces = [{"model": "gpt-4o", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}]
    pieces += [{"model": "gpt-4o", "choices": [{"index": 0, "delta": {"content": text}}]} for text in texts]
    return [as_object(piece) for piece in pieces] + ([as_object({"model": "gpt-4o", "choices": [], **last})] if last else [])


class Stream:
    """As the SDK's: iterated over, closed, a context."""

    def __init__(self, pieces):
        self._iterator, self.closed, self.response = iter(pieces), False, "the HTTP response"

    def __iter__(self):
        return self._iterator

    def __next__(self):
        piece = next(self._iterator)
        if isinstance(piece, BaseException):
            raise piece
        return piece

    def close(self):
        self.closed = True


class AsyncStream(Stream):
    async def __anext__(self):
        try:
            return next(self)
        except StopIteration:
            raise StopAsyncIteration from None

    def __aiter__(self):
        return self

    async def close(self):
        self.closed = True


class Client:
    """The documented part of openai.OpenAI, or of AsyncOpenAI: resources whose create() takes keywords."""

    def __init__(self, answer, asynchronous=False):
        self.calls, self.api_key, self.closed = [], "sk-1", False

        def create(**arguments):
            self.calls.append(arguments)
            if isinstance(answer, BaseException):
                raise answer
            return answer

        async def create_async(**arguments):
            return create(**arguments)

        function = create_async if asynchronous else create
        resource = types.SimpleNamespace(create=function, parse=function, retrieve=lambda name: f"retrieved {name}")
        self.chat = types.SimpleNamespace(completions=resource)
        self.completions = self.responses = self.embeddings = self.models = resource
        self.with_options = lambda **_: self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed = True


class NotGiven:
    pass


class OpenAi(unittest.TestCase):
    """Against objects with the SDK's documented shape; the SDK itself is not in Debian."""

    def setUp(self):
        self.logged = Logged()

    def traced(self, answer, **more):
        self.client = Client(answer, **more)
        return respand_openai.traced(self.client, to=self.logged, metadata={"host": "web-1"})

    def test_a_chat_completion(self):
        client = self.traced(as_object(ANSWER))
        answer = client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "Hello"}], temperature=0.5, stream=NotGiven(), extra_headers={"x": "y"},
            respand={"customer_identifier": "acme"})
        self.assertEqual(answer.choices[0].message.content, "Hi.")
        self.assertEqual(set(self.client.calls[0]), {"model", "messages", "temperature", "stream", "extra_headers"})
        (record,) = self.logged.records
        for name in ("timestamp", "custom_identifier", "start_time", "generation_time"):
            self.assertTrue(record.pop(name))
        self.assertEqual(record, {
            "model": "gpt-4o-2024-08-06", "prompt_messages": [{"role": "user", "content": "Hello"}], "temperature": 0.5,
            "completion_message": {"role": "assistant", "content": "Hi."}, "usage": ANSWER["usage"], "log_type": "chat",
            "customer_identifier": "acme", "metadata": {"host": "web-1"}})

    def test_an_error_passes_and_is_logged(self):
        with self.assertRaises(Teapot):
            self.traced(Teapot("no")).chat.completions.create(model="gpt-4o", messages=[])
        self.assertEqual((self.logged.records[0]["model"], self.logged.records[0]["status_code"]), ("gpt-4o", 418))

    def test_async(self):
        client = self.traced(as_object(ANSWER), asynchronous=True)
        answer = asyncio.run(client.chat.completions.create(model="gpt-4o", messages=[]))
        self.assertEqual(answer.choices[0].message.content, "Hi.")
        self.assertEqual(self.logged.records[0]["usage"], ANSWER["usage"])
        client = self.traced(Teapot("no"), asynchronous=True)
        with self.assertRaises(Teapot):
            asyncio.run(client.chat.completions.create(model="gpt-4o", messages=[]))
        self.assertEqual(self.logged.records[1]["status"], "error")

    def test_streams(self):
        stream = Stream(chunks("Hel", "lo", usage={"prompt_tokens": 1, "completion_tokens": 2}))
        answer = self.traced(stream).chat.completions.create(model="gpt-4o", messages=[], stream=True)
        self.assertEqual(answer.response, "the HTTP response")
        with answer:
            self.assertEqual(len([piece for piece in answer]), 4)
            self.assertEqual(len(self.logged.records), 1)
        self.assertTrue(stream.closed)
        (record,) = self.logged.records
        self.assertEqual(record["completion_message"]["content"], "Hello")
        self.assertEqual((record["usage"], record["stream"]), ({"prompt_tokens": 1, "completion_tokens": 2}, True))
        self.assertLessEqual(record["time_to_first_token"], record["generation_time"])

    def test_async_streams(self):
        async def read():
            client = self.traced(AsyncStream(chunks("a", "b")), asynchronous=True)
            answer = await client.chat.completions.create(model="gpt-4o", messages=[], stream=True)
            async with answer:
                return [piece async for piece in answer]

        self.assertEqual(len(asyncio.run(read())), 3)
        self.assertEqual(self.logged.records[0]["completion_message"]["content"], "ab")
        self.assertNotIn("usage", self.logged.records[0])

    def test_streams_that_end_early(self):
        create = self.traced(Stream(chunks("a", "b"))).chat.completions.create
        answer = create(model="m", messages=[], stream=True)
        next(answer)
        next(answer)
        answer.close()
        answer.close()
        create = self.traced(Stream([*chunks("a"), Teapot("cut")])).chat.completions.create
        with self.assertRaises(Teapot):
            list(create(model="m", messages=[], stream=True))
        create = self.traced(Stream(chunks("a", "b"))).chat.completions.create
        next(create(model="m", messages=[], stream=True))  # forgotten
        gc.collect()
        closed, cut, forgotten = self.logged.records
        self.assertEqual((closed["completion_message"]["content"], cut["completion_message"]["content"]), ("a", "a"))
        self.assertEqual((cut["status_code"], "status" in closed, "status" in forgotten), (418, False, False))

    def test_tools_in_pieces_and_nonsense(self):
        def delta(**tool):
            return {"choices": [{"index": 0, "delta": {"tool_calls": [tool]}}]}

        pieces = [delta(index=0, id="call_1", function={"name": "f", "arguments": ""}), delta(index=0, function={"arguments": '{"a"'}),
                  delta(index=1, id="call_2", function={"name": "g", "arguments": "{}"}), delta(index=0, function={"arguments": ":1}"}),
                  {"choices": [{"index": 1, "delta": {"content": "another choice"}}]},
                  {"choices": 7}, {"choices": [None]}, {"choices": [{"delta": {"content": 7}}]}, delta(index=[]), None, "text"]
        create = self.traced(Stream(pieces)).chat.completions.create
        self.assertEqual(list(create(model="m", messages=[], stream=True)), pieces)
        self.assertEqual(self.logged.records[0]["completion_message"], {"role": "assistant", "content": "", "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
            {"id": "call_2", "type": "function", "function": {"name": "g", "arguments": "{}"}}]})

    def test_responses(self):
        whole = {"model": "gpt-4o", "usage": {"input_tokens": 1}, "output": [{"content": [{"type": "output_text", "text": "Hi."}]}]}
        self.traced(as_object(whole)).responses.create(model="gpt-4o", input="Hello", max_output_tokens=5)
        events = [{"type": "response.created", "response": {"model": "gpt-4o"}}, {"type": "response.output_text.delta", "delta": "H"},
                  {"type": "response.completed", "response": whole}]
        list(self.traced(Stream(map(as_object, events))).responses.create(model="gpt-4o", input="Hello", stream=True))
        for record in self.logged.records:
            self.assertEqual((record["input"], record["output"], record["usage"]), ("Hello", "Hi.", {"input_tokens": 1}))
            self.assertEqual(record["log_type"], "response")
        self.assertEqual(self.logged.records[0]["max_tokens"], 5)
        self.assertIn("time_to_first_token", self.logged.records[1])

    def test_all_else_is_the_clients(self):
        client = self.traced(as_object(ANSWER))
        self.assertEqual(client.models.retrieve("x"), "retrieved x")
        self.assertEqual(client.chat.completions.retrieve("y"), "retrieved y")
        client.api_key = "sk-2"
        self.assertEqual(self.client.api_key, "sk-2")
        with client as same:
            same.with_options(timeout=1).embeddings.create(model="m", input=["a", "b"])
        self.assertTrue(self.client.closed)
        self.assertEqual((self.logged.records[0]["log_type"], self.logged.records[0]["input"]), ("embedding", ["a", "b"]))
        with self.assertRaises(AttributeError):
            client.nothing

