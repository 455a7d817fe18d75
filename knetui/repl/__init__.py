"""The prompt_toolkit front end of the evaluator."""
