"""Stands for openai: OpenAI and AsyncOpenAI with chat.completions.create, over HTTP to OPENAI_BASE_URL."""

import asyncio
import json
import os
import types
import urllib.error
import urllib.request


class APIStatusError(Exception):
    def __init__(self, message, status_code):
        super().__init__(message)
        self.status_code = status_code


class Model:
    """A part of an answer: members are attributes; to_dict() is what was answered."""

    def __init__(self, members):
        self._members = members

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return _wrapped(self._members.get(name))

    def to_dict(self):
        return self._members


def _wrapped(value):
    if isinstance(value, dict):
        return Model(value)
    return [_wrapped(one) for one in value] if isinstance(value, list) else value


class Stream:
    def __init__(self, response):
        self.response = response
        self._iterator = self._read()

    def _read(self):
        for line in self.response:
            if line.startswith(b"data: ") and line.strip() != b"data: [DONE]":
                yield Model(json.loads(line[6:]))

    def __iter__(self):
        return self._iterator

    def __next__(self):
        return next(self._iterator)

    def close(self):
        self.response.close()


class OpenAI:
    def __init__(self):
        self.base_url, self._key = os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"]
        self.chat = types.SimpleNamespace(completions=types.SimpleNamespace(create=self._create))

    def _create(self, *, model, messages, stream=False, stream_options=None):
        body = {"model": model, "messages": messages, "stream": stream, "stream_options": stream_options}
        request = urllib.request.Request(f"{self.base_url}/chat/completions", json.dumps(body).encode(), {
            "Content-Type": "application/json", "Authorization": f"Bearer {self._key}"})
        try:
            response = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            raise APIStatusError(f"Error code: {error.code}", error.code) from None
        if stream:
            return Stream(response)
        with response:
            return Model(json.load(response))


class AsyncOpenAI(OpenAI):
    def __init__(self):
        super().__init__()
        self.chat.completions.create = self._create_async

    async def _create_async(self, **arguments):
        return await asyncio.get_running_loop().run_in_executor(None, lambda: self._create(**arguments))
