"""Evaluation under a scheme: process and outcome, for students and groups."""
