"""The process that has the user's code: starts, tries the script, answers and ends."""
