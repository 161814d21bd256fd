"""Portraits: students, teachers, classes, schools, the district and apps, from the tables."""
