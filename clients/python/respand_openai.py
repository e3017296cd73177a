"""Logs the calls of an OpenAI client to respand: sync, async and streamed, without changing the client or its module.

    client = respand_openai.traced(openai.OpenAI(), customer_identifier="acme")

Needs respand.py beside it, and of the client only what is documented: the names of _CALLS, their keywords, answers with
choices, usage and model, streams that are iterated over and closed. docs/integrations/openai.md says what is logged.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple, TypeVar

from respand import Completion, Respand, default_client

__all__ = ["traced"]

T = TypeVar("T")

_LONGEST = 16 << 20  # characters of a streamed text that are logged

# Each call of these is logged, under this log_type. All else is handed on to the client as it is.
_CALLS = {("chat", "completions", "create"): "chat", ("chat", "completions", "parse"): "chat",
          ("beta", "chat", "completions", "parse"): "chat", ("completions", "create"): "completion",
          ("responses", "create"): "response", ("responses", "parse"): "response", ("embeddings", "create"): "embedding"}
_COPIES = ("copy", "with_options")  # make another client
_RENAMED = {"messages": "prompt_messages", "prompt": "input", "max_output_tokens": "max_tokens"}
_ARGUMENTS = frozenset((
    "model", "messages", "prompt", "input", "temperature", "top_p", "max_tokens", "max_completion_tokens",
    "max_output_tokens", "frequency_penalty", "presence_penalty", "n", "stop", "stream", "tools", "tool_choice",
    "response_format", "parallel_tool_calls", "reasoning_effort", "logprobs", "top_logprobs", "logit_bias", "metadata"))


def traced(client: T, *, to: Optional[Respand] = None, **fields: Any) -> T:
    """The OpenAI client (sync or async) with each call timed and logged; the client itself is not changed.

    fields go into each record; what only one call has, such as its customer, is given with it:
    client.chat.completions.create(…, respand={"customer_identifier": "acme"}).
    """
    return _Traced(client, to, fields, ())  # type: ignore[return-value]


class _Traced:
    """An OpenAI client, or a part of one, whose calls are logged."""

    def __init__(self, target: Any, to: Optional[Respand], fields: Mapping[str, Any], path: Tuple[str, ...]) -> None:
        for name, value in (("_target", target), ("_to", to), ("_fields", fields), ("_path", path)):
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        value, path = getattr(self._target, name), self._path + (name,)
        if path in _CALLS:
            return self._traced(value, _CALLS[path])
        if any(call[:len(path)] == path for call in _CALLS):
            return _Traced(value, self._to, self._fields, path)
        if not self._path and name in _COPIES:
            return lambda *args, **options: _Traced(value(*args, **options), self._to, self._fields, ())
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._target, name, value)

    def __repr__(self) -> str:
        return f"respand_openai.traced({self._target!r})"

    def __enter__(self) -> "_Traced":
        self._target.__enter__()
        return self

    def __exit__(self, *error: Any) -> Any:
        return self._target.__exit__(*error)

    async def __aenter__(self) -> "_Traced":
        await self._target.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> Any:
        return await self._target.__aexit__(*error)

    def _traced(self, function: Callable[..., Any], log_type: str) -> Callable[..., Any]:
        def call(*args: Any, respand: Optional[Mapping[str, Any]] = None, **arguments: Any) -> Any:
            logged = Completion(self._to or default_client(), {**self._fields, **(respand or {})}).start()
            logged.fill(log_type=log_type)
            for name in _ARGUMENTS & arguments.keys():
                # None, and the SDK's marks for what is not given, are left out.
                value = arguments[name]
                if isinstance(value, (str, int, float, list, tuple, Mapping)):
                    logged.fill(**{_RENAMED.get(name, name): list(value) if isinstance(value, list) else value})
            streams = arguments.get("stream") is True
            try:
                answer = function(*args, **arguments)
            except BaseException as error:
                logged.end(error)
                raise
            if inspect.isawaitable(answer):
                return _awaited(answer, logged, streams)
            return _received(answer, logged, streams)

        return call


async def _awaited(answer: Any, logged: Completion, streams: bool) -> Any:
    try:
        answer = await answer
    except BaseException as error:
        logged.end(error)
        raise
    return _received(answer, logged, streams)


def _received(answer: Any, logged: Completion, streams: bool) -> Any:
    if streams:
        return (_AsyncStream if hasattr(answer, "__anext__") else _Stream)(answer, logged)
    logged.answer(answer)
    logged.end()
    return answer


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


class _StreamBase:
    """A streamed answer that is put together while the application reads it, and logged when it ends or is closed."""

    def __init__(self, stream: Any, logged: Completion) -> None:
        self._stream, self._logged = stream, logged
        self._model = self._usage = self._whole = None
        self._text: List[str] = []
        self._size = 0
        self._tools: Dict[int, Dict[str, Any]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __del__(self) -> None:
        self._end()

    def _see(self, chunk: Any) -> Any:
        try:
            self._add(chunk)
        except Exception as error:  # whatever the server sends, the application gets it as it is
            self._logged.note(f"a chunk can't be read: {type(error).__name__}: {error}")
        return chunk

    def _add(self, chunk: Any) -> None:
        kind = _get(chunk, "type")
        if isinstance(kind, str):  # an event of the responses API; the last one holds the whole answer
            if kind.endswith(".delta"):
                self._logged.first_token()
            self._whole = _get(chunk, "response") or self._whole
            return
        self._model = _get(chunk, "model") or self._model
        self._usage = _get(chunk, "usage") or self._usage
        for choice in _get(chunk, "choices") or ():
            if _get(choice, "index"):
                continue  # Only the first choice is logged.
            delta = _get(choice, "delta")
            text, tools = _get(delta, "content") or _get(choice, "text"), _get(delta, "tool_calls")
            if text or tools:
                self._logged.first_token()
            if isinstance(text, str) and self._size + len(text) <= _LONGEST:
                self._size += len(text)
                self._text.append(text)
            for tool in tools or ():
                self._add_tool(tool)

    def _add_tool(self, piece: Any) -> None:
        index = int(_get(piece, "index") or 0)
        tool = self._tools.setdefault(index, {"type": "function", "function": {"name": "", "arguments": ""}})
        if _get(piece, "id"):
            tool["id"] = _get(piece, "id")
        for name in ("name", "arguments"):
            text = _get(_get(piece, "function"), name)
            if isinstance(text, str) and self._size + len(text) <= _LONGEST:
                self._size += len(text)
                tool["function"][name] += text

    def _end(self, error: Optional[BaseException] = None) -> None:
        message: Dict[str, Any] = {"role": "assistant", "content": "".join(self._text)}
        if self._tools:
            message["tool_calls"] = [self._tools[index] for index in sorted(self._tools)]
        whole = self._whole or {"model": self._model, "usage": self._usage, "choices": [{"message": message}]}
        self._logged.answer(whole)
        self._logged.end(error)


class _Stream(_StreamBase):
    def __iter__(self) -> "_Stream":
        return self

    def __next__(self) -> Any:
        try:
            return self._see(next(self._stream))
        except StopIteration:
            self._end()
            raise
        except BaseException as error:
            self._end(error)
            raise

    def __enter__(self) -> "_Stream":
        return self

    def __exit__(self, _: Any, error: Optional[BaseException], __: Any) -> None:
        self._end(error)
        self._stream.close()

    def close(self) -> None:
        self._end()
        self._stream.close()


class _AsyncStream(_StreamBase):
    def __aiter__(self) -> "_AsyncStream":
        return self

    async def __anext__(self) -> Any:
        try:
            return self._see(await self._stream.__anext__())
        except StopAsyncIteration:
            self._end()
            raise
        except BaseException as error:
            self._end(error)
            raise

    async def __aenter__(self) -> "_AsyncStream":
        return self

    async def __aexit__(self, _: Any, error: Optional[BaseException], __: Any) -> None:
        self._end(error)
        await self._stream.close()

    async def close(self) -> None:
        self._end()
        await self._stream.close()
