"""Stands for langchain_openai: models that call their handlers in LangChain's order, with its objects, and ask nobody."""

import types
import uuid


class _Model:
    def __init__(self, model, callbacks=(), stream_usage=False, streaming=False, answer="Hello", tool_calls=()):
        self._model, self._callbacks, self._streaming = model, list(callbacks), streaming
        self._answer, self._tool_calls = answer, list(tool_calls)

    def invoke(self, text, config=None):
        config = config or {}
        handlers, run = self._callbacks + list(config.get("callbacks", ())), {"run_id": uuid.uuid4(), "parent_run_id": None, "tags": []}
        for handler in handlers:
            self._start(handler, text, metadata={**self._metadata(), **config.get("metadata", {})},
                        invocation_params={"model": self._model, "model_name": self._model}, options={}, name=None, **run)
        if isinstance(self._answer, Exception):
            for handler in handlers:
                handler.on_llm_error(self._answer, response=None, **run)
            raise self._answer
        for handler in handlers:
            if self._streaming:
                handler.on_llm_new_token("Hel", chunk=None, **run)
                handler.on_llm_new_token("lo", chunk=None, **run)
            handler.on_llm_end(self._result(), **run)
        return self._answer


class ChatOpenAI(_Model):
    def _metadata(self):
        return {"ls_provider": "openai", "ls_model_name": self._model, "ls_model_type": "chat"}

    def _start(self, handler, text, **more):
        messages = [[types.SimpleNamespace(type="system", content="Be brief."), types.SimpleNamespace(type="human", content=text)]]
        handler.on_chat_model_start({"name": "ChatOpenAI"}, messages, **more)

    def _result(self):
        message = types.SimpleNamespace(
            type="ai", content=self._answer, tool_calls=self._tool_calls, response_metadata={"model_name": f"{self._model}-2024-08-06"},
            usage_metadata={"input_tokens": 10, "output_tokens": 20, "total_tokens": 30, "input_token_details": {"cache_read": 4}})
        return types.SimpleNamespace(generations=[[types.SimpleNamespace(text=self._answer, message=message)]], llm_output=None)


class OpenAI(_Model):
    def _metadata(self):
        return {}

    def _start(self, handler, text, **more):
        handler.on_llm_start({"name": "OpenAI"}, [text], **more)

    def _result(self):
        told = {"token_usage": {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}, "model_name": self._model}
        return types.SimpleNamespace(generations=[[types.SimpleNamespace(text=self._answer)]], llm_output=told)
