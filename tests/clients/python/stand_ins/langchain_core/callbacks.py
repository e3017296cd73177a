"""Stands for langchain_core.callbacks."""


class BaseCallbackHandler:
    """The methods of a call of a model; LangChain swallows what they throw, unless raise_error says otherwise."""

    raise_error = False

    def on_llm_start(self, serialized, prompts, *, run_id, parent_run_id=None, tags=None, metadata=None, **kwargs):
        pass

    def on_chat_model_start(self, serialized, messages, *, run_id, parent_run_id=None, tags=None, metadata=None, **kwargs):
        raise NotImplementedError

    def on_llm_new_token(self, token, *, chunk=None, run_id, parent_run_id=None, **kwargs):
        pass

    def on_llm_end(self, response, *, run_id, parent_run_id=None, **kwargs):
        pass

    def on_llm_error(self, error, *, run_id, parent_run_id=None, **kwargs):
        pass
