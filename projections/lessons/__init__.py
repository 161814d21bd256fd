"""Lessons: each as a closed loop, before, in and after class."""
