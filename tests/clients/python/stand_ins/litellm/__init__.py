"""Stands for litellm: completion() and acompletion() with mock_response, which call `callbacks` as LiteLLM does."""

import datetime
import types
import uuid

callbacks = []


class ModelResponse(dict):
    """An answer in OpenAI's shape; its members are attributes too."""

    __getattr__ = dict.__getitem__


def _call(model, messages, arguments):
    provider, _, name = model.rpartition("/")
    mocked = arguments.pop("mock_response", "Hello")
    metadata = arguments.pop("metadata", {})
    kwargs = {
        "model": name, "messages": messages, "optional_params": arguments, "litellm_call_id": str(uuid.uuid4()),
        "litellm_params": {"custom_llm_provider": provider or "openai", "metadata": {"user_api_key": "sk-secret", **metadata}},
        "api_key": "sk-secret", "start_time": datetime.datetime.now(),
    }
    answer = ModelResponse(model=name, usage=types.SimpleNamespace(model_dump=lambda: {"prompt_tokens": 10, "completion_tokens": 20}), choices=[
        types.SimpleNamespace(index=0, message=types.SimpleNamespace(model_dump=lambda: {"role": "assistant", "content": mocked}))])
    end = datetime.datetime.now() + datetime.timedelta(milliseconds=250)
    if isinstance(mocked, Exception):
        kwargs["exception"], answer = mocked, None
    else:
        kwargs["response_cost"] = 0.25
        if arguments.get("stream"):
            kwargs["complete_streaming_response"] = answer
    return kwargs, answer, end, mocked


def completion(model, messages, **arguments):
    kwargs, answer, end, mocked = _call(model, messages, arguments)
    for callback in callbacks:
        method = callback.log_success_event if answer else callback.log_failure_event
        method(kwargs, answer, kwargs["start_time"], end)
    if answer is None:
        raise mocked
    return iter([answer]) if arguments.get("stream") else answer


async def acompletion(model, messages, **arguments):
    kwargs, answer, end, mocked = _call(model, messages, arguments)
    for callback in callbacks:
        method = callback.async_log_success_event if answer else callback.async_log_failure_event
        await method(kwargs, answer, kwargs["start_time"], end)
    if answer is None:
        raise mocked
    return answer
