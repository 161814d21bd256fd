"""The ways in: xAPI resources, projection queries, the evaluation UI and the command line."""
