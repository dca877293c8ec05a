"""The record of a study: its Optuna journal, and what a trial's attributes in it hold."""
