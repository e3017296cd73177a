"""Stands for langchain_core."""
