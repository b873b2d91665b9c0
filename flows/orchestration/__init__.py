"""Where Prefect meets docferry: what is deployed, the process that serves it, its server, and the flows beside the sync."""
