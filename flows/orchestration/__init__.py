"""What operators see of docferry in Prefect: forms, flows, reports, blocks, alarms, and the process that serves them."""
