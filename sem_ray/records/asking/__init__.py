"""Questions to MLflow, answered on its side: nothing here knows a journal."""
