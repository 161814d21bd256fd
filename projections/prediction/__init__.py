"""Prediction: mastery and growth, how they are learned from the record, and what they foretell."""
