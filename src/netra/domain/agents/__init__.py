"""The five stages that turn a question and a log into advice."""
